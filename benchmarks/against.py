#!/usr/bin/python3
"""Processor time per request of one build beside another.

A request with a cached token is proxied by the old program, by the new one, and by a second
process of the old one, in turn, each with the same core to itself; user and system time of the
process divided by the requests answered. Ratios are taken within a round, the second old one
shows what the machine makes of no difference at all. `ratio.py` says what follows.

    against.py --old build/against/3700ba3/yett --new build/release/yett

Exit status: 0 not slower than is allowed, 1 slower, 2 void (the machine was too unquiet).
"""

import argparse
import pathlib
import sys
import tempfile

import ratio
from bench_parts import HERE, Bench, run_wrk
from side_by_side import check_guard, expect, say, spread

ALGORITHM = "RS256"


def cpu_per_request(program, tokens_file, seconds):
    """Microseconds of processor time for one request."""
    before = program.cpu_seconds()
    run = run_wrk(program.port, tokens_file, seconds)
    expect(run["errors"] == 0, f"{program.name} answered {run['errors']} of {run['requests']} requests with an error")
    expect(run["requests"] > 0, f"{program.name} answers")
    return (program.cpu_seconds() - before) * 1e6 / run["requests"]


def start(bench, name, binary, application):
    bench.yett_binary = str(binary)
    program = bench.yett(name, application.port, bench.yett_tokens(ALGORITHM))
    check_guard(bench, program, ALGORITHM)
    return program


def one_round(programs, tokens_file, seconds, number):
    """What each costs, measured forth and back in turn so that a drift of the machine falls on all."""
    order = list(programs) if number % 2 == 0 else list(reversed(programs))
    figures = {name: cpu_per_request(programs[name], tokens_file, seconds) for name in order}
    say(f"round {number + 1}: " + ", ".join(f"{name} {figures[name]:.2f} µs" for name in programs))
    return figures


def measure(bench, options):
    application = bench.application()
    # The new one between two of the old, so that neither is always first.
    programs = {"old": start(bench, "old", options.old, application),
                "new": start(bench, "new", options.new, application),
                "old again": start(bench, "old-again", options.old, application)}
    tokens_file = bench.keys.tokens_file(ALGORITHM)
    for program in programs.values():
        run_wrk(program.port, tokens_file, 1)          # fills caches and pools
    rounds, of_new, of_old = [], [], []
    while ratio.wants_more(of_new, of_old, options.rounds):
        figures = one_round(programs, tokens_file, options.seconds, len(rounds))
        rounds.append(figures)
        of_new.append(figures["new"] / figures["old"])
        of_old.append(figures["old again"] / figures["old"])
    return rounds, ratio.Verdict(of_new, of_old)


def report(rounds, verdict, options):
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
    parser.add_argument("--new", type=pathlib.Path, default=HERE.parent / "build/release/yett")
    parser.add_argument("--rounds", type=count, default=ratio.FEWEST_ROUNDS, help="at least so many")
    parser.add_argument("--seconds", type=int, default=2, help="length of one sample")
    options = parser.parse_args()
    for binary in (options.old, options.new):
        if not binary.exists():
            parser.error(f"{binary} does not exist")
    options.old, options.new = options.old.resolve(), options.new.resolve()
    with tempfile.TemporaryDirectory(prefix="yett-against-") as folder:
        bench = Bench(pathlib.Path(folder), None)
        try:
            rounds, verdict = measure(bench, options)
        finally:
            bench.stop()
    print(report(rounds, verdict, options))
    return verdict.exit_status()


if __name__ == "__main__":
    sys.exit(main())
