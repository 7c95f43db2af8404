#!/usr/bin/python3
"""What a program that counts its own steps is made to do, so that the compiler learns which ways are walked.

A gate's day in a minute: mostly requests with tokens that are known, beside them new connections, tokens seen for the
first time and forged ones, bodies both ways, and people who sign in. What is not done here is
built small instead of fast.

    train.py build/profiled/yett
"""

import pathlib
import sys
import tempfile

import requests
import urllib3
from parts.bench import Bench
from parts.checks import check_guard, expect
from parts.client import Client, ask_once
from parts.wrk import run_wrk
from peers import application, yett
from peers.setup import Setup

PASSWORD = "a password of the training run"
BODY = b"x" * 65536
BULK = 32 << 20


def crowd(bench, app, setup):
    """The way of most requests, on kept connections."""
    program = yett.start(bench, app, setup)
    check_guard(bench, program, setup.algorithm)
    run_wrk(program.port, bench.keys.tokens_file(setup.algorithm), 8)
    return program


def strangers(bench, program):
    """New connections, tokens that were never seen, and tokens that are none."""
    for number in range(300):
        token = bench.keys.token("RS256", number)
        ask_once(program.port, "/", token, ["Cookie: theme=dark; lang=en", "Accept-Language: en"])
        ask_once(program.port, "/", token[:-8] + "AAAAAAAA")
        ask_once(program.port, "/", "not.a.token")


def bodies(bench, program, bulk):
    token = f"Authorization: Bearer {bench.keys.token('RS256', 1)}"
    client = Client(program.port)
    for _ in range(300):
        client.ask("POST", "/swallow", [token, "Content-Type: application/json"], BODY[:1000])
        client.ask("POST", "/swallow", [token], BODY)
    client.ask("POST", "/swallow", [token], bytes(BULK))
    client.ask("GET", bulk, [token])
    client.close()


def people(program):
    """Those who register and sign in, as programs do."""
    base = f"https://127.0.0.1:{program.port}/auth"
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    session = requests.Session()
    session.verify = session.trust_env = False
    for number in range(20):
        who = {"email": f"{number}@example.com", "password": PASSWORD}
        session.post(base + "/register", json=who)
        made = session.post(base + "/login", json=who).json()
        session.get(base + "/me", headers={"Authorization": f"Bearer {made.get('access_token')}"})
        session.get(base + "/login")


def train(bench):
    app = application.start(bench)
    crowd(bench, app, Setup(algorithm="HS256"))
    crowd(bench, app, Setup(algorithm="ES256", upstream="https"))
    program = crowd(bench, app, Setup())
    strangers(bench, program)
    bodies(bench, program, application.offer(bench, BULK))
    people(program)
    # What was counted is written when a program ends by itself.
    bench.stop()


def main():
    binary = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="yett-train-") as folder:
        bench = Bench(pathlib.Path(folder), str(binary))
        try:
            train(bench)
        finally:
            bench.stop()
    counted = list(binary.parent.rglob("*.gcda"))
    expect(counted, "nothing was counted: is that program built to count?")
    print(f"{len(counted)} sources counted")


if __name__ == "__main__":
    main()
