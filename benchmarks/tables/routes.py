from parts.figures import Goal, Section
from parts.load import microseconds_each
from parts.rounds import measure_rounds
from peers import application
from peers.setup import Setup, prefixes

from .contestants import HAPROXY, NGINX, YETT
from .table import Table

COUNTS = {"10 rules": 10, "10,000 rules": 10_000}
FEW, MANY = COUNTS
CONTESTANTS = [NGINX, HAPROXY["RS256"], YETT["RS256"]]


def paths_file(bench, paths):
    file = bench.folder / f"{len(paths)}.paths"
    # In no order that memory would have them in.
    file.write_text("".join(f"{paths[at * 7919 % len(paths)]}/items/42\n" for at in range(len(paths))))
    return file


def cost(bench, app, contestant, count, options):
    setup = Setup(prefixes=prefixes(count))
    with contestant.running(bench, app, setup) as program:
        return microseconds_each(program, connections=64, seconds=options.seconds, warm=3000 + count, tokens=contestant.tokens(bench),
                                 paths=paths_file(bench, setup.prefixes))


def measure(bench, options):
    app = application.start(bench)
    cases = {(each.name, words): (each, count) for each in CONTESTANTS for words, count in COUNTS.items()}
    rounds = measure_rounds(cases, options.rounds, lambda _, case: cost(bench, app, *case, options))
    return [section(each, rounds) for each in CONTESTANTS]


def section(contestant, rounds):
    goals = [Goal(MANY, FEW, 1.1)] if contestant is YETT["RS256"] else []
    return Section(contestant.name, "µs per request", [{words: figures[contestant.name, words] for words in COUNTS} for figures in rounds], [FEW],
                   goals=goals)


TABLE = Table(
    "routes", "Ten rules and ten thousand",
    """
A rule for each path prefix (`/s00042/**`), all of them asked for in turn; TLS, 64 connections, one worker on one core. User and system time of the
program for one request. nginx has a `location` for each, HAProxy a map.
""", 5, measure)
