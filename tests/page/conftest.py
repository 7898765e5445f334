"""Fixtures: the founding story in the sandbox, the daemon on it, and a browser that looks at its page.

The browser is Debian's Chromium; it is never downloaded. Whatever it complains of, and whatever it asks for elsewhere,
fails the test that it happened in.
"""

import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

import boto3
import pytest
from playwright.sync_api import sync_playwright

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
BINARIES = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "debug"
REGION = "ap-northeast-2"
MEMBER = "444455556666"
ROLE = "search-test-role"
SCREENSHOTS = HERE / "screenshots"

for name in [name for name in os.environ if name.startswith(("AWS_", "ECS_SCALING_"))]:
    del os.environ[name]
os.environ["NO_PROXY"] = "127.0.0.1"


def wait_until(what, condition, seconds=30):
    """Asks until the condition holds, and returns what it returned; fails when it does not hold in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.1)
    pytest.fail(f"after {seconds} s still not true: {what}")


def binary(name):
    """The path of a built binary."""
    path = BINARIES / name
    assert path.exists(), f"{path} is not built: make build"
    return str(path)


class Daemon:
    """`ecs-scaling run` on a sandbox with the founding story."""

    def __init__(self, sandbox, config, log, address=None):
        self.sandbox, self.config, self.log, self.process = sandbox, config, log, None
        self.address = address or free_address()
        self.url = f"http://{self.address}"

    def start(self, *arguments):
        environment = dict(os.environ) | {
            "AWS_ENDPOINT_URL": self.sandbox,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        command = [binary("ecs-scaling"), "run", "--config", self.config, "--owner", "platform", "--listen", self.address]
        command += ["--interval", "1s", "--poll", "1s", *map(str, arguments)]
        self.process = subprocess.Popen(command, env=environment, stdout=self.log, stderr=self.log)
        wait_until("the first pass was attempted", self._is_ready)

    def _is_ready(self):
        assert self.process.poll() is None, "the daemon ended"
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=10)

    def reconcile(self):
        """SIGHUP: what is denied is tried at once."""
        self.process.send_signal(signal.SIGHUP)

    def iam(self):
        """IAM of the account that the role is in, as its administrator."""
        return boto3.client(
            "iam",
            endpoint_url=self.sandbox,
            region_name=REGION,
            aws_access_key_id=MEMBER,
            aws_secret_access_key="test",
        )


def free_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return "127.0.0.1:{}".format(free.getsockname()[1])


@pytest.fixture
def daemon(tmp_path):
    """The founding story: a daemon that lacks one value in one statement of its role's policy."""
    config = tmp_path / "desired"
    shutil.copytree(HERE / "desired", config)
    with open(tmp_path / "log", "w+") as log:
        command = [binary("ecs-scaling-sandbox"), "serve", "--story", "founding", "--listen", "127.0.0.1:0"]
        sandbox = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        ready, _, _ = select.select([sandbox.stdout], [], [], 10)
        line = sandbox.stdout.readline() if ready else ""
        daemon = Daemon(line.split("listening on ", 1)[1].strip(), config, log)
        try:
            daemon.start()
            yield daemon
        finally:
            daemon.stop()
            sandbox.kill()
            sandbox.wait()


@pytest.fixture(scope="session")
def chromium():
    executable = shutil.which("chromium")
    if not executable:
        with open(ROOT / "target" / "not-run.txt", "a") as file:
            file.write("status page: chromium is not on PATH (Debian: chromium)\n")
        pytest.skip("chromium is not on PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def browse(chromium, daemon):
    """Opens a page. At its end nothing must have been complained of, and nobody else been asked."""
    contexts, complaints = [], []

    def open_page(path="/", allowed=(), **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()

        def complain(what):
            if not any(text in what for text in allowed):
                complaints.append(what)

        page.on("console", lambda message: complain(f"console: {message.text}"))
        page.on("pageerror", lambda error: complain(f"error: {error}"))
        page.on("request", lambda request: request.url.startswith(daemon.url) or complain(f"asked {request.url}"))
        page.add_init_script(
            "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
        )
        page.goto(daemon.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
