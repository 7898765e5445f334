"""The README's table of costs against its own formula, which tests/it/calls.rs holds against counted calls."""

import math
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
ROWS = [
    [int(cell.replace(",", "").removesuffix(" s")) for cell in row.split(" | ")]
    for row in re.findall(r"^\| ([\d,]+ \| [\d,]+ \| [\d,]+ \| [\d,]+ \| [\d,]+ s) \|$", README, re.MULTILINE)
]
INTERVAL, DAY = 60, 86_400
POLICIES = ALARMS = 2
SERVICES_A_CLUSTER, READS_A_SECOND = 50, 2


def autoscaling_calls(services):
    return math.ceil(services / 50) + math.ceil(services * POLICIES / 10) + 1


def sweep_calls(services):
    full, rest = divmod(services, SERVICES_A_CLUSTER)
    clusters = [SERVICES_A_CLUSTER] * full + ([rest] if rest else [])
    of_ecs = sum(math.ceil(cluster / 10) for cluster in clusters)
    return autoscaling_calls(services) + math.ceil(services * ALARMS / 100) + of_ecs


def test_the_numbers_asked_for_are_there():
    assert [row[0] for row in ROWS] == [10, 200, 1000]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
def test_a_row_follows_from_the_formula(row):
    services, sweep, sweeps_a_day, tags_a_day, lap = row
    assert (sweep, sweeps_a_day) == (sweep_calls(services), sweep_calls(services) * DAY // INTERVAL)
    tagged = services * (1 + ALARMS)
    seconds = max(tagged // READS_A_SECOND, INTERVAL)
    assert (tags_a_day, lap) == (tagged * DAY // seconds, seconds)


def test_the_longest_sweep_is_told_by_the_slowest_services_limit():
    (seconds, calls), = re.findall(r"takes (\d+) s, since (\d+) of its calls are", README)
    assert int(calls) == autoscaling_calls(1000) and int(seconds) == int(calls) // 5
