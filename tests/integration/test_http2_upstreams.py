"""Applications that are spoken to with HTTP/2: real servers, and one that misbehaves."""

import concurrent.futures
import pathlib
import shutil
import socket
import ssl
import subprocess
import threading
import time

import h2.errors
import pytest
import requests
import yaml

import harness
from http2_server import Http2Server

NGHTTPD = shutil.which("nghttpd") or "/usr/sbin/nghttpd"
Code = h2.errors.ErrorCodes


def in_front_of(port, scheme="h2c", workers=1, **upstream):
    return harness.settings(0, workers=workers, upstreams={"app": {"servers": [f"{scheme}://127.0.0.1:{port}"], **upstream}})


@pytest.fixture
def begin(start, tmp_path):
    """A server and a gateway in front of it."""
    def make(answer=None, streams=100, window=65535, **upstream):
        server = start(Http2Server(answer, streams, window))
        return server, start(harness.Gateway(tmp_path, in_front_of(server.port, **upstream)))
    return make


def get(gateway, path="/public/x", **more):
    return requests.get(gateway.http + path, timeout=20, **more)


def together(gateway, count, path="/public/x", method="GET", **more):
    with concurrent.futures.ThreadPoolExecutor(count) as clients:
        asked = [clients.submit(requests.request, method, gateway.http + path, timeout=20, **more) for _ in range(count)]
        return [each.result() for each in asked]


# --- real servers ------------------------------------------------------------------------------


@pytest.fixture
def nghttpd(start, tmp_path):
    """Serves a folder, in the clear or with TLS."""
    files = tmp_path / "files" / "public"
    files.mkdir(parents=True)
    (files / "small").write_text("hello")
    (files / "large").write_bytes(bytes(range(256)) * 40000)

    def serve(*with_tls):
        port = harness.free_port()
        clear = [] if with_tls else ["--no-tls"]
        server = start(harness.Process([NGHTTPD, "--verbose", *clear, "--htdocs", files.parent, "--echo-upload", port, *with_tls]))
        harness.wait_until(lambda: answers(port), what="nghttpd")
        return server, port
    return serve


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def test_a_real_server_is_asked_over_few_connections_and_bodies_pass_both_ways(nghttpd, start, tmp_path):
    server, port = nghttpd()
    gateway = start(harness.Gateway(tmp_path, in_front_of(port)))
    assert get(gateway, "/public/small").text == "hello"
    large = get(gateway, "/public/large")
    assert large.content == bytes(range(256)) * 40000
    assert large.headers["content-length"] == str(256 * 40000)
    assert {r.status_code for r in together(gateway, 20, "/public/small")} == {200}
    body = bytes(3_000_000)
    echoed = requests.post(gateway.http + "/public/small", data=body, timeout=20)
    assert echoed.content == body
    assert requests.post(gateway.http + "/public/small", data=iter([b"one", b"two"]), timeout=20).content == b"onetwo"
    assert requests.head(gateway.http + "/public/small", timeout=20).headers["content-length"] == "5"
    assert get(gateway, "/public/nowhere").status_code == 404
    # One to see whether it listens, and one for everything.
    assert len({line.split("]")[0] for line in server.lines if line.startswith("[id=")}) == 2


def test_with_tls_alpn_chooses_and_a_server_without_http2_is_spoken_to_as_before(nghttpd, start, tmp_path):
    certs = harness.certificates()
    server, port = nghttpd(certs / "leaf.key", certs / "leaf.crt")
    trust = {"ca_file": "certs/ca.crt", "server_name": "localhost"}
    folders = [tmp_path / name for name in ("agreed", "alone", "refused")]
    for each in folders:
        each.mkdir()
    agreed = start(harness.Gateway(folders[0], in_front_of(port, "https", tls={**trust, "protocols": ["h2", "http/1.1"]})))
    assert get(agreed, "/public/small").text == "hello"
    assert {r.text for r in together(agreed, 10, "/public/small")} == {"hello"}
    assert any("h2" in line for line in server.lines)

    http1 = start(Http1OverTls())
    alone = start(harness.Gateway(folders[1], in_front_of(http1.port, "https", tls={**trust, "protocols": ["h2", "http/1.1"]})))
    assert [get(alone).text for _ in range(3)] == ["ok"] * 3
    refused = start(harness.Gateway(folders[2], in_front_of(http1.port, "https", tls={**trust, "protocols": ["h2"]})))
    assert get(refused).status_code == 503
    assert "does not offer HTTP/2" in refused.log(message="request")[-1]["cause"]


class Http1OverTls:
    """Agrees to nothing but HTTP/1.1."""

    def __init__(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(harness.certificates() / "leaf.crt", harness.certificates() / "leaf.key")
        context.set_alpn_protocols(["http/1.1"])
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                accepted, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(accepted,), daemon=True).start()
            except OSError:
                return

    def _serve(self, accepted):
        try:
            with self.context.wrap_socket(accepted, server_side=True) as client:
                while client.recv(65536):
                    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except OSError:
            pass

    def stop(self):
        self.listener.close()


def test_health_is_asked_over_http2(begin):
    server, gateway = begin(health={"interval": "1s", "timeout": "1s", "status": [200]})
    harness.wait_until(lambda: len(server.requests) >= 2, what="two questions")
    assert server.requests[0]["headers"][":path"] == "/healthz"
    assert server.requests[0]["headers"]["user-agent"] == "yett-health"
    assert {r["connection"] for r in server.requests[:2]} == {0, 1}
    harness.wait_until(lambda: "app" in gateway.metrics(), what="figures")
    assert get(gateway).status_code == 200


# --- one that misbehaves -------------------------------------------------------------------------


def test_streams_above_a_goaway_are_sent_again_and_nothing_is_lost(begin):
    held = []

    def answer(server, connection, request):
        if connection.number > 0:
            return connection.reply(request["stream"], b"again")
        held.append(request["stream"])
        if len(held) == 8:
            connection.goaway(held[3])
            for stream in held[:4]:
                connection.reply(stream, b"first")

    server, gateway = begin(answer)
    replies = together(gateway, 8, method="POST", data=b"once")
    assert [r.status_code for r in replies] == [200] * 8
    assert sorted(r.text for r in replies) == ["again"] * 4 + ["first"] * 4
    assert len(server.requests) == 12 and all(r["body"] == b"once" for r in server.requests)
    assert server.connections[0].gone.wait(10)


def test_a_refused_stream_is_sent_again_whatever_its_method(begin):
    def answer(server, connection, request):
        if request["headers"][":path"] == "/public/refused" and connection.number == 0:
            return connection.reset(request["stream"], Code.REFUSED_STREAM)
        connection.reply(request["stream"], b"done")

    server, gateway = begin(answer)
    assert get(gateway).text == "done"
    assert requests.post(gateway.http + "/public/refused", data=b"x", timeout=20).text == "done"
    assert [r["connection"] for r in server.requests] == [0, 0, 1]


def test_a_stream_that_is_reset_is_a_bad_gateway_and_its_connection_lives_on(begin):
    def answer(server, connection, request):
        stream, path = request["stream"], request["headers"][":path"]
        if path == "/public/reset":
            return connection.reset(stream, Code.INTERNAL_ERROR)
        if path == "/public/halfway":
            connection.head(stream, ("content-length", "100"))
            connection.data(stream, b"half")
            return connection.reset(stream, Code.INTERNAL_ERROR)
        connection.reply(stream, b"fine")

    server, gateway = begin(answer)
    assert requests.post(gateway.http + "/public/reset", timeout=20).status_code == 502
    assert "INTERNAL_ERROR" in gateway.log(message="request")[-1]["cause"]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(gateway, "/public/halfway")
    assert get(gateway).text == "fine"
    assert len(server.connections) == 1


def test_no_more_streams_than_the_server_allows_on_one_connection_or_many(begin):
    def answer(server, connection, request):
        threading.Timer(0.05, connection.reply, (request["stream"], b"slow")).start()

    server, gateway = begin(answer, streams=1, connections=3, connections_per_client=3)
    assert {r.status_code for r in together(gateway, 12)} == {200}
    assert server.most_at_once == 1
    assert len(server.connections) == 3


def test_a_client_that_takes_nothing_stops_its_own_stream_alone(begin):
    chunk = bytes(65536)

    def answer(server, connection, request):
        if request["headers"][":path"] != "/public/endless":
            return connection.reply(request["stream"], b"quick")
        connection.head(request["stream"])
        threading.Thread(target=fill, args=(connection, request["stream"]), daemon=True).start()

    sent = []

    def fill(connection, stream):
        while not connection.gone.is_set():
            with connection.lock:
                room = connection.h2.local_flow_control_window(stream)
                if room:
                    connection.data(stream, chunk[:min(room, 16384)])
                    sent.append(min(room, 16384))
            time.sleep(0.001)

    server, gateway = begin(answer)
    client = gateway.raw()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.send(b"GET /public/endless HTTP/1.1\r\nHost: a\r\n\r\n")
    stands_still(sent)
    assert {r.text for r in together(gateway, 10)} == {"quick"}
    assert gateway.rss_kib() < 200 * 1024
    client.close()
    harness.wait_until(lambda: server.resets, what="the reset")
    assert server.resets[0][2] == Code.CANCEL
    assert get(gateway).text == "quick"
    assert len(server.connections) == 1


def stands_still(sent):
    """Nothing more is sent for a while: the window is shut."""
    def look():
        before = sum(sent)
        time.sleep(0.3)
        return before > 0 and sum(sent) == before
    harness.wait_until(look, what="a window that is shut")


def test_what_grpc_says_passes_and_its_deadline_is_kept(begin):
    def answer(server, connection, request):
        if request["headers"][":path"].endswith("/Slow"):
            return None
        return connection.reply(request["stream"], b"\0\0\0\0\x02hi", ("content-type", "application/grpc"),
                                trailers=[("grpc-status", "0")])

    server, gateway = begin(answer)
    call = {"Content-Type": "application/grpc", "TE": "trailers"}
    reply = requests.post(gateway.http + "/public/Quick", data=b"\0\0\0\0\x02yo", headers=call, timeout=20)
    assert reply.content == b"\0\0\0\0\x02hi"
    told = server.requests[0]["headers"]
    assert told["te"] == "trailers" and told["content-type"] == "application/grpc"
    began = time.monotonic()
    late = requests.post(gateway.http + "/public/Slow", data=b"", headers={**call, "grpc-timeout": "500m"}, timeout=20)
    assert late.status_code == 504
    assert 0.4 < time.monotonic() - began < 5
    assert server.requests[1]["headers"]["grpc-timeout"] == "500m"
    harness.wait_until(lambda: server.resets, what="the reset")
    assert server.resets[0][2] == Code.CANCEL


def test_what_cannot_be_over_http2_is_complained_about(tmp_path):
    config = in_front_of(9, proxy_protocol="v2")
    config["routes"][0]["websocket"] = {}
    (tmp_path / "yett.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    shutil.copytree(harness.certificates(), pathlib.Path(tmp_path) / "certs")
    done = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], capture_output=True, text=True, timeout=20)
    assert done.returncode != 0
    assert "upstreams.app.proxy_protocol: makes each connection one client's" in done.stdout + done.stderr
    assert "routes[0].websocket: needs HTTP/1.1" in done.stdout + done.stderr
