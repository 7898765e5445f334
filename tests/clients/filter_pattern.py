"""CloudWatch Logs' filter patterns for JSON, as far as deploy/ecs uses them: comparisons, IS TRUE, &&, || and brackets.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re

TOKEN = re.compile(r'\s*(\$(?:\.\w+)+|"[^"]*"|&&|\|\||!=|[(){}=<>]|IS\b|TRUE\b|FALSE\b|-?\d+(?:\.\d+)?)')


def matches(pattern, event):
    """Whether a pattern matches an event, which is the value of a line of JSON."""
    tokens, at = [], 0
    while at < len(pattern.rstrip()):
        token = TOKEN.match(pattern, at)
        assert token, f"not understood: {pattern[at:]!r}"
        tokens.append(token[1])
        at = token.end()
    assert tokens[0] == "{" and tokens[-1] == "}", pattern
    parser = _Parser(tokens[1:-1], event)
    result = parser.either()
    assert parser.rest == [], parser.rest
    return result


def selected(selector, event):
    """The value that `$.a.b` selects; None where there is none."""
    for key in selector.split(".")[1:]:
        event = event.get(key) if isinstance(event, dict) else None
    return event


class _Parser:
    def __init__(self, tokens, event):
        self.rest, self.event = tokens, event

    def take(self):
        return self.rest.pop(0)

    def either(self):
        result = self.both()
        while self.rest[:1] == ["||"]:
            self.take()
            result = self.both() or result
        return result

    def both(self):
        result = self.one()
        while self.rest[:1] == ["&&"]:
            self.take()
            result = self.one() and result
        return result

    def one(self):
        first = self.take()
        if first == "(":
            result = self.either()
            assert self.take() == ")"
            return result
        value, operator, operand = selected(first, self.event), self.take(), self.take()
        if operator == "IS":
            return value is (operand == "TRUE")
        if operand.startswith('"'):
            equal = value == operand[1:-1]
        else:
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if operator in "<>":
                return is_number and (value < float(operand) if operator == "<" else value > float(operand))
            equal = is_number and value == float(operand)
        assert operator in ("=", "!="), operator
        return equal if operator == "=" else not equal
