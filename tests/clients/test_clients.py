"""boto3 and the aws CLI make and refresh the same resources: the sandbox speaks to them as AWS does.

Both take the order of AWS's own how-to: target, policy, alarm (S-108).
"""

import json
import pathlib
import subprocess
import sys

import pytest
from botocore.exceptions import ClientError
from resources import (
    ALARM_NAME,
    POLICY_NAME,
    PUT_ALARM,
    PUT_POLICY,
    REGISTER_TARGET,
    TARGET,
    alarms,
    assert_founding_story,
    held,
    policies,
    targets,
)


def with_boto3(sandbox):
    """Sends a request through boto3."""

    def send(service, operation, request):
        return getattr(sandbox.client(service), operation.replace("-", "_"))(**request)

    return send


def with_aws_cli(sandbox):
    """Sends a request through the aws CLI."""

    def send(service, operation, request):
        aws = pathlib.Path(sys.executable).parent / "aws"
        command = [aws, service, operation, "--output", "json", "--cli-input-json", json.dumps(request)]
        done = subprocess.run(command, env=sandbox.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout or "{}")

    return send


@pytest.mark.parametrize("client", [with_boto3, with_aws_cli])
def test_a_client_makes_reads_refreshes_and_removes(sandbox, client):
    sandbox.create_service()
    send = client(sandbox)

    def put_all():  # S-108
        target = send("application-autoscaling", "register-scalable-target", REGISTER_TARGET)
        policy = send("application-autoscaling", "put-scaling-policy", PUT_POLICY)
        send("cloudwatch", "put-metric-alarm", PUT_ALARM | {"AlarmActions": [policy["PolicyARN"]]})
        return target["ScalableTargetARN"], policy["PolicyARN"]

    first = put_all()
    assert_founding_story(sandbox)
    assert put_all() == first, "S-024: an update in place keeps the ARN"
    assert_founding_story(sandbox)

    read = send("application-autoscaling", "describe-scaling-policies", {"ServiceNamespace": "ecs"})
    assert read["ScalingPolicies"][0]["PolicyARN"] == first[1]
    assert read["ScalingPolicies"][0]["Alarms"][0]["AlarmName"] == ALARM_NAME, "S-058"
    read = send("application-autoscaling", "describe-scalable-targets", {"ServiceNamespace": "ecs"})
    assert read["ScalableTargets"][0]["ScalableTargetARN"] == first[0]
    read = send("cloudwatch", "describe-alarms", {"AlarmNames": [ALARM_NAME]})
    assert read["MetricAlarms"][0]["Threshold"] == 30

    send("application-autoscaling", "delete-scaling-policy", TARGET | {"PolicyName": POLICY_NAME})
    assert alarms(sandbox.client("cloudwatch"))[0]["AlarmActions"] == [], "S-048: the action goes, the alarm stays"
    send("cloudwatch", "delete-alarms", {"AlarmNames": [ALARM_NAME]})
    send("application-autoscaling", "deregister-scalable-target", TARGET)
    scaling = sandbox.client("application-autoscaling")
    assert (targets(scaling), policies(scaling), alarms(sandbox.client("cloudwatch"))) == ([], [], [])


def test_an_error_has_the_code_that_boto3_names(sandbox):
    sandbox.create_service()
    scaling = sandbox.client("application-autoscaling")
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):  # S-022
        scaling.put_scaling_policy(**PUT_POLICY)
    with pytest.raises(scaling.exceptions.ValidationException):  # S-012
        scaling.register_scalable_target(**REGISTER_TARGET | {"ResourceId": "service/B/absent"})
    with pytest.raises(ClientError) as error:  # S-069
        sandbox.client("cloudwatch").put_metric_alarm(**PUT_ALARM | {"Period": 61})
    assert error.value.response["Error"]["Code"] in ("ValidationError", "InvalidParameterValue")
    with pytest.raises(ClientError) as error:
        sandbox.client("ecs").describe_services(cluster="absent", services=["x"])
    assert error.value.response["Error"]["Code"] == "ClusterNotFoundException"


def test_a_second_service_leaves_the_first_alone(sandbox):
    sandbox.create_service()
    scaling = sandbox.client("application-autoscaling")
    scaling.register_scalable_target(**REGISTER_TARGET)
    policy = scaling.put_scaling_policy(**PUT_POLICY)
    sandbox.client("cloudwatch").put_metric_alarm(**PUT_ALARM, AlarmActions=[policy["PolicyARN"]])
    before = held(sandbox)
    sandbox.create_service(cluster="C")
    other = {"ResourceId": "service/C/search-api"}
    scaling.register_scalable_target(**REGISTER_TARGET | other)
    scaling.put_scaling_policy(**PUT_POLICY | other)  # S-099: one policy name on two services is normal
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=TARGET["ResourceId"])
    assert found["ScalingPolicies"] == [before[1]]
    assert len(policies(scaling)) == 2
