"""What boto3 made is exported, taken over by tags alone, and cloned."""

import json

import pytest
import yaml
from resources import (
    ALARM_NAME,
    PUT_ALARM,
    PUT_POLICY,
    REGISTER_TARGET,
    TARGET,
    alarms,
    assert_founding_story,
    policies,
    targets,
)

SERVICE = ("--cluster", "B", "--service", "search-api")


@pytest.fixture
def exported(controller, tmp_path):
    """Exports with these arguments into a file of its own; returns its path."""

    def run(*arguments):
        path = tmp_path / f"exported-{len(list(tmp_path.glob('exported-*')))}.yaml"
        path.write_text(controller("export", *arguments).stdout)
        return path

    return run


def assert_taken_over_by_tags(controller, path):
    """Applying the file writes nothing but tags, and leaves nothing to do."""
    arguments = ("--config", path, "--owner", "tools")
    plan = json.loads(controller("plan", *arguments, "-o", "json", exit_code=2).stdout)
    assert plan["withheld"] == []
    assert {action["verb"] for action in plan["actions"]} == {"tag"}
    controller("apply", *arguments)
    controller("plan", *arguments)


def make_founding_story(sandbox):
    sandbox.create_service()
    scaling, cloudwatch = sandbox.client("application-autoscaling"), sandbox.client("cloudwatch")
    scaling.register_scalable_target(**REGISTER_TARGET)
    arn = scaling.put_scaling_policy(**PUT_POLICY)["PolicyARN"]
    cloudwatch.put_metric_alarm(**PUT_ALARM, AlarmActions=[arn])
    return scaling, cloudwatch


def test_what_boto3_made_is_taken_over_as_it_is(sandbox, controller, exported):
    make_founding_story(sandbox)
    path = exported(*SERVICE)
    (steps,) = yaml.safe_load(path.read_text())["spec"]["stepScaling"]
    assert steps["steps"] == [
        {"lower": 30, "upper": 40, "adjustment": 2},
        {"lower": 40, "upper": 50, "adjustment": 2},
        {"lower": 50, "adjustment": 4},
    ], "absolute, as the console shows them"
    assert_taken_over_by_tags(controller, path)
    assert_founding_story(sandbox)


def test_every_kind_that_boto3_makes_is_taken_over(sandbox, controller, exported):
    scaling, cloudwatch = make_founding_story(sandbox)
    config = {"TargetValue": 50.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}
    scaling.put_scaling_policy(
        **TARGET, PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=config
    )
    pair = {"PredefinedMetricType": "ECSServiceMemoryUtilization"}
    forecast = {"MetricSpecifications": [{"TargetValue": 40.0, "PredefinedMetricPairSpecification": pair}]}
    scaling.put_scaling_policy(
        **TARGET, PolicyName="ahead", PolicyType="PredictiveScaling", PredictiveScalingPolicyConfiguration=forecast
    )
    scaling.put_scheduled_action(
        **TARGET,
        ScheduledActionName="night",
        Schedule="cron(0 22 ? * MON-FRI *)",
        Timezone="Asia/Seoul",
        ScalableTargetAction={"MinCapacity": 0},
    )
    shared = scaling.put_scaling_policy(**PUT_POLICY | {"PolicyName": "shared"})["PolicyARN"]
    (alarm,) = [alarm for alarm in alarms(cloudwatch) if alarm["AlarmName"] == ALARM_NAME]
    cloudwatch.put_metric_alarm(**PUT_ALARM, AlarmActions=[*alarm["AlarmActions"], shared])
    before = targets(scaling), sorted(policies(scaling), key=lambda policy: policy["PolicyName"]), alarms(cloudwatch)
    path = exported(*SERVICE)
    spec = yaml.safe_load(path.read_text())["spec"]
    assert {len(spec[kind]) for kind in ("targetTracking", "predictiveScaling", "scheduledActions")} == {1}
    refs = {policy["policyName"]: policy.get("alarmRef") for policy in spec["stepScaling"]}
    assert set(map(str, refs.values())) == {str({"alarmName": ALARM_NAME})}, "an alarm of two policies is owned by neither"
    assert_taken_over_by_tags(controller, path)
    after = targets(scaling), sorted(policies(scaling), key=lambda policy: policy["PolicyName"]), alarms(cloudwatch)
    assert after == before


def test_a_clone_is_made_beside_the_original(sandbox, controller, exported):
    scaling, cloudwatch = make_founding_story(sandbox)
    sandbox.create_service(cluster="C", service="search-web")
    path = exported(*SERVICE, "--as", "C/search-web")
    controller("apply", "--config", path, "--owner", "tools")
    assert {target["ResourceId"] for target in targets(scaling)} == {"service/B/search-api", "service/C/search-web"}
    names = {alarm["AlarmName"]: {d["Name"]: d["Value"] for d in alarm["Dimensions"]} for alarm in alarms(cloudwatch)}
    assert names[ALARM_NAME] == {"ClusterName": "B", "ServiceName": "search-api"}
    assert names[f"{ALARM_NAME}-C-search-web"] == {"ClusterName": "C", "ServiceName": "search-web"}


def test_nothing_is_printed_from_half_a_read(sandbox, controller):
    make_founding_story(sandbox)
    sandbox.control("deny", {"account": "111122223333", "action": "cloudwatch:DescribeAlarms"})
    done = controller("export", exit_code=1)
    assert done.stdout == "" and "cloudwatch:DescribeAlarms" in done.stderr


def test_coverage_counts_what_has_no_scaling(sandbox, controller):
    make_founding_story(sandbox)
    sandbox.create_service(cluster="C", service="search-web")
    rows = json.loads(controller("coverage", "-o", "json").stdout)["services"]
    assert {row["service"]: row["coverage"] for row in rows} == {"search-api": "unmanaged", "search-web": "none"}
    controller("coverage", "--cluster", "C", "--fail-on", "none", exit_code=3)
