"""The chart, rendered by Helm 3 and Helm 4: `make chart`. UPDATE_GOLDEN=1 writes the golden files and the table."""

import base64
import copy
import json
import os
import pathlib
import re
import subprocess

import kubernetes_validate
import pytest
import yaml
from values_table import table

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/ecs-scaling"
HERE = ROOT / "tests/chart"
HELMS = ["helm3", "helm4"]
VALUES = sorted(path.stem for path in (HERE / "values").glob("*.yaml"))
BAD = sorted(path.stem for path in (HERE / "bad").glob("*.yaml"))
UPDATE = "UPDATE_GOLDEN" in os.environ
# The Prometheus operator's kinds, of which Kubernetes has no schema.
FOREIGN = {"ServiceMonitor", "PrometheusRule"}


def helm(which, *arguments):
    command = [ROOT / ".cache/tools/bin" / which, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def rendered(which, values):
    path = HERE / "values" / f"{values}.yaml"
    done = helm(which, "template", "demo", CHART, "--namespace", "tools", "--values", path)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.safe_load_all(done.stdout) if document]


@pytest.fixture(scope="module")
def documents():
    """What each Helm makes of each file of values, rendered once."""
    kept = {}

    def of(which, values):
        if (which, values) not in kept:
            kept[which, values] = rendered(which, values)
        return copy.deepcopy(kept[which, values])

    return of


def of_kind(documents, kind):
    return [document for document in documents if document["kind"] == kind]


def pod_of(documents):
    (deployment,) = of_kind(documents, "Deployment")
    return deployment["spec"]["template"]["spec"]


def masked(documents):
    """Without what is random, and without the dashboard, which is compared with its source."""
    for document in documents:
        if document["kind"] == "Secret" and len(base64.b64decode(document["data"]["token"])) == 40:
            document["data"]["token"] = "GENERATED"
        if "ecs-scaling.json" in document.get("data", {}):
            document["data"]["ecs-scaling.json"] = "DASHBOARD"
    return sorted(documents, key=lambda document: (document["kind"], document["metadata"]["name"]))


def test_both_helms_are_the_ones_they_are_called():
    for which in HELMS:
        assert helm(which, "version", "--short").stdout.startswith(f"v{which[-1]}.")


@pytest.mark.parametrize("which", HELMS)
def test_lint_finds_nothing(which):
    done = helm(which, "lint", "--strict", CHART, "--values", HERE / "values/everything.yaml")
    assert done.returncode == 0 and "[WARNING]" not in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("which", HELMS)
@pytest.mark.parametrize("values", VALUES)
def test_what_is_rendered_is_in_the_golden_file(documents, which, values):
    golden = HERE / "golden" / f"{values}.yaml"
    now = masked(documents(which, values))
    if UPDATE:
        golden.write_text(yaml.safe_dump_all(now, sort_keys=True, width=120))
    assert list(yaml.safe_load_all(golden.read_text())) == now, f"UPDATE_GOLDEN=1 make chart writes {golden}"


def test_there_is_a_golden_file_a_file_of_values_and_no_other():
    assert len(VALUES) >= 8
    assert sorted(path.stem for path in (HERE / "golden").glob("*.yaml")) == VALUES


@pytest.mark.parametrize("values", VALUES)
def test_kubernetes_takes_what_is_rendered(documents, values):
    for document in documents("helm4", values):
        if document["kind"] not in FOREIGN:
            kubernetes_validate.validate(document, "1.37", strict=True)


def test_kubernetes_validate_refuses_an_unknown_field(documents):
    """That the check above can fail."""
    (deployment,) = of_kind(documents("helm4", "defaults"), "Deployment")
    deployment["spec"]["template"]["spec"]["serviceAcount"] = "x"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, "1.37", strict=True)


@pytest.mark.parametrize("which", HELMS)
@pytest.mark.parametrize("values", BAD)
def test_bad_values_are_refused_by_name(which, values):
    """The first line of each file says what the refusal must name."""
    path = HERE / "bad" / f"{values}.yaml"
    named = path.read_text().splitlines()[0].removeprefix("# ")
    done = helm(which, "template", "demo", CHART, "--values", path)
    assert done.returncode != 0 and named in done.stderr, done.stdout + done.stderr


@pytest.mark.parametrize("values", VALUES)
def test_it_is_one_pod_without_overlap_without_rights_and_without_anything_that_blocks_a_drain(documents, values):
    made = documents("helm4", values)
    (deployment,) = of_kind(made, "Deployment")
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})
    kinds = {document["kind"] for document in made}
    assert not kinds & {"Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "PodDisruptionBudget"}
    assert len({(document["kind"], document["metadata"]["name"]) for document in made}) == len(made)
    assert all("subPath" not in mount for mount in pod_of(made)["containers"][0]["volumeMounts"])


@pytest.mark.parametrize("values", [values for values in VALUES if values not in ("all-off", "everything")])
def test_the_pod_keeps_the_restricted_profile(documents, values):
    pod = pod_of(documents("helm4", values))
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    volumes = {kind for volume in pod["volumes"] for kind in volume if kind != "name"}
    assert volumes <= {"configMap", "secret"}


def test_every_variable_is_a_setting_of_the_program(documents):
    readme = (ROOT / "README.md").read_text()
    settings = set(re.findall(r"^\| `--[\w-]+` \| `(\w+)` \|.* run[ ,|]", readme, re.MULTILINE))
    assert len(settings) >= 10
    for values in VALUES:
        variables = {variable["name"] for variable in pod_of(documents("helm4", values))["containers"][0]["env"]}
        ours = {name for name in variables if name.startswith("ECS_SCALING_")}
        assert ours <= settings and len(ours) >= 8


def test_objects_come_out_as_they_went_in(documents):
    wanted = yaml.safe_load((HERE / "values/both-sources.yaml").read_text())["objects"]
    (config_map,) = of_kind(documents("helm4", "both-sources"), "ConfigMap")
    (text,) = config_map["data"].values()
    assert list(yaml.safe_load_all(text)) == wanted


def test_the_token_is_the_given_one_or_a_new_one_each_time(documents):
    (given,) = of_kind(documents("helm4", "restricted"), "Secret")
    assert base64.b64decode(given["data"]["token"]) == b"a-token-of-enough-length"
    tokens = {of_kind(rendered("helm4", "defaults"), "Secret")[0]["data"]["token"] for _ in range(2)}
    assert len(tokens) == 2
    assert of_kind(documents("helm4", "pod-identity"), "Secret") == []


@pytest.mark.parametrize("name, source", [
    ("rules.yaml", "deploy/prometheus/rules.yaml"),
    ("dashboard.json", "deploy/grafana/dashboard.json"),
])
def test_the_chart_has_the_same_alerts_and_dashboard(name, source):
    """A chart cannot reach outside of itself, so it has copies."""
    if UPDATE:
        (CHART / "files" / name).write_bytes((ROOT / source).read_bytes())
    assert (CHART / "files" / name).read_bytes() == (ROOT / source).read_bytes(), "UPDATE_GOLDEN=1 make chart copies it"


def test_the_prometheus_rule_has_the_alerts_as_they_are(documents):
    rules = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())
    (rule,) = of_kind(documents("helm4", "everything"), "PrometheusRule")
    assert rule["spec"] == rules
    (rule,) = of_kind(documents("helm4", "monitoring"), "PrometheusRule")
    alerts = rule["spec"]["groups"][0]["rules"]
    assert len(alerts) == len(rules["groups"][0]["rules"]) - 1
    for alert in alerts:
        assert alert["alert"] != "EcsScalingAtMaxCapacity"
        assert alert["labels"] == {"team": "platform", "severity": "page"}
        assert alert["annotations"]["runbook_url"].startswith("https://wiki.example.com/ecs-scaling#ecsscaling")


def test_the_dashboard_is_the_dashboard(documents):
    (config_map,) = of_kind(documents("helm4", "monitoring"), "ConfigMap")
    dashboard = json.loads(config_map["data"]["ecs-scaling.json"])
    assert dashboard == json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())


def test_the_service_monitor_finds_the_service(documents):
    made = documents("helm4", "everything")
    (service,), (monitor,) = of_kind(made, "Service"), of_kind(made, "ServiceMonitor")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert monitor["spec"]["endpoints"][0]["port"] in [port["name"] for port in service["spec"]["ports"]]
    (deployment,) = of_kind(made, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()


def test_the_version_is_the_programs():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    (version,) = re.findall(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    assert chart["version"] == chart["appVersion"] == version


@pytest.mark.parametrize("which", HELMS)
def test_the_values_of_the_readme_are_rendered(which, tmp_path):
    (values,) = re.findall(r"^```yaml\n(.*?)^```$", (CHART / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    (tmp_path / "values.yaml").write_text(values)
    done = helm(which, "template", "demo", CHART, "--values", tmp_path / "values.yaml")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("values", VALUES)
def test_the_notes_name_how_to_look_at_it(values):
    """By Helm 4 alone: Helm 3 shows no notes without a cluster."""
    path = HERE / "values" / f"{values}.yaml"
    arguments = ("install", "demo", CHART, "--dry-run=client", "--namespace", "tools", "--values", path)
    done = helm("helm4", *arguments)
    assert done.returncode == 0, done.stderr
    notes = done.stdout.split("NOTES:\n")[1]
    given = yaml.safe_load(path.read_text())
    name = given.get("fullnameOverride", "demo-ecs-scaling")
    assert f"port-forward deploy/{name} 8080:8080" in notes
    assert given.get("apiToken", {}).get("existingSecret", f"{name}-api-token") in notes
    assert ("It needs AWS credentials" in notes) == (values != "irsa") and ("mode=Apply" in notes) == (values == "restricted")


def test_the_readme_has_every_value():
    readme = CHART / "README.md"
    before, _, after = re.split(r"(<!-- generated: values -->\n)", readme.read_text(), maxsplit=1)
    end = after.index("<!-- end -->")
    wanted = before + "<!-- generated: values -->\n" + table((CHART / "values.yaml").read_text()) + after[end:]
    if UPDATE:
        readme.write_text(wanted)
    assert readme.read_text() == wanted, "UPDATE_GOLDEN=1 make chart writes the table"
