"""Alerts, their tests and the runbook belong together."""

import pathlib
import re

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
(GROUP,) = yaml.safe_load((ROOT / "deploy/prometheus/rules.yaml").read_text())["groups"]
RULES = GROUP["rules"]
TESTS = yaml.safe_load((ROOT / "tests/deploy/rules.test.yaml").read_text())["tests"]
NAMES = list(dict.fromkeys(rule["alert"] for rule in RULES))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_rule_has_a_severity_and_says_what_and_where_to_read_on(rule):
    assert rule["labels"].keys() == {"severity"} and rule["labels"]["severity"] in {"warning", "critical"}
    assert rule["annotations"].keys() == {"summary", "description", "runbook_url"}
    assert rule["annotations"]["runbook_url"] == f"https://ecs-scaling.dev/runbook#{rule['alert'].lower()}"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule['alert']}-{rule['labels']['severity']}")
def test_every_rule_is_tested_firing_and_not_firing(rule):
    """promtool runs them (`make rules`); here, that none was forgotten."""
    cases = [case for test in TESTS for case in test["alert_rule_test"] if case["alertname"] == rule["alert"]]
    severities = [alert["exp_labels"]["severity"] for case in cases for alert in case["exp_alerts"]]
    assert rule["labels"]["severity"] in severities
    assert any(case["exp_alerts"] == [] for case in cases)


def test_an_alert_names_what_changes_while_it_lasts_in_its_text_alone():
    labels = [alert["exp_labels"] for test in TESTS for case in test["alert_rule_test"] for alert in case["exp_alerts"]]
    assert labels
    for one in labels:
        assert not one.keys() & {"reason", "status", "instance", "pod", "mode"}, one


def test_the_runbook_has_a_heading_an_alert_in_the_same_order():
    runbook = (ROOT / "deploy/runbook.md").read_text()
    headings = re.findall(r"^## (\w+)$", runbook, re.MULTILINE)
    assert headings == NAMES
    for name, text in zip(headings, re.split(r"^## ", runbook, flags=re.MULTILINE)[1:]):
        for part in ("**It means**", "**See**", "**Do**"):
            assert part in text, f"{name}: {part}"
    for target in re.findall(r"\]\(#(\w+)\)", runbook):
        assert target in [name.lower() for name in NAMES]
