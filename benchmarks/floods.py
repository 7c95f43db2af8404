"""What good clients notice of floods over HTTP/2, of `tests/http2/floods.py`, at the real program.

    floods.py [--runs N] [--attackers N] [--seconds N] [--flood NAME]

For each flood the 99th percentile of the good clients' answers while it lasts is divided by that before it; a base below 10 ms counts as 10 ms, for
below that the machine is measured and not the program. The median of the runs is to be at most 1.5, and every request answered.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/http2"), str(ROOT / "tests/integration")]

import application  # noqa: E402
import floods  # noqa: E402
import servers  # noqa: E402
from slow_clients import GOAL, LEAST_BASE, p99  # noqa: E402


def one_run(name, port, options):
    """(p99 before, p99 during, requests that were answered, and that were not)"""
    with tempfile.TemporaryDirectory(prefix="yett-floods-") as folder, servers.yett(folder, port, logging={"access": "off", "audit": "off"}) as program:
        with floods.GoodClients(program, 2):
            time.sleep(1)
        with floods.GoodClients(program, 2) as before:
            time.sleep(options.seconds / 2)
        with floods.Running(name, program.plain_port, options.attackers, options.seconds + 1, 1):
            time.sleep(1)
            with floods.GoodClients(program, 2) as during:
                time.sleep(options.seconds - 1)
    return p99(before.times), p99(during.times), len(during.times), len(before.failed) + len(during.failed)


def measure(name, port, options):
    ratios, bad = [], 0
    for run in range(options.runs):
        before, during, count, failed = one_run(name, port, options)
        ratios.append(during / max(before, LEAST_BASE))
        bad += failed
        print(f"{name:14} run {run + 1}: p99 {before * 1e3:7.2f} ms before, {during * 1e3:7.2f} ms during, {ratios[-1]:5.2f};"
              f" {failed} of {count} not answered", flush=True)
    median = statistics.median(ratios)
    good = median <= GOAL and bad == 0
    print(f"{name:14} median {median:.2f}, at most {GOAL}: {'good' if good else 'BAD'}", flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--attackers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--flood", choices=floods.FLOODS)
    options = parser.parse_args()
    behind = application.Application()
    results = [measure(name, behind.port, options) for name in ([options.flood] if options.flood else floods.FLOODS)]
    behind.stop()
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
