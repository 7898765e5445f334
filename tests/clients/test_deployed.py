"""What deploy/ecs and the chart start, started: the arguments, variables and health checks as they stand there.

Only what the place decides is another one here: the address, and the paths of the objects and of the token. Objects
in S3 are read from there, as another implementation serves it.
"""

import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
import pytest
import yaml
from conftest import BINARIES, REGION, ROOT, wait_until
from helm import pod_of, values_files

sys.path.append(str(ROOT / "tests/deploy"))  # where templates are read as well
from cfn import load, substituted  # noqa: E402

TASK_DEFINITION = json.loads((ROOT / "deploy/ecs/task-definition.json").read_text())


def of_task():
    """(arguments, variables, health checks) of the task."""
    (container,) = TASK_DEFINITION["containerDefinitions"]
    kind, program, *check = container["healthCheck"]["command"]
    assert (kind, program) == ("CMD", "/ecs-scaling")
    return container["command"], {one["name"]: one["value"] for one in container["environment"]}, [check]


def of_pod(values):
    """The same of the chart's pod; its health checks are paths."""
    (container,) = pod_of(values)["containers"]
    probes = [container[probe]["httpGet"] for probe in ("livenessProbe", "readinessProbe") if probe in container]
    port_names = {port["name"] for port in container["ports"]}
    assert all(probe["port"] in port_names for probe in probes)
    variables = {one["name"]: one["value"] for one in container["env"] if "value" in one}
    return container["args"], variables, [probe["path"] for probe in probes]


CASES = {"task": of_task} | {f"pod-{values}": lambda values=values: of_pod(values) for values in values_files()}


@pytest.mark.parametrize("case", CASES)
def test_it_starts_and_its_health_checks_hold(
    case, request, daemon, controller, config, example, free_address, tmp_path, monkeypatch
):
    arguments, variables, checks = CASES[case]()
    readme = (ROOT / "README.md").read_text()
    settings = set(re.findall(r"^\| `--[\w-]+` \| `(\w+)` \|.* run[ ,|]", readme, re.MULTILINE))
    assert {name for name in variables if name.startswith("ECS_SCALING_")} <= settings
    (tmp_path / "token").write_text("a-token-of-enough-length")
    here = {"ECS_SCALING_CONFIG": str(config(example)), "ECS_SCALING_API_TOKEN_FILE": str(tmp_path / "token")}
    location = variables.get("ECS_SCALING_CONFIG", "")
    if location.startswith("s3://"):
        publish(request.getfixturevalue("moto"), controller, location, example, tmp_path)
        del here["ECS_SCALING_CONFIG"]  # so that it stays as it stands there
    here = {name: value for name, value in here.items() if name in variables} | {"ECS_SCALING_LISTEN": free_address}
    for name, value in (variables | here).items():
        monkeypatch.setenv(name, value)

    assert arguments[0] == "run"
    process = daemon(*arguments[1:])
    wait_until("the first pass was tried", lambda: status(free_address, "/readyz") == 200 or process.poll() is not None)
    assert process.poll() is None
    for check in checks:
        if isinstance(check, str):
            assert status(free_address, check) == 200
        else:
            assert controller(*check).stdout.strip() == "ok"
    if location.startswith("s3://"):
        config_read = json.loads(fetch(f"http://{free_address}/api/v1/config"))
        assert (config_read["source"], config_read["successful"]) == (location, True)
        assert "default/search-api" in fetch(f"http://{free_address}/metrics")


def publish(s3, controller, location, example, tmp_path):
    client = boto3.client(
        "s3", endpoint_url=s3, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )
    bucket = location.removeprefix("s3://").split("/")[0]
    client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "search-api.yaml").write_text(yaml.safe_dump(example))
    controller("publish", "--to", location, folder)


def test_the_readmes_commands_lead_from_nothing_to_objects_that_the_task_keeps(
    sandbox, moto, daemon, example, free_address, tmp_path, monkeypatch
):
    """Those for S3 and ECR are run; what they lead to is what the stack's task is started with."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if "aws cloudformation" in block]
    lines = block.replace("\\\n", "").splitlines()
    assert len(lines) <= 6
    build, repository, push, bucket, publishes, deploy = lines
    assert subprocess.run(["make", "--dry-run", *build.split()[1:]], cwd=ROOT, capture_output=True).returncode == 0
    assert "oci-archive:target/image/release/ecs-scaling-amd64.tar" in push  # as deploy/container/build.sh names it

    sandbox.create_service()
    (tmp_path / "scaling").mkdir()
    (tmp_path / "scaling/search-api.yaml").write_text(yaml.safe_dump(example))
    programs = f"{BINARIES}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = sandbox.environment | {"AWS_ENDPOINT_URL_ECR": moto, "PATH": programs}
    for line in [repository, bucket, publishes]:
        subprocess.run(shlex.split(line), cwd=tmp_path, env=environment, check=True, timeout=60)

    parameters = dict(word.split("=", 1) for word in shlex.split(deploy) if "=" in word)
    assert push.split()[-1] == "docker://" + parameters["Image"]
    template = load(ROOT / "deploy/ecs/template.yaml")
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items() if "Default" in one}
    (container,) = template["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"]
    for one in substituted(container["Environment"], defaults | parameters | {"AWS::Region": REGION}):
        monkeypatch.setenv(one["Name"], one["Value"])
    daemon(*container["Command"][1:], "--listen", free_address)
    targets = sandbox.client("application-autoscaling").describe_scalable_targets
    wait_until("the object is as wanted", lambda: targets(ServiceNamespace="ecs")["ScalableTargets"])


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


def status(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None
