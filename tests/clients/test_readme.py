"""Every command of README.md, run as it is written, on the built binaries and the sandbox."""

import datetime
import os
import re
import signal
import socket
import subprocess
import urllib.request

import pytest
from conftest import BINARIES, ROOT, wait_until

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
SHELL = [text for language, text in BLOCKS if language == "sh"]
FIRST, *REST = [text.splitlines() for text in SHELL if "aws cloudformation" not in text]  # that one: test_deployed.py
PORT_OF_THE_DOCS = "127.0.0.1:8080"


def test_every_block_is_run_or_compared():
    """`sh` is run here, `yaml` is a file of the `sh` blocks, `text` is compared with the demo's golden file in Rust."""
    assert {language for language, _ in BLOCKS} == {"sh", "yaml", "text"}
    assert FIRST == ["make demo", "make test"], "the first block has a test of its own for each of these"


def test_make_demo_tells_the_story_and_serves_until_it_is_interrupted():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    demo = subprocess.Popen(
        ["make", "demo"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        shown = ""
        for line in demo.stdout:
            shown += line
            if "Ctrl-C" in line:
                break
        golden = (ROOT / "tests/it/golden/demo.txt").read_text()
        assert golden in shown
        (curl,) = re.findall(r"\$ curl (\S+)", shown)
        assert 'ecs_scaling_drift_corrections_total{object="default/search-api"} 1' in fetch(curl)
        for command in re.findall(r"\$ (\S+/ecs-scaling .*)", shown.split("7. ")[1]):
            assert "search-api" in run(command, ROOT, environment)
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(timeout=10)


def test_make_test_is_a_target():
    """It is what runs this test, so only what it would do is asked for."""
    steps = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "tests/scripts/test.sh" in steps


@pytest.fixture
def reader(sandbox, tmp_path):
    """Someone who reads on: the YAML is saved under the names that it bears, AWS is the sandbox with B's search-api."""
    sandbox.create_service(cluster="B", service="search-api", desired_count=2)
    for text in (text for language, text in BLOCKS if language == "yaml"):
        path = tmp_path / re.match(r"# (\S+\.yaml)\n", text)[1]
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    a_load(sandbox, tmp_path)
    credentials = tmp_path / "credentials"
    credentials.write_text("[prod]\naws_access_key_id = test\naws_secret_access_key = test\n")
    own = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"}
    environment = {name: value for name, value in sandbox.environment.items() if name not in own}
    address = free_address()
    environment |= {
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "PATH": f"{BINARIES}:{os.environ['PATH']}",  # what `cargo install` is for, without a release build
        "ECS_SCALING_LISTEN": address,  # another daemon may be up on this machine
        "ECS_SCALING_SERVER": f"http://{address}",
    }
    return Reader(tmp_path, environment, address)


def a_load(sandbox, folder):
    """What there is to simulate with: three hours of CPU, in CloudWatch and as a file, and a second object to compare."""
    now = datetime.datetime.now(datetime.UTC).replace(second=0, microsecond=0)
    points = [(now - datetime.timedelta(minutes=back), 36.0 if back <= 60 else 12.0) for back in range(180, 0, -1)]
    dimensions = [{"Name": "ClusterName", "Value": "B"}, {"Name": "ServiceName", "Value": "search-api"}]
    of_metric = {"MetricName": "CPUUtilization", "Dimensions": dimensions}
    data = [of_metric | {"Timestamp": at, "Values": [value], "Counts": [2.0]} for at, value in points]
    sandbox.client("cloudwatch").put_metric_data(Namespace="AWS/ECS", MetricData=data)
    rows = [f"{at.isoformat()},{value}" for at, value in points]
    (folder / "load.csv").write_text("\n".join(["timestamp,value", *rows]) + "\n")
    later = (folder / "scaling/search-api.yaml").read_text().replace("evaluationPeriods: 15", "evaluationPeriods: 30")
    (folder / "search-api-later.yaml").write_text(later)


class Reader:
    """Types one command after another."""

    def __init__(self, folder, environment, address):
        self.folder, self.environment, self.address = folder, environment, address
        self.daemons = []

    def type(self, line):
        """Runs a line; what it printed."""
        if line.startswith("cargo install "):
            return ""  # its binary is on the PATH
        if line.startswith("export "):
            self.environment |= dict(word.split("=", 1) for word in line.split()[1:])
            return ""
        if line.startswith("ecs-scaling run "):
            return self.start(line)
        return run(line.replace(PORT_OF_THE_DOCS, self.address), self.folder, self.environment)

    def start(self, line):
        """Leaves a command running, and waits until its first pass is done."""
        daemon = subprocess.Popen(line.split(), cwd=self.folder, env=self.environment, stderr=subprocess.DEVNULL)
        self.daemons.append(daemon)
        wait_until("the daemon is ready", lambda: is_ready(f"http://{self.address}/readyz"))
        return ""


def test_the_other_commands_run_as_written(sandbox, reader):
    shown = {line: reader.type(line) for block in REST for line in block}
    try:
        said = {re.sub(r"^ecs-scaling (\w+).*|^(curl).*", r"\1\2", line): text for line, text in shown.items()}
        assert "2 valid objects: 0 errors, 0 warnings" in said["validate"]
        assert "5 to create" in said["plan"]
        assert "1 of 1 object is as wanted" in said["apply"]
        assert re.search(r"search-api +B +search-api +True +AsWanted +2 +20 ", said["get"])
        assert "Generation:  1" in said["describe"]
        assert 'ecs_scaling_capacity{bound="max",object="default/search-api"} 20' in said["curl"]
        assert "iam:CreateServiceLinkedRole" in said["iam"] and "Account default (111122223333)" in said["doctor"]
        assert "1 service: 1 managed" in said["coverage"]
        exported = {path.name for path in reader.folder.glob("search-*.yaml")}
        assert exported == {"search-api.yaml", "search-web.yaml", "search-api-later.yaml"}
        assert "adoption: Unowned" in (reader.folder / "search-api.yaml").read_text()
        assert "service: search-web" in (reader.folder / "search-web.yaml").read_text()
        assert "aws iam create-service-linked-role" in said["explain"]
        policies = sandbox.client("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")
        names = {policy["PolicyName"] for policy in policies["ScalingPolicies"]}
        assert names >= {"search-api-out", "search-api-in"}
        paths = re.findall(r"^\| `(/\S*)` \|", README, re.MULTILINE)
        assert len(paths) == 8
        for path in paths:
            assert fetch(f"http://{reader.address}" + path.format(namespace="default", name="search-api"))
    finally:
        for daemon in reader.daemons:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=10) == 0


def run(line, folder, environment):
    """Runs one line in a shell; it must exit with 0, or with what it says itself: `# exits with N`."""
    expected = re.search(r"# exits with (\d+)", line)
    done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == int(expected[1] if expected else 0), f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def fetch(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


def is_ready(url):
    try:
        return fetch(url)
    except OSError:
        return None


def free_address():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % probe.getsockname()[1]
