"""Clients that ask several nodes for one thing as often as they can, and how much of it they can have been let through in how long."""

import bisect
import http.client
import threading
import time

FOREVER = float("inf")


def most_within(length, accepted, begin=-FOREVER, end=FOREVER):
    """The most that were let through in any span of `length` seconds between `begin` and `end`.

    `accepted` are pairs: when a request was sent, and when its answer was there. A program decided in between, so that what counts lies
    in the span with both ends, and the figure is never too large.
    """
    inside = sorted(pair for pair in accepted if pair[0] >= begin and pair[1] <= end)
    most = 0
    for at, (since, _) in enumerate(inside):
        behind = bisect.bisect_left(inside, (since + length,))
        most = max(most, sum(answered < since + length for _, answered in inside[at:behind]))
    return most


class Attack:
    """Threads that ask each node for `path` without a pause, from entering until leaving the block."""

    def __init__(self, nodes, path, clients=2):
        self.accepted, self.refused, self.failed = [], 0, []
        self.path, self.stopping = path, threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(each.plain_port,), daemon=True) for each in nodes for _ in range(clients)]

    def _ask(self, port):
        accepted, refused = [], 0
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            while not self.stopping.is_set():
                sent = time.monotonic()
                client.request("GET", self.path)
                answer = client.getresponse()
                answer.read()
                if answer.status == 200:
                    accepted.append((sent, time.monotonic()))
                elif answer.status == 429:
                    refused += 1
                else:
                    self.failed.append(answer.status)
        except (OSError, http.client.HTTPException) as broken:
            self.failed.append(repr(broken))
        finally:
            client.close()
            self.accepted += accepted
            self.refused += refused

    def __enter__(self):
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for each in self.threads:
            each.join(30)


class Outage:
    """What an attack on a limit of `amount` in `length` seconds is told while a Redis is taken away and brought back."""

    def __init__(self, nodes, redis, amount, length, path):
        self.nodes, self.redis, self.amount, self.length, self.path = nodes, redis, amount, length, path
        self.shares = len(nodes) * max(1, amount // len(nodes))

    def run(self, how, before, meanwhile):
        """`how` is "kill" or "pause"; the others are seconds with Redis, on either side, and without it. Returns itself."""
        take, give_back = {"kill": (self.redis.kill, self.redis.start), "pause": (self.redis.pause, self.redis.resume)}[how]
        shares = self._in_shares()
        with Attack(self.nodes, self.path) as attack:
            time.sleep(before)
            self.doubtful = self._in_shares() - shares       # a machine too busy for a Redis that is there
            self.gone_at = time.monotonic()
            take()
            self.without = time.monotonic()
            time.sleep(meanwhile)
            self.back_at = time.monotonic()
            give_back()
            self._await_redis()
            time.sleep(before)
        self.accepted, self.refused, self.failed = attack.accepted, attack.refused, attack.failed
        return self

    def _in_shares(self):
        return sum(node.metric("yett_shared_limits_total", place="share") or 0 for node in self.nodes)

    def _await_redis(self):
        """Until every worker was answered by it again: the attack goes on."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            before = self._in_shares()
            time.sleep(1.5)
            if self._in_shares() == before:
                return
        raise AssertionError("limits are counted in shares although Redis is back")

    def with_redis(self):
        return most_within(self.length, self.accepted, end=self.gone_at)

    def without_redis(self):
        return most_within(self.length, self.accepted, self.without, self.back_at)

    def at_all(self):
        return most_within(self.length, self.accepted)

    def complaints(self):
        """What was promised and did not hold."""
        found = [f"{len(self.failed)} requests failed, as {self.failed[0]}"] if self.failed else []
        for what, most, bound in (("with Redis", self.with_redis(), self.amount), ("without Redis", self.without_redis(), self.shares),
                                  ("at all", self.at_all(), self.amount + self.shares)):
            if most > bound:
                found.append(f"{most} accepted within {self.length} s {what}, more than {bound}")
        return found
