#!/usr/bin/python3
"""Hundreds of faults on a fleet under load, and what the checker says of the histories. Run by `./dev prove fleet`."""

import collections
import dataclasses
import itertools
import pathlib
import shutil
import sys
import tempfile

import checker
import proof
from fleet import Fleet
from history import Bounds
from run import Size, run

# A program that was killed with a letter in its hands lets go of it after 75 s.
SIZE = Size(faults=0, clients=6, pace=0.04, letters=240.0)
MOST_OF_ONE = 10                          # broken promises of one kind that are printed


def tell(history, found):
    proof.figure("faults", len(history.faults))
    for what, count in sorted(collections.Counter(each.what for each in history.faults).items()):
        proof.figure(f"faults: {what}", count)
    proof.figure("operations", f"{len(history.operations):,}")
    for word, which in (("acknowledged", "done"), ("refused", "refused"), ("without an answer that says something", "unknown")):
        proof.figure(word, f"{sum(getattr(each, which) for each in history.operations):,}")
    for what in ("register", "login", "refresh", "logout", "logout_everywhere", "change_password", "make_key", "remove_key", "remove_user"):
        proof.figure(f"acknowledged: {what}", f"{sum(each.done for each in history.operations if each.what == what):,}")
    proof.figure("letters that left", f"{len(history.letters):,}")
    again = len(history.letters) - len({(each.id, each.recipient) for each in history.letters})
    proof.figure("letters that left twice with a documented cause", again - sum(each.promise == "letter twice" for each in found))
    proof.figure("broken promises", len(found))
    for promise, count in collections.Counter(each.promise for each in found).items():
        proof.figure(f"broken: {promise}", count)


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


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-fleet-"))
    with Fleet(folder) as fleet:
        history = run(fleet, proof.seed(), dataclasses.replace(SIZE, faults=proof.rounds(20)), Bounds())
    found = checker.violations(history)
    tell(history, found)
    if found:
        keep(folder, history, found)
        return proof.BROKEN
    shutil.rmtree(folder)
    return proof.HELD


if __name__ == "__main__":
    sys.exit(main())
