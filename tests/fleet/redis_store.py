"""The Redis of a fleet: a master, its replica and three sentinels, which a link of proxy.py shows to each node in its own way."""

import threading
import time

import paths  # noqa: F401
import harness
from redis_server import IN_A_URL, MASTER, SENTINELS_PASSWORD, RedisWithSentinels

DOWN_AFTER = 800                          # milliseconds; a server that starts at once is back before that
ONE_TRY = 1500                            # milliseconds; sentinels that do not agree on one of them try again after two of these
LOOK = 0.1                                # seconds between two looks at what the servers do: each starts a program or two
SETTLED = 30.0                            # seconds; a failover that found nobody is tried again after six


class RedisStore(RedisWithSentinels):
    def __init__(self):
        self.turn = threading.Lock()      # one fault at a time
        super().__init__("--rdb-del-sync-files", "yes")     # what a replica was sent is not what it holds after a start
        for each in self.sentinels:
            each.ask("SENTINEL", "SET", MASTER, "down-after-milliseconds", DOWN_AFTER, "failover-timeout", ONE_TRY)

    def targets(self):
        """For a link of proxy.py; `url_by` takes its ports."""
        return [each.port for each in self.servers] + [f"@{each.port}" for each in self.sentinels]

    def url_by(self, ports):
        hosts = ",".join(f"127.0.0.1:{each}" for each in ports[len(self.servers):])
        return f"redis+sentinel://yett:{IN_A_URL}@{hosts}/{MASTER}?sentinel_password={SENTINELS_PASSWORD}"

    def await_another_master_than(self, server):
        wait_until(lambda: self.master is not server, "another master")

    def settle(self):
        """Returns when there is one master, all sentinels say so and are not in doubt, and the other server follows it."""
        wait_until(self._is_settled, "a master and its replica")

    def _is_settled(self):
        told = [_pairs(each.ask("SENTINEL", "MASTER", MASTER)) for each in self.sentinels]
        if any(each.get("flags") != "master" or each["port"] != told[0]["port"] for each in told):
            return False
        replica = self.replica.ask("ROLE").split("\n")
        follows = replica[0] == "slave" and replica[2:4] == [told[0]["port"], "connected"]
        return follows and self.master.role() == "master" and all(self._is_good(each) for each in self.sentinels)

    def _is_good(self, sentinel):
        """In its eyes the replica could take over."""
        told = _pairs(sentinel.ask("SENTINEL", "REPLICAS", MASTER))
        return told["flags"] == "slave" and told["master-link-status"] == "ok"

    def connections(self):
        """Of the nodes, to the master."""
        return sum(" user=yett " in each for each in self.master.ask("CLIENT", "LIST").splitlines())


def _pairs(lines):
    words = lines.split("\n")
    return dict(zip(words[::2], words[1::2]))


def wait_until(condition, what):
    """As the harness does, but seldom."""
    def look():
        time.sleep(LOOK)
        return condition()
    harness.wait_until(look, SETTLED, what)
