import threading

from parts.figures import Goal, Section
from parts.load import measured
from parts.rounds import each, measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import ALL, NGINX, YETT, by_name
from .table import Table

KIB, MIB = 1 << 10, 1 << 20
SMALL = {"1 KiB": KIB, "64 KiB": 64 * KIB}
LARGE = 100 * MIB
WAYS = ("down", "up")


class Watch:
    """The most resident memory a program reaches while something runs."""

    def __init__(self, program):
        self.program, self.most = program, 0
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.ending.wait(0.02):
            self.most = max(self.most, self.program.resident_kib())

    def __enter__(self):
        self.before = self.program.resident_kib()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        self.grown_mib = max(self.most - self.before, 0) / 1024


def asked(bench, way, size):
    if way == "down":
        return {"path": application.offer(bench, size)}
    return {"method": "POST", "path": "/swallow", "body": size}


def small(bench, program, contestant, way, size, seconds):
    run, used = measured(program, connections=64, seconds=seconds, warm=3000, tokens=contestant.tokens(bench), **asked(bench, way, size))
    return used * 1e6 / run.done


def large(bench, program, contestant, way, seconds):
    with Watch(program) as watch:
        run, used = measured(program, connections=4, seconds=seconds, warm=4, tokens=contestant.tokens(bench), **asked(bench, way, LARGE))
    mib = run.done * LARGE / MIB
    return {f"cost {way}": used * 1e6 / mib, f"rate {way}": mib / run.seconds, f"growth {way}": watch.grown_mib}


def costs(bench, app, contestant, options):
    found = {}
    with contestant.running(bench, app, Setup()) as program:
        for way in WAYS:
            for words, size in SMALL.items():
                found[f"{words} {way}"] = small(bench, program, contestant, way, size, options.seconds)
            found |= large(bench, program, contestant, way, options.seconds)
    return found


def measure(bench, options):
    app = application.start(bench)
    told = measure_rounds(by_name(ALL), options.rounds, lambda _, one: costs(bench, app, one, options))
    result = [Section(f"{words} {way}", "µs per request", each(told, f"{words} {way}"), [NGINX.name]) for words in SMALL for way in WAYS]
    for way in WAYS:
        result.append(Section(f"100 MiB {way}", "µs of processor time per MiB", each(told, f"cost {way}"), [NGINX.name], 0,
                              [Goal(YETT["RS256"].name, NGINX.name, 1.0)]))
        result.append(Section(f"100 MiB {way}, how fast", "MiB per second", each(told, f"rate {way}"), [NGINX.name], 0))
        result.append(Section(f"100 MiB {way}, memory", "MiB the program grew meanwhile", each(told, f"growth {way}"), []))
    return result


TABLE = Table(
    "bodies", "Bodies both ways",
    """
Bodies that are fetched and bodies that are posted, through TLS, one worker on one core: small ones on 64 connections, those of 100 MiB on four. User and
system time of the program. The application reads what is posted to its end before it answers. No program keeps bodies in files (nginx:
`proxy_request_buffering off`, `proxy_max_temp_file_size 0`).
""", 22, measure)
