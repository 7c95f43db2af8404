"""What the fleet holds while it works: it must not grow with what goes wrong."""

import os

from plan import LIVES_ON

# How much more may be held after faults than before. Users and sessions are more by then, and so are tokens in caches; and each node
# makes its six connections to the database as it needs them.
MORE = {"memory in MiB": 64, "descriptors": 40, "connections to Redis": 2, "connections to PostgreSQL": 12}
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"


def held(fleet):
    """Of the node that lives on, and of all nodes together. In peace."""
    gateway = fleet.nodes[LIVES_ON].gateway
    return {"memory in MiB": gateway.rss_kib() // 1024,
            "descriptors": len(os.listdir(f"/proc/{gateway.pid}/fd")),
            "connections to Redis": fleet.redis.connections(),
            "connections to PostgreSQL": int(fleet.postgres.ask(fleet.database, CONNECTIONS))}


def grown(before, after):
    """Names of what is held more than it may be."""
    return [what for what, more in MORE.items() if after[what] > before[what] + more]
