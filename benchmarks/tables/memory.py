from parts.checks import expect
from parts.figures import Goal, Section
from parts.load import Load
from parts.rounds import each, measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import ALL, HAPROXY, NGINX, YETT, by_name
from .table import Table

COUNTS = (2_000, 10_000)
SMALLER = "the smaller of nginx and HAProxy"


def kib_per_connection(bench, app, contestant, count):
    tokens = contestant.tokens(bench)
    # Those that warm it stay connected: what they gave back would be there for the first of the others.
    with contestant.running(bench, app, Setup()) as program, Load("requests", program, connections=64, tokens=tokens, warm=3000):
        before = program.settled_kib()
        with Load("requests", program, connections=count, seconds=0, tokens=tokens, **{"from": "127.0.0.10", "sources": 8}) as load:
            after = program.settled_kib()
            run = load.run()
        expect(run.done == count and run.all_answered() and run.closed == 0, f"{program.name} kept its idle connections: {run.statuses}")
    return (after - before) / count


def measure(bench, options):
    app = application.start(bench)
    told = measure_rounds(by_name(ALL), options.rounds,
                          lambda _, one: {count: kib_per_connection(bench, app, one, count) for count in COUNTS})
    return [section(each(told, count), count) for count in COUNTS]


def section(rounds, count):
    for figures in rounds:
        figures[SMALLER] = min(figures[NGINX.name], figures[HAPROXY["RS256"].name])
    return Section(f"{count:,} idle connections", "KiB per connection", rounds, [SMALLER], goals=[Goal(YETT["RS256"].name, SMALLER, 0.9)])


TABLE = Table(
    "memory", "Memory of idle TLS connections",
    """
Growth of the program's resident memory, once quiet, by connections that were answered once and stay open; each is answered again afterwards. A program
is started for each figure, and has served 3,000 requests on 64 connections before, which stay open, too.
""", 22, measure)
