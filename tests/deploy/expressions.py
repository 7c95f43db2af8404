"""PromQL, as far as it takes to know which series an expression asks for."""

import dataclasses
import re

WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless", "offset", "bool", "inf", "nan"}
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
SELECTOR = re.compile(r"(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?(?!\s*\()(?![\w:])")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
POSITIVE = {"!=": "=", "!~": "=~"}
OF_PROMETHEUS = {"job", "instance", "alertname", "alertstate"}       # labels that a scrape adds, or Prometheus itself


@dataclasses.dataclass(frozen=True)
class Selector:
    name: str
    matchers: tuple      # of (label, operator, value)


def filled(expression):
    """A dashboard's, with its variables as Grafana would write them."""
    return expression.replace("$__rate_interval", "5m").replace("$job", "yett").replace("$instance", ".*")


def selectors(expression):
    text = re.sub(r"\[[^\]]*\]", "", GROUPING.sub("", filled(expression)))
    text = re.sub(r"\boffset\s+\w+", "", text)
    return [Selector(name, tuple(MATCHER.findall(braces or ""))) for name, braces in SELECTOR.findall(text)
            if name not in WORDS and not name[0].isdigit()]


def grouped_by(expression):
    return {label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",") if label.strip()}


def series_of(exposition):
    """{name of a sample: [its labels]}"""
    found = {}
    for line in exposition.splitlines():
        if line and not line.startswith("#"):
            name, braces = re.match(r"([\w:]+)(?:\{(.*)\})? ", line).groups()
            found.setdefault(name, []).append(dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', braces or "")))
    return found


def matches(operator, wanted, value):
    same = value == wanted if operator in ("=", "!=") else bool(re.fullmatch(wanted, value))
    return same if operator in ("=", "=~") else not same


def complaints(expression, served, recorded):
    """What an expression asks for that nobody serves: names, labels, and values of labels."""
    asked = selectors(expression)
    known = OF_PROMETHEUS.union(*(labels for each in asked for labels in served.get(each.name, [])))
    for each in asked:
        if each.name in recorded or each.name in ("up", "ALERTS"):
            known |= grouped_by(recorded.get(each.name, ""))
        elif each.name not in served:
            yield f"{each.name} is served by nobody"
        else:
            yield from unmatched(each, served[each.name])
    yield from (f"{label} is a label of none of them" for label in sorted(grouped_by(expression) - known))


def unmatched(selector, series):
    for label, operator, value in selector.matchers:
        seen = {labels.get(label) for labels in series}
        if label in OF_PROMETHEUS:
            continue
        if seen == {None}:
            yield f"{selector.name} has no label {label}"
        for word in value.split("|") if operator in ("=~", "!~") else [value]:
            if seen != {None} and not any(matches(POSITIVE.get(operator, operator), word, each) for each in seen if each is not None):
                yield f"{selector.name} has no {label} of {word}"
