"""The members of an operation's input: as botocore's service models have them, and as the Rust SDK has them.

Members are paths such as `SuspendedState.DynamicScalingInSuspended`; a list or a map is passed through. Structures are
entered only where the caller says so.
"""

import functools
import json
import pathlib
import re
import subprocess

import botocore.session

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The service models, and the crates made from them.
SERVICES = {
    "RegisterScalableTarget": ("application-autoscaling", "aws-sdk-applicationautoscaling"),
    "PutScalingPolicy": ("application-autoscaling", "aws-sdk-applicationautoscaling"),
    "PutScheduledAction": ("application-autoscaling", "aws-sdk-applicationautoscaling"),
    "PutMetricAlarm": ("cloudwatch", "aws-sdk-cloudwatch"),
}


def botocore_members(operation, enters):
    """The members of an operation by botocore; `enters(path)` says whether a structure is looked into."""
    service, _ = SERVICES[operation]
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    return set(_botocore_walk(shape, "", enters))


def _botocore_walk(shape, prefix, enters):
    while shape.type_name == "list":
        shape = shape.member
    if shape.type_name != "structure" or not enters(prefix):
        return
    for name, member in shape.members.items():
        path = f"{prefix}.{name}".lstrip(".")
        yield path
        yield from _botocore_walk(member, path, enters)


def rust_members(operation, enters):
    """The members of an operation by the Rust SDK, as `spelling` writes them."""
    source = crate_source(SERVICES[operation][1])
    module = re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower()
    text = (source / "operation" / module / f"_{module}_input.rs").read_text()
    types = {}
    for path in (source / "types").glob("_*.rs"):
        types.update(_rust_fields(path.read_text()))
    fields = _rust_fields(text)[f"{operation}Input"]
    return set(_rust_walk(fields, types, "", enters))


def _rust_walk(fields, types, prefix, enters):
    for name, type_name in fields.items():
        path = f"{prefix}.{name}".lstrip(".")
        yield path
        if type_name in types and enters(path):
            yield from _rust_walk(types[type_name], types, path, enters)


def _rust_fields(text):
    """Each public structure and union of a file: its fields, with the name of the SDK type that each holds, if any.

    A plain enumeration has no fields: its values are no members.
    """
    found = {}
    for kind, name, body in re.findall(r"^pub (struct|enum) (\w+)\s*\{(.*?)^\}", text, re.MULTILINE | re.DOTALL):
        pattern = r"^    pub (?:r#)?(\w+): (.*),$" if kind == "struct" else r"^    (\w+)\((.*)\),$"
        fields = {}
        for field, type_text in re.findall(pattern, body, re.MULTILINE):
            held = re.search(r"crate::types::(\w+)", type_text)
            fields[spelling(field)] = held and held.group(1)
        if kind == "enum" and not any(fields.values()):
            continue
        found[name] = fields
    return found


def spelling(path):
    """A member as both sources can spell it: `OKActions` and `ok_actions` are one."""
    return path.replace("_", "").lower()


@functools.cache
def crate_source(name):
    """The source folder of a crate that the workspace depends on."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    packages = json.loads(subprocess.check_output(command, cwd=ROOT))["packages"]
    manifest = next(package["manifest_path"] for package in packages if package["name"] == name)
    return pathlib.Path(manifest).parent / "src"
