"""What deploy/ecs and the chart start, started: the arguments, variables and health checks as they stand there.

Only what the place decides is another one here: the address, and the paths of the objects and of the token.
"""

import json
import re
import urllib.error
import urllib.request

import pytest
from conftest import ROOT, wait_until
from helm import pod_of, values_files

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
    case, sandbox, daemon, controller, config, example, free_address, tmp_path, monkeypatch
):
    arguments, variables, checks = CASES[case]()
    readme = (ROOT / "README.md").read_text()
    settings = set(re.findall(r"^\| `--[\w-]+` \| `(\w+)` \|.* run[ ,|]", readme, re.MULTILINE))
    assert {name for name in variables if name.startswith("ECS_SCALING_")} <= settings
    (tmp_path / "token").write_text("a-token-of-enough-length")
    here = {"ECS_SCALING_CONFIG": str(config(example)), "ECS_SCALING_API_TOKEN_FILE": str(tmp_path / "token")}
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


def status(address, path):
    try:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as reply:
            return reply.status
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return None
