#!/usr/bin/python3
"""Yett beside nginx and HAProxy on one machine, all traffic on loopback.

The figure is processor time of the proxy per request: user and system time from
/proc/<pid>/stat before and after a run of wrk, divided by the requests wrk counted. It does
not depend on how fast the client or the application are. Peers and Yett run in turn for
several rounds; ratios are taken within a round and the median of them is reported.

    side_by_side.py                        everything
    side_by_side.py cpu --rounds 7         one part of: cpu memory storm transfer
    side_by_side.py --write                also writes RESULTS.md beside this file
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from bench_parts import CORES, HERE, Bench, Bulk, Client, ask_once, run_wrk, versions

ALGORITHMS = ["HS256", "RS256", "ES256", "EdDSA"]
HAPROXY_ALGORITHMS = ["HS256", "RS256", "ES256"]
REQUESTS_AT_LEAST = 20_000     # so that a tick of 10 ms is less than 3 % of what is measured
MEMORY_CONNECTIONS = 2_000
GIB = 1 << 30


def say(text):
    print(text, flush=True)


def spread(values, digits=2):
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


# --- does it do what is measured? ----------------------------------------------------

def expect(condition, what):
    if not condition:
        raise SystemExit(f"not measured, because it does not do what it should: {what}")


def check_guard(bench, program, algorithm):
    """A gate has to let good tokens in, name their user, and keep everything else out."""
    good = bench.keys.token(algorithm, 7)
    forged = good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB")
    status, _, body = ask_once(program.port, "/echo", good, ["X-User-Id: root"])
    # Users of an issuer that is not Yett itself carry its name.
    expect(status == 200 and body.split(b":")[-1] == b"user-0007", f"{program.name} forwards a good token as its user, got {status} {body!r}")
    expect(ask_once(program.port, "/", forged)[0] == 401, f"{program.name} refuses a forged signature")
    expect(ask_once(program.port, "/")[0] == 401, f"{program.name} refuses a request without a token")


def check_open(program):
    status, _, body = ask_once(program.port)
    expect(status == 200 and b"items" in body, f"{program.name} forwards")


# --- processor time per request ------------------------------------------------------

def cpu_per_request(program, tokens_file, seconds):
    """Microseconds of processor time for one request."""
    # Connections of other rounds are gone and cached tokens may have reached their five minutes.
    run_wrk(program.port, tokens_file, 1)
    before = program.cpu_seconds()
    requests = 0
    while requests < REQUESTS_AT_LEAST:
        run = run_wrk(program.port, tokens_file, seconds)
        expect(run["errors"] == 0, f"{program.name} answered {run['errors']} of {run['requests']} requests with an error")
        expect(run["requests"] > 0, f"{program.name} answers")
        requests += run["requests"]
    return (program.cpu_seconds() - before) * 1e6 / requests


def measure_cpu(bench, options):
    application = bench.application()
    contestants = {"nginx, no authentication": (bench.plain_proxy(application), "RS256")}
    check_open(contestants["nginx, no authentication"][0])
    for algorithm in HAPROXY_ALGORITHMS:
        program = bench.haproxy(application, algorithm)
        check_guard(bench, program, algorithm)
        contestants[f"HAProxy, jwt_verify {algorithm}"] = (program, algorithm)
    for algorithm in ALGORITHMS if bench.yett_binary else []:
        program = bench.yett(f"yett {algorithm}", application.port, bench.yett_tokens(algorithm))
        check_guard(bench, program, algorithm)
        contestants[f"Yett, {algorithm}, cached"] = (program, algorithm)

    rounds = []
    for number in range(options.rounds):
        figures = {}
        for name, (program, algorithm) in contestants.items():
            figures[name] = cpu_per_request(program, bench.keys.tokens_file(algorithm), options.seconds)
        rounds.append(figures)
        say(f"round {number + 1}: " + ", ".join(f"{name} {value:.1f}" for name, value in figures.items()))
    bench.stop()
    return rounds


def cpu_table(rounds):
    peers = ["nginx, no authentication", "HAProxy, jwt_verify RS256"]
    lines = ["## Processor time per authenticated request", "",
             "TLS 1.3 and HTTP/1.1 kept alive on 32 connections, 1,000 distinct tokens in turn, one worker on one core,",
             f"microseconds of user and system time, median (least–most) of {len(rounds)} rounds; ratios are taken within a round.", "",
             "| | µs per request | ÷ nginx | ÷ HAProxy RS256 |", "|---|---|---|---|"]
    for name in rounds[0]:
        ratios = [spread([figures[name] / figures[peer] for figures in rounds]) for peer in peers]
        lines.append(f"| {name} | {spread([f[name] for f in rounds], 1)} | {ratios[0]} | {ratios[1]} |")
    return lines


# --- memory of idle connections ------------------------------------------------------

def kib_per_connection(program, token):
    headers = [f"Authorization: Bearer {token}"]

    def connect(count):
        clients = []
        for _ in range(count):
            client = Client(program.port)
            expect(client.ask("GET", "/", headers)[0] == 200, f"{program.name} answers on an idle connection")
            clients.append(client)
        return clients

    warm = connect(50)
    before = program.settled_kib()
    clients = connect(MEMORY_CONNECTIONS)
    after = program.settled_kib()
    alive = sum(client.ask("GET", "/", headers)[0] == 200 for client in (clients[0], clients[-1]))
    expect(alive == 2, f"{program.name} kept its idle connections")
    for client in warm + clients:
        client.close()
    return (after - before) / MEMORY_CONNECTIONS


def measure_memory(bench, _):
    application = bench.application()
    programs = [bench.plain_proxy(application), bench.haproxy(application, "RS256")]
    if bench.yett_binary:
        programs.append(bench.yett("yett RS256", application.port, bench.yett_tokens("RS256")))
    token = bench.keys.token("RS256")
    figures = {}
    for program in programs:
        figures[program.name.split()[0]] = kib_per_connection(program, token)
        say(f"{program.name}: {figures[program.name.split()[0]]:.1f} KiB per idle connection")
    bench.stop()
    return figures


def memory_table(figures):
    lines = ["## Memory per idle TLS connection", "",
             f"{MEMORY_CONNECTIONS:,} connections after one request each, growth of resident memory once quiet.", "",
             "| | KiB |", "|---|---|"]
    return lines + [f"| {name} | {value:.1f} |" for name, value in figures.items()]


# --- a storm of logins ---------------------------------------------------------------

class LoginStorm:
    """More clients that log in without pause than there are hashing threads and places in the queue.

    They are wrk's, which cost next to nothing themselves: it is the hashing that is to be felt.
    """

    def __init__(self, port, account, clients, seconds):
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "login_storm.lua"),
                   f"https://127.0.0.1:{port}", "--", json.dumps(account), "100"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    def counts(self):
        out, _ = self.process.communicate()
        return {name: int(re.search(rf"^{name}: (\d+)", out, re.M)[1]) for name in ("succeeded", "refused", "others", "impatient")}


def measure_storm(bench, options):
    # Nothing is pinned here: what is asked is whether the scheduler lets hashing hold up requests.
    everywhere = set(CORES)
    application = bench.application(everywhere)
    queue = 16
    program = bench.yett(
        "yett storm", application.port, bench.yett_tokens("HS256"), cores=everywhere, workers="auto",
        limits={"login": {"rate": "2000/s", "algorithm": "window", "key": ["client"], "count": "failures"},
                "login_account": {"rate": "2000/s", "algorithm": "window", "key": ["account"], "count": "failures"},
                "register": {"rate": "2000/s", "algorithm": "window", "key": ["client"]}},
        passwords={"hash": "argon2id", "hashing": {"threads": "auto", "memory": "512MiB", "queue": queue, "wait": "5s"}})
    account = {"email": "storm@example.com", "password": "a long winded gate keeps quiet 42"}
    client = Client(program.port)
    status, _, body = client.ask("POST", "/auth/register", ["Content-Type: application/json"], json.dumps(account).encode())
    expect(status == 201, f"registering answered {status} {body!r}")
    client.close()

    tokens = bench.keys.tokens_file("HS256")
    run_wrk(program.port, tokens, 1)
    rounds = []
    seconds = max(options.seconds, 8)
    for number in range(options.rounds):
        calm = run_wrk(program.port, tokens, seconds, connections=16, rest=10, cores=everywhere)
        storm = LoginStorm(program.port, account, clients=queue + 16, seconds=seconds + 2)
        time.sleep(1)
        stormy = run_wrk(program.port, tokens, seconds, connections=16, rest=10, cores=everywhere)
        logins = storm.counts()
        expect(calm["errors"] + stormy["errors"] == 0, "proxied requests are answered during the storm")
        expect(logins["succeeded"] > 0 and logins["refused"] > 0, f"the storm fills the queue: {logins}")
        expect(logins["others"] == 0, f"logins answer 200 or 503: {logins}")
        expect(logins["impatient"] == 0, "every 503 carries Retry-After")
        rounds.append({"calm": calm["p99"], "stormy": stormy["p99"], "logins": logins, "rate": logins["succeeded"] / (seconds + 2)})
        say(f"round {number + 1}: p99 {calm['p99']:.2f} ms calm, {stormy['p99']:.2f} ms in the storm, logins {logins}")
    bench.stop()
    return rounds


def storm_table(rounds):
    lines = ["## A storm of logins", "",
             "Proxied requests at a steady pace (16 connections, 10 ms of rest each) while more clients log in than the hashing",
             "threads and their queue take; argon2id 19 MiB, two workers and the load on the same cores.", "",
             "| | p99 |", "|---|---|",
             f"| without the storm | {spread([r['calm'] for r in rounds])} ms |",
             f"| in the storm | {spread([r['stormy'] for r in rounds])} ms |",
             f"| ratio | {spread([r['stormy'] / r['calm'] for r in rounds])} |"]
    refused = sum(r["logins"]["refused"] for r in rounds)
    rate = statistics.median(r["rate"] for r in rounds)
    return lines + ["", f"{rate:.0f} logins a second succeeded; {refused} beyond the queue were told 503 with Retry-After."]


# --- large bodies --------------------------------------------------------------------

class Watch:
    """The most resident memory a program reaches while something runs."""

    def __init__(self, program):
        self.program, self.most = program, 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ending.wait(0.02):
            self.most = max(self.most, self.program.resident_kib())

    def __enter__(self):
        self.before = self.program.resident_kib()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.grown_mib = max(self.most - self.before, 0) / 1024


def curl(port, token, *more):
    command = ["curl", "-sSk", "--http1.1", "-H", f"Authorization: Bearer {token}", "-w", "%{http_code} %{size_download}",
               *more]
    began = time.monotonic()
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return out, time.monotonic() - began


def measure_transfer(bench, _):
    bulk = Bulk(GIB)
    program = bench.yett("yett bulk", bulk.port, bench.yett_tokens("RS256"))
    token = bench.keys.token("RS256")
    large, small = bench.folder / "large", bench.folder / "small"
    for file, size in {large: GIB, small: 16 << 20}.items():
        with open(file, "wb") as f:
            f.truncate(size)
    base = f"https://127.0.0.1:{program.port}"

    def up(file):
        return curl(program.port, token, "-X", "POST", "-H", "Transfer-Encoding:", "-T", str(file), "-o", "/dev/null", base + "/up")

    def down(size):
        return curl(program.port, token, "-o", "/dev/null", f"{base}/down/{size}")

    up(small)
    down(16 << 20)
    figures = {}
    bulk.received = 0
    with Watch(program) as watch:
        out, took = up(large)
    expect(out.startswith("200") and bulk.received == GIB, f"1 GiB arrives: {out}, {bulk.received} bytes")
    figures["up"] = (watch.grown_mib, GIB / took / 1e6)
    with Watch(program) as watch:
        out, took = down(GIB)
    expect(out == f"200 {GIB}", f"1 GiB comes back: {out}")
    figures["down"] = (watch.grown_mib, GIB / took / 1e6)
    for name, (grown, rate) in figures.items():
        say(f"1 GiB {name}: resident memory grows by {grown:.2f} MiB, {rate:.0f} MB/s")
    large.unlink()
    bench.stop()
    return figures


def transfer_table(figures):
    lines = ["## Large bodies", "", "1 GiB through the gateway; the most resident memory grew meanwhile.", "",
             "| | growth | rate |", "|---|---|---|"]
    return lines + [f"| 1 GiB {name} | {grown:.2f} MiB | {rate:.0f} MB/s |" for name, (grown, rate) in figures.items()]


# --- main ----------------------------------------------------------------------------

PARTS = {
    "cpu": (measure_cpu, cpu_table),
    "memory": (measure_memory, memory_table),
    "storm": (measure_storm, storm_table),
    "transfer": (measure_transfer, transfer_table),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help="cpu memory storm transfer; all of them when none is given")
    parser.add_argument("--yett", default=str(HERE.parent / "build/release/yett"), help="the program to measure")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of one sample")
    parser.add_argument("--peers-only", action="store_true", help="measure nginx and HAProxy alone")
    parser.add_argument("--write", action="store_true", help="write RESULTS.md")
    options = parser.parse_args()
    wanted = options.parts or (["cpu", "memory"] if options.peers_only else list(PARTS))
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    if not options.peers_only and not pathlib.Path(options.yett).exists():
        parser.error(f"{options.yett} does not exist; build it, or use --peers-only")

    facts = versions(None if options.peers_only else options.yett)
    lines = ["# Yett beside nginx and HAProxy", "",
             "Written by `benchmarks/side_by_side.py --write`; logs are off in all of them alike, all traffic is on loopback.", "",
             "| | |", "|---|---|", *[f"| {name} | {value} |" for name, value in facts.items()]]
    with tempfile.TemporaryDirectory(prefix="yett-bench-") as folder:
        for part in wanted:
            measure, table = PARTS[part]
            bench = Bench(pathlib.Path(folder), None if options.peers_only else options.yett)
            try:
                lines += ["", *table(measure(bench, options))]
            finally:
                bench.stop()
    text = "\n".join(lines) + "\n"
    print("\n" + text)
    if options.write:
        (HERE / "RESULTS.md").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
