"""Every managed member, changed from outside, is put back by the next pass: one change for each row of fields.yaml."""

import copy

import pytest
from resources import POLICY_NAME, TARGET, held
from test_fields import TABLE

# What makes a resource what it is, or is sent as a set of tags: a change of it is another resource, or no drift.
IDENTITY = {"ResourceId", "PolicyName", "PolicyType", "ScheduledActionName", "AlarmName"}
IDENTITY |= {"Tags", "Tags.Key", "Tags.Value"}

# What has too many members for a table: test_drift_deep.py walks it.
DEEP = {
    "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScalingPolicyConfiguration",
    "Metrics",
    "Schedule",
    "Timezone",
    "StartTime",
    "EndTime",
    "ScalableTargetAction",
}

TOPIC = "arn:aws:sns:ap-northeast-2:111122223333:other"

# Member of RegisterScalableTarget -> a request that changes it.
TARGET_DRIFTS = {
    "MinCapacity": {"MinCapacity": 1},
    "MaxCapacity": {"MaxCapacity": 30},
    "SuspendedState.DynamicScalingInSuspended": {"SuspendedState": {"DynamicScalingInSuspended": True}},
    "SuspendedState.DynamicScalingOutSuspended": {"SuspendedState": {"DynamicScalingOutSuspended": True}},
    "SuspendedState.ScheduledScalingSuspended": {"SuspendedState": {"ScheduledScalingSuspended": True}},
}


def steps(*bounds):
    """Steps between consecutive bounds, the last one open, of 2, 2 and 4 tasks."""
    keys = ("MetricIntervalLowerBound", "MetricIntervalUpperBound")
    pairs = zip(bounds, (*bounds[1:], None))
    return [
        {key: bound for key, bound in zip(keys, pair) if bound is not None} | {"ScalingAdjustment": adjustment}
        for pair, adjustment in zip(pairs, (2, 2, 4))
    ]


# Member of StepScalingPolicyConfiguration -> what it is changed to, with what else must change along.
POLICY_DRIFTS = {
    "AdjustmentType": {"AdjustmentType": "PercentChangeInCapacity"},
    "StepAdjustments.MetricIntervalLowerBound": {"StepAdjustments": steps(1.0, 10.0, 20.0)},
    "StepAdjustments.MetricIntervalUpperBound": {"StepAdjustments": steps(0.0, 12.0, 20.0)},
    "StepAdjustments.ScalingAdjustment": {
        "StepAdjustments": [step | {"ScalingAdjustment": 9} for step in steps(0.0, 10.0, 20.0)]
    },
    "MinAdjustmentMagnitude": {"AdjustmentType": "PercentChangeInCapacity", "MinAdjustmentMagnitude": 3},
    "Cooldown": {"Cooldown": 60},
    "MetricAggregationType": {"MetricAggregationType": "Maximum"},
}

# Member of PutMetricAlarm -> what it is changed to; None takes a member away.
ALARM_DRIFTS = {
    "AlarmDescription": {"AlarmDescription": "changed"},
    "ActionsEnabled": {"ActionsEnabled": False},
    "OKActions": {"OKActions": [TOPIC]},
    "AlarmActions": {"AlarmActions": []},
    "InsufficientDataActions": {"InsufficientDataActions": [TOPIC]},
    "MetricName": {"MetricName": "MemoryUtilization"},
    "Namespace": {"Namespace": "Custom"},
    "Statistic": {"Statistic": "Maximum"},
    "ExtendedStatistic": {"Statistic": None, "ExtendedStatistic": "p90"},
    "Dimensions.Name": {"Dimensions": [{"Name": "ClusterName", "Value": "B"}]},
    "Dimensions.Value": {"Dimensions": [{"Name": "ClusterName", "Value": "C"}, {"Name": "ServiceName", "Value": "x"}]},
    "Period": {"Period": 120},
    "Unit": {"Unit": "Percent"},
    "EvaluationPeriods": {"EvaluationPeriods": 3},
    "DatapointsToAlarm": {"DatapointsToAlarm": 1},
    "Threshold": {"Threshold": 31.0},
    "ComparisonOperator": {"ComparisonOperator": "GreaterThanThreshold"},
    "TreatMissingData": {"TreatMissingData": "ignore"},
    "EvaluateLowSampleCountPercentile": {
        "Statistic": None,
        "ExtendedStatistic": "p90",
        "EvaluateLowSampleCountPercentile": "ignore",
    },
    "EvaluationWindow": {"EvaluationWindow": {"WallClockWindow": {"Timezone": "UTC"}}},
    "WarmUpConfiguration": {"WarmUpConfiguration": {"WarmUpPeriodDurationInMinutes": 5}},
    "ActionConfiguration": {"ActionConfiguration": {"AlarmTagsPropagation": {"Enabled": True}}},
}


def test_there_is_a_drift_for_every_managed_member():
    step = "StepScalingPolicyConfiguration"
    drifts = {*TARGET_DRIFTS, *(f"{step}.{member}" for member in POLICY_DRIFTS), *ALARM_DRIFTS}
    managed = {
        member
        for rows in TABLE.values()
        for member, row in rows.items()
        if row["status"] == "managed" and member.split(".")[0] not in DEEP
    }
    # A member counts when it, what it stands in, or what stands in it is changed.
    uncovered = [
        member
        for member in sorted(managed - IDENTITY)
        if not any(f"{drift}.".startswith(f"{member}.") or f"{member}.".startswith(f"{drift}.") for drift in drifts)
    ]
    assert uncovered == []


@pytest.fixture
def converged(sandbox, controller, config, example):
    """The founding story with every list and number spelled out; a pass over it, and what stood there before it."""
    alarm = example["spec"]["stepScaling"][0]["alarm"]
    alarm |= {"evaluationPeriods": 2, "datapointsToAlarm": 2, "okActions": [], "insufficientDataActions": []}
    suspended = ("dynamicScalingInSuspended", "dynamicScalingOutSuspended", "scheduledScalingSuspended")
    example["spec"]["suspendedState"] = {member: False for member in suspended}
    sandbox.create_service()
    folder = config(example)

    def run_pass():
        controller("apply", "--config", folder, "--owner", "it")
        return [settled(resource) for resource in held(sandbox)]

    return run_pass, run_pass()


def settled(resource):
    """A resource without the members that every write, every state and every reading moves."""
    times = ("AlarmConfigurationUpdatedTimestamp", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    moving = (*times, "CreationTime")
    return {key: value for key, value in resource.items() if key not in moving}


def assert_put_back(sandbox, converged):
    run_pass, before = converged
    assert [settled(resource) for resource in held(sandbox)] != before, "the change from outside did not take"
    assert run_pass() == before


@pytest.mark.parametrize("member", TARGET_DRIFTS)
def test_a_target_is_put_back(sandbox, converged, member):
    sandbox.client("application-autoscaling").register_scalable_target(**TARGET, **TARGET_DRIFTS[member])
    assert_put_back(sandbox, converged)


@pytest.mark.parametrize("member", POLICY_DRIFTS)
def test_a_policy_is_put_back(sandbox, converged, member):
    config = copy.deepcopy(held(sandbox)[1]["StepScalingPolicyConfiguration"]) | POLICY_DRIFTS[member]
    sandbox.client("application-autoscaling").put_scaling_policy(
        **TARGET, PolicyName=POLICY_NAME, PolicyType="StepScaling", StepScalingPolicyConfiguration=config
    )
    assert_put_back(sandbox, converged)


@pytest.mark.parametrize("member", ALARM_DRIFTS)
def test_an_alarm_is_put_back(sandbox, converged, member):
    cloudwatch = sandbox.client("cloudwatch")
    takes = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    changed = held(sandbox)[2] | ALARM_DRIFTS[member]
    cloudwatch.put_metric_alarm(**{key: value for key, value in changed.items() if key in takes and value is not None})
    assert_put_back(sandbox, converged)
