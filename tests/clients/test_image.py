"""The image as it is shipped: what it holds, and its program run in it against the sandbox. `make image-test`."""

import copy
import os
import platform
import signal
import ssl
import struct
import subprocess
import time
import tomllib
import urllib.request

import pytest
import yaml
from conftest import REGION, ROOT, binary, not_run, wait_until
from endpoint import RESOLVER, Endpoint
from oci import can_run, unpack

PROFILE = os.environ.get("IMAGE_PROFILE", "dev")
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}[platform.machine()]
ARCHIVE = ROOT / "target/image" / PROFILE / f"ecs-scaling-{ARCHITECTURE}.tar"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FIRST_RECONCILE_SECONDS = 1.0


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    if not ARCHIVE.exists():
        not_run("image", "there is no image: make image needs buildah and musl-gcc (Debian: buildah, musl-tools)")
    return unpack(ARCHIVE, tmp_path_factory.mktemp("image"))


@pytest.fixture
def runnable(image):
    if not can_run():
        not_run("image", "it is not run: mounting needs root")
    return image


@pytest.fixture
def endpoint(sandbox, tmp_path):
    folder = tmp_path / "tls"
    folder.mkdir()
    made = Endpoint(sandbox.url, folder)
    yield made
    made.close()


@pytest.fixture
def desired(example, tmp_path):
    """The objects, as a ConfigMap's volume has them: readable for everybody, and swapped as a whole."""
    folder = tmp_path / "volume"
    (folder / "..1").mkdir(parents=True)
    (folder / "..1/objects.yaml").write_text(yaml.safe_dump(example))
    (folder / "..data").symlink_to("..1")
    (folder / "objects.yaml").symlink_to("..data/objects.yaml")
    return folder


def test_it_holds_the_program_and_certificates_and_nothing_else(image):
    modes = {name: oct(entry.mode & 0o7777) for name, entry in image.files.items()}
    assert modes == {"ecs-scaling": "0o555", CERTIFICATES.lstrip("/"): "0o444"}
    mark = b"/_sandbox/"
    assert mark not in image.binary(), "the sandbox is in it"
    with open(binary("ecs-scaling-sandbox"), "rb") as sandbox:
        assert mark in sandbox.read(), "the check cannot fail"


def test_the_program_needs_no_loader_and_no_library(image):
    assert interpreter(image.binary()) is None
    with open(binary("ecs-scaling"), "rb") as dynamic:
        assert interpreter(dynamic.read()), "the check cannot fail"


def interpreter(elf):
    """The loader that a program of 64 bits names in its headers."""
    (table,) = struct.unpack_from("<Q", elf, 32)
    size, count = struct.unpack_from("<HH", elf, 54)
    for at in range(table, table + size * count, size):
        kind, offset, length = *struct.unpack_from("<I4xQ", elf, at), struct.unpack_from("<Q", elf, at + 32)[0]
        if kind == 3:
            return elf[offset:offset + length].rstrip(b"\0").decode()
    return None


def test_it_says_what_it_is_and_no_address_that_is_not_known(image):
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    prefix = "org.opencontainers.image."
    labels = {name.removeprefix(prefix): value for name, value in image.config["Labels"].items()}
    assert labels.keys() - {"revision"} == {"title", "description", "licenses", "version"}
    assert labels["version"] == version == image.manifest["annotations"][prefix + "version"]
    assert labels.get("revision") == image.manifest["annotations"].get(prefix + "revision")
    assert (image.config["architecture"], image.config["os"]) == (ARCHITECTURE, "linux")
    assert image.config["User"] == "65532:65532" and image.config["Cmd"] == ["run"]


def test_it_trusts_those_who_sign_for_aws(image):
    context = ssl.create_default_context(cafile=image.root / CERTIFICATES.lstrip("/"))
    names = {dict(pair[0] for pair in one["subject"]).get("commonName") for one in context.get_ca_certs()}
    assert {f"Amazon Root CA {number}" for number in (1, 2, 3, 4)} <= names
    assert "Starfield Services Root Certificate Authority - G2" in names


def settings(image, address, endpoint):
    return image.environment(
        AWS_ENDPOINT_URL=endpoint,
        AWS_ACCESS_KEY_ID="test",
        AWS_SECRET_ACCESS_KEY="test",
        AWS_REGION=REGION,
        AWS_EC2_METADATA_DISABLED="true",
        ECS_SCALING_CONFIG="/etc/ecs-scaling",
        ECS_SCALING_OWNER="it",
        ECS_SCALING_LISTEN=address,
    )


def metrics(address):
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as reply:
            return reply.read().decode()
    except OSError:
        return ""


def test_it_reconciles_by_name_and_over_tls_from_a_read_only_root(
    runnable, sandbox, endpoint, desired, free_address, tmp_path
):
    """As in a container: user 65532, nothing writable, a resolver and an authority laid into it, SIGTERM at the end."""
    sandbox.create_service()
    (tmp_path / "resolv.conf").write_text(f"nameserver {RESOLVER}\n")
    own = (runnable.root / CERTIFICATES.lstrip("/")).read_text()
    (tmp_path / "authorities.pem").write_text(own + endpoint.authority.read_text())
    laid = [(desired, "/etc/ecs-scaling"), (tmp_path / "resolv.conf", "/etc/resolv.conf")]
    environment = settings(runnable, free_address, endpoint.url)

    def run(*arguments, laid=laid):
        command = runnable.command(*arguments, laid=laid)
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    refused = run("plan")
    assert refused.returncode != 0 and "UnknownIssuer" in refused.stdout + refused.stderr, refused
    assert run("healthcheck").returncode == 1

    command = runnable.command(*runnable.config["Cmd"], laid=[*laid, (tmp_path / "authorities.pem", CERTIFICATES)])
    with open(tmp_path / "log", "w+") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            ready = 'object="default/search-api",reason="AsWanted",status="True",type="Ready"} 1'
            text = wait_until("it is Ready", lambda: ready in metrics(free_address) and metrics(free_address))
            assert "\nprocess_resident_memory_bytes " in text
            ids = (ROOT / f"/proc/{process.pid}/status").read_text()
            assert "\nUid:\t65532\t65532\t65532\t65532\n" in ids and "\nCapEff:\t0000000000000000\n" in ids
            assert run("healthcheck").stdout.strip() == "ok"
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                exit_code = process.wait(timeout=10)
            finally:
                process.kill()
        log.seek(0)
        assert exit_code == 0, log.read()


def test_from_the_start_to_the_first_reconcile_it_takes_less_than_a_second(
    runnable, sandbox, desired, free_address, capsys
):
    """From a ConfigMap's volume; other directories take the second more in which they must not change."""
    sandbox.create_service()
    environment = settings(runnable, free_address, sandbox.url)
    command = runnable.command("run", laid=[(desired, "/etc/ecs-scaling")])
    took = []
    for _ in range(5):
        started = time.monotonic()
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            while "\necs_scaling_last_sync_timestamp_seconds{" not in metrics(free_address):
                assert time.monotonic() - started < 30, "never reconciled"
                time.sleep(0.005)
            took.append(time.monotonic() - started)
        finally:
            process.terminate()
            process.wait(timeout=10)
    with capsys.disabled():
        shown = ", ".join(f"{seconds:.3f}" for seconds in sorted(took))
        print(f"\n  start to first reconcile, {PROFILE} profile: {shown} s")
    assert sorted(took)[len(took) // 2] < FIRST_RECONCILE_SECONDS


@pytest.mark.skipif(PROFILE != "release", reason="200 alarms are made at one a second, and what is shipped counts")
def test_what_a_steady_pass_over_many_services_costs(runnable, fleet, free_address, tmp_path, capsys):
    """Its processor time and memory over ten sweeps that change nothing."""
    environment = settings(runnable, free_address, fleet.url)
    command = runnable.command(
        "run", "--interval", "1s", "--requests-per-second", "1000", "--max-changes", str(SERVICES),
        laid=[(tmp_path / "fleet", "/etc/ecs-scaling")],
    )  # fmt: skip
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    passes = 'controller_runtime_reconcile_total{controller="servicescaling",result="success"}'

    def value(name):
        found = [line for line in metrics(free_address).splitlines() if line.startswith(name + " ")]
        return float(found[0].split()[-1]) if found else 0.0

    def ready():
        return metrics(free_address).count('reason="AsWanted",status="True",type="Ready"} 1')

    try:
        wait_until("all are Ready", lambda: ready() == SERVICES, 300)
        began, cpu = value(passes), cpu_seconds(process)
        wait_until("ten sweeps later", lambda: value(passes) >= began + 10 * SERVICES, 300)
        sweeps = (value(passes) - began) / SERVICES
        cpu = (cpu_seconds(process) - cpu) / sweeps
        memory = value("process_resident_memory_bytes") / 2**20
    finally:
        process.terminate()
        process.wait(timeout=30)
    size = (runnable.root / "ecs-scaling").stat().st_size / 1e6
    with capsys.disabled():
        print(f"\n  {PROFILE} profile: {size:.1f} MB; a steady pass over {SERVICES} services takes {cpu:.3f} s of CPU,"
              f" {memory:.0f} MiB resident")
    assert memory < 64


def cpu_seconds(process):
    """As the kernel counts them, in hundredths; the program's own metric has whole seconds."""
    fields = (ROOT / f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


SERVICES = 200


@pytest.fixture
def seed(request):
    """For the test of many services, these; else nothing."""
    if "fleet" not in request.fixturenames:
        return {}
    services = [{"name": f"service-{number:03}", "desiredCount": 2} for number in range(SERVICES)]
    return {"clusters": [{"account": "111122223333", "region": REGION, "name": "B", "services": services}]}


@pytest.fixture
def fleet(sandbox, example, tmp_path):
    """The sandbox with many services, and an object for each."""
    folder = tmp_path / "fleet"
    folder.mkdir()
    objects = []
    for number in range(SERVICES):
        one = copy.deepcopy(example)
        one["metadata"]["name"] = one["spec"]["service"] = f"service-{number:03}"
        one["spec"]["stepScaling"][0]["alarm"]["alarmName"] = f"alarm-{number:03}"
        objects.append(one)
    (folder / "objects.yaml").write_text(yaml.safe_dump_all(objects))
    return sandbox
