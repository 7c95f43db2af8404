"""An API key that was acknowledged is accepted until it or its owner is removed, and not beyond the bound after that."""

from grouping import by, reach
from history import Violation


def of_one(steps, of_the_user, bounds):
    removals = [each for each in (*steps, *of_the_user) if each.what in ("remove_key", "remove_user") and not each.refused]
    for step in steps:
        if step.what != "key_request":
            continue
        if step.status == 401 and not any(each.start < step.end for each in removals):
            yield Violation("key lost", str(step))
        if step.done and any(each.done and step.start > reach(each, step.node, bounds) for each in removals):
            yield Violation("key after removal", str(step))


def violations(history):
    leaving = by("user", [each for each in history.operations if each.what == "remove_user"])
    for steps in by("key", history.operations).values():
        if any(each.what == "make_key" and each.done for each in steps):
            yield from of_one(steps, leaving.get(steps[0].user, ()), history.bounds)
