import pathlib
import sys

from parts.checks import expect
from parts.figures import Goal, Section
from parts.load import Load
from parts.rounds import measure_rounds
from peers import application
from peers.setup import Setup

from .contestants import HAPROXY, NGHTTPX, NGINX, YETT, by_name
from .table import Table

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "tests/http2"))
from peer import Peer  # noqa: E402

CONTESTANTS = [NGINX, HAPROXY["RS256"], NGHTTPX, YETT["RS256"]]
IDLE = 2_000
OVER_HTTP1 = "Yett over HTTP/1.1"
SETUP = Setup(http2=True)


def token_of(bench, contestant):
    return bench.keys.token(contestant.algorithm, 7) if contestant.guards else None


class Crowd:
    """Connections with TLS that ask once over HTTP/2, stay, and ask again when they are told to."""

    def __init__(self, program, count, token):
        self.fields = [("authorization", f"Bearer {token}")] if token else []
        program.tls_port = program.port
        self.peers = [Peer(program, tls=True, source=f"127.0.0.{10 + number % 8}") for number in range(count)]
        self.ask(1)

    def ask(self, stream):
        for peer in self.peers:
            peer.send(peer.to.get(stream, *self.fields))
        for peer in self.peers:
            peer.until(lambda: peer.reply(stream).over(), 20)
        expect(all(peer.reply(stream).status == 200 for peer in self.peers), "all connections are answered, the idle ones as well")

    def close(self):
        for peer in self.peers:
            peer.close()


def kib_of_http2(bench, app, contestant):
    token = token_of(bench, contestant)
    with contestant.running(bench, app, SETUP) as program:
        first = Crowd(program, 64, token)
        before = program.settled_kib()
        crowd = Crowd(program, IDLE, token)
        grown = program.settled_kib() - before
        crowd.ask(3)
        crowd.close()
        first.close()
    return grown / IDLE


def kib_of_http1(bench, app, contestant):
    tokens = contestant.tokens(bench)
    with contestant.running(bench, app, SETUP) as program, Load("requests", program, connections=64, tokens=tokens, warm=64):
        before = program.settled_kib()
        with Load("requests", program, connections=IDLE, seconds=0, tokens=tokens, **{"from": "127.0.0.10", "sources": 8}) as load:
            grown = program.settled_kib() - before
            run = load.run()
        expect(run.done == IDLE and run.all_answered() and run.closed == 0, f"{program.name} kept its idle connections: {run.statuses}")
    return grown / IDLE


def kib_each(bench, app, name, contestant):
    return (kib_of_http1 if name == OVER_HTTP1 else kib_of_http2)(bench, app, contestant)


def measure(bench, options):
    app = application.start(bench)
    told = measure_rounds(by_name(CONTESTANTS) | {OVER_HTTP1: YETT["RS256"]}, options.rounds, lambda name, one: kib_each(bench, app, name, one))
    yett = YETT["RS256"].name
    return [Section(f"{IDLE:,} idle connections", "KiB per connection", told, [NGINX.name, OVER_HTTP1],
                    goals=[Goal(yett, OVER_HTTP1, 2.0), Goal(yett, NGINX.name, 1.0)])]


TABLE = Table(
    "http2_idle", "Memory of idle HTTP/2 connections",
    f"""
Growth of the program's resident memory, once quiet, by {IDLE:,} connections with TLS 1.3 and HTTP/2 that were answered once and stay open; each is answered again
afterwards. A program is started for each figure, and has 64 connections before. Beside them as many of Yett over HTTP/1.1.
""", 8, measure, rounds=3)
