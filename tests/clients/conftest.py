"""Fixtures: the built sandbox and the built controller as processes, and independent clients on them.

The binaries come from `make build`. Nothing of the controller's code is used here: what these tests find in the sandbox
is what another program would find in AWS.
"""

import dataclasses
import json
import os
import pathlib
import select
import signal
import socket
import subprocess
import time
import urllib.request

import boto3
import botocore.config
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug"
REGION = "ap-northeast-2"

# Nobody's profile, endpoint or credentials reach these tests.
for name in [name for name in os.environ if name.startswith(("AWS_", "ECS_SCALING_"))]:
    del os.environ[name]
os.environ["NO_PROXY"] = "127.0.0.1"


def not_run(check, reason):
    """Skips the running test, and writes the check into the list that `make test` compares at its end."""
    with open(ROOT / "target" / "not-run.txt", "a") as file:
        file.write(f"{check}: {reason}\n")
    pytest.skip(reason)


def wait_until(what, condition, seconds=30):
    """Asks until the condition holds, and returns what it returned; fails when it does not hold in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.1)
    pytest.fail(f"after {seconds} s still not true: {what}")


@dataclasses.dataclass
class Sandbox:
    """A running sandbox, and where S3 is where a test has it."""

    url: str
    s3_url: str | None = None

    @property
    def environment(self):
        """An environment in which every AWS client talks to the sandbox and to nothing else."""
        return dict(os.environ) | {
            "AWS_ENDPOINT_URL": self.url,
            # The sandbox serves no S3: without one of its own, a test reaches none.
            "AWS_ENDPOINT_URL_S3": self.s3_url or self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def client(self, service):
        """A boto3 client, without retries: what is refused once is refused."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )

    def control(self, what, body):
        """Has it fail calls (`faults`) or deny an action (`deny`), as its control API says."""
        request = urllib.request.Request(f"{self.url}/_sandbox/{what}", json.dumps(body).encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).close()

    def create_service(self, cluster="B", service="search-api", desired_count=2):
        """A cluster with a service in it, through the ECS API."""
        ecs = self.client("ecs")
        ecs.create_cluster(clusterName=cluster)
        container = {"name": service, "image": service, "memory": 128}
        task = ecs.register_task_definition(family=service, containerDefinitions=[container])["taskDefinition"]
        ecs.create_service(
            cluster=cluster,
            serviceName=service,
            taskDefinition=task["taskDefinitionArn"],
            desiredCount=desired_count,
        )


def binary(name):
    """The path of a built binary."""
    path = BINARIES / name
    assert path.exists(), f"{path} is not built: make build"
    return str(path)


@pytest.fixture
def moto(sandbox):
    """The URL of another implementation of AWS, empty, which serves S3 beside the sandbox. It runs in this process."""
    from moto.server import ThreadedMotoServer  # takes its time, and few tests need it

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        sandbox.s3_url = f"http://{host}:{port}"
        urllib.request.urlopen(urllib.request.Request(f"{sandbox.s3_url}/moto-api/reset", method="POST")).close()
        yield sandbox.s3_url
    finally:
        server.stop()


@pytest.fixture
def seed():
    """What the sandbox starts with: nothing, where a test's module does not say otherwise."""
    return {}


@pytest.fixture
def sandbox(tmp_path, seed):
    """A fresh sandbox process."""
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed))
    with open(tmp_path / "sandbox.log", "w+") as log:
        process = subprocess.Popen(
            [binary("ecs-scaling-sandbox"), "serve", "--listen", "127.0.0.1:0", "--seed", path],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield Sandbox(_listening_url(process, log))
        finally:
            process.kill()
            process.wait()


def _listening_url(process, log):
    ready, _, _ = select.select([process.stdout], [], [], 10)
    line = process.stdout.readline() if ready else ""
    marker = "listening on "
    if marker not in line:
        log.seek(0)
        pytest.fail(f"the sandbox did not say where it listens; it said {line!r}, and on stderr {log.read()!r}")
    return line.split(marker, 1)[1].strip()


@pytest.fixture
def controller(request):
    """Runs the controller's binary to its end and checks its exit code. On a sandbox where the test has one."""

    def run(*arguments, exit_code=0):
        environment = os.environ
        if "sandbox" in request.fixturenames:
            environment = request.getfixturevalue("sandbox").environment
        command = [binary("ecs-scaling"), *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == exit_code, f"{command} exited with {done.returncode}:\n{done.stdout}\n{done.stderr}"
        return done

    return run


@pytest.fixture
def daemon(sandbox, tmp_path):
    """Starts `ecs-scaling run` with these arguments; afterwards SIGTERM must end it, well, within ten seconds."""
    processes = []

    def start(*arguments):
        log = open(tmp_path / f"controller-{len(processes)}.log", "w+")
        command = [binary("ecs-scaling"), "run", *map(str, arguments)]
        process = subprocess.Popen(command, env=sandbox.environment, stdout=log, stderr=log)
        processes.append((process, log))
        return process

    yield start
    for process, log in processes:
        process.send_signal(signal.SIGTERM)
        try:
            exit_code = process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            exit_code = "none, ten seconds after SIGTERM"
        log.seek(0)
        assert exit_code == 0, f"exit code {exit_code}:\n{log.read()}"


@pytest.fixture
def free_address():
    """An address on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return "127.0.0.1:{}".format(free.getsockname()[1])


@pytest.fixture
def example():
    """The object that every page of the docs begins with."""
    return yaml.safe_load((pathlib.Path(__file__).parent / "search-api.yaml").read_text())


@pytest.fixture
def config(tmp_path):
    """A folder of desired objects, and how to write one into it."""
    folder = tmp_path / "desired"
    folder.mkdir()

    def write(*objects):
        (folder / "objects.yaml").write_text(yaml.safe_dump_all(objects))
        return folder

    return write
