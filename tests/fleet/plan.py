"""Which faults meet which node, when and for how long: chosen by a seed before anything runs.

A node has one fault at a time and a spell of peace after it, so that what must work again is seen to work; different
nodes have theirs at the same time, and so has Redis. What meets the database meets all nodes.
"""

import dataclasses
import random

from history import ALL, REDIS

NODES = ("one", "two", "three")
LIVES_ON = "three"                        # is not killed where it is looked at what a node holds in the end
A_NODE, EVERY_NODE, REDIS_ALONE, EVERYTHING = range(4)     # what a fault meets


@dataclasses.dataclass(frozen=True)
class Kind:
    weight: int
    shortest: float                       # seconds; of what has to start again the time that it stays down
    longest: float
    meets: int = A_NODE
    settling: float = 0.0                 # what it takes beside until all is as it was


KINDS = {
    "kill": Kind(5, 0.0, 1.0),            # SIGKILL, started again
    "restart": Kind(2, 0.0, 0.5),         # SIGTERM, started again
    "pause": Kind(3, 10.0, 10.0),         # SIGSTOP, SIGCONT
    "cut": Kind(4, 0.5, 6.0),             # connections to the database are reset, and new ones as well
    "half_open": Kind(2, 3.0, 12.0),      # nothing passes either way, and nobody is told
    "deaf": Kind(3, 1.0, 6.0),            # statements reach the database, its answers are lost
    "delay": Kind(1, 2.0, 6.0),           # a database that is far away
    "clock": Kind(3, 4.0, 10.0),          # an hour off, either way
    "postgres": Kind(3, 0.0, 2.0, EVERY_NODE),  # an immediate shutdown, started again
    "temp_files": Kind(1, 2.0, 5.0, EVERY_NODE),
}
FAILOVER = 4.0                            # seconds, as a rule
REDIS_KINDS = {
    "kill": Kind(4, 0.0, 1.0, settling=0.5),
    "restart": Kind(1, 0.0, 0.5, settling=0.5),
    "pause": Kind(2, 1.0, 8.0),
    "cut": Kind(1, 0.5, 4.0),
    "postgres": Kind(1, 0.0, 2.0, EVERY_NODE, 1.0),
    "redis_cut": Kind(3, 0.5, 4.0),       # a node's connections to Redis and its sentinels, and so on as above
    "redis_half_open": Kind(3, 1.0, 6.0),
    "redis_deaf": Kind(3, 1.0, 5.0),
    "redis_delay": Kind(1, 1.0, 4.0),
    "redis_kill": Kind(3, 0.0, 0.1, REDIS_ALONE, 1.5),     # SIGKILL of the master, which is back before anybody takes over, empty
    "redis_older": Kind(2, 0.5, 3.0, REDIS_ALONE, 1.5),    # ... with what it held so long ago
    "redis_pause": Kind(3, 0.2, 4.0, REDIS_ALONE, 1.5),    # SIGSTOP of the master; when it wakes it may be master no more, and not know
    "redis_failover": Kind(3, 0.0, 1.0, REDIS_ALONE, FAILOVER),     # SIGKILL, and the sentinels make the replica the master
    "redis_switch": Kind(2, 0.0, 0.0, REDIS_ALONE, 2.0),   # the sentinels are told to
    "redis_gone": Kind(2, 0.5, 4.0, REDIS_ALONE, 1.5),     # master and replica, and all they held
    "redis_flush": Kind(3, 0.0, 0.0, REDIS_ALONE),         # FLUSHALL
    "redis_full": Kind(1, 1.0, 3.0, REDIS_ALONE),          # no memory for writes
    "redis_refuses": Kind(2, 0.5, 3.0, REDIS_ALONE),       # the user is turned off, and on again
    "sentinels": Kind(1, 0.5, 3.0, REDIS_ALONE, 1.0),      # SIGKILL of all three, started again
    "both": Kind(2, 0.0, 2.0, EVERYTHING, 2.0),            # "postgres" and "redis_gone" at once
}
PEACE = (3.0, 5.0)                        # longer than the recovery


@dataclasses.dataclass(frozen=True)
class Planned:
    at: float                             # seconds from the beginning
    what: str
    node: str
    lasting: float
    hours: int = 0                        # of a clock


def without(kinds, *names):
    return {name: kind for name, kind in kinds.items() if name not in names}


def brief(kinds):
    """Each as short as it gets."""
    return {name: dataclasses.replace(kind, longest=kind.shortest) for name, kind in kinds.items()}


def _kinds(chance, count, kinds):
    """One of each first, in any order: a short run tries everything."""
    names = list(kinds)
    first = chance.sample(names, len(names))[:count]
    return first + chance.choices(names, [kinds[name].weight for name in names], k=count - len(first))


def _met(kind, what, free, chance, spared):
    """Whom it meets, and the name of that."""
    if kind.meets == A_NODE:
        able = [node for node in NODES if what not in ("kill", "restart") or node not in spared]
        node = min(able, key=lambda each: (free[each], chance.random()))
        return [node], node
    return {EVERY_NODE: (list(NODES), ALL), REDIS_ALONE: ([REDIS], REDIS), EVERYTHING: ([*NODES, REDIS], ALL)}[kind.meets]


def plan(seed, count, kinds=KINDS, spacing=1.0, spared=()):
    """`spacing` stretches the peace and the time between two faults. Nodes that are `spared` are not killed."""
    chance = random.Random(seed)
    free = {node: chance.uniform(0.5, 3.0) for node in NODES}
    now, made, free[REDIS] = 0.0, [], 0.0
    for what in _kinds(chance, count, kinds):
        kind = kinds[what]
        met, name = _met(kind, what, free, chance, spared)
        now = max([now + chance.uniform(0.2, 1.8) * spacing, *(free[node] for node in met)])
        lasting = chance.uniform(kind.shortest, kind.longest)
        hours = chance.choice((-1, 1)) if what == "clock" else 0
        made.append(Planned(now, what, name, lasting, hours))
        for node in met:
            free[node] = now + lasting + kind.settling + chance.uniform(*PEACE) * spacing
    return made
