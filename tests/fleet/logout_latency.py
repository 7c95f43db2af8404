#!/usr/bin/python3
"""From the last byte of a logout's 204 on one node to the refusal on the other two. Run by `./dev prove logout-latency`, and with
the word `redis` by `./dev prove logout-latency-redis`: then a stream in Redis carries the word, and PostgreSQL's notifications do not.

Each node meanwhile serves so many other requests a second as its promise says. The machine must have time to spare: a run in which it was
busier than three quarters measures the machine, and is void.
"""

import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

import paths  # noqa: F401
import proof
import requests
from fleet import Fleet
from plan import NODES
from redis_server import RedisServer
from wire import Wire

CONNECTIONS = 10
NEVER = 5.0                               # in seconds, whatever else is promised: max_staleness
MOST_BUSY = 75.0                          # per cent
PAUSE = 0.001                             # between two looks
USER = {"email": "ada@example.com", "password": "correct horse battery staple"}
SCRIPT = """
wrk.headers["Authorization"] = "Bearer %s"
function delay() return %d end
"""


def sign_in(wire):
    answer = wire.ask("POST", "/auth/login", USER)
    assert answer.status == 200, answer
    return answer.body


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True)
class Promise:
    rate: int                             # requests a second and node
    p50: float                            # in seconds
    p99: float


BY_NOTIFICATION = Promise(100, 0.030, 0.150)
BY_REDIS = Promise(300, 0.010, 0.050)


class Traffic:
    """wrk on every node, with a session and a rule of its own."""

    def __init__(self, fleet, folder, rate):
        self.nodes = fleet.nodes
        script = pathlib.Path(folder) / "load.lua"
        script.write_text(SCRIPT % (sign_in(Wire(fleet.nodes[NODES[0]]))["access_token"], 1000 * CONNECTIONS // rate))
        self.running = [subprocess.Popen(["wrk", "-t1", f"-c{CONNECTIONS}", "-d1h", "-s", script, f"http://127.0.0.1:{node.port}/load"],
                                         stdout=subprocess.DEVNULL) for node in self.nodes.values()]

    def served(self):
        """Requests of each node until now, by its own count."""
        return [sum(float(count) for count in re.findall(r'yett_requests_total\{[^}]*route="load"[^}]*\} (\S+)',
                                                         requests.get(node.gateway.management + "/metrics", timeout=10).text))
                for node in self.nodes.values()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in self.running:
            each.terminate()
            each.wait(10)


class Processors:
    """How busy the machine was since this was made."""

    def __init__(self):
        self.before = self._read()

    def _read(self):
        words = pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        all_of_it = list(map(int, words))
        return sum(all_of_it), all_of_it[3] + all_of_it[4]

    def busy(self):
        """In per cent."""
        total, idle = (after - before for after, before in zip(self._read(), self.before))
        return 100.0 * (total - idle) / total if total else 0.0


class Watcher(threading.Thread):
    """Asks one node with a token until it is refused; `refused_at` is when that was read."""

    def __init__(self, wire, token):
        super().__init__(daemon=True)
        self.wire, self.token, self.refused_at = wire, token, None
        answer = self.wire.ask("GET", "/hello", headers=bearer(self.token))
        assert answer.status == 200, answer

    def run(self):
        end = time.monotonic() + 2 * NEVER
        while self.refused_at is None and time.monotonic() < end:
            answer = self.wire.ask("GET", "/hello", headers=bearer(self.token))
            if answer.status == 401:
                self.refused_at = answer.end
            time.sleep(PAUSE)


def one(wires, chance):
    """The two latencies of one logout, in seconds."""
    here, *elsewhere = chance.sample(NODES, len(NODES))
    token = sign_in(wires[here])["access_token"]
    watchers = [Watcher(wires[name], token) for name in elsewhere]
    for each in watchers:
        each.start()
    left = wires[here].ask("POST", "/auth/logout", {}, bearer(token))
    assert left.status == 204, left
    for each in watchers:
        each.join()
    return [max(0.0, each.refused_at - left.end) if each.refused_at else float("inf") for each in watchers]


def measure(fleet, folder, rate, seed, rounds):
    """(latencies, share of the processors in per cent, requests a second of the slowest node)"""
    chance = random.Random(seed)
    wires = {name: Wire(node) for name, node in fleet.nodes.items()}
    assert wires[NODES[0]].ask("POST", "/auth/register", USER).status == 201
    with Traffic(fleet, folder, rate) as traffic:
        time.sleep(2)
        processors, served, began = Processors(), traffic.served(), time.monotonic()
        found = []
        for _ in range(rounds):
            found += one(wires, chance)
            time.sleep(chance.uniform(0.02, 0.12))
        busy, lasted = processors.busy(), time.monotonic() - began
        rates = [(after - before) / lasted for after, before in zip(traffic.served(), served)]
    return found, busy, min(rates)


def milliseconds(seconds):
    return f"{1000 * seconds:.1f} ms"


def verdict(promise, found, busy, rate):
    cuts = statistics.quantiles(found, n=100, method="inclusive")
    proof.figure("refusals", f"{len(found):,}")
    proof.figure("p50", f"{milliseconds(cuts[49])}, at most {milliseconds(promise.p50)}")
    proof.figure("p99", f"{milliseconds(cuts[98])}, at most {milliseconds(promise.p99)}")
    proof.figure("longest", f"{milliseconds(max(found))}, at most {milliseconds(NEVER)}")
    proof.figure("requests a second on the slowest node", f"{rate:.0f}")
    proof.figure("the machine was busy for", f"{busy:.0f} %, at most {MOST_BUSY:.0f} %")
    if max(found) > NEVER:                # no machine is too busy for that
        return proof.BROKEN
    if busy > MOST_BUSY or rate < promise.rate * 0.9:
        return proof.VOID
    return proof.HELD if cuts[49] <= promise.p50 and cuts[98] <= promise.p99 else proof.BROKEN


class FleetWithRedis(Fleet):
    """Deaf to notifications: what is sooner than the look each second was brought by the stream."""

    def __init__(self, folder, **more):
        self.stream = RedisServer()
        super().__init__(folder, **more)

    def _settings(self, *asked):
        made = super()._settings(*asked)
        made["storage"]["prepared"] = False
        made["shared_state"] = {"url": self.stream.url}
        return made

    def stop(self):
        super().stop()
        self.stream.stop()


def main():
    sys.setswitchinterval(0.0005)
    kind, promise = (FleetWithRedis, BY_REDIS) if "redis" in sys.argv[1:] else (Fleet, BY_NOTIFICATION)
    with tempfile.TemporaryDirectory(prefix="yett-latency-") as folder, kind(folder, clocks=False, direct=True) as fleet:
        return verdict(promise, *measure(fleet, folder, promise.rate, proof.seed(), max(2, proof.rounds(30))))


if __name__ == "__main__":
    sys.exit(main())
