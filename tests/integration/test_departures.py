"""Clients that leave before they are answered: the application hears of it, and others take their place."""

import socket
import ssl
import struct
import threading
import time

import pytest

import harness
from beside import Beside

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PLACES = 8

waits = Beside()


class SlowApplication:
    """Answers "/x" never and anything else at once; counts who is held and who was told to go."""

    def __init__(self, begins=b""):
        self.begins = begins
        self.held = self.told = 0
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        holding, data = False, b""
        with connection:
            while True:
                try:
                    part = connection.recv(65536)
                except OSError:
                    part = b""
                if not part:
                    break
                data += part
                if b"\r\n\r\n" in data and not holding:
                    if b" /x " not in data.split(b"\r\n")[0]:
                        connection.sendall(OK)
                        data = b""
                        continue
                    holding = True
                    with self.lock:
                        self.held += 1
                    connection.sendall(self.begins)
        if holding:
            with self.lock:
                self.told += 1

    def stop(self):
        self.listener.close()


def fin(client):
    client.socket.shutdown(socket.SHUT_WR)


def goodbye(client):
    """close_notify, and the connection stays open."""
    client.socket.settimeout(0)
    try:
        client.socket.unwrap()
    except (ssl.SSLWantReadError, OSError):
        pass


def reset(client):
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.socket.close()


def configured(port, patience="5s"):
    return harness.settings(
        port, workers=1, client_limits={"half_close_timeout": patience},
        upstreams={"app": {"servers": [f"http://127.0.0.1:{port}"], "connections": PLACES, "connections_per_client": "100%",
                           "connect_timeout": "500ms"}},
        routes=[{"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app", "body_bytes": 0}])


UPLOAD = b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n" + b"x" * 100_000
WAYS = {
    # name: (over TLS, what is sent, what the reply begins with, how they leave, patience, at least, at most)
    "a reset": (False, GET, b"", reset, "5s", 0, 2),
    "a reset over TLS": (True, GET, b"", reset, "5s", 0, 2),
    "close_notify": (True, GET, b"", goodbye, "5s", 0, 2),
    "a FIN": (False, GET, b"", fin, "2s", 1.8, 4),
    "a FIN over TLS": (True, GET, b"", fin, "2s", 1.8, 4),
    "a FIN where nobody waits": (False, GET, b"", fin, "0s", 0, 2),
    "sibling: a FIN in the middle of an upload": (False, UPLOAD, b"", fin, "5s", 0, 2),
    "sibling: a FIN while events are awaited": (
        False, GET, b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n", fin, "2s", 1.8, 4),
}


@waits(WAYS)
def whoever_leaves_gives_the_place_back(folder, start, name):
    tls, sent, begins, leave, patience, least, most = WAYS[name]
    application = start(SlowApplication(begins))
    gateway = start(harness.Gateway(folder, configured(application.port, patience)))
    clients = [gateway.raw(tls).send(sent) for _ in range(PLACES)]
    harness.wait_until(lambda: application.held == PLACES, what="all places taken")
    assert gateway.call("GET", "/y").status_code == 503
    if begins:
        for each in clients:
            each.socket.recv(65536)
    began = time.monotonic()
    for each in clients:
        leave(each)
    harness.wait_until(lambda: application.told == PLACES, 10, "the application being told of all")
    assert least <= time.monotonic() - began <= most
    assert gateway.call("GET", "/y").status_code == 200
    harness.wait_until(lambda: gateway.metric("yett_upstream_connections", state="busy") == 0, what="no place taken")


@waits()
def sibling_whoever_leaves_the_queue_is_not_connected(folder, start):
    application = start(SlowApplication())
    config = configured(application.port)
    config["upstreams"]["app"] |= {"connections": 1, "connect_timeout": "30s"}
    gateway = start(harness.Gateway(folder, config))
    first = gateway.raw().send(GET)
    harness.wait_until(lambda: application.held == 1, what="the place taken")
    second = gateway.raw(tls=True).send(GET)
    harness.wait_until(lambda: gateway.metric("yett_upstream_pending_requests") == 1, what="one that waits")
    goodbye(second)
    reset(first)
    harness.wait_until(lambda: application.told == 1, what="the application being told")
    assert gateway.call("GET", "/y").status_code == 200
    assert application.held == 1


@waits([False, True])
def a_half_closed_client_is_served_if_the_reply_begins_in_time(folder, start, tls):
    def answer(head, connection):
        time.sleep(1)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nbeg")
        time.sleep(3)
        return b"end"

    upstream = start(harness.ScriptedUpstream(answer))
    gateway = start(harness.Gateway(folder, configured(upstream.port, "2s")))
    with gateway.raw(tls) as client:
        client.send(GET)
        socket.socket.shutdown(client.socket, socket.SHUT_WR)
        assert client.read_all().endswith(b"\r\n\r\nbegend")


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    with waits.begun(tmp_path_factory, at_once=4) as running:
        yield running


@pytest.mark.parametrize("name", waits.waiting)
def test_what_waits(begun, name):
    begun[name].result()


@pytest.mark.parametrize("framing", ["length", "sibling: chunks"])
@pytest.mark.parametrize("tls", [False, True])
def test_an_upload_whose_last_byte_came_with_the_fin_counts(start, echo, tmp_path, framing, tls):
    gateway = start(harness.Gateway(tmp_path, configured(echo.port, "1s")))
    body = b"z" * 300_000
    if framing == "length":
        text = b"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
    else:
        text = b"POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    with gateway.raw(tls) as client:
        client.send(text)
        socket.socket.shutdown(client.socket, socket.SHUT_WR)
        reply = client.read_all()
    assert reply.startswith(b"HTTP/1.1 200") and b'"body_bytes":300000' in reply, reply
