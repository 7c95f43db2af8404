"""Clients that take their time: what they may hold, and that others do not notice them."""

import concurrent.futures
import selectors
import socket
import threading
import time

import pytest

import harness

ATTACKER, GOOD = "127.0.0.2", "127.0.0.3"
MIB = 1 << 20


def open_to_all(port, upstream=None, **limits):
    return harness.settings(
        port, workers=1, client_limits=limits,
        upstreams={"app": {"servers": [f"http://127.0.0.1:{port}"], **(upstream or {})}},
        routes=[{"name": "stream", "match": {"path": "/stream/**"}, "access": "public", "upstream": "app", "stream": True},
                {"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app", "body_bytes": 0}])


def connect(gateway, source, receive_buffer=None):
    client = socket.socket()
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.bind((source, 0))
    client.settimeout(10)
    client.connect(("127.0.0.1", gateway.plain_port))
    return client


def upload(path, length, body=b""):
    return b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (path, length, body)


def get(path):
    return b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n" % path


class Crowd:
    """Many clients of one address that send a byte now and then and read nothing."""

    def __init__(self, gateway, source):
        self.gateway, self.source = gateway, source
        self.clients = []
        self.running = True
        self.thread = threading.Thread(target=self._trickle, daemon=True)

    def join(self, count, request, receive_buffer=None):
        for _ in range(count):
            client = connect(self.gateway, self.source, receive_buffer)
            client.sendall(request)
            client.setblocking(False)
            self.clients.append(client)
        return self

    def __enter__(self):
        self.thread.start()
        return self

    def _trickle(self):
        while self.running:
            for client in self.clients:
                try:
                    client.send(b"x")
                except OSError:
                    pass
            time.sleep(2)

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        for client in self.clients:
            client.close()


class Held:
    """The most connections of the application that were held while the block ran."""

    def __init__(self, gateway):
        self.gateway, self.most, self.running = gateway, 0, True

    def _watch(self):
        while self.running:
            self.most = max(self.most, int(self.gateway.metric("yett_upstream_connections", state="busy") or 0))
            time.sleep(0.1)

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()


def ask(gateway, source, path=b"/y"):
    with connect(gateway, source) as client:
        client.sendall(get(path))
        return client.recv(65536)[:12]


def failures(gateway, source, seconds):
    """Asks one request after the other; how many there were, and the answers that were none."""
    end, count, failed = time.monotonic() + seconds, 0, []
    while time.monotonic() < end:
        count += 1
        answer = ask(gateway, source)
        if answer != b"HTTP/1.1 200":
            failed.append(answer)
        time.sleep(0.02)
    return count, failed


CROWDS = {
    # name: (how many of which request, what they hold at most of 32 connections)
    "slow uploads": ([(300, upload(b"/up", 4096, b"x"), None)], 8),
    "slow uploads beyond the buffer": ([(300, upload(b"/up", 10 * MIB, b"x" * 70_000), None)], 8),
    "slow readers": ([(300, get(b"/bytes/50000000"), 4096)], 8),
    "both": ([(150, upload(b"/up", 4096), None), (150, get(b"/bytes/50000000"), 4096)], 8),
    "sibling: chunks": ([(300, b"POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nx", None)], 8),
    "sibling: slow readers of what they uploaded": ([(200, upload(b"/echo", 30 * MIB, b"x" * 300_000), 4096)], 8),
}


@pytest.mark.parametrize("name", CROWDS)
def test_a_crowd_of_one_address_is_not_noticed_at_another(start, echo, tmp_path, name):
    """A quarter of the connections is the default share."""
    crowd, share = CROWDS[name]
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, {"connections": 32})))
    assert ask(gateway, GOOD) == b"HTTP/1.1 200"
    with Held(gateway) as held, Crowd(gateway, ATTACKER) as many:
        for count, request, receive_buffer in crowd:
            many.join(count, request, receive_buffer)
        count, failed = failures(gateway, GOOD, 6)
    assert count > 50 and not failed, (count, failed[:5])
    assert held.most <= share + 1, "the good client holds one"


def test_an_upload_takes_no_connection_before_it_is_there(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    body = b"z" * 60_000
    with Held(gateway) as held, connect(gateway, GOOD) as client:
        client.sendall(upload(b"/up", len(body), body[:1000]))
        for at in range(1000, len(body) - 1, 10_000):
            client.sendall(body[at:min(at + 10_000, len(body) - 1)])
            time.sleep(0.2)
        assert gateway.metric("yett_upstream_connections", state="busy") == 0
        assert held.most == 0
        client.sendall(body[-1:])
        reply = client.recv(65536)
    assert reply.startswith(b"HTTP/1.1 200") and b'"body_bytes":60000' in reply


def test_a_reply_that_nobody_takes_is_taken_off(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    with connect(gateway, GOOD, 4096) as client:
        client.sendall(get(b"/bytes/50000"))
        harness.wait_until(lambda: gateway.metric("yett_upstream_requests_total", result="ok") == 1, what="the reply taken off")
        assert gateway.metric("yett_upstream_connections", state="busy") == 0
        data = b""
        while not data.endswith(b"y" * 50_000):
            data += client.recv(1000)
        client.sendall(get(b"/y"))                                    # and the connection goes on
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


SLOW = {
    # name: (what is sent, a part and how often, what the answer begins with, the reason that is counted)
    "a byte now and then": (upload(b"/up", 4096), (b"x", 1.0), b"HTTP/1.1 408", "slow_upload"),
    "sibling: behind the buffer": (upload(b"/up", MIB, b"x" * 70_000), (b"x", 1.0), b"HTTP/1.1 408", "slow_upload"),
    "sibling: a login": (upload(b"/auth/login", 400).replace(b"Host", b"Content-Type: application/json\r\nHost"), (b"x", 1.0), b"HTTP/1.1 408", "slow_upload"),
}


@pytest.mark.parametrize("name", SLOW)
def test_an_upload_below_the_least_rate_is_408(start, echo, tmp_path, name):
    sent, (part, pause), expected, reason = SLOW[name]
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    with connect(gateway, GOOD) as client:
        client.sendall(sent)
        began = time.monotonic()
        answer = b""
        while not answer and time.monotonic() - began < 60:
            client.settimeout(pause)
            try:
                client.sendall(part)
                answer = client.recv(65536)
            except socket.timeout:
                pass
    took = time.monotonic() - began
    assert answer.startswith(expected), answer
    credit = min(30, len(sent) // 256)
    assert max(9.5, credit - 1) <= took <= max(10, credit) + 3
    assert gateway.metric("yett_clients_given_up_total", reason=reason) == 1


def test_an_upload_above_the_least_rate_takes_its_time(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    with connect(gateway, GOOD) as client:
        client.sendall(upload(b"/up", 15 * 400))
        for _ in range(15):
            client.sendall(b"x" * 400)
            time.sleep(1)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


def test_a_reader_below_the_least_rate_is_reset(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, least_rate="1MiB/s")))
    with connect(gateway, GOOD, 4096) as client:
        client.sendall(get(b"/bytes/50000000"))
        began = time.monotonic()
        client.settimeout(2)
        with pytest.raises(ConnectionResetError):
            while client.recv(100):
                time.sleep(0.05)
    assert 9.5 <= time.monotonic() - began <= 14
    assert gateway.metric("yett_clients_given_up_total", reason="slow_reader") == 1
    harness.wait_until(lambda: gateway.metric("yett_upstream_connections", state="busy") == 0, what="the connection given back")


def test_a_stream_may_be_sent_as_slowly_as_one_likes(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, least_rate="1MiB/s")))
    with connect(gateway, GOOD) as client:
        client.sendall(upload(b"/stream/up", 14))
        for _ in range(14):
            client.sendall(b"x")
            time.sleep(1)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert gateway.metric("yett_clients_given_up_total", reason="slow_upload") == 0


def test_a_stream_may_be_read_as_slowly_as_one_likes(start, echo, tmp_path):
    config = open_to_all(echo.port, least_rate="1MiB/s")
    config["routes"][0]["match"]["path"] = "/bytes/**"
    gateway = start(harness.Gateway(tmp_path, config))
    with connect(gateway, GOOD, 4096) as client:
        client.sendall(get(b"/bytes/50000000"))
        for _ in range(28):
            assert client.recv(100)
            time.sleep(0.5)
        assert gateway.metric("yett_upstream_connections", state="busy") == 1
    assert gateway.metric("yett_clients_given_up_total", reason="slow_reader") == 0


def test_a_stream_passes_as_it_comes(start, echo, tmp_path):
    config = open_to_all(echo.port)
    config["routes"][0]["match"]["path"] = "/echo"
    gateway = start(harness.Gateway(tmp_path, config))
    with connect(gateway, GOOD) as client:
        client.sendall(upload(b"/echo", 10, b"first"))
        data = b""
        while not data.endswith(b"first"):
            data += client.recv(65536)
        client.sendall(b"later")
        assert client.recv(65536) == b"later"


def test_buffers_stay_within_their_memory(start, echo, tmp_path):
    """What finds no room passes as it comes, and every upload arrives."""
    gateway = start(harness.Gateway(tmp_path, open_to_all(
        echo.port, {"connections": 64, "connections_per_client": "100%"}, buffer_memory="128KiB")))
    body = b"z" * 50_000

    def slowly(_):
        with connect(gateway, GOOD) as client:
            client.sendall(upload(b"/up", len(body)))
            for at in range(0, len(body), 5_000):
                client.sendall(body[at:at + 5_000])
                time.sleep(0.1)
            return client.recv(65536)

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(slowly, range(40)))
    assert all(b'"body_bytes":50000' in reply for reply in replies)


def test_sibling_the_share_is_counted_behind_a_trusted_proxy(start, echo, tmp_path):
    config = open_to_all(echo.port, {"connections": 8, "connect_timeout": "300ms"})
    config["trusted_proxies"] = ["127.0.0.0/8"]
    gateway = start(harness.Gateway(tmp_path, config))
    head = b"GET /slow/4000 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %b\r\n\r\n"
    clients = [connect(gateway, ATTACKER) for _ in range(6)]
    for client in clients:
        client.sendall(head % b"198.51.100.7")
    refused = [c for c in clients[2:] if c.recv(65536).startswith(b"HTTP/1.1 503")]
    assert len(refused) >= 3
    with connect(gateway, ATTACKER) as client:
        client.sendall(b"GET /y HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.8\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    for client in clients:
        client.close()
