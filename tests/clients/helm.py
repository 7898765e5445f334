"""The chart's pod, rendered by Helm 4."""

import subprocess

import yaml
from conftest import ROOT

VALUES = ROOT / "tests/chart/values"


def values_files():
    """The names of the files of values that the chart's own tests render."""
    return sorted(path.stem for path in VALUES.glob("*.yaml"))


def pod_of(values):
    """The pod's spec with one of these files."""
    command = [ROOT / ".cache/tools/bin/helm4", "template", "demo", ROOT / "charts/ecs-scaling"]
    command += ["--values", VALUES / f"{values}.yaml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    (deployment,) = [made for made in yaml.safe_load_all(done.stdout) if made and made["kind"] == "Deployment"]
    return deployment["spec"]["template"]["spec"]
