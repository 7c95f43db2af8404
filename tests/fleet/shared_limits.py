#!/usr/bin/python3
"""100 requests a minute over three nodes under attack, while Redis is killed or stopped for more than a minute, again and again; and what
a killed node had lent. Run by `./dev prove shared-limits`.
"""

import contextlib
import pathlib
import sys
import tempfile
import threading
import time

import paths  # noqa: F401
import harness
import proof
from attack import Outage
from redis_server import RedisServer

AMOUNT, MINUTE = 100, 60.0
WAYS = ("kill", "pause")                  # to take Redis away, by turns
LOAN = 120.0                              # how long a killed node's loans last, docs/operations.md
SLACK = 6.0                               # a request may wait five seconds for room


def settings(port, redis):
    config = harness.settings(port, listeners=[{"address": "127.0.0.1:0"}], logging={"access": "off", "audit": "off", "format": "json"})
    config["limits"] |= {"attacked": {"rate": f"{AMOUNT}/1m", "algorithm": "window", "key": ["client"]},
                         "lent": {"rate": "2/1h", "algorithm": "window", "key": ["client"], "count": "failures"}}
    config["routes"][:0] = [{"name": name, "match": {"path": f"/{name}"}, "access": "public", "upstream": "app", "limits": [name]}
                            for name in ("attacked", "lent")]
    config["shared_state"] = {"url": redis.url}
    return config


def begin(folder, name, port, redis):
    home = pathlib.Path(folder) / name
    home.mkdir()
    return harness.Gateway(home, settings(port, redis))


def await_each_other(nodes):
    for each in nodes:
        harness.wait_until(lambda: each.metric("yett_shared_limits_nodes") == len(nodes), 30, "nodes that know of each other")


def ask(node, path):
    return harness.requests.get(node.http + path, timeout=200).status_code


def lend_to(node):
    """A request that nobody ever answers: its node is killed."""
    with contextlib.suppress(harness.requests.ConnectionError):
        ask(node, "/lent")


def seconds_of_loans(nodes, stuck):
    """How long the others wait for what a node had lent when it was killed; None when they are not let through at all."""
    for _ in range(2):
        threading.Thread(target=lend_to, args=(nodes[0],), daemon=True).start()
    harness.wait_until(lambda: len(stuck.heads) == 2, 10, "two requests at the application")
    stuck.answer = lambda head, connection: stuck.OK
    if ask(nodes[1], "/lent") != 429:
        return None
    nodes[0].kill()
    killed = time.monotonic()
    while time.monotonic() < killed + LOAN + 2 * SLACK:
        if ask(nodes[1], "/lent") == 200:
            return time.monotonic() - killed
    return None


def outages(nodes, redis, rounds):
    """What came of each; True where the machine was too busy to tell."""
    for number in range(rounds):
        came = Outage(nodes, redis, AMOUNT, MINUTE, "/attacked").run(WAYS[number % len(WAYS)], 1.5 * MINUTE, 1.5 * MINUTE)
        print(f"{number + 1}: {came.with_redis()} with Redis, {came.without_redis()} without, {came.at_all()} at all,"
              f" {came.refused} refused, {came.doubtful:.0f} in doubt, {came.complaints()}", flush=True)
        yield came
        time.sleep(MINUTE)                # what was counted in shares is forgotten


def attacked(folder, rounds):
    application, redis = harness.Echo(), RedisServer()
    nodes = []
    try:
        nodes += [begin(folder, f"node{n}", application.port, redis) for n in range(3)]
        await_each_other(nodes)
        return list(outages(nodes, redis, rounds))
    finally:
        for each in [*nodes, redis, application]:
            each.stop()


def lent(folder):
    stuck, redis = harness.ScriptedUpstream(lambda head, connection: None), RedisServer()
    nodes = []
    try:
        nodes += [begin(folder, f"lender{n}", stuck.port, redis) for n in range(2)]
        await_each_other(nodes)
        return seconds_of_loans(nodes, stuck)
    finally:
        for each in [*nodes, redis, stuck]:
            each.stop()


def verdict(came, waited):
    shares = came[0].shares
    proof.figure("accepted in any minute with Redis", f"{max(each.with_redis() for each in came)}, at most {AMOUNT}")
    proof.figure("accepted in any minute wholly without it", f"{max(each.without_redis() for each in came)}, at most {shares}")
    proof.figure("accepted in the minute in which it goes or returns", f"{max(each.at_all() for each in came)}, at most {AMOUNT + shares}")
    proof.figure("requests refused", f"{sum(each.refused for each in came):,}")
    proof.figure("requests failed", f"{sum(len(each.failed) for each in came)}")
    proof.figure("loans of a killed node came back after", f"{waited:.0f} s, at most {LOAN:.0f} s and a wait" if waited else "never")
    if waited is None or waited > LOAN + SLACK:
        return proof.BROKEN
    if any(each.doubtful for each in came):
        return proof.VOID                 # it did not answer within a tenth of a second although it was there
    return proof.BROKEN if any(each.complaints() for each in came) else proof.HELD


def main():
    with tempfile.TemporaryDirectory(prefix="yett-limits-") as folder:
        waited = lent(folder)
        return verdict(attacked(folder, max(1, proof.rounds(2))), waited)


if __name__ == "__main__":
    sys.exit(main())
