from parts.figures import Goal, Section
from parts.load import Load, microseconds_each
from parts.rounds import each, measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import CADDY, HAPROXY, NGINX, YETT, by_name
from .table import Table

KEPT = 4096
OPEN = 10_000
BUSY = (64, 1_000, 4_000)
AMONG = f"64 busy among {OPEN:,} idle"
CONTESTANTS = [NGINX, HAPROXY["RS256"], CADDY, YETT["RS256"]]


def busy(count):
    return f"{count:,} busy"


def cost(program, tls, tokens, count, seconds):
    return microseconds_each(program, tls=tls, connections=count, seconds=seconds, warm=3000 + 2 * count, tokens=tokens)


def costs(bench, app, contestant, setup, options):
    """{case: µs per request}; all of one process, as a crowd comes to one."""
    tls, tokens = int(setup.tls), contestant.tokens(bench)
    with contestant.running(bench, app, setup) as program:
        found = {busy(count): cost(program, tls, tokens, count, options.seconds) for count in BUSY}
        with Load("requests", program, tls=tls, connections=OPEN, tokens=tokens, **{"from": "127.0.0.10", "sources": 8}):
            found[AMONG] = cost(program, tls, tokens, 64, options.seconds)
    return found


def measure(bench, options, tls=True):
    app = application.start(bench)
    told = measure_rounds(by_name(CONTESTANTS), options.rounds, lambda _, one: costs(bench, app, one, Setup(tls=tls, kept=KEPT), options))
    return sections(told, "TLS" if tls else "without TLS", tls)


def sections(told, words, with_goals):
    result = []
    for case in (*map(busy, BUSY), AMONG):
        goals = [Goal(YETT["RS256"].name, NGINX.name, 1.0)] if with_goals and case in (busy(1_000), busy(4_000)) else []
        result.append(Section(f"{case}, {words}", "µs per request", each(told, case), [NGINX.name], goals=goals))
    of_yett = [figures[YETT["RS256"].name] for figures in told]
    goals = [Goal(AMONG, busy(64), 1.1)] if with_goals else []
    return result + [Section(f"Yett's own growth, {words}", "µs per request", of_yett, [busy(64)], goals=goals)]


TABLE = Table(
    "crowd", "A crowd of connections",
    f"""
User and system time of the program for one request, one worker on one core, 1,000 tokens in turn: so many connections that all ask again as soon as they
are answered, and 64 of these beside {OPEN:,} that were answered once and stay open, from eight addresses. All are connected, and warm, before the clock
is read. nginx and Yett may keep {KEPT:,} connections to the application, Caddy too; HAProxy's are not bounded.
""", 15, measure)
