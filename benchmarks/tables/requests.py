from parts.figures import Goal, Section
from parts.load import microseconds_each
from parts.rounds import measure_slices
from peers import application
from peers.setup import Setup

from .contestants import ALL, APACHE, CADDY, HAPROXY, NGINX, TLS_ALONE, YETT, by_name
from .table import SLICES, Table

CONNECTIONS = 64
WARM = 3000          # requests before: each token is seen thrice

SECURED = [NGINX, TLS_ALONE, *HAPROXY.values(), CADDY, APACHE, *YETT.values()]

GOALS = [Goal(YETT["RS256"].name, NGINX.name, 0.90)] + [
    Goal(YETT[algorithm].name, HAPROXY[algorithm].name, limit) for algorithm, limit in {"HS256": 0.55, "RS256": 0.32, "ES256": 0.17}.items()]


def cost(bench, program, contestant, options, tls=True):
    return microseconds_each(program, tls=int(tls), connections=CONNECTIONS, seconds=options.seconds, warm=WARM, tokens=contestant.tokens(bench))


def rounds_of(bench, app, contestants, setup, options):
    named = by_name(contestants)
    starting = {name: lambda each=each: each.running(bench, app, setup) for name, each in named.items()}
    return measure_slices(starting, options.rounds, lambda name, program: cost(bench, program, named[name], options, setup.tls))


def measure(bench, options):
    app = application.start(bench)

    def section(title, contestants, setup, goals):
        rounds = rounds_of(bench, app, contestants, setup, options)
        return Section(title, "µs per request", rounds, [NGINX.name, HAPROXY["RS256"].name], goals=goals)

    return [section("TLS towards clients", SECURED, Setup(), GOALS), section("Without TLS", ALL, Setup(tls=False), [])]


TABLE = Table(
    "requests", "Processor time per authenticated request",
    f"""
TLS 1.3 (AES-256-GCM) and HTTP/1.1 kept alive on {CONNECTIONS} connections, 1,000 distinct tokens in turn, one worker on one core. User and system
time of the program for one request, with a small reply. nginx and Caddy ask nobody who they are; HAProxy and Apache verify each token; Yett has
seen each before. "TLS alone" is HAProxy in TCP mode, which reads no request at all: the floor of anything that ends TLS.
""", 15, measure, **SLICES)
