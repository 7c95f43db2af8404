"""Large bodies, slow and broken applications, draining: what a proxy has to survive."""

import concurrent.futures
import os
import signal
import socket
import threading
import time

import pytest
import requests

import harness

# What HTTP/1.1 alone has, or what the translator sees to by itself.
of_http1 = pytest.mark.skipif(harness.CLIENT != "http/1.1", reason="is about HTTP/1.1")

MIB = 1 << 20
SIZE = 256 * MIB
MARGIN_KIB = int(os.environ.get("YETT_RSS_MARGIN_KIB", "2048"))


def open_to_all(port, **changes):
    config = harness.settings(port, **changes)
    config["routes"] = [{"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app", "body_bytes": 0}]
    return config


class Peak:
    """The largest resident memory of a process while the block runs."""

    def __init__(self, program):
        self.program, self.kib, self.running = program, 0, True

    def _watch(self):
        while self.running:
            self.kib = max(self.kib, self.program.rss_kib())
            time.sleep(0.02)

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()


@pytest.fixture(scope="module")
def open_gateway(echo, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), open_to_all(echo.port, workers=1))
    yield program
    program.stop()


def download(gateway, size):
    with gateway.call("GET", f"/bytes/{size}", stream=True) as reply:
        assert reply.status_code == 200
        return sum(len(part) for part in reply.iter_content(MIB))


class Zeros:
    """A body of known length that is nowhere as a whole."""

    def __init__(self, size):
        self.left = size

    def __len__(self):
        return self.left

    def read(self, most):
        part = b"\0" * min(most, self.left)
        self.left -= len(part)
        return part


def upload(gateway, size, known):
    """With a length, or in chunks whose size lines come in TLS records of their own."""
    body = Zeros(size) if known else (b"\0" * MIB for _ in range(size // MIB))
    reply = gateway.call("POST", "/upload", data=body)
    assert reply.status_code == 200, reply.text
    return reply.json()["body_bytes"]


@pytest.mark.parametrize("transfer", [
    lambda g, n: download(g, n),
    lambda g, n: upload(g, n, known=True),
    lambda g, n: upload(g, n, known=False),
], ids=["down", "up", "up in chunks"])
def test_memory_does_not_grow_with_a_body(open_gateway, transfer):
    transfer(open_gateway, 16 * MIB)                         # what a transfer needs is there
    before = open_gateway.rss_kib()
    with Peak(open_gateway) as peak:
        assert transfer(open_gateway, SIZE) == SIZE
    assert peak.kib - before < MARGIN_KIB, f"{before} KiB became {peak.kib}"


def test_both_bodies_stream_at_once(open_gateway):
    """The echo of the first byte arrives before the last one was sent."""
    with open_gateway.raw() as client:
        client.send(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        data = bytearray()

        def arrives(what):
            data.extend(client.read_available(0.1)[0])
            return what in data

        harness.wait_until(lambda: arrives(b"first"), what="the first part's echo")
        client.send(b"4\r\nlast\r\n0\r\n\r\n")
        harness.wait_until(lambda: arrives(b"0\r\n\r\n"), what="the end of the echo")
        assert data.startswith(b"HTTP/1.1 200") and b"last" in data


def test_an_announced_body_beyond_the_limit_is_refused_unread(start, tmp_path):
    upstream = start(harness.ScriptedUpstream())
    config = harness.settings(upstream.port, client_limits={"body_bytes": "1KiB"})
    gateway = start(harness.Gateway(tmp_path, config))
    reply = gateway.call("POST", "/public/x", data=b"x" * 2000)
    assert reply.status_code == 413 and reply.json()["code"] == "body_too_large"
    with gateway.raw() as client:
        head = b"POST /public/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        data = client.send(head + b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n").read_all()
    assert data.startswith(b"HTTP/1.1 413"), data
    assert not upstream.heads


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def cause_in_log(gateway, status):
    """Why the application did not answer, as the access log has it."""
    return harness.wait_until(lambda: gateway.log(status=status), what="the line of the access log")[0]["cause"]


def test_an_application_that_is_away(start, tmp_path):
    port = closed_port()
    gateway = start(harness.Gateway(tmp_path, open_to_all(port)))
    reply = gateway.call("GET", "/x")
    assert reply.status_code == 502 and reply.json()["code"] == "upstream_unavailable"
    # A relay is there all the same.
    why = "cannot be reached (Connection refused)" if harness.UPSTREAM == "http" else "broke off before its reply"
    assert cause_in_log(gateway, 502) == f"{harness.in_logs(port)} {why}"
    assert "refused" not in reply.text, "the client learns nothing of what is behind"


FAILURES = {
    "says nothing and closes": (b"", 502, "upstream_unavailable"),
    "no HTTP at all": (b"SSH-2.0-x\r\n", 502, "upstream_unavailable"),
    "length and coding": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok", 502, "upstream_unavailable"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok", 502, "upstream_unavailable"),
    "an unasked 101": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 502, "upstream_unavailable"),
    "a folded field": (b"HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 0\r\n\r\n", 502, "upstream_unavailable"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_broken_application(start, tmp_path, name):
    said, status, code = FAILURES[name]

    def answer(head, connection):
        connection.sendall(said)
        connection.shutdown(socket.SHUT_RDWR)

    upstream = start(harness.ScriptedUpstream(answer))
    gateway = start(harness.Gateway(tmp_path, open_to_all(upstream.port)))
    reply = gateway.call("POST", "/x", data=b"")
    assert reply.status_code == status and reply.json()["code"] == code
    assert len(upstream.heads) == 1


def test_a_reply_cut_short_does_not_look_whole(start, tmp_path):
    def answer(head, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        connection.shutdown(socket.SHUT_RDWR)

    upstream = start(harness.ScriptedUpstream(answer))
    gateway = start(harness.Gateway(tmp_path, open_to_all(upstream.port)))
    with gateway.raw() as client:
        data = client.send(b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n").read_all()
    head, _, body = data.partition(b"\r\n\r\n")
    assert harness.header_values(head, "Content-Length") == [b"100"] and body == b"half"


def test_a_slow_application_is_504(start, tmp_path):
    upstream = start(harness.ScriptedUpstream(lambda head, connection: None))
    config = open_to_all(upstream.port, upstreams={"app": {
        "servers": [f"http://127.0.0.1:{upstream.port}"], "reply_timeout": "1s"}})
    gateway = start(harness.Gateway(tmp_path, config))
    reply = gateway.call("GET", "/x")
    assert reply.status_code == 504 and reply.json()["code"] == "upstream_timeout"
    assert cause_in_log(gateway, 504) == f"{harness.in_logs(upstream.port)} was silent before its reply"


def test_a_reply_has_no_cause_in_the_log(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    assert gateway.call("GET", "/x").status_code == 200
    line = harness.wait_until(lambda: gateway.log(status=200), what="the line of the access log")[0]
    assert "cause" not in line


def test_a_full_pool_is_503_at_once(start, echo, tmp_path):
    config = open_to_all(echo.port, workers=1, upstreams={"app": {
        "servers": [f"http://127.0.0.1:{echo.port}"], "connections": 1, "pending": 1}})
    gateway = start(harness.Gateway(tmp_path, config))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda _: gateway.call("GET", "/slow/1000"), range(6)))
    refused = [r for r in replies if r.status_code == 503]
    assert len(refused) == 4 and all("Retry-After" in r.headers and r.json()["code"] == "overloaded" for r in refused)


@of_http1
def test_a_slow_head_is_not_waited_for(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, client_limits={"header_timeout": "1s"})))
    with gateway.raw() as client:
        data = client.send(b"GET / HTTP/1.1\r\nHost: a\r\n").read_all()
    assert data == b"" or data.startswith(b"HTTP/1.1 408"), data
    assert gateway.call("GET", "/healthz").status_code == 200


def test_a_drain_lets_running_requests_end(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        running = pool.submit(gateway.call, "GET", "/slow/1500")
        harness.wait_until(lambda: (gateway.metric("yett_upstream_connections", state="busy") or 0) >= 1, what="a running request")
        gateway.popen.send_signal(signal.SIGTERM)
        gateway.wait_for("draining")
        ready = requests.get(gateway.management + "/readyz", timeout=5)
        assert ready.status_code == 503
        assert running.result().status_code == 200
    assert gateway.popen.wait(20) == 0


@of_http1
def test_clients_beyond_the_limit_are_turned_away(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, client_limits={"connections_per_client": 3})))
    held = [gateway.raw() for _ in range(3)]
    for each in held:
        assert each.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").read_available()[0].startswith(b"HTTP/1.1 200")
    with gateway.raw() as fourth:
        try:
            fourth.send(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        except OSError:
            pass
        assert not fourth.read_all().startswith(b"HTTP/1.1 200")
    for each in held:
        each.close()

    def is_served():
        try:
            return gateway.call("GET", "/healthz").status_code == 200
        except requests.exceptions.ConnectionError:
            return False

    harness.wait_until(is_served, what="room for another")
