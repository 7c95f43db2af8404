#!/usr/bin/python3
"""Bodies of so many MiB over HTTP/2, for `./dev prove http2-bodies`: the program does not grow with them."""

import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import bodies  # noqa: E402
import harness  # noqa: E402
import servers  # noqa: E402

MOST_KIB = 4096


def main():
    size, figures, held = int(os.environ.get("YETT_PROOF_ROUNDS", "1024")) * bodies.MIB, [], True
    with harness.Echo() as echo, tempfile.TemporaryDirectory(prefix="yett-bodies-") as folder, servers.yett(folder, echo.port, workers=1) as program:
        for way, transfer in bodies.TRANSFERS.items():
            began = time.monotonic()
            growth = bodies.growth_kib(program, transfer, size)
            held = held and growth < MOST_KIB
            figures.append(f"{way}: grew by {growth / 1024:.2f} MiB, in {time.monotonic() - began:.1f} s")
    if file := os.environ.get("YETT_PROOF_FIGURES"):
        pathlib.Path(file).write_text("\n".join(figures) + "\n")
    print("\n".join(figures))
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
