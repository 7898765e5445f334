"""The CloudFormation template and the plain task definition of deploy/ecs."""

import json
import pathlib
import re

import botocore.session
import botocore.validate
import cfnlint
from cfn import load

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "deploy/ecs/template.yaml"
TASK_DEFINITION = json.loads((ROOT / "deploy/ecs/task-definition.json").read_text())
RESOURCES = load(TEMPLATE)["Resources"]


def lint(path):
    return cfnlint.lint_file(path)


def as_template(task_definition):
    """A task definition as a template: CloudFormation's names begin with capitals, but for what is the user's."""

    def renamed(value):
        if isinstance(value, list):
            return [renamed(one) for one in value]
        if isinstance(value, dict):
            return {key[0].upper() + key[1:]: one if key == "options" else renamed(one) for key, one in value.items()}
        return value

    return {"Resources": {"Task": {"Type": "AWS::ECS::TaskDefinition", "Properties": renamed(task_definition)}}}


def test_cfn_lint_finds_nothing_in_the_template():
    assert lint(TEMPLATE) == []


def test_cfn_lint_finds_nothing_in_the_task_definition(tmp_path):
    path = tmp_path / "task.json"
    path.write_text(json.dumps(as_template(TASK_DEFINITION)))
    assert lint(path) == []
    path.write_text(json.dumps(as_template(TASK_DEFINITION | {"memory": "513"})))
    assert lint(path), "the check cannot fail"


def test_the_ecs_api_takes_the_task_definition():
    operation = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition")
    report = botocore.validate.ParamValidator().validate(TASK_DEFINITION, operation.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_both_say_the_same_of_the_task():
    def known(value):
        """Without what is the user's or the stack's."""
        if isinstance(value, list):
            return [known(one) for one in value]
        if not isinstance(value, dict):
            return value
        if value.keys() & {"Ref", "Fn::Sub", "Fn::GetAtt"}:
            return "ANY"
        return {key: known(one) for key, one in value.items()}

    def like(wanted, value):
        if wanted == "ANY":
            return value
        if isinstance(wanted, list):
            return [like(*pair) for pair in zip(wanted, value)] if len(wanted) == len(value) else wanted
        if isinstance(wanted, dict):
            return {key: like(one, value[key]) if key in value else one for key, one in wanted.items()}
        return wanted

    plain = as_template(TASK_DEFINITION)["Resources"]["Task"]["Properties"]
    assert like(known(RESOURCES["TaskDefinition"]["Properties"]), plain) == plain


def test_one_task_is_replaced_without_overlap_and_ends_in_order():
    service = RESOURCES["Service"]["Properties"]
    assert service["DesiredCount"] == 1
    assert service["DeploymentConfiguration"] | {"MinimumHealthyPercent": 0, "MaximumPercent": 100} == (
        service["DeploymentConfiguration"]
    )
    (container,) = RESOURCES["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    run = (ROOT / "src/cli/run.rs").read_text()
    (within,) = re.findall(r"STOP_WITHIN: Duration = Duration::from_secs\((\d+)\)", run)
    assert int(within) < container["StopTimeout"] <= 120
    assert container["HealthCheck"]["Command"] == ["CMD", "/ecs-scaling", "healthcheck"]
    assert container["ReadonlyRootFilesystem"] is True and container["User"] == "65532:65532"


def test_every_metric_of_the_log_has_an_alarm_that_tells_the_topic():
    filters = {name: body for name, body in RESOURCES.items() if body["Type"] == "AWS::Logs::MetricFilter"}
    alarms = {name: body for name, body in RESOURCES.items() if body["Type"] == "AWS::CloudWatch::Alarm"}
    made = [body["Properties"]["MetricTransformations"][0] for body in filters.values()]
    for alarm in alarms.values():
        properties = alarm["Properties"]
        assert properties["AlarmActions"] == [{"Ref": "Topic"}]
        assert (properties["Namespace"], properties["MetricName"]) in [
            (metric["MetricNamespace"], metric["MetricName"]) for metric in made
        ]
    assert len(alarms) == len(filters) == 4
    assert RESOURCES["StoppedAlarm"]["Properties"]["TreatMissingData"] == "breaching"


def test_cloudformation_reads_no_aliases():
    text = TEMPLATE.read_text()
    assert not re.search(r"[:-] [&*][a-z]", text)


def test_the_readmes_name_parameters_and_alarms_that_there_are():
    readme = (ROOT / "deploy/ecs/README.md").read_text()
    parameters = load(TEMPLATE)["Parameters"]
    (deploys,) = re.findall(r"aws cloudformation deploy .*(?:\n  .*)*", (ROOT / "README.md").read_text())
    given = set(re.findall(r"\b([A-Z]\w+)=", deploys))
    required = {name for name, parameter in parameters.items() if "Default" not in parameter}
    assert required <= given <= set(parameters)
    alarms = [name for name, body in RESOURCES.items() if body["Type"] == "AWS::CloudWatch::Alarm"]
    assert re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE) == alarms
