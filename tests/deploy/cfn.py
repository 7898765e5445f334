"""Reads a CloudFormation template: the short forms of its functions as their long ones."""

import yaml


class _Loader(yaml.SafeLoader):
    pass


def _function(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".") if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


def load(path):
    return yaml.load(path.read_text(), _Loader)


def substituted(value, names):
    """The value with `Fn::Sub`, `Ref` and `Fn::GetAtt` carried out for these names."""
    if isinstance(value, list):
        return [substituted(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Ref"}:
        return names[value["Ref"]]
    if set(value) == {"Fn::GetAtt"}:
        return names[".".join(value["Fn::GetAtt"])]
    if set(value) == {"Fn::Sub"}:
        text, more = value["Fn::Sub"], {}
        if isinstance(text, list):
            text, more = text
        for name, one in (names | more).items():
            text = text.replace("${" + name + "}", one)
        return text
    return {key: substituted(one, names) for key, one in value.items()}
