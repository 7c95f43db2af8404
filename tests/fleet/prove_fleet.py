#!/usr/bin/python3
"""Hundreds of faults on a fleet under load, and what the checker says of the histories. Run by `./dev prove fleet`, and with the
word `redis` by `./dev prove redis-faults`: then there is a Redis beside the database, and most of the faults are its own.
"""

import collections
import dataclasses
import itertools
import pathlib
import shutil
import sys
import tempfile

import answers
import checker
import departures
import plan
import proof
import upkeep
from fleet import Fleet
from history import Bounds, Violation
from run import Size, run

# A program that was killed with a letter in its hands lets go of it after 75 s.
SIZE = Size(faults=0, clients=6, pace=0.04, letters=240.0)
WITH_REDIS = Size(faults=0, clients=4, leavers=2, pace=0.04, letters=240.0, spacing=0.4, kinds=plan.REDIS_KINDS, spared=(plan.LIVES_ON,),
                  warming=10.0)
MOST_OF_ONE = 10                          # broken promises of one kind that are printed


def tell_of_redis(fleet, history):
    """What the node that lives on saw of it, how soon who left was refused, and what is held before and after."""
    metric = fleet.nodes[plan.LIVES_ON].gateway.metric
    for result in ("told", "heard", "lost", "missed"):
        proof.figure(f"stream of node {plan.LIVES_ON}, {result}", f"{metric('yett_revocation_stream_total', result=result):,.0f}")
    for place in ("shared", "share"):
        proof.figure(f"limits of node {plan.LIVES_ON}, {place}", f"{metric('yett_shared_limits_total', place=place) or 0:,.0f}")
    for name, time in {**departures.figures(history), **answers.figures(history)}.items():
        proof.figure(name, time)
    before, after = history.held
    for what, count in before.items():
        proof.figure(f"{what}, before and after", f"{count}, {after[what]}")


def tell(history, found):
    proof.figure("faults", len(history.faults))
    for what, count in sorted(collections.Counter(each.what for each in history.faults).items()):
        proof.figure(f"faults, {what}", count)
    proof.figure("operations", f"{len(history.operations):,}")
    for word, which in (("acknowledged", "done"), ("refused", "refused"), ("without an answer that says something", "unknown")):
        proof.figure(word, f"{sum(getattr(each, which) for each in history.operations):,}")
    for what in ("register", "login", "refresh", "logout", "logout_everywhere", "change_password", "make_key", "remove_key", "remove_user"):
        proof.figure(f"acknowledged, {what}", f"{sum(each.done for each in history.operations if each.what == what):,}")
    proof.figure("letters that left", f"{len(history.letters):,}")
    again = len(history.letters) - len({(each.id, each.recipient) for each in history.letters})
    proof.figure("letters that left twice with a documented cause", again - sum(each.promise == "letter twice" for each in found))
    proof.figure("broken promises", len(found))
    for promise, count in collections.Counter(each.promise for each in found).items():
        proof.figure(f"broken, {promise}", count)


def keep(folder, history, found):
    """The whole story, for whoever has to find out what happened. The logs of the nodes lie beside it."""
    told = [(each.start, str(each)) for each in (*history.operations, *history.faults)]
    told += [(each.at, f"letter {each.kind} to {each.recipient} by {each.node} at {each.at:.3f}: {each.id}") for each in history.letters]
    (folder / "history").write_text("\n".join(line for _, line in sorted(told)) + "\n")
    (folder / "violations").write_text("\n".join(map(str, found)) + "\n")
    for promise in sorted({each.promise for each in found}):
        for each in itertools.islice((each for each in found if each.promise == promise), MOST_OF_ONE):
            print(each)
    print(f"all of it: {folder}")


def live(folder, redis):
    size = dataclasses.replace(WITH_REDIS if redis else SIZE, faults=proof.rounds(20))
    with Fleet(folder, clocks=not redis, redis=redis) as fleet:
        history = run(fleet, proof.seed(), size, Bounds())
        if redis:
            tell_of_redis(fleet, history)
    return history


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-fleet-"))
    history = live(folder, "redis" in sys.argv[1:])
    found = checker.violations(history)
    tell(history, found)
    for what in upkeep.grown(*history.held) if history.held else ():
        found.append(Violation("held for good", f"{what}: {history.held[0][what]} before, {history.held[1][what]} after"))
    if found:
        keep(folder, history, found)
        return proof.BROKEN
    shutil.rmtree(folder)
    return proof.HELD


if __name__ == "__main__":
    sys.exit(main())
