from parts.load import microseconds_each
from peers import application
from peers.setup import Setup, prefixes

from . import growth
from .contestants import HAPROXY, NGINX, YETT
from .table import Table

COUNTS = {"10 rules": 10, "10,000 rules": 10_000}
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
    return growth.measure(CONTESTANTS, COUNTS, 1.1, options.rounds, lambda contestant, count: cost(bench, app, contestant, count, options))


TABLE = Table(
    "routes", "Ten rules and ten thousand",
    """
A rule for each path prefix (`/s00042/**`), all of them asked for in turn; TLS, 64 connections, one worker on one core. User and system time of the
program for one request. nginx has a `location` for each, HAProxy a map.
""", 5, measure)
