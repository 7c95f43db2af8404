"""Does to a fleet what was planned, and notes when it began and when its cause was gone."""

import contextlib
import threading
import time

import paths  # noqa: F401
import harness
from history import ALL, REDIS, Fault
from node import NOTICED
from redis_faults import FAR, RedisFaults


class Faults(RedisFaults):
    def __init__(self, fleet, deadline):
        """What lasts beyond `deadline` seconds is not waited for."""
        self.fleet, self.deadline = fleet, deadline
        self.noted, self.failures = [], []

    def inflict(self, planned):
        """Each on a thread of its own, at its time; returns when all are over."""
        began = time.monotonic()
        threads = []
        for each in planned:
            time.sleep(max(0.0, began + each.at - time.monotonic()))
            threads.append(threading.Thread(target=self._one, args=(each,), daemon=True))
            threads[-1].start()
        for each in threads:
            each.join(self.deadline)
        assert not any(each.is_alive() for each in threads), "a fault does not end"
        assert not self.failures, self.failures

    def _one(self, planned):
        met = self._met(planned)
        try:
            with contextlib.ExitStack() as turns:
                for each in met:
                    turns.enter_context(each.turn)
                start = time.monotonic()
                getattr(self, "_" + planned.what)(planned, *met)
                self.noted.append(Fault(planned.what, planned.node, start, time.monotonic()))
        except Exception as why:          # whatever it is, the run must not go on as if nothing were
            self.failures.append(f"{planned}: {why!r}")

    def _met(self, planned):
        """In one order, for each is waited for."""
        nodes, redis = list(self.fleet.nodes.values()), [self.fleet.redis] if self.fleet.redis else []
        return {ALL: nodes + redis, REDIS: redis}.get(planned.node) or [self.fleet.nodes[planned.node]]

    def _kill(self, planned, node):
        node.end("kill")
        time.sleep(planned.lasting)
        node.start_until_it_does()

    def _restart(self, planned, node):
        status = node.end("stop")
        assert status == 0, f"{node.name} did not stop in order: {status}"
        time.sleep(planned.lasting)
        node.start_until_it_does()

    def _pause(self, planned, node):
        node.pause()
        time.sleep(planned.lasting)
        node.wake()

    def _link(self, planned, node, *mode):
        self.fleet.network.become(node.name, *mode)
        time.sleep(planned.lasting)
        self.fleet.network.become(node.name, "pass")

    def _cut(self, planned, node):
        self._link(planned, node, "cut")

    def _half_open(self, planned, node):
        self._link(planned, node, "half_open")

    def _deaf(self, planned, node):
        self._link(planned, node, "deaf")

    def _delay(self, planned, node):
        self._link(planned, node, "delay", FAR)

    def _clock(self, planned, node):
        node.set_clock(planned.hours)
        time.sleep(planned.lasting)
        node.set_clock(0)
        time.sleep(NOTICED)

    def _postgres(self, planned, *_):
        self.fleet.postgres.kill()
        time.sleep(planned.lasting)
        self.fleet.postgres.start()

    def _temp_files(self, planned, *_):
        """Whoever sorts or hashes more than a little finds no room."""
        self._set("temp_file_limit = 0", "work_mem = '64kB'")
        time.sleep(planned.lasting)
        self._set("temp_file_limit = -1", "work_mem = '4MB'")

    def _set(self, *settings):
        for each in settings:
            self.fleet.postgres.ask("postgres", "ALTER SYSTEM SET " + each)
        self.fleet.postgres.ask("postgres", "SELECT pg_reload_conf()")


def wait_for_letters(fleet, seconds):
    """What a killed program held leaves a minute and a quarter later; whether all has left."""
    with contextlib.suppress(AssertionError):
        harness.wait_until(lambda: not fleet.waiting(), seconds)
    return fleet.waiting()
