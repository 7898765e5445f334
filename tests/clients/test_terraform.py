"""Terraform makes the same resources in the sandbox, and finds nothing to change when it looks again."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import not_run
from resources import alarms, assert_founding_story, policies, targets

CONFIGURATION = pathlib.Path(__file__).parent / "terraform" / "main.tf"


@pytest.fixture
def terraform(sandbox, tmp_path):
    """Runs Terraform in a folder with the configuration, initialised without a network; returns the exit code."""
    program = shutil.which("terraform")
    if not program:
        not_run("terraform", "terraform is not on PATH")
    configured = [pathlib.Path(os.environ.get("TF_CLI_CONFIG_FILE", "~/.terraformrc")).expanduser()]
    settings = next((path for path in configured if path.is_file()), None)
    plugins = None if settings else plugin_folder(program)
    if not settings and not plugins:
        not_run("terraform", "its AWS provider is not installed beside it")
    folder = tmp_path / "terraform"
    folder.mkdir()
    shutil.copy(CONFIGURATION, folder)
    empty = folder / "empty.tfrc"
    empty.touch()
    environment = sandbox.environment | {
        "TF_CLI_CONFIG_FILE": str(settings or empty),
        "TF_IN_AUTOMATION": "1",
        "TF_VAR_endpoint": sandbox.url,
        "CHECKPOINT_DISABLE": "1",
    }

    def run(*arguments, exit_code=0):
        done = subprocess.run(
            [program, *arguments, "-no-color"], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == exit_code, f"terraform {arguments[0]}:\n{done.stdout}\n{done.stderr}"

    run("init", "-input=false", *([f"-plugin-dir={plugins}"] if plugins else []))
    return run


def plugin_folder(program):
    """The folder of installed providers that holds the AWS one: where packages put it, or near the program."""
    installed = pathlib.Path(program).resolve().parent
    candidates = [
        pathlib.Path("~/.terraform.d/plugins").expanduser(),
        installed.parent / "share/terraform/plugins",
        pathlib.Path("/usr/share/terraform/plugins"),
        pathlib.Path("/usr/local/share/terraform/plugins"),
        installed,
        *sorted(installed.glob("*plugins*")),
        *sorted(pathlib.Path("/opt").glob("*")),
    ]
    return next((path for path in candidates if (path / "registry.terraform.io/hashicorp/aws").is_dir()), None)


def test_what_terraform_made_is_taken_over_by_tags_alone(sandbox, terraform, controller, tmp_path):
    sandbox.create_service()
    terraform("apply", "-auto-approve", "-input=false", "-var", "max_capacity=30", "-var", "more=true")
    path = tmp_path / "exported.yaml"
    path.write_text(controller("export", "--cluster", "B").stdout)
    arguments = ("--config", path, "--owner", "tools")
    plan = json.loads(controller("plan", *arguments, "-o", "json", exit_code=2).stdout)
    assert plan["withheld"] == []
    assert {action["verb"] for action in plan["actions"]} == {"tag"}
    controller("apply", *arguments)
    controller("plan", *arguments)


def test_a_second_plan_says_no_changes(sandbox, terraform):
    sandbox.create_service()
    terraform("apply", "-auto-approve", "-input=false")
    assert_founding_story(sandbox)
    terraform("plan", "-detailed-exitcode", "-input=false")  # 2 would be: there are changes
    more = ("-input=false", "-var", "max_capacity=30", "-var", "more=true")
    terraform("apply", "-auto-approve", *more)
    scaling, cloudwatch = sandbox.client("application-autoscaling"), sandbox.client("cloudwatch")
    assert targets(scaling)[0]["MaxCapacity"] == 30
    assert sorted(policy["PolicyType"] for policy in policies(scaling)) == ["StepScaling", "TargetTrackingScaling"]
    assert len(alarms(cloudwatch)) == 3, "the step policy's, and the two that come with target tracking"
    terraform("plan", "-detailed-exitcode", *more)
    terraform("destroy", "-auto-approve", *more)
    assert (targets(scaling), policies(scaling), alarms(cloudwatch)) == ([], [], [])
