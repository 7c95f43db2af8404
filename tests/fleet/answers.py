"""Every request is answered but while something is broken, and for the time of recovery after it.

What a proxied request with a token needs is its node. That its database is away is no reason to fail until what the node knows of
revocations may be too old.
"""

import dataclasses

from grouping import by
from history import Violation

# A wrong clock is no reason to fail, nor is a database that is far away, nor anything that becomes of Redis alone.
EXCUSES = {"kill", "restart", "pause", "cut", "half_open", "deaf", "postgres", "temp_files", "both"}


OF_THE_NODE = {"kill", "restart", "pause"}


class Excuses:
    def __init__(self, history):
        self.recovery, self.known = history.bounds.recovery, history.bounds.known
        self.faults = [each for each in history.faults if each.what in EXCUSES]
        self.hanging = by("user", [each for each in history.operations if each.unknown])

    def _meets(self, fault, step):
        return step.start <= fault.end + self.recovery and step.end >= fault.start

    def _is_held(self, fault, step):
        """Whether a request of the same user hangs on the broken node: it may hold the user's rows."""
        return any(fault.meets(each.node) and each.start < step.end and self._meets(fault, each)
                   for each in self.hanging.get(step.user, ()))

    def excuse(self, step):
        """The fault that explains it."""
        near = [each for each in self.faults if self._meets(each, step)]
        if step.what == "request":
            near = [each for each in near if each.what in OF_THE_NODE or step.end > each.start + self.known]
        return next((each for each in near if each.meets(step.node) or self._is_held(each, step)), None)


def violations(history):
    excuses = Excuses(history)
    for step in history.operations:
        if not step.unknown:
            continue
        if step.status in (500, 501):
            yield Violation("internal error", str(step))
        elif step.status == 503 and not step.retry_after:
            yield Violation("no Retry-After", str(step))
        elif not excuses.excuse(step):
            yield Violation("unavailable", str(step))


def figures(history):
    """How long proxied requests took at most, where their node was well."""
    excuses = Excuses(dataclasses.replace(history, faults=[each for each in history.faults if each.what in OF_THE_NODE]))
    took = sorted(each.end - each.start for each in history.operations if each.what == "request" and each.done and not excuses.excuse(each))
    return {"proxied requests to nodes that were well": f"{len(took):,}",
            "of these p99": f"{1000 * took[int(0.99 * len(took))]:,.0f} ms", "and the slowest": f"{1000 * took[-1]:,.0f} ms"}
