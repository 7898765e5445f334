"""deploy/ecs against the program: its log matches the metric filters, and its policy is the task role's."""

import copy
import json
import sys

import boto3
import pytest
import yaml
from conftest import ROOT, wait_until
from filter_pattern import matches, selected

sys.path.append(str(ROOT / "tests/deploy"))  # where templates are read as well
from cfn import load, substituted  # noqa: E402

KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
RESOURCES = load(ROOT / "deploy/ecs/template.yaml")["Resources"]


def measured(name, log):
    """What CloudWatch would measure by a filter: a value for each line of the log that it matches."""
    properties = RESOURCES[name]["Properties"]
    (metric,) = properties["MetricTransformations"]
    events = [json.loads(line) for line in log.read_text().splitlines()]
    found = [event for event in events if matches(properties["FilterPattern"], event)]
    value = metric["MetricValue"]
    return [selected(value, event) if value.startswith("$") else float(value) for event in found]


def test_what_happens_is_measured_from_the_log(sandbox, daemon, config, example, tmp_path):
    """One daemon, swept every second: all is well, then a file is wrong, a permission missing, and a list unreadable."""
    sandbox.create_service()
    daemon("--config", config(example), "--owner", "it", "--interval", "1s", "--listen", "127.0.0.1:0")
    log = tmp_path / "controller-0.log"

    wait_until("all is well", lambda: measured("FailingObjects", log)[-1:] == [0] and measured("CompleteSweeps", log))
    assert measured("FailedReads", log) == [] and measured("Errors", log) == []

    config(example | {"kind": "Wrong"})
    wait_until("the file is rejected", lambda: len(measured("Errors", log)) == 1)

    sandbox.control("deny", {"account": "111122223333", "action": "cloudwatch:PutMetricAlarm"})
    changed = copy.deepcopy(example)
    changed["spec"]["stepScaling"][0]["alarm"]["evaluationPeriods"] = 2
    config(changed)
    wait_until("the permission is missing", lambda: len(measured("Errors", log)) == 2)
    wait_until("the object fails", lambda: measured("FailingObjects", log)[-1] == 1)
    assert measured("FailedReads", log) == []

    sandbox.control("faults", {"operation": "DescribeScalableTargets", "times": 1000, "fault": "expiredToken"})
    wait_until("the list cannot be read", lambda: measured("FailedReads", log))
    complete = len(measured("CompleteSweeps", log))
    wait_until("nor again", lambda: len(measured("FailedReads", log)) >= 2)
    assert len(measured("CompleteSweeps", log)) == complete


def test_the_task_role_is_what_iam_policy_prints(controller, moto, example):
    role = "arn:aws:iam::111122223333:role/ecs-scaling"
    names = {"AWS::AccountId": "111122223333", "AWS::Partition": "aws", "TaskRole.Arn": role}
    names |= {"ConfigBucket": "config-bucket", "ConfigPrefix": "scaling"}
    (scaling, objects, *_) = RESOURCES["TaskRole"]["Properties"]["Policies"]
    (given, of_source, own) = (
        substituted(policy["PolicyDocument"], names)
        for policy in (scaling, objects, RESOURCES["OwnPolicies"]["Properties"])
    )
    assert RESOURCES["OwnPolicies"]["Properties"]["Roles"] == [{"Ref": "TaskRole"}]

    def printed(*arguments):
        asked = ("iam-policy", "--mode", "reconcile-slr", "--account-id", "111122223333", *arguments)
        return json.loads(controller(*asked).stdout)

    everything = printed("--role-arn", role)
    assert given | {"Statement": given["Statement"] + own["Statement"]} == everything
    # Of a prefix it prints more: what it takes to read it. Of the objects in it, less than the template gives.
    s3 = boto3.client("s3", endpoint_url=moto, region_name="us-east-1", **KEYS)
    s3.create_bucket(Bucket="config-bucket")
    s3.put_object(Bucket="config-bucket", Key="scaling/a.yaml", Body=yaml.safe_dump(example).encode())
    known = [statement["Sid"] for statement in everything["Statement"]]
    of_prefix = printed("--role-arn", role, "--config", "s3://config-bucket/scaling")["Statement"]
    assert of_source["Statement"] == [statement for statement in of_prefix if statement["Sid"] not in known]


@pytest.mark.parametrize("pattern, event, expected", [
    ('{ $.level = "ERROR" }', {"level": "ERROR"}, True),
    ('{ $.level = "ERROR" }', {"level": "WARN", "message": "ERROR"}, False),
    ('{ ($.a = "x") && ($.b IS TRUE) }', {"a": "x", "b": True}, True),
    ('{ ($.a = "x") && ($.b IS TRUE) }', {"a": "x", "b": "TRUE"}, False),
    ('{ (($.a = "x") && ($.b IS FALSE)) || ($.c > 1) }', {"a": "x", "b": True, "c": 2}, True),
    ('{ (($.a = "x") && ($.b IS FALSE)) || ($.c > 1) }', {"a": "x", "c": "2"}, False),
])
def test_patterns_match_as_cloudwatch_says(pattern, event, expected):
    assert matches(pattern, event) is expected
