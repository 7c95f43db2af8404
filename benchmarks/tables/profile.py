import os
import re
import signal
import subprocess

from parts.checks import expect
from parts.figures import Section
from parts.load import Load
from parts.rounds import measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import HAPROXY, NGINX, YETT, by_name
from .table import Table

CONTESTANTS = [NGINX, HAPROXY["RS256"], YETT["RS256"]]
# Where a sample fell, by file and function; what is in none of these is the program's own. An allocator may be part of the program.
PARTS = {"kernel": r"\[kernel|\[k\]|\[guest|vmlinux|\.ko", "TLS": r"libcrypto|libssl", "libc and allocator": r"libc\.|libc-|libm\.|mimalloc|jemalloc|ld-linux|\[vdso|\] (_?mi_|je_|operator (new|delete)|malloc|free\b)"}
OWN = "its own code"


def part_of(place):
    return next((part for part, pattern in PARTS.items() if re.search(pattern, place)), OWN)


def shares(report):
    """{part: share}, of what perf says: lines of a percentage, a file, whose it is, and a function."""
    found = dict.fromkeys([*PARTS, OWN], 0.0)
    for percentage, place in re.findall(r"^\s*([\d.]+)%\s+(\S.*?)\s*$", report, re.M):
        found[part_of(place)] += float(percentage) / 100
    total = sum(found.values())
    return {part: share / total for part, share in found.items()} if total else found


class Recorder:
    """perf, from the moment on that it says it is attached, until the end of the block."""

    def __init__(self, program, file):
        self.pids, self.file = ",".join(map(str, program.pids())), file

    def __enter__(self):
        (wanted, want), (told, tell) = os.pipe(), os.pipe()
        self.process = subprocess.Popen(
            ["perf", "record", "-q", "-e", "cpu-clock", "-F", "1999", "-D", "-1", "--control", f"fd:{wanted},{tell}", "-p", self.pids, "-o", str(self.file)],
            pass_fds=(wanted, tell), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for ours in (wanted, tell):
            os.close(ours)
        os.write(want, b"enable\n")
        expect(os.read(told, 16).startswith(b"ack"), "perf records")
        self.ends = (want, told)

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        for each in self.ends:
            os.close(each)


def report(file):
    return subprocess.run(["perf", "report", "--stdio", "-q", "--sort", "dso,symbol", "-i", str(file)], capture_output=True, text=True).stdout


def parts(bench, app, contestant, options):
    file = bench.folder / "perf.data"
    with contestant.running(bench, app, Setup()) as program:
        with Load("requests", program, connections=64, seconds=options.seconds, warm=3000, tokens=contestant.tokens(bench)) as load:
            with Recorder(program, file):
                before = program.cpu_seconds()
                run = load.run()
                used = program.cpu_seconds() - before
    expect(run.all_answered(), f"{program.name} answers all")
    found = shares(report(file))
    expect(sum(found.values()) > 0, f"perf sees {program.name}")
    return {part: share * used * 1e6 / run.done for part, share in found.items()}


def measure(bench, options):
    app = application.start(bench)
    told = measure_rounds(by_name(CONTESTANTS), options.rounds, lambda _, each: parts(bench, app, each, options))
    return [Section(each.name, "µs per request", [figures[each.name] for figures in told], []) for each in by_name(CONTESTANTS).values()]


TABLE = Table(
    "profile", "Where the time of a request goes",
    """
Samples of `perf` (cpu-clock) by the file and function they fall into, times the user and system time of a request, which the recording itself makes a little dearer; TLS, 64
connections, 1,000 tokens in turn, one worker on one core. The kernel's part is TCP, epoll and the way in and out of system calls.
""", 4, measure, seconds=3)
