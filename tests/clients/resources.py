"""The founding story's three writes as any AWS client sends them, and what AWS holds afterwards."""

TARGET = {
    "ServiceNamespace": "ecs",  # S-001
    "ResourceId": "service/B/search-api",  # S-002
    "ScalableDimension": "ecs:service:DesiredCount",  # S-003
}
POLICY_NAME = "ECSPersonalScaleOutPolicyProd"
ALARM_NAME = "ECSPersonalScaleOutAlarmProd"

REGISTER_TARGET = TARGET | {"MinCapacity": 2, "MaxCapacity": 20}

PUT_POLICY = TARGET | {
    "PolicyName": POLICY_NAME,
    "PolicyType": "StepScaling",
    "StepScalingPolicyConfiguration": {
        "AdjustmentType": "ChangeInCapacity",
        "StepAdjustments": [
            {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 2},
            {"MetricIntervalLowerBound": 10.0, "MetricIntervalUpperBound": 20.0, "ScalingAdjustment": 2},
            {"MetricIntervalLowerBound": 20.0, "ScalingAdjustment": 4},
        ],
        "Cooldown": 300,
        "MetricAggregationType": "Average",
    },
}

PUT_ALARM = {
    "AlarmName": ALARM_NAME,
    "Namespace": "AWS/ECS",
    "MetricName": "CPUUtilization",
    "Dimensions": [{"Name": "ClusterName", "Value": "B"}, {"Name": "ServiceName", "Value": "search-api"}],
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 30.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}


def targets(client):
    """Every scalable target of ECS."""
    return client.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]


def policies(client):
    """Every scaling policy of ECS."""
    return client.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]


def alarms(client):
    """Every metric alarm."""
    return client.describe_alarms()["MetricAlarms"]


def held(sandbox):
    """The one target, the one policy and the one alarm that there are."""
    scaling, cloudwatch = sandbox.client("application-autoscaling"), sandbox.client("cloudwatch")
    found = targets(scaling), policies(scaling), alarms(cloudwatch)
    assert [len(each) for each in found] == [1, 1, 1], found
    return [each[0] for each in found]


def is_complete(sandbox):
    """Whether there is an alarm yet: the last of the three to be written (S-106)."""
    return len(alarms(sandbox.client("cloudwatch"))) == 1


def assert_founding_story(sandbox):
    """Exactly what the founding story asks for stands there: no member of it is otherwise."""
    target, policy, alarm = held(sandbox)
    assert {key: target[key] for key in REGISTER_TARGET} == REGISTER_TARGET
    config = policy["StepScalingPolicyConfiguration"]
    wanted = PUT_POLICY["StepScalingPolicyConfiguration"]
    config["StepAdjustments"].sort(key=lambda step: step["MetricIntervalLowerBound"])
    assert {key: policy[key] for key in (*TARGET, "PolicyName", "PolicyType")} == {
        key: PUT_POLICY[key] for key in (*TARGET, "PolicyName", "PolicyType")
    }
    assert config == wanted
    alarm["Dimensions"].sort(key=lambda dimension: dimension["Name"])
    assert {key: alarm[key] for key in PUT_ALARM} == PUT_ALARM
    assert alarm["AlarmActions"] == [policy["PolicyARN"]]
    assert alarm["OKActions"] == alarm["InsufficientDataActions"] == []
    assert alarm["ActionsEnabled"] is True
    # S-101
    prefix, _, suffix = policy["PolicyARN"].partition(":scalingPolicy:")
    assert prefix.startswith("arn:aws:autoscaling:ap-northeast-2:")
    assert suffix.endswith(f":resource/ecs/service/B/search-api:policyName/{POLICY_NAME}")
