"""What the clock tells of accounts, and what logins cost, at the real program.

    accounts.py oracle [--trials N] [--seed N]
    accounts.py login [--seconds N] [--threads N] [--store sqlite|postgresql]

`oracle` asks whether a stranger with a stopwatch learns which addresses have accounts: requests
about known and unknown ones in random order over one connection, and for each pair a two-sample
Kolmogorov-Smirnov test. It fails when two distributions can be told apart at p < 0.01.

`login` compares the logins a second with the hashes a second that the same library computes with
the same parameters on as many threads and nothing else, on each store, in many short turns. It fails when
the interval of the ratio lies wholly below 95 %.
"""

import argparse
import contextlib
import ctypes
import http.client
import itertools
import json
import math
import os
import pathlib
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests/integration"))
import harness  # noqa: E402
import ratio  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402

MEMORY, ITERATIONS = 19 << 20, 2
LEAST_SHARE = 0.95


def configuration(upstream_port, url, **hashing):
    config = harness.settings(
        upstream_port, storage={"url": url}, accounts={"require_verified_email": True},
        mail={"url": "file:outbox", "public_url": "https://app.example.com"})
    config["passwords"] = {"argon2id": {"memory": "19MiB", "iterations": ITERATIONS, "parallelism": 1},
                           "min_strength": 3, "hashing": {"queue": 1000, "wait": "30s", **hashing}}
    config["tokens"]["algorithm"] = "ES256"
    del config["tokens"]["secret"]
    config["logging"] = {"access": "off", "audit": "off", "format": "json"}
    return config


class Client:
    """One kept-alive connection without TLS."""

    def __init__(self, gateway):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.plain_port, timeout=60)
        self.connection.connect()

    def post(self, path, body):
        text = json.dumps(body)
        began = time.perf_counter_ns()
        self.connection.request("POST", path, text, {"Content-Type": "application/json"})
        reply = self.connection.getresponse()
        answer = reply.read()
        return time.perf_counter_ns() - began, reply.status, answer


def two_samples(a, b):
    """The statistic of Kolmogorov and Smirnov and its asymptotic p."""
    a, b = sorted(a), sorted(b)
    i = j = 0
    d = 0.0
    while i < len(a) and j < len(b):
        x = min(a[i], b[j])
        while i < len(a) and a[i] <= x:
            i += 1
        while j < len(b) and b[j] <= x:
            j += 1
        d = max(d, abs(i / len(a) - j / len(b)))
    n = len(a) * len(b) / (len(a) + len(b))
    x = (math.sqrt(n) + 0.12 + 0.11 / math.sqrt(n)) * d
    p = 2 * sum((-1) ** (k - 1) * math.exp(-2 * k * k * x * x) for k in range(1, 101)) if x > 0.2 else 1.0
    return d, min(max(p, 0.0), 1.0)


class Sqlite:
    url = "sqlite:yett.db"

    def change(self, gateway, sql):
        with sqlite3.connect(gateway.folder / "yett.db", timeout=10) as db:
            db.execute(sql)

    def stop(self):
        pass


class Postgres:
    def __init__(self):
        self.server = PostgresServer()
        self.database = self.server.make_database()
        self.url = self.server.url(self.database)

    def change(self, gateway, sql):
        self.server.ask(self.database, sql)

    def stop(self):
        self.server.stop()


STORES = {"sqlite": Sqlite, "postgresql": Postgres}


@contextlib.contextmanager
def running(store, threads):
    """The program in front of an application, with three users."""
    with contextlib.ExitStack() as all_of_it:
        folder = all_of_it.enter_context(tempfile.TemporaryDirectory(prefix="yett-accounts-"))
        kept_in, application = STORES[store](), harness.Echo()
        all_of_it.callback(kept_in.stop)
        all_of_it.callback(application.stop)
        gateway = all_of_it.enter_context(harness.Gateway(folder, configuration(application.port, kept_in.url, threads=threads)))
        populate(gateway, kept_in)
        yield gateway


def populate(gateway, store):
    client = Client(gateway)
    for name in ("known", "disabled", "unverified"):
        assert client.post("/auth/register", {"email": f"{name}@example.com", "password": harness.PASSWORD})[1] == 201
    store.change(gateway, "UPDATE users SET verified = true WHERE email <> 'unverified@example.com'")
    store.change(gateway, "UPDATE users SET disabled = true WHERE email = 'disabled@example.com'")


def experiments():
    """Name, path, and for each situation what is sent; the first is what the others are held against."""
    fresh = itertools.count()

    def mail(address):
        return lambda: {"email": address}

    def login(address, password):
        return lambda: {"email": address, "password": password}

    def register(address):
        return lambda: {"email": address() if callable(address) else address, "password": harness.PASSWORD}

    def new():
        return f"fresh{next(fresh):05d}@example.com"

    yield "login", "/auth/login", {
        "unknown": login("nobody@example.com", "not this one"),
        "wrong password": login("known@example.com", "not this one"),
        "disabled, right password": login("disabled@example.com", harness.PASSWORD),
        "unverified, wrong password": login("unverified@example.com", "not this one")}
    yield "register", "/auth/register", {
        "new": register(new), "known": register("known@example.com"), "disabled": register("disabled@example.com"),
        "unverified": register("unverified@example.com")}
    yield "reset-request", "/auth/reset-request", {
        "unknown": mail("nobody@example.com"), "known": mail("known@example.com"), "disabled": mail("disabled@example.com")}
    yield "resend", "/auth/verify/resend", {
        "unknown": mail("nobody@example.com"), "unverified": mail("unverified@example.com"), "known": mail("known@example.com")}


def measure(client, path, situations, trials, chance):
    """Times of each situation, in random order: what one request leaves behind falls on all alike."""
    order = [name for name in situations for _ in range(trials)]
    chance.shuffle(order)
    for body in situations.values():
        client.post(path, body())
    times = {name: [] for name in situations}
    answers = {name: set() for name in situations}
    for name in order:
        sent = situations[name]()
        took, status, answer = client.post(path, sent)
        answers[name].add((status, without_own_words(answer, sent)))
        times[name].append(took)
    return times, answers


def without_own_words(answer, sent):
    """The answer without what is drawn for it alone, and without what it repeats."""
    body = json.loads(answer)
    for member in ("request_id", "user_id"):
        body.pop(member, None)
    assert body.pop("email", sent["email"]) == sent["email"]
    return json.dumps(body)


def oracle(arguments):
    chance = random.Random(arguments.seed)
    told_apart = 0
    with running("sqlite", threads=1) as gateway:
        client = Client(gateway)
        for name, path, situations in experiments():
            times, answers = measure(client, path, situations, arguments.trials, chance)
            assert len(set().union(*answers.values())) == 1, answers
            first, *others = situations
            print(f"{name}, {arguments.trials} trials each; {first}: median {statistics.median(times[first]) / 1e3:.0f} us")
            for other in others:
                d, p = two_samples(times[first], times[other])
                told_apart += p < 0.01
                print(f"  {other:28} median {statistics.median(times[other]) / 1e3:8.0f} us   D {d:.3f}   p {p:.3f}"
                      f"{'   CAN BE TOLD APART' if p < 0.01 else ''}", flush=True)
    return 1 if told_apart else 0


# --- Throughput ---------------------------------------------------------------------------


def count_in_threads(threads, seconds, make_work):
    """How often the threads' work was done in a second, all of them together."""
    done = [0] * threads
    over = threading.Event()

    def go(n):
        work = make_work()
        while not over.is_set():
            work()
            done[n] += 1
    running = [threading.Thread(target=go, args=(n,)) for n in range(threads)]
    for each in running:
        each.start()
    time.sleep(1)                        # until every one of them is at work
    before, began = sum(done), time.perf_counter()
    time.sleep(seconds)
    rate = (sum(done) - before) / (time.perf_counter() - began)
    over.set()
    for each in running:
        each.join()
    return rate


def hash_alone(threads, seconds):
    sodium = ctypes.CDLL("libsodium.so.23")
    sodium.sodium_init()
    password = harness.PASSWORD.encode()
    stored = ctypes.create_string_buffer(128)
    made = sodium.crypto_pwhash_str(stored, password, ctypes.c_ulonglong(len(password)), ctypes.c_ulonglong(ITERATIONS),
                                    ctypes.c_size_t(MEMORY))
    assert made == 0

    def make_work():
        return lambda: sodium.crypto_pwhash_str_verify(stored, password, ctypes.c_ulonglong(len(password)))
    return count_in_threads(threads, seconds, make_work)


def logins_of(gateway):
    """What makes a client that logs in again and again."""
    body = {"email": "known@example.com", "password": harness.PASSWORD}

    def make_work():
        client = Client(gateway)

        def work():
            status = client.post("/auth/login", body)[1]
            assert status == 200, status
        return work
    return make_work


def share_of_the_hash(store, arguments):
    """Logins a second by hashes a second: the median of the rounds, and where it might lie as well."""
    threads, shares = arguments.threads, []
    with running(store, threads) as gateway:
        for _ in range(arguments.rounds):          # in turns, so that a busy machine is busy for both
            alone = hash_alone(threads, arguments.seconds)
            logins = count_in_threads(threads * 4, arguments.seconds, logins_of(gateway))
            shares.append(logins / alone)
            print(f"{store}, {threads} threads: {alone:.1f} hashes/s alone, {logins:.1f} logins/s: {100 * shares[-1]:.1f} %", flush=True)
    share = ratio.bootstrap(shares)
    print(f"{store}: {share} of what the hash alone allows")
    return share


def login(arguments):
    stores = [arguments.store] if arguments.store else list(STORES)
    return 0 if all([share_of_the_hash(each, arguments).high >= LEAST_SHARE for each in stores]) else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("oracle")
    one.add_argument("--trials", type=int, default=400)
    one.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    other = verbs.add_parser("login")
    other.add_argument("--seconds", type=float, default=2)
    other.add_argument("--threads", type=int, default=1)
    other.add_argument("--rounds", type=int, default=21)
    other.add_argument("--store", choices=list(STORES))
    arguments = parser.parse_args()
    return {"oracle": oracle, "login": login}[arguments.verb](arguments)


if __name__ == "__main__":
    sys.exit(main())
