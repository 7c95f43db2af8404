from parts.figures import Goal, Section
from parts.h2load import run_h2load
from parts.rounds import measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import HAPROXY, NGHTTPX, NGINX, YETT, by_name
from .table import Table

CONNECTIONS = 32
GOAL = 0.75
CONTESTANTS = [NGINX, NGHTTPX, HAPROXY["RS256"], YETT["RS256"]]


def cost(bench, app, contestant, setup, streams, options):
    with contestant.running(bench, app, setup) as program:
        shown = [f"authorization: Bearer {bench.keys.tokens_file(contestant.algorithm).read_text().split()[0]}"] if contestant.guards else []
        return run_h2load(program, options.seconds, CONNECTIONS, streams, setup.tls, shown)


def measure(bench, options):
    app = application.start(bench)

    def section(title, setup, streams, goals):
        rounds = measure_rounds(by_name(CONTESTANTS), options.rounds, lambda _, each: cost(bench, app, each, setup, streams, options))
        return Section(title, "µs per request", rounds, [NGINX.name], goals=goals)

    goals = [Goal(YETT["RS256"].name, NGINX.name, GOAL)]
    return [section("One stream at a time", Setup(http2=True), 1, goals), section("Ten streams at a time", Setup(http2=True), 10, goals)]


TABLE = Table(
    "http2", "Processor time per request over HTTP/2",
    f"""
TLS 1.3 and HTTP/2 on {CONNECTIONS} connections of h2load, one worker on one core, HTTP/1.1 kept alive to the application. User and system time of the
program for one request, with a small reply. nginx and nghttpx ask nobody who they are; HAProxy verifies the token of each request; Yett has seen it before.
""", 8, measure)
