"""Which faults meet which node, when and for how long: chosen by a seed before anything runs.

A node has one fault at a time and a spell of peace after it, so that what must work again is seen to work; different
nodes have theirs at the same time. What meets the database meets all nodes.
"""

import dataclasses
import random

from history import ALL

NODES = ("one", "two", "three")


@dataclasses.dataclass(frozen=True)
class Kind:
    weight: int
    shortest: float                       # seconds; of what has to start again the time that it stays down
    longest: float
    everywhere: bool = False


KINDS = {
    "kill": Kind(5, 0.0, 1.0),            # SIGKILL, started again
    "restart": Kind(2, 0.0, 0.5),         # SIGTERM, started again
    "pause": Kind(3, 10.0, 10.0),         # SIGSTOP, SIGCONT
    "cut": Kind(4, 0.5, 6.0),             # connections to the database are reset, and new ones as well
    "half_open": Kind(2, 3.0, 12.0),      # nothing passes either way, and nobody is told
    "deaf": Kind(3, 1.0, 6.0),            # statements reach the database, its answers are lost
    "delay": Kind(1, 2.0, 6.0),           # a database that is far away
    "clock": Kind(3, 4.0, 10.0),          # an hour off, either way
    "postgres": Kind(3, 0.0, 2.0, True),  # an immediate shutdown, started again
    "temp_files": Kind(1, 2.0, 5.0, True),
}
PEACE = (3.0, 5.0)                        # longer than the recovery


@dataclasses.dataclass(frozen=True)
class Planned:
    at: float                             # seconds from the beginning
    what: str
    node: str
    lasting: float
    hours: int = 0                        # of a clock


def _kinds(chance, count, allowed):
    """One of each first, in any order: a short run tries everything."""
    names = [name for name in KINDS if name in allowed]
    first = chance.sample(names, len(names))[:count]
    return first + chance.choices(names, [KINDS[name].weight for name in names], k=count - len(first))


def plan(seed, count, allowed=frozenset(KINDS), spacing=1.0):
    """`spacing` stretches the peace and the time between two faults."""
    chance = random.Random(seed)
    free = {node: chance.uniform(0.5, 3.0) for node in NODES}
    now, made = 0.0, []
    for what in _kinds(chance, count, allowed):
        kind = KINDS[what]
        met = list(NODES) if kind.everywhere else [min(NODES, key=lambda node: (free[node], chance.random()))]
        now = max([now + chance.uniform(0.2, 1.8) * spacing, *(free[node] for node in met)])
        lasting = chance.uniform(kind.shortest, kind.longest)
        hours = chance.choice((-1, 1)) if what == "clock" else 0
        made.append(Planned(now, what, ALL if kind.everywhere else met[0], lasting, hours))
        for node in met:
            free[node] = now + lasting + chance.uniform(*PEACE) * spacing
    return made
