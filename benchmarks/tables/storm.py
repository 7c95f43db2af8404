import json
import re
import statistics
import subprocess
import time

from parts.checks import expect
from parts.client import Client
from parts.figures import Section
from parts.load import measured
from parts.program import CORES
from parts.rounds import say
from parts.wrk import SCRIPTS
from peers import application, yett
from peers.setup import Setup

from .table import Table

QUEUE = 16
RATE = 1600
ACCOUNT = {"email": "storm@example.com", "password": "a long winded gate keeps quiet 42"}


class LoginStorm:
    """More clients that log in without pause than there are hashing threads and places in the queue.

    They are wrk's, which cost next to nothing themselves: it is the hashing that is to be felt.
    """

    def __init__(self, port, clients, seconds):
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", str(SCRIPTS / "login_storm.lua"),
                   f"https://127.0.0.1:{port}", "--", json.dumps(ACCOUNT), "100"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def counts(self):
        out, _ = self.process.communicate()
        return {name: int(re.search(rf"^{name}: (\d+)", out, re.M)[1]) for name in ("succeeded", "refused", "others", "impatient")}


def start(bench, app):
    """Nothing is pinned: what is asked is whether the scheduler lets hashing hold up requests."""
    limit = {"rate": "2000/s", "algorithm": "window"}
    setup = Setup(algorithm="HS256", cores=frozenset(CORES))
    return yett.start(
        bench, app, setup, "yett-storm", workers="auto",
        limits={"login": limit | {"key": ["client"], "count": "failures"}, "login_account": limit | {"key": ["account"], "count": "failures"},
                "register": limit | {"key": ["client"]}},
        passwords={"hash": "argon2id", "hashing": {"threads": "auto", "memory": "512MiB", "queue": QUEUE, "wait": "5s"}})


def register(program):
    client = Client(program.port)
    status, _, body = client.ask("POST", "/auth/register", ["Content-Type: application/json"], json.dumps(ACCOUNT).encode())
    client.close()
    expect(status == 201, f"registering answered {status} {body!r}")


def p99(bench, program, seconds):
    run, _ = measured(program, connections=16, rate=RATE, seconds=seconds, warm=3000, cores=set(CORES), tokens=bench.keys.tokens_file("HS256"))
    return run.latency["p99"] / 1000


def one_round(bench, program, seconds):
    calm = p99(bench, program, seconds)
    storm = LoginStorm(program.port, QUEUE + 16, int(seconds) + 2)
    time.sleep(1)
    stormy = p99(bench, program, seconds)
    logins = storm.counts()
    expect(logins["succeeded"] > 0 and logins["refused"] > 0, f"the storm fills the queue: {logins}")
    expect(logins["others"] == 0, f"logins answer 200 or 503: {logins}")
    expect(logins["impatient"] == 0, "every 503 carries Retry-After")
    return {"without the storm": calm, "in the storm": stormy}, logins["succeeded"] / (int(seconds) + 2), logins["refused"]


def measure(bench, options):
    app = application.start(bench, set(CORES))
    with bench.running(lambda: start(bench, app)) as program:
        register(program)
        rounds = []
        for number in range(options.rounds):
            rounds.append(one_round(bench, program, options.seconds))
            say(f"round {number + 1} of {options.rounds}: {rounds[-1]}")
    rate = statistics.median(each[1] for each in rounds)
    return [Section("p99 of proxied requests", "ms", [each[0] for each in rounds], ["without the storm"], 2),
            f"{rate:.0f} logins a second succeeded; {sum(each[2] for each in rounds):,} beyond the queue were told 503 with Retry-After."]


TABLE = Table(
    "storm", "A storm of logins",
    f"""
Proxied requests, {RATE:,} a second in an open loop, while more clients log in than the hashing threads and their queue take; argon2id 19 MiB, a worker a core and the
load on the same cores.
""", 3, measure, rounds=5, seconds=6)
