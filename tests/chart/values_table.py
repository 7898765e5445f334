"""The table of values in the chart's README, from the comments of values.yaml."""

import json
import re

import yaml


def table(text):
    """A row for each value that has a `# --` comment; every value must have one, itself or all that is in it."""
    rows = ["| Value | Default | What it is |", "| --- | --- | --- |"]
    defaults, described = yaml.safe_load(text), {}
    parents, comment = [], None
    for line in text.splitlines():
        if says := re.fullmatch(r" *# -- (.*)", line):
            comment = says[1]
        elif key := re.match(r"( *)([\w.-]+):", line):
            depth = len(key[1]) // 2
            parents = [*parents[:depth], key[2]]
            if comment:
                described[".".join(parents)] = comment
            comment = None
    for path, default in leaves(defaults, described):
        assert path in described, f"{path} has no comment"
        shown = json.dumps(default).replace("|", "\\|")
        rows.append(f"| `{path}` | `{shown}` | {described[path]} |")
    assert len(rows) == len(described) + 2, "a comment describes what is not there"
    return "\n".join(rows) + "\n"


def leaves(values, described, parents=()):
    """(path, value) of each value, not going into those that are described as a whole."""
    for key, value in values.items():
        path = ".".join([*parents, key])
        if isinstance(value, dict) and value and path not in described:
            yield from leaves(value, described, [*parents, key])
        else:
            yield path, value
