"""The dashboard as Grafana takes it. Its queries are evaluated on a scrape in tests/clients/test_queries.py."""

import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())
PANELS = DASHBOARD["panels"]
SHOWN = [panel for panel in PANELS if panel["type"] != "row"]


def test_panels_stand_beside_each_other_within_the_grid():
    taken = {}
    for panel in PANELS:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24, panel["title"]
        for cell in ((x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])):
            assert cell not in taken, f"{panel['title']} lies on {taken[cell]}"
            taken[cell] = panel["title"]
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_every_panel_says_what_it_shows_and_asks_the_chosen_source():
    for panel in SHOWN:
        assert panel["description"] and panel["targets"], panel["title"]
        for asked in [panel, *panel["targets"]]:
            assert asked["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, panel["title"]
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references), panel["title"]


def test_it_can_be_narrowed_to_an_account_a_region_and_an_object():
    names = [variable["name"] for variable in DASHBOARD["templating"]["list"]]
    assert names == ["datasource", "job", "account", "region", "object"]
    queries = " ".join(target["expr"] for panel in SHOWN for target in panel["targets"])
    assert all(f"${name}" in queries for name in names[1:])
