"""What the chart gives the pod, given to the program: variables, arguments, token, and ConfigMaps as kubelet lays them."""

import base64
import copy
import os
import socket
import subprocess

import pytest
import yaml
from conftest import ROOT, wait_until


@pytest.fixture
def documents(tmp_path, example):
    """The chart with one object among the values, and another in a ConfigMap that is there already."""
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"owner": "it", "objects": [example], "existingConfigMaps": ["worker.scaling"]}))
    helm = ROOT / ".cache/tools/bin/helm4"
    command = [helm, "template", "demo", ROOT / "charts/ecs-scaling", "--values", values]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return {document["kind"]: document for document in yaml.safe_load_all(done.stdout)}


def mount(volume, files, version):
    """Writes a volume as kubelet does: the files in a folder of their own, which `..data` is swapped to as a whole."""
    folder = volume / f"..{version}"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
        if not (volume / name).is_symlink():
            (volume / name).symlink_to(f"..data/{name}")
    (volume / "..data_tmp").symlink_to(folder.name)
    os.replace(volume / "..data_tmp", volume / "..data")


def test_the_program_takes_it_all_and_a_swapped_configmap_without_a_restart(
    documents, sandbox, daemon, controller, example, free_address, tmp_path, monkeypatch
):
    sandbox.create_service()
    sandbox.create_service(service="worker")
    pod = documents["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    worker = copy.deepcopy(example)
    worker["metadata"]["name"] = worker["spec"]["service"] = "worker"
    del worker["spec"]["stepScaling"]
    config_maps = {
        documents["ConfigMap"]["metadata"]["name"]: documents["ConfigMap"]["data"],
        "worker.scaling": {"worker.yaml": yaml.safe_dump(worker)},
    }
    token = base64.b64decode(documents["Secret"]["data"]["token"]).decode()
    for place in container["volumeMounts"]:
        volume = volumes[place["name"]]
        files = config_maps[volume["configMap"]["name"]] if "configMap" in volume else {"token": token}
        mount(tmp_path / place["mountPath"].lstrip("/"), files, "1")

    in_the_pod = {
        "ECS_SCALING_CONFIG": str(tmp_path / "etc/ecs-scaling"),
        "ECS_SCALING_API_TOKEN_FILE": str(tmp_path / "var/run/secrets/ecs-scaling/token"),
        "ECS_SCALING_LISTEN": free_address,
    }
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], in_the_pod.get(variable["name"], variable["value"]))
    assert container["args"][0] == "run" and in_the_pod.keys() <= {variable["name"] for variable in container["env"]}
    daemon(*container["args"][1:])

    reader = ("--server", f"http://{free_address}", "--token-file", in_the_pod["ECS_SCALING_API_TOKEN_FILE"])
    wait_until("it listens", lambda: listens(free_address))
    wait_until("both objects are Ready", lambda: controller("get", *reader).stdout.count("AsWanted") == 2)

    worker["spec"]["maxCapacity"] = 33
    mount(tmp_path / "etc/ecs-scaling/worker.scaling", {"worker.yaml": yaml.safe_dump(worker)}, "2")
    scaling = sandbox.client("application-autoscaling")

    def bounds():
        targets = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
        return {target["ResourceId"]: target["MaxCapacity"] for target in targets}

    wait_until("the change is taken", lambda: bounds() == {"service/B/search-api": 20, "service/B/worker": 33})


def listens(address):
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0
