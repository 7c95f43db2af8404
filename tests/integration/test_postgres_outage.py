"""PostgreSQL is killed under load, again and again: what needs it not goes on, the rest says so, and all of it comes back."""

import collections
import contextlib
import os
import threading
import time

import pytest
import requests

import harness
from postgres_server import PostgresServer

CONNECTIONS = 6
OUTAGES = 3
SEEN = 30                                  # answers of each kind without a database, which takes less than nodes may be without news
MINE = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'yett%'"


@pytest.fixture
def postgres():
    server = PostgresServer()
    yield server
    server.stop()


class Load:
    """Threads that ask the same again and again; each answer is kept with the time at which it was asked for."""

    def __init__(self):
        self.answers = collections.defaultdict(list)
        self.over = threading.Event()
        self.threads = []

    def add(self, name, ask, pause):
        def go():
            with requests.Session() as session:
                while not self.over.wait(pause):
                    began = time.monotonic()
                    self.answers[name].append((began, ask(session), time.monotonic()))
        self.threads.append(threading.Thread(target=go, daemon=True))
        self.threads[-1].start()

    def since(self, name, begin, end=float("inf")):
        """The answers to what was asked for and answered in that time."""
        return [reply for began, reply, ended in list(self.answers[name]) if began >= begin and ended <= end]

    def slowest(self, name, count=10):
        """What the last answers took: on a busy machine that is no part of a recovery."""
        return max(ended - began for began, _, ended in self.answers[name][-count:])

    def first_good(self, name, begin):
        """When the first good answer came to what was asked for after `begin`."""
        good = lambda: [ended for began, reply, ended in list(self.answers[name]) if began >= begin and reply.status_code == 200]
        return harness.wait_until(good, 10, f"a good answer to a {name}")[0]

    def stop(self):
        self.over.set()
        for each in self.threads:
            each.join(30)


def sockets(gateway):
    """How many the program has open."""
    found = 0
    for each in os.listdir(f"/proc/{gateway.pid}/fd"):
        with contextlib.suppress(OSError):
            found += os.readlink(f"/proc/{gateway.pid}/fd/{each}").startswith("socket:")
    return found


def load_on(gateway, grant):
    load = Load()
    cached = lambda session: session.get(gateway.http + "/hello", headers={"Authorization": f"Bearer {grant['access_token']}"}, timeout=20)
    login = lambda session: session.post(gateway.http + "/auth/login", timeout=20,
                                         json={"email": "ada@example.com", "password": harness.PASSWORD})
    for _ in range(3):
        load.add("request", cached, 0.005)
        load.add("login", login, 0.02)
    return load


def statuses(replies):
    return collections.Counter(reply.status_code for reply in replies)


def test_an_outage_under_load_stops_only_what_needs_the_database(postgres, echo, start, tmp_path):
    database = postgres.make_database()
    gateway = start(harness.Gateway(tmp_path, harness.settings(
        echo.port, storage={"url": postgres.url(database), "connections": CONNECTIONS}, accounts={"sessions": {"per_user": 10000}})))
    load = start(load_on(gateway, gateway.user()))
    before = None
    for _ in range(OUTAGES):
        load.first_good("login", time.monotonic())
        usual = load.slowest("login")
        killed = time.monotonic()
        postgres.kill()
        gone = time.monotonic()
        harness.wait_until(lambda: min(len(load.since(name, gone)) for name in ("login", "request")) >= SEEN, 4, "answers without a database")
        over = time.monotonic()
        postgres.start()
        accepted = time.monotonic()
        assert load.first_good("login", accepted) - accepted < 2 + usual
        settled = time.monotonic()

        assert set(statuses(load.since("request", killed, over))) == {200}
        refused = load.since("login", gone, over)
        assert set(statuses(refused)) == {503}
        assert {reply.json()["code"] for reply in refused} == {"storage_unavailable"}
        assert all(int(reply.headers["Retry-After"]) >= 1 for reply in refused)

        harness.wait_until(lambda: len(load.since("login", settled)) >= 20, 20, "logins afterwards")
        assert set(statuses(load.since("login", settled))) == set(statuses(load.since("request", settled))) == {200}
        # Nothing is left of the connections from before: neither there nor here.
        assert int(postgres.ask(database, MINE)) <= CONNECTIONS + 2
        before = before or sockets(gateway)
        assert sockets(gateway) <= before + CONNECTIONS
    assert gateway.popen.poll() is None
