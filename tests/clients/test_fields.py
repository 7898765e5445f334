"""Every member of AWS's four writes is managed, refused or left out with a reason: fields.yaml on AWS's models."""

import json
import pathlib

import pytest
import yaml
from botocore_shapes import SERVICES, botocore_members, rust_members, spelling

TABLE = yaml.safe_load((pathlib.Path(__file__).parent / "fields.yaml").read_text())
MEMBERS = [(operation, member) for operation, members in TABLE.items() for member in members]


def enters(operation):
    """Whether a structure's own members are in the table: where it is managed, and at the top."""
    managed = {spelling(member) for member, row in TABLE[operation].items() if row["status"] == "managed"}
    return lambda path: path == "" or spelling(path) in managed


@pytest.mark.parametrize("operation", SERVICES)
@pytest.mark.parametrize("members", [botocore_members, rust_members])
def test_no_member_is_unknown(operation, members):
    known = {spelling(member) for member in TABLE[operation]}
    unknown = sorted(path for path in members(operation, enters(operation)) if spelling(path) not in known)
    assert not unknown, f"new in {operation}: decide in fields.yaml whether each is managed, refused or left out"


@pytest.mark.parametrize("operation", SERVICES)
def test_no_member_is_invented(operation):
    looked_into = enters(operation)
    real = {spelling(path) for path in botocore_members(operation, looked_into)} | rust_members(operation, looked_into)
    assert len(real) >= 10, f"only {len(real)} members of {operation} were found"
    assert [member for member in TABLE[operation] if spelling(member) not in real] == []


@pytest.mark.parametrize("operation, member", MEMBERS)
def test_each_member_says_what_becomes_of_it(operation, member):
    row = TABLE[operation][member]
    assert row["status"] in ("managed", "refused", "left-out")
    assert row.keys() <= {"status", "field", "at", "reason"}
    needed = {"managed": ["field"], "refused": ["at", "reason"], "left-out": ["reason"]}[row["status"]]
    assert all(row.get(key) for key in needed), f"{member} needs {needed}"


def test_every_managed_field_is_one_of_the_objects(controller):
    schema = json.loads(controller("schema").stdout)
    names = set(property_names(schema))
    fields = {row["field"] for members in TABLE.values() for row in members.values() if row["status"] == "managed"}
    assert [field for field in sorted(fields) if not set(field.split(".")) <= names] == []


def property_names(schema):
    """The name of every property anywhere in a JSON Schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from property_names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from property_names(value)


@pytest.mark.parametrize("operation, member", [key for key in MEMBERS if TABLE[key[0]][key[1]]["status"] == "refused"])
def test_an_object_that_names_a_refused_member_is_an_error(operation, member, example, controller, tmp_path):
    field = member[0].lower() + member[1:]
    spec = example["spec"]
    place = spec if TABLE[operation][member]["at"] == "spec" else spec["stepScaling"][0]["alarm"]
    place[field] = "x"
    (tmp_path / "object.yaml").write_text(yaml.safe_dump(example))
    done = controller("validate", "-o", "json", tmp_path, exit_code=1)
    findings = json.loads(done.stdout)["findings"]
    assert any(field in finding["path"] + finding["message"] for finding in findings), findings
