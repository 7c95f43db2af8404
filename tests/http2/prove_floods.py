#!/usr/bin/python3
"""The large size of the floods, for `./dev prove http2-floods`: all of them with so many attackers as YETT_PROOF_ROUNDS says."""

import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import application  # noqa: E402
import floods  # noqa: E402
import servers  # noqa: E402

SECONDS = 10


def endured(name, port, attackers, seed):
    """A program of its own for each, so that one flood does not leave the next its memory."""
    with tempfile.TemporaryDirectory(prefix="yett-floods-") as folder, servers.yett(
            folder, port, logging={"access": "off", "audit": "off"}) as program:
        return floods.endure(name, program, attackers, SECONDS, seed)


def in_words(outcome):
    return (f"grew by {outcome.growth / 1024:.1f} MiB; {outcome.answered:,} good requests answered, {len(outcome.failed)} not; {outcome.sent / 2**20:,.1f} MiB of"
            f" attack on {outcome.begun:,} connections, {outcome.closed:,} of them closed by the program")


def main():
    attackers, seed = int(os.environ.get("YETT_PROOF_ROUNDS", "100")), int(os.environ.get("YETT_PROOF_SEED", "1"))
    behind, figures, found = application.Application(), [], []
    for name in floods.FLOODS:
        outcome = endured(name, behind.port, attackers, seed)
        figures.append(f"{name}: {in_words(outcome)}")
        found += [f"{name}: {each}" for each in outcome.complaints()]
        print(figures[-1], flush=True)
    behind.stop()
    if file := os.environ.get("YETT_PROOF_FIGURES"):
        pathlib.Path(file).write_text("\n".join(figures) + "\n")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
