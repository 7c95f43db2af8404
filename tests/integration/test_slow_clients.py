"""Clients that take their time: what they may hold, and that others do not notice them.

Most of this is waiting, for how slow a client may be is counted over ten seconds. So whatever is marked `waits` is begun at once, each
with a gateway of its own, and the tests are told what came of it.
"""

import concurrent.futures
import socket
import threading
import time

import pytest

import harness
from beside import Beside

ATTACKER, GOOD = "127.0.0.2", "127.0.0.3"
MIB = 1 << 20


def open_to_all(port, upstream=None, **limits):
    return harness.settings(
        port, workers=1, client_limits=limits,
        upstreams={"app": {"servers": [f"http://127.0.0.1:{port}"], **(upstream or {})}},
        routes=[{"name": "stream", "match": {"path": "/stream/**"}, "access": "public", "upstream": "app", "stream": True},
                {"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app", "body_bytes": 0}])


waits = Beside()


@pytest.fixture(scope="module")
def begun(echo, tmp_path_factory):
    harness.reached_otherwise(open_to_all(echo.port))   # one relay for all
    with waits.begun(tmp_path_factory, echo.port) as running:
        yield running


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
    """The most connections of the application that were held while the block ran, and the most of its places."""

    def __init__(self, gateway):
        self.gateway, self.connections, self.places, self.running = gateway, 0, 0, True

    def _watch(self):
        while self.running:
            page = self.gateway.metrics()
            self.connections = max(self.connections, value_in(page, 'yett_upstream_connections{', 'state="busy"'))
            self.places = max(self.places, value_in(page, 'yett_upstream_bounded_requests{', 'state="under_way"'))
            time.sleep(0.1)

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()


def value_in(page, name, label):
    return sum(int(float(line.rsplit(" ", 1)[1])) for line in page.splitlines() if line.startswith(name) and label in line)


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


BOUND = {"connections": 32, "requests": {"most": 8, "per_client": "50%", "queue": 4, "wait": "500ms"}}
CROWDS = {
    # name: (how many of which request, how many places of the application they may have at most where requests are bounded)
    "slow uploads": ([(300, upload(b"/up", 4096, b"x"), None)], 0),
    "slow uploads beyond the buffer": ([(300, upload(b"/up", 10 * MIB, b"x" * 70_000), None)], 4),
    "slow readers": ([(300, get(b"/bytes/50000000"), 4096)], 4),
    "both": ([(150, upload(b"/up", 4096), None), (150, get(b"/bytes/50000000"), 4096)], 4),
    "sibling: chunks": ([(300, b"POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nx", None)], 4),   # they pass on after a pause
    "sibling: slow readers of what they uploaded": ([(200, upload(b"/echo", 30 * MIB, b"x" * 300_000), 4096)], 4),
}
AT_ONCE = threading.Semaphore(2)                  # crowds: each is some hundred sockets


def is_not_noticed(port, folder, start, name, upstream):
    with AT_ONCE:
        crowd, _ = CROWDS[name]
        program = start(harness.Gateway(folder, open_to_all(port, upstream)))
        assert ask(program, GOOD) == b"HTTP/1.1 200"
        with Held(program) as held, Crowd(program, ATTACKER) as many:
            for count, request, receive_buffer in crowd:
                many.join(count, request, receive_buffer)
            count, failed = failures(program, GOOD, 6)
        assert count > 50 and not failed, (count, failed[:5])
    return held


@waits(CROWDS)
def a_crowd_of_one_address_is_not_noticed_at_another(port, folder, start, name):
    """A quarter of the connections is the default share."""
    held = is_not_noticed(port, folder, start, name, {"connections": 32})
    assert held.connections <= 8 + 1, "the good client holds one"


@waits(CROWDS)
def sibling_nor_where_requests_are_bounded(port, folder, start, name):
    """Who takes their time with an upload has no place at all before it is there, and nobody more than a share."""
    held = is_not_noticed(port, folder, start, name, BOUND)
    assert held.places <= CROWDS[name][1] + 1, "the good client has one"


@waits()
def an_upload_takes_neither_connection_nor_place_before_it_is_there(port, folder, start):
    program = start(harness.Gateway(folder, open_to_all(port, {"requests": {"most": 1, "queue": 0}})))
    body = b"z" * 60_000
    with Held(program) as held, connect(program, ATTACKER) as client:
        client.sendall(upload(b"/up", len(body), body[:1000]))
        for at in range(1000, len(body) - 1, 10_000):
            client.sendall(body[at:min(at + 10_000, len(body) - 1)])
            time.sleep(0.2)
        assert program.metric("yett_upstream_connections", state="busy") == 0
        assert held.connections == held.places == 0
        assert ask(program, GOOD) == b"HTTP/1.1 200"              # the only place is free
        client.sendall(body[-1:])
        reply = client.recv(65536)
    assert reply.startswith(b"HTTP/1.1 200") and b'"body_bytes":60000' in reply


@waits()
def a_reply_that_nobody_takes_is_taken_off(port, folder, start):
    program = start(harness.Gateway(folder, open_to_all(port, {"requests": {"most": 1, "queue": 0}})))
    with connect(program, ATTACKER, 4096) as client:
        client.sendall(get(b"/bytes/50000"))
        harness.wait_until(lambda: program.metric("yett_upstream_requests_total", result="ok") == 1, what="the reply taken off")
        assert program.metric("yett_upstream_connections", state="busy") == 0
        assert ask(program, GOOD) == b"HTTP/1.1 200"              # nor has it the only place any more
        data = b""
        while not data.endswith(b"y" * 50_000):
            data += client.recv(1000)
        client.sendall(get(b"/y"))                                # and the connection goes on
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


SLOW = {
    # name: what is sent, and then a byte a second
    "a byte now and then": upload(b"/up", 4096),
    "sibling: behind the buffer": upload(b"/up", MIB, b"x" * 70_000),
    "sibling: a login": upload(b"/auth/login", 400).replace(b"Host", b"Content-Type: application/json\r\nHost"),
}


@waits(SLOW)
def an_upload_below_the_least_rate_is_408(port, folder, start, name):
    sent = SLOW[name]
    program = start(harness.Gateway(folder, open_to_all(port)))
    with connect(program, GOOD) as client:
        client.sendall(sent)
        began = time.monotonic()
        answer = b""
        while not answer and time.monotonic() - began < 60:
            client.settimeout(1.0)
            try:
                client.sendall(b"x")
                answer = client.recv(65536)
            except socket.timeout:
                pass
    took = time.monotonic() - began
    assert answer.startswith(b"HTTP/1.1 408"), answer
    credit = min(30, len(sent) // 256)
    assert max(9.5, credit - 1) <= took <= max(10, credit) + 3
    assert program.metric("yett_clients_given_up_total", reason="slow_upload") == 1


@waits()
def an_upload_above_the_least_rate_takes_its_time(port, folder, start):
    program = start(harness.Gateway(folder, open_to_all(port)))
    with connect(program, GOOD) as client:
        client.sendall(upload(b"/up", 15 * 400))
        for _ in range(15):
            client.sendall(b"x" * 400)
            time.sleep(1)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")


@waits()
def a_reader_below_the_least_rate_is_reset(port, folder, start):
    program = start(harness.Gateway(folder, open_to_all(port, least_rate="1MiB/s")))
    with connect(program, GOOD, 4096) as client:
        client.sendall(get(b"/bytes/50000000"))
        began = time.monotonic()
        client.settimeout(2)
        with pytest.raises(ConnectionResetError):
            while client.recv(100):
                time.sleep(0.05)
    assert 9.5 <= time.monotonic() - began <= 14
    assert program.metric("yett_clients_given_up_total", reason="slow_reader") == 1
    harness.wait_until(lambda: program.metric("yett_upstream_connections", state="busy") == 0, what="the connection given back")


@waits()
def a_stream_may_be_sent_as_slowly_as_one_likes(port, folder, start):
    program = start(harness.Gateway(folder, open_to_all(port, least_rate="1MiB/s")))
    with connect(program, GOOD) as client:
        client.sendall(upload(b"/stream/up", 14))
        for _ in range(14):
            client.sendall(b"x")
            time.sleep(1)
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    assert program.metric("yett_clients_given_up_total", reason="slow_upload") == 0


@waits()
def a_stream_may_be_read_as_slowly_as_one_likes(port, folder, start):
    config = open_to_all(port, least_rate="1MiB/s")
    config["routes"][0]["match"]["path"] = "/bytes/**"
    program = start(harness.Gateway(folder, config))
    with connect(program, GOOD, 4096) as client:
        client.sendall(get(b"/bytes/50000000"))
        for _ in range(28):
            assert client.recv(100)
            time.sleep(0.5)
        assert program.metric("yett_upstream_connections", state="busy") == 1
    assert program.metric("yett_clients_given_up_total", reason="slow_reader") == 0


@waits()
def buffers_stay_within_their_memory(port, folder, start):
    """What finds no room passes as it comes, and every upload arrives."""
    program = start(harness.Gateway(folder, open_to_all(port, {"connections": 64, "connections_per_client": "100%"}, buffer_memory="128KiB")))
    body = b"z" * 50_000

    def slowly(_):
        with connect(program, GOOD) as client:
            client.sendall(upload(b"/up", len(body)))
            for at in range(0, len(body), 5_000):
                client.sendall(body[at:at + 5_000])
                time.sleep(0.1)
            return client.recv(65536)

    with concurrent.futures.ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(slowly, range(40)))
    assert all(b'"body_bytes":50000' in reply for reply in replies)


@waits()
def sibling_the_share_is_counted_behind_a_trusted_proxy(port, folder, start):
    config = open_to_all(port, {"connections": 8, "connect_timeout": "300ms"})
    config["trusted_proxies"] = ["127.0.0.0/8"]
    program = start(harness.Gateway(folder, config))
    head = b"GET /slow/4000 HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: %b\r\n\r\n"
    clients = [connect(program, ATTACKER) for _ in range(6)]
    for client in clients:
        client.sendall(head % b"198.51.100.7")
    refused = [c for c in clients[2:] if c.recv(65536).startswith(b"HTTP/1.1 503")]
    assert len(refused) >= 3
    with connect(program, ATTACKER) as client:
        client.sendall(b"GET /y HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.8\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200")
    for client in clients:
        client.close()


@pytest.mark.parametrize("name", waits.waiting)
def test_what_waits(begun, name):
    begun[name].result()


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
