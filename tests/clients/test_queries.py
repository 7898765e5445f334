"""Every query of the alerts and of the dashboard, on a scrape of a daemon that meets all that they ask for."""

import copy
import json
import re
import shutil
import subprocess
import urllib.request

import pytest
import yaml
from conftest import ROOT, not_run, wait_until
from queries import is_matched, of_dashboard, of_rules, samples, selectors

QUERIES = [
    *of_rules(ROOT / "deploy/prometheus/rules.yaml"),
    *of_dashboard(ROOT / "deploy/grafana/dashboard.json"),
]
# What shows nothing on a scrape, since in a test it cannot be, or must not be: by the query's place.
EMPTY_ON_PURPOSE = {
    "EcsScalingDown",
    "EcsScalingSyncStale",
    "EcsScalingReconcilePanic: description",
    "EcsScalingAtMaxCapacity",
    "EcsScalingPruneBlocked",
}


@pytest.fixture
def scrape(sandbox, daemon, config, example, free_address):
    """One object is well, one is denied a write, one has no service; AWS throttled a call; and one file is wrong."""
    sandbox.create_service()
    sandbox.create_service(service="denied")
    sandbox.control("faults", {"operation": "PutScalingPolicy", "fault": "throttle"})
    folder = config(example)
    daemon("--config", folder, "--owner", "it", "--listen", free_address, "--interval", "1s", "--prune")

    def scraped(*parts):
        try:
            with urllib.request.urlopen(f"http://{free_address}/metrics", timeout=10) as reply:
                text = reply.read().decode()
        except OSError:
            return None
        return text if all(part in text for part in parts) else None

    well = ('class="throttled"', 'object="default/search-api",reason="AsWanted",status="True",type="Ready"} 1')
    wait_until("the first object is well", lambda: scraped(*well))

    sandbox.control("deny", {"account": "111122223333", "action": "cloudwatch:PutMetricAlarm"})
    for name in ("denied", "missing"):
        other = copy.deepcopy(example)
        other["metadata"]["name"] = other["spec"]["service"] = name
        other["spec"]["stepScaling"][0]["alarm"]["alarmName"] = name
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(other))
    (folder / "wrong.yaml").write_text("kind: Wrong\n")
    wrong = (
        'severity="error"} 1',
        'fate="blocked"',
        'reason="AccessDenied",status="False",type="PermissionsGranted"} 1',
        'reason="ServiceMissing",status="True",type="Stalled"} 1',
    )
    return list(samples(wait_until("all the others are wrong", lambda: scraped(*well, *wrong))))


def test_every_query_names_series_that_are_there_and_shows_something(scrape, tmp_path):
    """By name and labels first; then by Prometheus' own engine, as promtool has it, the counters of the scrape growing."""
    assert_there([(name, labels) for name, labels, _ in scrape])
    promtool = shutil.which("promtool")
    if not promtool:
        not_run("promtool", "promtool is not on PATH (Debian: prometheus)")
    results = evaluated(promtool, tmp_path, scrape, [query for _, query in QUERIES])
    for (where, query), result in zip(QUERIES, results):
        assert "err:" not in result, f"{where}: {query}\n{result}"
        assert (result == "nil") == (where in EMPTY_ON_PURPOSE), f"{where}: {query}\n{result}"


def assert_there(series):
    """Fails where a query selects what is not among these series; of reasons, what is no reason at all."""
    reasons = {labels["reason"] for name, labels in series if name == "ecs_scaling_withheld_actions"}
    assert len(reasons) > 20
    asked = [(where, selector) for where, query in QUERIES for selector in selectors(query)]
    assert len(asked) > 60
    for where, (name, matchers) in asked:
        wanted = [value for label, _, value in matchers if label == "reason"]
        assert reasons.issuperset(wanted), f"{where}: {wanted} is no reason"
        selector = (name, [matcher for matcher in matchers if matcher[0] != "reason"])
        assert any(is_matched(selector, one) for one in series), f"{where}: no series is {name}{matchers}"


def evaluated(promtool, folder, scrape, queries):
    """What promtool says of each query: it expects something that is never there, and so tells what it got."""
    never = [{"labels": "never", "value": 0}]
    test = {
        "input_series": [series_of(*sample) for sample in scrape],
        "promql_expr_test": [{"expr": query, "eval_time": "9m", "exp_samples": never} for query in queries],
    }
    path = folder / "queries.yaml"
    path.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test | {"interval": "1m"}]}))
    done = subprocess.run([promtool, "test", "rules", path], capture_output=True, text=True, timeout=60)
    reports = re.split(r"^    expr: ", done.stdout + done.stderr, flags=re.MULTILINE)[1:]
    assert len(reports) == len(queries), done.stdout + done.stderr
    return [re.search(r"(?:got: |(?=err:))(.*)", report, re.DOTALL)[1].strip() for report in reports]


def series_of(name, labels, value):
    """A sample as a series of Prometheus: counters grow from it, most of all those of failures, and gauges stay."""
    labels = labels | {"job": "tools", "instance": "10.0.0.1:8080"}
    shown = ",".join(f'{label}="{text}"' for label, text in labels.items())
    is_counter = re.search(r"_(total|bucket|count|sum)$", name)
    step = (9 if labels.get("result") == "error" else 1) if is_counter else 0
    return {"series": f"{name}{{{shown}}}", "values": f"{value}+{step}x10"}
