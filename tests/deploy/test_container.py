"""The image's Dockerfile. Building it takes a release build for musl; here, what it says."""

import json
import pathlib
import re
import subprocess
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "deploy/container/Dockerfile"
TEXT = DOCKERFILE.read_text()
HADOLINT = pathlib.Path(sys.executable).parent / "hadolint"


def instructions(name):
    return re.findall(rf"^{name} (.*)$", TEXT, re.MULTILINE)


def test_hadolint_finds_nothing_and_can():
    assert subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, timeout=60).stdout == ""
    bad = subprocess.run([HADOLINT, "-"], input="FROM debian\n", capture_output=True, text=True, timeout=60)
    assert bad.returncode != 0 and "DL3006" in bad.stdout


def test_it_holds_the_binary_and_certificates_and_nothing_else():
    assert instructions("FROM") == ["scratch"]
    assert [copied.split()[-1] for copied in instructions("COPY")] == [
        "/etc/ssl/certs/ca-certificates.crt",
        "/ecs-scaling",
    ]
    assert "sandbox" not in "".join(instructions("COPY"))
    assert not instructions("RUN") and not instructions("ADD")


def test_it_runs_as_the_user_that_the_chart_and_the_task_have():
    (user,) = instructions("USER")
    values = yaml.safe_load((ROOT / "charts/ecs-scaling/values.yaml").read_text())
    context = values["podSecurityContext"]
    assert user == f"{context['runAsUser']}:{context['runAsGroup']}" == "65532:65532"
    task = json.loads((ROOT / "deploy/ecs/task-definition.json").read_text())
    assert task["containerDefinitions"][0]["user"] == user


def test_the_binary_is_its_own_health_check():
    (check,) = instructions("HEALTHCHECK")
    assert check.endswith('CMD ["/ecs-scaling", "healthcheck"]')
    task = json.loads((ROOT / "deploy/ecs/task-definition.json").read_text())
    assert task["containerDefinitions"][0]["healthCheck"]["command"] == ["CMD", "/ecs-scaling", "healthcheck"]
    assert instructions("ENTRYPOINT") == ['["/ecs-scaling"]']
