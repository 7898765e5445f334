"""The JSON Schema that `ecs-scaling schema` prints, read by somebody else's validator."""

import copy
import json

import jsonschema
import pytest
import yaml
from conftest import ROOT

EXAMPLES = sorted((ROOT / "deploy" / "examples").glob("*.yaml"))


@pytest.fixture
def validator(controller):
    schema = json.loads(controller("schema").stdout)
    kind = jsonschema.validators.validator_for(schema, default=None)
    assert kind is not None, "the schema says by which draft it is written"
    kind.check_schema(schema)
    return kind(schema)


def test_it_accepts_every_example(validator):
    assert EXAMPLES
    for path in EXAMPLES:
        for document in yaml.safe_load_all(path.read_text()):
            errors = [f"{path.name}: {error.json_path}: {error.message}" for error in validator.iter_errors(document)]
            assert errors == []


def test_it_accepts_every_field_that_the_loader_accepts(validator, controller):
    path = ROOT / "src/api/testdata/every-field.yaml"
    controller("validate", path)
    for document in yaml.safe_load_all(path.read_text()):
        assert [error.message for error in validator.iter_errors(document)] == []


@pytest.mark.parametrize(
    "place, value",
    [
        (("spec", "minCapacty"), 2),
        (("spec", "minCapacity"), "2"),
        (("spec", "mode"), "observe"),
        (("spec", "stepScaling", 0, "alarm", "period"), "60s"),
        (("kind",), "ServiceScalin"),
        (("apiVersion",), "v1"),
    ],
)
def test_it_refuses_what_the_loader_refuses(validator, controller, example, config, place, value):
    assert validator.is_valid(example)
    wrong = copy.deepcopy(example)
    inner = wrong
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    assert not validator.is_valid(wrong)
    controller("validate", config(wrong), exit_code=1)
