"""The founding story with the controller's binary: an object becomes a target, a policy and an alarm."""

import pytest
from conftest import wait_until
from resources import POLICY_NAME, PUT_POLICY, REGISTER_TARGET, TARGET, assert_founding_story, held, is_complete


def test_apply_makes_exactly_what_the_object_says(sandbox, controller, config, example):
    """S-001, S-002, S-003: the target's identity; S-074: the metric's name and dimensions; S-101: the policy's ARN."""
    sandbox.create_service()
    controller("apply", "--config", config(example), "--owner", "it")
    assert_founding_story(sandbox)
    target = held(sandbox)[0]
    scaling = sandbox.client("application-autoscaling")
    tags = scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"]
    assert tags["ecs-scaling.dev/owner"] == "it"
    assert tags["ecs-scaling.dev/object"] == "default/search-api"


def test_a_second_apply_writes_nothing(sandbox, controller, config, example):
    sandbox.create_service()
    arguments = ("apply", "--config", config(example), "--owner", "it")
    controller(*arguments)
    before = held(sandbox)
    controller(*arguments)
    assert held(sandbox) == before, "the alarm's own time of its last configuration would have moved"


def test_plan_writes_nothing_and_exits_with_2_while_there_is_something_to_do(sandbox, controller, config, example):
    sandbox.create_service()
    arguments = ("--config", config(example), "--owner", "it")
    controller("plan", *arguments, exit_code=2)
    assert not is_complete(sandbox)
    controller("apply", *arguments)
    controller("plan", *arguments)


def test_the_daemon_makes_it_and_keeps_it(sandbox, daemon, config, example):
    sandbox.create_service()
    daemon("--config", config(example), "--owner", "it", "--interval", "1s", "--listen", "127.0.0.1:0")
    wait_until("the alarm is there", lambda: is_complete(sandbox))
    assert_founding_story(sandbox)
    scaling, cloudwatch = sandbox.client("application-autoscaling"), sandbox.client("cloudwatch")
    stale = held(sandbox)[1]["PolicyARN"]

    scaling.register_scalable_target(**REGISTER_TARGET | {"MaxCapacity": 30})
    wait_until("the range is put back", lambda: held(sandbox)[0]["MaxCapacity"] == 20)

    scaling.delete_scaling_policy(**TARGET, PolicyName=POLICY_NAME)
    wait_until(
        "the policy is made again and the alarm points at its new ARN",
        lambda: is_complete(sandbox) and has_new_policy(sandbox, stale),
    )
    cloudwatch.delete_alarms(AlarmNames=["ECSPersonalScaleOutAlarmProd"])
    wait_until("the alarm is made again", lambda: is_complete(sandbox))
    assert_founding_story(sandbox)


def has_new_policy(sandbox, stale):
    """Whether there is a policy of another ARN, and the alarm's action is that one alone."""
    found = sandbox.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")
    arns = [policy["PolicyARN"] for policy in found["ScalingPolicies"]]
    alarm = sandbox.client("cloudwatch").describe_alarms()["MetricAlarms"][0]
    return arns and stale not in arns and alarm["AlarmActions"] == arns


@pytest.mark.parametrize("desired_count", [1, 30])
def test_apply_never_writes_the_desired_count(sandbox, controller, config, example, desired_count):
    """A count within the range stays what it is, at the lower bound and elsewhere (road#493)."""
    sandbox.create_service(desired_count=desired_count)
    example["spec"] |= {"minCapacity": desired_count, "maxCapacity": desired_count + 1}
    controller("apply", "--config", config(example), "--owner", "it")
    service = sandbox.client("ecs").describe_services(cluster="B", services=["search-api"])["services"][0]
    assert service["desiredCount"] == desired_count


def test_what_is_not_ours_is_left_alone(sandbox, controller, config, example):
    """tf#44146: a policy of the same name that nobody gave to this owner is a conflict."""
    sandbox.create_service()
    scaling = sandbox.client("application-autoscaling")
    scaling.register_scalable_target(**REGISTER_TARGET | {"MaxCapacity": 7})
    scaling.put_scaling_policy(**PUT_POLICY)
    before = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    controller("apply", "--config", config(example), "--owner", "it", exit_code=3)
    assert scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]["MaxCapacity"] == 7
    assert scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == before
