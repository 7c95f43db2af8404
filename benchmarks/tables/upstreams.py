from parts.figures import Section
from parts.rounds import say
from peers import application, yett
from peers.setup import Setup

from . import requests
from .contestants import ALL, NGINX, YETT
from .table import SLICES, Table

KINDS = {"http": "TCP to the application", "unix": "a Unix socket to the application", "https": "TLS to the application, verified"}


def why_not(bench, app, kind):
    """What this build of Yett says of such servers if it does not know them."""
    try:
        with YETT["RS256"].running(bench, app, Setup(upstream=kind)):
            return None
    except yett.Unsupported as unknown:
        return str(unknown)


def measure(bench, options):
    app = application.start(bench)
    result = []
    for kind, words in KINDS.items():
        why = why_not(bench, app, kind)
        contestants = [each for each in ALL if not (why and each is YETT["RS256"])]
        rounds = requests.rounds_of(bench, app, contestants, Setup(upstream=kind), options)
        result.append(Section(words[0].upper() + words[1:], "µs per request", rounds, [NGINX.name]))
        if why:
            result.append(f"**Yett is missing here**: {why}")
            say(result[-1])
    return result


TABLE = Table(
    "upstreams", "Ways to the application",
    """
User and system time of the program for one request, TLS towards clients, 64 connections, one worker on one core, kept connections to the application: by TCP,
by a Unix socket, and by TLS 1.3 with the application's certificate verified.
""", 10, measure, **SLICES)
