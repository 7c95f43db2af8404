#!/usr/bin/python3
"""The tables of docs/benchmarks, on one machine, all traffic on loopback.

    measure.py requests                 one table; its name alone says what it measures
    measure.py all --write              all of them, each written with its picture
    measure.py list                     their names, and how long each takes

The usual figure is processor time of the program: user and system time from /proc before and after, divided by what the clients
counted. It does not depend on how fast clients and application are. All programs do the same work in each round, in turn; ratios
are taken within a round, and `ratio.py` says how sure their median is.

What is measured is the program that YETT_BIN names, or this build's.
"""

import argparse
import importlib
import os
import pathlib
import sys
import tempfile
import time

from parts.bench import Bench
from parts.facts import ROOT, facts
from parts.figures import Section
from parts.load import BINARY
from parts.machine import Machine
from parts.page import page
from parts.plot import draw
from parts.rounds import say

NAMES = ("requests", "http2", "workers", "crowd", "memory", "http2_idle", "handshakes", "bodies", "latency", "routes", "forged", "upstreams", "storm", "profile")
FOLDER = ROOT / "docs/benchmarks"


def table_of(name):
    return importlib.import_module(f"tables.{name}").TABLE


def list_of_tables():
    lines = ["| Table | Measures | Takes |", "|---|---|---|"]
    return lines + [f"| `{name}` | {table_of(name).title} | {table_of(name).minutes} min |" for name in NAMES]


def scratch():
    """In memory where there is room for it: bodies are kept in files by the application."""
    return "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None


def measured(table, options):
    with tempfile.TemporaryDirectory(prefix="yett-bench-", dir=scratch()) as folder:
        bench = Bench(pathlib.Path(folder), options.yett)
        try:
            return table.measure(bench, options)
        finally:
            bench.stop()


def sized(table, options):
    """The options with the table's own sizes where none were given."""
    return argparse.Namespace(yett=options.yett, rounds=options.rounds or table.rounds, seconds=options.seconds or table.seconds)


def run(name, options):
    table, machine, began = table_of(name), Machine(), time.monotonic()
    say(f"== {name}: {table.title}")
    result = measured(table, sized(table, options))
    text = page(table, result, facts(options.yett), machine, time.monotonic() - began, f"{name}.svg" if options.write else None)
    print("\n" + text)
    if options.write:
        write(name, text, [part for part in result if isinstance(part, Section)])


def write(name, text, sections):
    FOLDER.mkdir(parents=True, exist_ok=True)
    draw(sections, FOLDER / f"{name}.svg")
    (FOLDER / f"{name}.md").write_text(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="+", choices=[*NAMES, "all", "list"], metavar="NAME")
    parser.add_argument("--yett", default=os.environ.get("YETT_BIN", str(ROOT / "build/release/yett")), help="the program to measure")
    parser.add_argument("--rounds", type=int, help="15 are needed before a ratio means anything")
    parser.add_argument("--seconds", type=float, help="of load for each figure")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks/NAME.md and NAME.svg")
    options = parser.parse_args()
    if "list" in options.names:
        print("\n".join(list_of_tables()))
        return 0
    for file in (pathlib.Path(options.yett), BINARY):
        if not pathlib.Path(file).exists():
            parser.error(f"{file} does not exist; ./dev bench builds it")
    options.yett = str(pathlib.Path(options.yett).resolve())
    for name in NAMES if "all" in options.names else options.names:
        run(name, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
