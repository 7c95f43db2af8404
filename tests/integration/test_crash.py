"""kill -9 in the middle of everything: what was acknowledged is still there afterwards."""

import os
import random
import threading
import time

import requests

import harness

SEED = int(os.environ.get("YETT_SEED", "20"))
ROUNDS = 6
THREADS = 6
BUDGET = 40.0                          # seconds; at least two rounds are made whatever they take


class Journal:
    """What one client was told. A request under way when the program died may or may not have counted."""

    def __init__(self):
        self.users = set()
        self.refresh = {}              # session's number -> the last token given out
        self.rotating = {}             # session's number -> what was presented and not answered
        self.access = {}
        self.leaving = set()           # sessions whose logout was not answered
        self.left = {}                 # session's number -> its tokens, logout acknowledged


class Customer(threading.Thread):
    """Registers, logs in, refreshes and logs out until the program is gone."""

    def __init__(self, base, journal, name):
        super().__init__(daemon=True)
        self.base, self.journal, self.label = base, journal, name
        self.dice = random.Random(f"{SEED}/{name}")
        self.unexpected = []

    def post(self, path, body, token=None):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        reply = self.http.post(self.base + path, json=body, headers=headers, timeout=20)
        if reply.status_code >= 300:
            self.unexpected.append((path, reply.status_code, reply.text))
        return reply

    def run(self):
        try:
            with requests.Session() as self.http:
                for count in range(100000):
                    self.step(f"{self.label}-{count}")
        except requests.RequestException:
            pass                       # it was killed

    def step(self, session):
        mine, email = self.journal, f"{session}@example.com"
        if not mine.users or self.dice.random() < 0.4:
            if self.post("/auth/register", {"email": email, "password": harness.PASSWORD}).status_code == 201:
                mine.users.add(email)
        email = self.dice.choice(sorted(mine.users))
        grant = self.post("/auth/login", {"email": email, "password": harness.PASSWORD}).json()
        mine.refresh[session], mine.access[session] = grant["refresh_token"], [grant["access_token"]]
        for _ in range(self.dice.randrange(4)):
            mine.rotating[session] = mine.refresh[session]
            grant = self.post("/auth/refresh", {"refresh_token": mine.refresh[session]}).json()
            mine.refresh[session] = grant["refresh_token"]
            mine.access[session].append(grant["access_token"])
            del mine.rotating[session]
        if self.dice.random() < 0.5:
            mine.leaving.add(session)
            if self.post("/auth/logout", {}, mine.access[session][-1]).status_code == 204:
                mine.left[session] = (mine.refresh.pop(session), mine.access.pop(session))
            mine.leaving.discard(session)


def hello(gateway, token):
    return requests.get(gateway.http + "/hello", headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code


def refresh(gateway, token):
    return requests.post(gateway.http + "/auth/refresh", json={"refresh_token": token}, timeout=20)


def verify(gateway, journal, dice):
    """Everything acknowledged; users are sampled, because each costs a hash."""
    for email in dice.sample(sorted(journal.users), min(5, len(journal.users))):
        reply = requests.post(gateway.http + "/auth/login", json={"email": email, "password": harness.PASSWORD}, timeout=20)
        assert reply.status_code == 200, (email, reply.text)
        again = requests.post(gateway.http + "/auth/register", json={"email": email, "password": harness.PASSWORD}, timeout=20)
        assert again.status_code == 409, email
    for session, token in journal.refresh.items():
        if session in journal.leaving:
            continue
        if session not in journal.rotating:
            assert hello(gateway, journal.access[session][-1]) == 200, session
        first = refresh(gateway, token)                          # the retry of an unanswered refresh is the same request
        assert first.status_code == 200, (session, session in journal.rotating, first.text)
        assert hello(gateway, first.json()["access_token"]) == 200, session
        second = refresh(gateway, first.json()["refresh_token"])
        assert second.status_code == 200, (session, second.text)
    for session, (token, accesses) in journal.left.items():
        assert {hello(gateway, access) for access in accesses} == {401}, session
        assert refresh(gateway, token).status_code == 401, session


def test_nothing_acknowledged_is_lost(start, echo, tmp_path):
    config = harness.settings(echo.port, tokens={"refresh_grace": "5m"}, passwords={"hashing": {"wait": "30s"}})
    dice = random.Random(SEED)
    began = time.monotonic()
    acknowledged = [0, 0, 0]
    old = []                                                     # what earlier rounds logged out stays out
    for number in range(ROUNDS):
        if number >= 2 and time.monotonic() - began > BUDGET:
            break
        gateway = start(harness.Gateway(tmp_path, config))
        crowd = [Customer(gateway.http, Journal(), f"r{number}c{i}") for i in range(THREADS)]
        for each in crowd:
            each.start()
        # The random moment is counted in work, so that a slow machine is killed in the middle, too.
        wanted = THREADS + dice.randrange(60)
        harness.wait_until(lambda: sum(len(c.journal.users) + len(c.journal.left) for c in crowd) >= wanted, 30, "some work")
        gateway.kill()
        for each in crowd:
            each.join(30)
            assert not each.is_alive() and not each.unexpected, each.unexpected

        again = start(harness.Gateway(tmp_path, config))
        for each in crowd:
            verify(again, each.journal, dice)
            acknowledged[0] += len(each.journal.users)
            acknowledged[1] += len(each.journal.refresh)
            acknowledged[2] += len(each.journal.left)
            old += [access[-1] for _, access in each.journal.left.values()]
        assert {hello(again, token) for token in old} <= {401}
        again.kill()                                             # also while nothing is asked of it
    print(f"seed {SEED}: {acknowledged[0]} users, {acknowledged[1]} sessions and {acknowledged[2]} logouts were still known")
    assert all(acknowledged), "the load was too small to show anything"
