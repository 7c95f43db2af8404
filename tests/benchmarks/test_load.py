"""The clients of the tables say the truth: against servers whose truth is known."""

import collections
import contextlib
import socket
import ssl
import threading
import time
import types

import pytest

from parts.keys import make_certificate
from parts.load import Load, measured


class Server:
    """Answers each request with `answer(self, number, head, body)`, on a thread of its own; keeps what it saw."""

    def __init__(self, answer, context=None):
        self.answer, self.context, self.name = answer, context, "server"
        self.seen, self.bodies, self.resumed, self.connections = [], collections.Counter(), [], 0
        self.lock = threading.Lock()          # one after the other, as one worker would
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = self.listening.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def cpu_seconds(self):
        return time.process_time()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listening.accept()
                self.connections += 1
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with contextlib.suppress(OSError, ssl.SSLError):
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
                self.resumed.append(connection.session_reused)
            with connection, connection.makefile("rb") as stream:
                while self.one(connection, stream):
                    pass
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def one(self, connection, stream):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return False
            head += line
        body = len(stream.read(int(field(head, "Content-Length") or 0)))
        with self.lock:
            number = len(self.seen)
            self.seen.append(head.decode())
            self.bodies[body] += 1
            reply = self.answer(number, head)
        connection.sendall(reply or b"")
        return reply is not None and b"close" not in reply

    def stop(self):
        self.listening.close()


def field(head, name):
    return next((line.split(": ", 1)[1] for line in head.decode().split("\r\n") if line.startswith(name + ": ")), "")


def reply(body=b"good", status=b"200 OK", more=b""):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), more, body)


@pytest.fixture
def serve():
    servers = []

    def start(answer=lambda *_: reply(), context=None):
        servers.append(Server(answer, context))
        return servers[-1]

    yield start
    for each in servers:
        each.stop()


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    make_certificate(folder)
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.load_cert_chain(folder / "leaf.crt", folder / "leaf.key")
    return found


def lines(folder, *texts):
    file = folder / "lines"
    file.write_text("".join(text + "\n" for text in texts))
    return file


def run(server, kind="requests", tls=0, **options):
    with Load(kind, server, tls=tls, **options) as load:
        return load.run()


def test_every_request_is_counted_and_nothing_is_sent_before_the_word(serve, tmp_path):
    server = serve()
    with Load("requests", server, tls=0, connections=4, seconds=0.3, warm=20, tokens=lines(tmp_path, "one", "two")) as load:
        before = len(server.seen)
        assert before == 4 + 20 + 3      # each connection once; all of them once more until twenty were answered
        time.sleep(0.1)
        assert len(server.seen) == before
        found = load.run()
    assert found.done == len(server.seen) - before == found.statuses[200] > 0 and found.all_answered() and server.connections == 4
    assert 0.3 <= found.seconds < 3


def test_tokens_and_paths_come_in_turn(serve, tmp_path):
    server = serve()
    (tmp_path / "paths").write_text("/a\n/b\n/c\n")
    run(server, connections=1, seconds=0.1, tokens=lines(tmp_path, "one", "two"), paths=tmp_path / "paths")
    assert [head.split(" ")[1] for head in server.seen[:4]] == ["/a", "/b", "/c", "/a"]
    assert [field(head.encode(), "Authorization") for head in server.seen[:3]] == ["Bearer one", "Bearer two", "Bearer one"]


def test_no_two_fresh_tokens_are_the_same_and_all_are_in_their_signature(serve, tmp_path):
    server = serve()
    run(server, connections=2, seconds=0.2, fresh=1, tokens=lines(tmp_path, "head.claims." + "s" * 40, "other.claims." + "t" * 40))
    tokens = [field(head.encode(), "Authorization") for head in server.seen]
    assert len(set(tokens)) == len(tokens) > 10
    assert {token.rsplit(".", 1)[0] for token in tokens} == {"Bearer head.claims", "Bearer other.claims"}
    assert {len(token.rsplit(".", 1)[1]) for token in tokens} == {40}


def test_who_stands_still_keeps_everybody_waiting_whose_turn_came_meanwhile(serve):
    """The mistake that would hide it, measuring from the moment of sending, would see four slow ones in two hundred."""
    pause = types.SimpleNamespace(at=None)

    def answer(number, _):
        if number == pause.at:
            time.sleep(0.7)
        return reply()

    server = serve(answer)
    with Load("requests", server, tls=0, connections=4, seconds=1, rate=200) as load:
        pause.at = len(server.seen) + 10
        found = load.run()
    assert found.all_answered() and 120 < found.done < 290
    assert found.latency["p50"] > 50_000 and found.latency["p99"] > 400_000


def test_a_quiet_server_is_not_blamed(serve):
    found = run(serve(), connections=4, seconds=1, rate=100)
    assert found.latency["p50"] < 20_000 and 50 < found.done < 160


def test_other_answers_are_told_by_number(serve):
    server = serve(lambda number, _: reply(status=b"401 Unauthorized") if number % 2 else reply())
    found = run(server, connections=1, seconds=0.2)
    assert set(found.statuses) == {200, 401} and not found.all_answered() and abs(found.statuses[200] - found.statuses[401]) <= 1


def test_connections_that_a_server_closes_are_made_anew_and_nothing_is_lost(serve):
    server = serve(lambda number, _: reply(more=b"Connection: close\r\n") if number % 5 == 4 else reply())
    found = run(server, connections=2, seconds=0.3)
    assert found.all_answered() and found.closed > 0 and server.connections > 2


def test_a_server_that_closes_without_a_word_between_two_requests_gets_the_second_one_again(serve):
    server = serve(lambda number, _: None if number % 7 == 6 else reply())
    found = run(server, connections=1, seconds=0.3)
    assert found.all_answered() and found.closed > 0


def test_what_nobody_answers_is_lost(serve):
    told = types.SimpleNamespace(silent=False)
    server = serve(lambda *_: None if told.silent else reply())
    with Load("requests", server, tls=0, connections=2, seconds=0.2) as load:
        told.silent = True
        found = load.run()
    assert found.lost > 0 and not found.all_answered()


def test_bodies_are_sent_and_read_to_their_ends(serve):
    large = b"x" * (1 << 20)
    server = serve(lambda *_: reply(large))
    assert run(server, connections=2, seconds=0.2, method="POST", body=300_000).all_answered()
    assert set(server.bodies) == {300_000} and all(head.startswith("POST ") for head in server.seen)


def test_chunks_are_read_to_their_end(serve):
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n"
    assert run(serve(lambda *_: chunked), connections=2, seconds=0.2).all_answered()


def test_each_is_asked_once_more_when_there_is_no_time(serve):
    server = serve()
    with Load("requests", server, tls=0, connections=100, seconds=0) as load:
        before = len(server.seen)
        assert before == 100 and load.run().done == 100 and len(server.seen) == 200


def test_it_speaks_tls_and_measures_a_program(serve, context):
    server = serve(context=context)
    found, used = measured(server, connections=2, seconds=0.3, warm=5)
    assert found.all_answered() and found.done > 0 and used > 0 and server.resumed == [False, False]


@pytest.mark.parametrize("resume", [0, 1])
def test_handshakes_are_resumed_when_they_are_to_be(serve, context, resume):
    server = serve(context=context)
    found = run(server, "handshakes", tls=1, connections=2, seconds=0.4, resume=resume)
    assert found.done > 0 and found.lost == 0 and found.resumed == (found.done if resume else 0)
    assert server.resumed[0] is False and set(server.resumed[1:]) == {bool(resume)}


def test_who_does_not_answer_at_all_is_not_measured(serve):
    with pytest.raises(SystemExit, match="server answers its clients"):
        run(serve(lambda *_: None), connections=1, seconds=0.1)
