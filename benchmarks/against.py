#!/usr/bin/python3
"""Processor time per request of one build beside another.

A request with a cached token is proxied by the old program, by the new one, and by a second
process of the old one, on the same core. A round starts all three anew, for where a process
happens to lie in memory makes some per cent of difference; then it lets them work in turn for
a twentieth of a second each, so that a drift of the machine falls on all alike. A figure is
the user and system time of the process in a round divided by the requests that it answered.
Ratios are taken within a round, the second old one shows what the machine makes of no
difference at all. `ratio.py` says what follows.

    against.py --old build/against/3700ba3/yett --new build/release/yett

Exit status: 0 not slower than is allowed, 1 slower, 2 void (the machine was too unquiet).
"""

import argparse
import pathlib
import signal
import sys
import tempfile
import time

import ratio
from parts.bench import Bench
from parts.checks import check_guard, expect
from parts.facts import ROOT
from parts.figures import spread
from parts.rounds import say
from parts.wrk import run_wrk, start_wrk, what_wrk_says
from peers import application, yett
from peers.setup import Setup

ALGORITHM = "RS256"
TURN = 0.05


def start(bench, name, binary, app):
    bench.yett_binary = str(binary)
    program = yett.start(bench, app, Setup(algorithm=ALGORITHM), name)
    check_guard(bench, program, ALGORITHM)
    return program


def let_work_in_turn(clients, seconds):
    """Of all clients but one the process is stopped, so that only one program has work."""
    for client in clients:
        client.send_signal(signal.SIGSTOP)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for client in clients:
            client.send_signal(signal.SIGCONT)
            time.sleep(TURN)
            client.send_signal(signal.SIGSTOP)
    for client in clients:
        client.send_signal(signal.SIGCONT)


def cpu_per_request(programs, tokens_file, seconds):
    """Microseconds of processor time for one request, of each."""
    before = {name: program.cpu_seconds() for name, program in programs.items()}
    # The clients live a little longer than their turns, and end by themselves.
    clients = {name: start_wrk(program.port, tokens_file, seconds + 1) for name, program in programs.items()}
    let_work_in_turn(list(clients.values()), seconds)
    figures = {}
    for name, client in clients.items():
        run = what_wrk_says(client)
        expect(run["errors"] == 0, f"{name} answered {run['errors']} of {run['requests']} requests with an error")
        expect(run["requests"] > 0, f"{name} answers")
        figures[name] = run["requests"]
    return {name: (program.cpu_seconds() - before[name]) * 1e6 / figures[name] for name, program in programs.items()}


def one_round(folder, options, number):
    bench = Bench(pathlib.Path(folder), None)
    try:
        app = application.start(bench)
        order = [("old", options.old), ("new", options.new), ("old again", options.old)]
        at = number % len(order)
        programs = {name: start(bench, name.replace(" ", "-"), binary, app) for name, binary in order[at:] + order[:at]}
        tokens_file = bench.keys.tokens_file(ALGORITHM)
        for program in programs.values():
            run_wrk(program.port, tokens_file, 1)          # fills caches and pools
        figures = cpu_per_request(programs, tokens_file, options.seconds * len(order))
    finally:
        bench.stop()
    say(f"round {number + 1}: " + ", ".join(f"{name} {figures[name]:.2f} µs" for name, _ in order))
    return figures


def measure(options):
    rounds, of_new, of_old = [], [], []
    while ratio.wants_more(of_new, of_old, options.rounds):
        with tempfile.TemporaryDirectory(prefix="yett-against-") as folder:
            figures = one_round(folder, options, len(rounds))
        rounds.append(figures)
        of_new.append(figures["new"] / figures["old"])
        of_old.append(figures["old again"] / figures["old"])
    return rounds, ratio.Verdict(of_new, of_old)


def report(rounds, verdict):
    lines = ["", f"| {verdict.rounds} rounds | µs per request | ÷ old, 95 % |", "|---|---|---|"]
    for name, interval in (("old", None), ("new", verdict.new), ("old again", verdict.old)):
        lines.append(f"| {name} | {spread([figures[name] for figures in rounds])} | {interval or ''} |")
    return "\n".join([*lines, "", str(verdict)])


def count(text):
    rounds = int(text)
    if not ratio.FEWEST_ROUNDS <= rounds <= ratio.MOST_ROUNDS:
        raise argparse.ArgumentTypeError(f"{ratio.FEWEST_ROUNDS} to {ratio.MOST_ROUNDS} rounds are wanted")
    return rounds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", type=pathlib.Path, required=True, help="the program to compare with")
    parser.add_argument("--new", type=pathlib.Path, default=ROOT / "build/release/yett")
    parser.add_argument("--rounds", type=count, default=ratio.FEWEST_ROUNDS, help="at least so many")
    parser.add_argument("--seconds", type=int, default=2, help="of work for each program in a round")
    options = parser.parse_args()
    for binary in (options.old, options.new):
        if not binary.exists():
            parser.error(f"{binary} does not exist")
    options.old, options.new = options.old.resolve(), options.new.resolve()
    rounds, verdict = measure(options)
    print(report(rounds, verdict))
    return verdict.exit_status()


if __name__ == "__main__":
    sys.exit(main())
