"""What the queries of deploy/ ask for, and what a scrape holds: as much of both as the comparison needs."""

import json
import re

import yaml

# A selector: a name outside of quotes, with its matchers where it has some.
SELECTOR = re.compile(r'\b(ecs_scaling_\w+|controller_runtime_\w+|process_\w+)\s*(?:\{((?:"(?:\\.|[^"\\])*"|[^}"])*)\})?')
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:\\.|[^"\\])*)"')
SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')


def of_rules(path):
    """(where, expression) of every rule, and of every query within its texts."""
    (group,) = yaml.safe_load(path.read_text())["groups"]
    for rule in group["rules"]:
        yield rule["alert"], rule["expr"]
        for text in re.findall(r'query \(printf "((?:\\.|[^"\\])*)"', rule["annotations"]["description"]):
            yield f"{rule['alert']}: description", text.replace('\\"', '"').replace('=%q', '=~".*"')


def of_dashboard(path):
    """(where, expression) of every panel, variable and annotation, with the variables filled in."""
    dashboard = json.loads(path.read_text())
    queries = [(panel["title"], target["expr"]) for panel in dashboard["panels"] for target in panel.get("targets", [])]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            query = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
            queries.append((f"variable {variable['name']}", f"count by ({query[2]}) ({query[1]})"))
    names = [variable["name"] for variable in dashboard["templating"]["list"]] + ["__rate_interval"]
    for where, expression in queries:
        yield where, re.sub(r"\$(\w+)", lambda name: filled(name[1], names), expression)


def filled(name, names):
    assert name in names, f"there is no variable ${name}"
    return "5m" if name == "__rate_interval" else ".*"


def selectors(expression):
    """(name, [(label, operator, value)]) of each selector."""
    for name, matchers in SELECTOR.findall(expression):
        yield name, MATCHER.findall(matchers)


def samples(scrape):
    """(name, {label: value}, value) of each sample of a scrape."""
    for name, labels, value in SAMPLE.findall(scrape):
        yield name, dict(LABEL.findall(labels)), float(value)


def is_matched(selector, series):
    """Whether a series is one of those that a selector asks for, its target labels aside."""
    (name, matchers), (series_name, labels) = selector, series
    if name != series_name:
        return False
    operators = {
        "=": lambda has, value: has == value,
        "!=": lambda has, value: has != value,
        "=~": lambda has, value: re.fullmatch(value, has),
        "!~": lambda has, value: not re.fullmatch(value, has),
    }
    return all(operators[how](labels.get(label, ""), value) for label, how, value in matchers if label != "job")
