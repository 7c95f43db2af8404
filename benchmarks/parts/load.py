"""The load of the tables, from `benchmarks/load`: what it is told, and what it says."""

import json
import os
import pathlib
import subprocess

from .checks import expect
from .program import OTHER_CORES

BINARY = pathlib.Path(os.environ.get("YETT_LOAD", pathlib.Path(__file__).resolve().parents[2] / "build/release/yett_load"))
LATEST = 200        # microseconds behind its own plan, at the 99th percentile, from where on it is the load that is measured


class Run:
    """What came of one run: `done` requests or handshakes, `statuses` by number, latencies in microseconds."""

    def __init__(self, line):
        told = json.loads(line)
        self.done, self.seconds = told["done"], told["seconds"]
        self.statuses = {int(status): count for status, count in told["statuses"].items()}
        self.latency = {which: told[which] for which in ("p50", "p99", "p99.9", "most")}
        self.lost, self.closed, self.resumed = (told.get(what, 0) for what in ("lost", "closed", "resumed"))
        self.late = told["late"]

    def rate(self):
        return self.done / self.seconds

    def all_answered(self, status=200):
        return self.lost == 0 and set(self.statuses) <= {status}


class Load:
    """Clients that are connected and warm; they work when they are told to, and once."""

    def __init__(self, kind, program, cores=None, **options):
        words = [f"{name}={value}" for name, value in ({"port": program.port} | options).items()]
        self.of = program.name
        self.process = subprocess.Popen([BINARY, kind, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=lambda: os.sched_setaffinity(0, cores or OTHER_CORES))
        expect(self.process.stdout.readline() == "connected\n", f"{program.name} answers its clients")

    def begin(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def end(self):
        line = self.process.stdout.readline()
        expect(line, f"{self.of} answers its clients")
        return Run(line)

    def run(self):
        self.begin()
        return self.end()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Whoever was not told to begin goes home."""
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measured(program, kind="requests", expected=200, **options):
    """(what came of a run, the processor time of the program meanwhile in seconds)"""
    with Load(kind, program, **options) as load:
        before = program.cpu_seconds()
        run = load.run()
        used = program.cpu_seconds() - before
    expect(run.done > 0 and run.all_answered(expected), f"{program.name} answers all with {expected}: {run.statuses}, {run.lost} lost")
    return run, used


def microseconds_each(program, **options):
    """Processor time of the program for one request."""
    run, used = measured(program, **options)
    return used * 1e6 / run.done
