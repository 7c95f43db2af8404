"""How long a session lived on after its logout was acknowledged, on the nodes that were not asked for it."""

import statistics

from grouping import by

AT_ONCE = 0.1                             # seconds


def _of_one(steps):
    """(until the first refusal, until the last acceptance began) on each other node that was asked at once."""
    left = next((each for each in steps if each.what == "logout" and each.done), None)
    asked = by("node", [each for each in steps if each.what == "request" and left and each.end > left.end])
    for node, requests in asked.items():
        refusals = [each.end - left.end for each in requests if each.status == 401]
        if node != left.node and refusals and requests[0].start < left.end + AT_ONCE:
            yield min(refusals), max([0.0, *(each.start - left.end for each in requests if each.done)])


def latencies(history):
    return [each for steps in by("session", history.operations).values() for each in _of_one(steps)]


def _milliseconds(seconds):
    return f"{1000 * seconds:,.0f} ms"


def figures(history):
    refused, accepted = zip(*latencies(history))
    cuts = statistics.quantiles(refused, n=100, method="inclusive")
    return {"logouts that were watched from two nodes": f"{len(refused) // 2:,}",
            "until the refusal, p50": _milliseconds(cuts[49]), "until the refusal, p99": _milliseconds(cuts[98]),
            "the last acceptance after a logout": f"{_milliseconds(max(accepted))}, at most {_milliseconds(history.bounds.staleness)}"}
