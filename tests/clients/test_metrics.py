"""Prometheus' own tool reads /metrics."""

import shutil
import subprocess
import urllib.request

from conftest import not_run, wait_until


def test_promtool_finds_nothing_to_say(sandbox, daemon, config, example, free_address):
    promtool = shutil.which("promtool")
    if not promtool:
        not_run("promtool", "promtool is not on PATH (Debian: prometheus)")
    sandbox.create_service()
    daemon("--config", config(example), "--owner", "it", "--listen", free_address)

    def scraped():
        try:
            with urllib.request.urlopen(f"http://{free_address}/metrics", timeout=10) as reply:
                text = reply.read()
        except OSError:
            return None
        return text if b'type="Ready"' in text else None

    text = wait_until("the object is in the metrics", scraped)
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=60)
    assert (done.returncode, done.stdout + done.stderr) == (0, b"")
