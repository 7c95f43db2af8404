"""How a proof of `./dev prove` is told its size, and says what came of it: see benchmarks/prove.py."""

import os

HELD, BROKEN, VOID = 0, 1, 75             # exit statuses


def seed():
    return int(os.environ.get("YETT_PROOF_SEED", "1"))


def rounds(few):
    return int(os.environ.get("YETT_PROOF_ROUNDS", few))


def figure(name, value):
    print(f"{name}: {value}", flush=True)
    if file := os.environ.get("YETT_PROOF_FIGURES"):
        with open(file, "a") as figures:
            print(f"{name}: {value}", file=figures)
