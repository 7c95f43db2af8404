#!/usr/bin/python3
"""Processor time per request of a gateway that counts its limits in Redis, beside one that counts them in memory.

Both have a limit by client and one by user, so that a request spends from two counters before it is forwarded. A round starts two
gateways that count in memory and one that asks Redis, on one core, and lets them work in turn, as against.py does; Redis, the
application and the clients have the other cores. Wanted is that Redis costs the gateway at most half as much again.

    shared_limits.py --binary build/release/yett

Exit status: 0 no more than that, 1 more, 2 void (the machine was too unquiet, or Redis did not always answer in time).
"""

import argparse
import pathlib
import re
import sys
import tempfile
import urllib.request

import ratio
from against import ALGORITHM, count, cpu_per_request
from parts.bench import Bench
from parts.checks import check_guard, expect
from parts.facts import ROOT
from parts.figures import spread
from parts.program import OTHER_CORES, free_port
from parts.rounds import say
from parts.wrk import run_wrk
from peers import application, yett
from peers.setup import Setup

LIMIT = 1.5
LIMITS = {"clients": {"rate": "10000000/s", "key": ["client"]}, "users": {"rate": "1000000/s", "key": ["user"]}}
ROUTES = [{"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app", "body_bytes": 0,
           "limits": list(LIMITS)}]
PLACES = {"memory": False, "Redis": True, "memory again": False}


def start_redis(bench):
    port = free_port()
    return bench.start("redis", ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"],
                       port, OTHER_CORES)


def start(bench, place, app, redis):
    more = {"limits": LIMITS, "routes": ROUTES, "management": {"address": f"127.0.0.1:{free_port()}", "socket": f"{place}.sock"}}
    if PLACES[place]:
        more["shared_state"] = {"url": f"redis://127.0.0.1:{redis.port}"}
    program = yett.start(bench, app, Setup(algorithm=ALGORITHM), place.replace(" ", "-"), **more)
    program.management = more["management"]["address"]
    check_guard(bench, program, ALGORITHM)
    return program


def counted(program):
    """Requests by where they were counted, of a program that asks Redis."""
    page = urllib.request.urlopen(f"http://{program.management}/metrics", timeout=10).read().decode()
    return {place: float(number) for place, number in re.findall(r'^yett_shared_limits_total\{place="(\w+)"\} (\S+)$', page, re.M)}


def one_round(folder, options, number):
    """Microseconds for a request of each, and requests that were counted in shares."""
    bench = Bench(pathlib.Path(folder), str(options.binary))
    try:
        app, redis, names = application.start(bench), start_redis(bench), list(PLACES)
        at = number % len(names)
        programs = {place: start(bench, place, app, redis) for place in names[at:] + names[:at]}
        tokens_file = bench.keys.tokens_file(ALGORITHM)
        for program in programs.values():
            run_wrk(program.port, tokens_file, 1)          # fills caches and pools
        before = counted(programs["Redis"])
        figures = cpu_per_request(programs, tokens_file, options.seconds)
        after = counted(programs["Redis"])
    finally:
        bench.stop()
    expect(after["shared"] > before["shared"], "limits are counted in Redis")
    say(f"round {number + 1}: " + ", ".join(f"{place} {figures[place]:.2f} µs" for place in PLACES))
    return figures, after.get("share", 0) - before.get("share", 0)


def measure(options):
    rounds, of_redis, of_memory, shares = [], [], [], 0
    while ratio.wants_more(of_redis, of_memory, options.rounds):
        with tempfile.TemporaryDirectory(prefix="yett-limits-") as folder:
            figures, in_shares = one_round(folder, options, len(rounds))
        rounds.append(figures)
        shares += in_shares
        of_redis.append(figures["Redis"] / figures["memory"])
        of_memory.append(figures["memory again"] / figures["memory"])
    return rounds, ratio.Verdict(of_redis, of_memory, LIMIT), shares


def report(rounds, verdict, shares):
    lines = ["", f"| {verdict.rounds} rounds, limits counted in | µs per request | ÷ memory, 95 % |", "|---|---|---|"]
    for place, interval in (("memory", None), ("Redis", verdict.new), ("memory again", verdict.old)):
        lines.append(f"| {place} | {spread([figures[place] for figures in rounds])} | {interval or ''} |")
    void = f"void: {shares:.0f} requests were counted in shares, for Redis did not answer in time"
    words = str(verdict).replace("new ÷ old", "Redis ÷ memory").replace("old ÷ itself", "memory ÷ itself")
    return "\n".join([*lines, "", void if shares else words])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, default=ROOT / "build/release/yett")
    parser.add_argument("--rounds", type=count, default=ratio.FEWEST_ROUNDS, help="at least so many")
    parser.add_argument("--seconds", type=int, default=2, help="of work for each program in a round")
    options = parser.parse_args()
    options.binary = options.binary.resolve()
    rounds, verdict, shares = measure(options)
    print(report(rounds, verdict, shares))
    return 2 if shares else verdict.exit_status()


if __name__ == "__main__":
    sys.exit(main())
