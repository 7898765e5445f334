"""Every leaf of the nested configurations, changed from outside, is put back by the next pass.

Target tracking, predictive scaling, metric math and scheduled actions have too many members for a table of their own:
what AWS holds is walked, and each leaf is changed by a rule for its name. What `fields.yaml` calls managed and no leaf
of the object reaches fails the test.
"""

import copy
import datetime
import json
import pathlib

import yaml
from resources import TARGET
from test_fields import TABLE

EVERY_FIELD = pathlib.Path(__file__).resolve().parents[2] / "src" / "api" / "testdata" / "every-field.yaml"
DAY = datetime.timedelta(days=1)

# The other value that is allowed beside the rest of the configuration that has this one.
OTHER_TYPE = {
    "ALBRequestCountPerTarget": "ECSServiceAverageCPUUtilization",
    "ALBRequestCount": "ECSServiceCPUUtilization",
    "TotalALBRequestCount": "ECSServiceTotalCPUUtilization",
}


def other(key, value):
    """Another value for a leaf, by the leaf's name."""
    match key:
        case "ScaleOutCooldown" | "ScaleInCooldown" | "SchedulingBufferTime":
            return value + 60
        case "TargetValue" | "MaxCapacityBuffer" | "MinCapacity" | "MaxCapacity":
            return value + 1
        case "DisableScaleIn":
            return not value
        case "Statistic" | "Stat":
            return "Minimum"
        case "Unit":
            return "Percent"
        case "Expression":
            return f"{value} + 0"
        case "ResourceLabel":
            return value.replace("app/web/", "app/other/")
        case "Mode":
            return "ForecastOnly" if value == "ForecastAndScale" else "ForecastAndScale"
        case "Schedule":
            return "cron(30 9 ? * TUE *)"
        case "Timezone":
            return "Europe/Berlin"
        case "AccountId":
            return "444455556666"
        case "StartTime" | "EndTime":
            return value + DAY
        case _:
            return "Other"


def leaves(value, at=()):
    """Where the leaves of a configuration are."""
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        return [at]
    return [leaf for key, each in inner for leaf in leaves(each, (*at, key))]


def inside(value, at):
    for key in at:
        value = value[key]
    return value


def changed(config, at):
    """The configuration with one leaf changed, and with what cannot stay as it is beside that."""
    config = copy.deepcopy(config)
    *above, key = at
    around = inside(config, above)
    match key:
        case "Id":  # its queries' expressions name it
            queries = inside(config, at[:-2])
            old = around[key]
            queries[:] = json.loads(json.dumps(queries).replace(old, f"{old}x"))
        case "ReturnData":  # of exactly one query
            queries = inside(config, at[:-2])
            of_another = not queries[0]["ReturnData"]
            for index, query in enumerate(queries):
                query["ReturnData"] = index == (0 if of_another else 1)
        case "PredefinedMetricType":
            around[key] = OTHER_TYPE[around[key]]
            del around["ResourceLabel"]
            specification = inside(config, at[:-2])
            if "PredefinedScalingMetricSpecification" in specification:  # load and scaling go together
                specification["PredefinedLoadMetricSpecification"] = {
                    "PredefinedMetricType": "ECSServiceTotalCPUUtilization"
                }
                specification["PredefinedScalingMetricSpecification"] = {
                    "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
                }
        case "MaxCapacityBreachBehavior" if around[key] == "HonorMaxCapacity":
            around |= {key: "IncreaseMaxCapacity", "MaxCapacityBuffer": 5}
        case "MaxCapacityBreachBehavior":
            around[key] = "HonorMaxCapacity"
            del around["MaxCapacityBuffer"]
        case "Period":  # of all of them alike
            for query in inside(config, at[:1]):
                period = query.get("MetricStat", query)
                period["Period"] += 60
        case _:
            around[key] = other(key, around[key])
    return config


def member(at):
    """A leaf's name as `fields.yaml` has it."""
    return ".".join(key for key in at if isinstance(key, str))


def wanted(example):
    """The object of the docs with everything nested that an object can have."""
    documents = yaml.safe_load_all(EVERY_FIELD.read_text())
    (spec,) = [each["spec"] for each in documents if each["kind"] == "ServiceScaling"]
    example["spec"] |= {key: spec[key] for key in ("targetTracking", "predictiveScaling", "scheduledActions")}
    example["spec"]["stepScaling"] += [each for each in spec["stepScaling"] if each["policyName"] == "waiting"]
    return example


class Held:
    """What AWS holds of the object, and how each of it is written."""

    def __init__(self, sandbox):
        self.scaling, self.cloudwatch = sandbox.client("application-autoscaling"), sandbox.client("cloudwatch")

    def all(self):
        """Kind and name -> what is there, without what every write moves."""
        policies = self.scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
        actions = self.scaling.describe_scheduled_actions(ServiceNamespace="ecs")["ScheduledActions"]
        alarms = self.cloudwatch.describe_alarms()["MetricAlarms"]
        config = {
            "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
            "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
        }
        parts = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
        nested = [each for each in policies if each["PolicyType"] in config]
        found = {}
        for each in nested:
            name = config[each["PolicyType"]]
            found["PutScalingPolicy", each["PolicyName"]] = {name: each[name]}
        for each in actions:
            found["PutScheduledAction", each["ScheduledActionName"]] = {key: each[key] for key in parts}
        for each in alarms:
            if each["AlarmName"] == "waiting-a-task":
                found["PutMetricAlarm", each["AlarmName"]] = {"Metrics": each["Metrics"]}
        return found

    def write(self, what, value):
        """Writes it as somebody else would."""
        operation, name = what
        if operation == "PutScalingPolicy":
            (config,) = value
            self.scaling.put_scaling_policy(
                **TARGET, PolicyName=name, PolicyType=config.removesuffix("PolicyConfiguration"), **value
            )
        elif operation == "PutScheduledAction":
            self.scaling.put_scheduled_action(**TARGET, ScheduledActionName=name, **value)
        else:
            (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
            takes = self.cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
            kept = {key: each for key, each in (alarm | value).items() if key in takes}
            self.cloudwatch.put_metric_alarm(**kept)


def normal(value):
    """Lists as sets: an order says nothing (S-096)."""
    if isinstance(value, dict):
        return {key: normal(each) for key, each in value.items()}
    if isinstance(value, list):
        return sorted((normal(each) for each in value), key=lambda each: json.dumps(each, default=str))
    return value


def test_every_leaf_is_put_back(sandbox, controller, config, example):
    sandbox.create_service()
    folder = config(wanted(example))

    def apply():
        controller("apply", "--config", folder, "--owner", "it")

    apply()
    held = Held(sandbox)
    before = held.all()
    assert len(before) == 3 + 3 + 1 + 1, list(before)
    todo = {what: leaves(value) for what, value in before.items()}
    reached = set()
    # One leaf of each resource a round, so that one pass has all of them to put back.
    for round_ in range(max(map(len, todo.values()))):
        now = held.all()
        for what, places in todo.items():
            if round_ < len(places):
                held.write(what, changed(now[what], places[round_]))
                reached.add((what[0], member(places[round_])))
        drifted = held.all()
        for what, places in todo.items():
            if round_ < len(places):
                assert normal(drifted[what]) != normal(before[what]), f"{what} {places[round_]}: it did not take"
        apply()
        for what, value in held.all().items():
            assert normal(value) == normal(before[what]), f"{what} {todo[what][round_ % len(todo[what])]}"
    roots = {
        "PutScalingPolicy": ("TargetTrackingScalingPolicyConfiguration", "PredictiveScalingPolicyConfiguration"),
        "PutScheduledAction": ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction"),
        "PutMetricAlarm": ("Metrics",),
    }
    managed = {
        (operation, name)
        for operation, names in roots.items()
        for name, row in TABLE[operation].items()
        if row["status"] == "managed" and name.split(".")[0] in names
    }
    # A member counts when it, or what stands in it, was changed.
    covered = set()
    for operation, at in reached:
        parts = at.split(".")
        covered |= {(operation, ".".join(parts[: end + 1])) for end in range(len(parts))}
    assert sorted(managed - covered) == []
