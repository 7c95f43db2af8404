"""HTTP/2 to clients: by ALPN and prior knowledge, many users on one connection, bodies, trailers, limits and endings."""

import json
import os
import re
import signal
import subprocess
import threading
import time

import h2.events
import h2.settings
import pytest

import harness
from http2_client import PREFACE, Client

CANCEL, CALM, PROTOCOL_ERROR, REFUSED = 8, 11, 1, 7
GRPC = [("content-type", "application/grpc"), ("te", "trailers")]


def open_to_all(port, **changes):
    config = harness.settings(port, **changes)
    for one in config["listeners"]:
        one["protocols"] = ["h2", "http/1.1"]
    config["routes"] = [{"name": "mine", "match": {"path": "/mine/**"}, "access": "authenticated", "upstream": "app"},
                        {"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app", "body_bytes": 0}]
    return config


@pytest.fixture(scope="module")
def server(echo, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), open_to_all(echo.port))
    yield program
    program.stop()


def curl(gateway, *args):
    done = subprocess.run(["curl", "-sS", "--max-time", "20", "--cacert", gateway.ca, *args], capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def bearer(login):
    return ("authorization", f"Bearer {login['access_token']}")


# --- which protocol ------------------------------------------------------------------

@pytest.mark.parametrize("offer,spoken", [("--http2", b"2"), ("--http1.1", b"1.1")])
def test_alpn_chooses(server, offer, spoken):
    assert curl(server, offer, "-o", os.devnull, "-w", "%{http_version}", server.https + "/any") == spoken


def test_prior_knowledge_in_clear(server):
    assert curl(server, "--http2-prior-knowledge", "-o", os.devnull, "-w", "%{http_version} %{http_code}", server.http + "/any") == b"2 200"


def test_a_preface_in_pieces(server):
    with server.raw() as raw:
        for piece in (b"PRI * HT", b"TP/2.0\r\n\r\nS", b"M\r\n\r\n", b"\0\0\0\4\0\0\0\0\0"):
            raw.send(piece)
            time.sleep(0.02)
        data, closed = raw.read_available()
        assert data[3:4] == b"\4" and not closed


def test_http2_can_be_left_out(start, tmp_path, echo):
    config = open_to_all(echo.port)
    for one in config["listeners"]:
        one["protocols"] = ["http/1.1"]
    gateway = start(harness.Gateway(tmp_path, config))
    assert curl(gateway, "--http2", "-o", os.devnull, "-w", "%{http_version}", gateway.https + "/any") == b"1.1"
    with gateway.raw() as raw:
        assert raw.send(PREFACE).read_all().startswith(b"HTTP/1.1 400 ")


def test_the_log_tells_the_protocol(server):
    with Client(server) as client:
        assert client.get("/told/by/this/path")[0] == 200
    harness.wait_until(lambda: server.log(path="/told/by/this/path", protocol="HTTP/2"), what="a line")


# --- messages ------------------------------------------------------------------------

def test_bodies_both_ways(server):
    body = os.urandom(3 << 20)
    with Client(server) as client:
        many = [client.ask(f"/bytes/{100000 + i}") for i in range(20)]
        status, _, came, _ = client.reply(client.ask("/echo", "POST", body=body))
        assert status == 200 and came == body
        assert [len(client.reply(each)[2]) for each in many] == [100000 + i for i in range(20)]


def test_declared_length_and_head(server):
    with Client(server) as client:
        status, fields, body, _ = client.get("/bytes/1000", method="HEAD")
        assert (status, fields["content-length"], body) == (200, "1000", b"")
        stream = client.ask("/echo", "POST", [("content-length", "5")], b"hello")
        assert client.reply(stream)[2] == b"hello"
        short = client.ask("/echo", "POST", [("content-length", "9")], b"hello")
        client.reply(short)
        assert client.reset_of(short) == PROTOCOL_ERROR
        assert client.get("/any")[0] == 200


def test_expectation_is_met(server):
    with Client(server) as client:
        stream = client.ask("/echo", "POST", [("expect", "100-continue")], end=False)
        client.until(lambda: client.of(h2.events.InformationalResponseReceived, stream), what="100")
        client.send(stream, b"x" * 10)
        assert client.reply(stream)[2] == b"x" * 10


def test_cookies_are_one_field_again(start, tmp_path, upstream):
    gateway = start(harness.Gateway(tmp_path, open_to_all(upstream.port)))
    with Client(gateway) as client:
        assert client.get("/crumbs", headers=[("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")])[0] == 200
    head = next(each for each in upstream.heads if b"/crumbs" in each)
    assert harness.header_values(head, "cookie") == [b"a=1; b=2; c=3"]
    assert harness.header_values(head, "host") == [b"localhost"]
    assert b"2 yett" in harness.header_values(head, "via")[0]


CHUNKED = (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 7\r\n"
           b"Set-Cookie: a=b\r\nX_Forwarded_For: 1.2.3.4\r\nAuthorization: Bearer x\r\n\r\n")


def test_trailers_go_to_those_who_asked(start, tmp_path):
    application = harness.ScriptedUpstream(lambda head, connection: CHUNKED)
    gateway = start(harness.Gateway(tmp_path, open_to_all(application.port)))
    with Client(gateway) as client:
        assert client.get("/a", headers=[("te", "trailers")])[2:] == (b"hello", {"x-sum": "7"})
        assert client.get("/a")[2:] == (b"hello", {})
        assert client.get("/a", method="POST", headers=GRPC[:1], body=b"")[3] == {"x-sum": "7"}
    application.stop()


@pytest.mark.parametrize("headers,status,code", [
    ([("expect", "something")], 400, "bad_request"),
    ([("x", "y" * 17000)], 431, "header_too_large"),
    ([(f"x-{i}", "") for i in range(101)], 431, "header_too_large"),
    ([("cookie", f"c{i}=1") for i in range(101)], 431, "header_too_large"),
    ([("x", "same")] * 101, 431, "header_too_large"),
])
def test_the_gate_refuses_as_over_http1(server, headers, status, code):
    with Client(server) as client:
        got, fields, body, _ = client.get("/any", headers=headers)
        assert (got, json.loads(body)["code"]) == (status, code), fields
        assert client.get("/any")[0] == 200


@pytest.mark.parametrize("method,path,status,code", [
    ("FOO", "/", 501, "not_implemented"), ("TRACE", "/", 405, "method_not_allowed"), ("GET", "/a%zz", 400, "uri_rejected"),
    ("GET", "/a\\b", 400, "uri_rejected"), ("GET", "/" + "a" * 17000, 414, "uri_too_long")])
def test_requests_that_are_none(server, method, path, status, code):
    with Client(server) as client:
        got, _, body, _ = client.get(path, method=method)
        assert (got, json.loads(body)["code"]) == (status, code)


@pytest.mark.parametrize("headers", [[("connection", "close")], [("te", "gzip")], [("X-Upper", "1")], [("transfer-encoding", "chunked")],
                                     [("upgrade", "h2c")], [("x", "a\r\nb")], [(":late", "1")]])
def test_what_is_malformed_is_reset(server, headers):
    with Client(server) as client:
        stream = client.ask("/any", headers=headers)
        client.reply(stream)
        assert client.reset_of(stream) == PROTOCOL_ERROR
        assert client.get("/any")[0] == 200


# --- names ---------------------------------------------------------------------------

def test_another_name_than_the_certificates_is_misdirected(server):
    with Client(server) as client:
        assert client.get("/any")[0] == 200
        assert client.get("/any", authority="elsewhere.example")[0] == 421
        assert client.get("/any", authority="localhost:443")[0] == 200
        assert client.get("/any", headers=[("host", "elsewhere.example")])[0] == 400
    with Client(server, tls=False) as client:
        assert client.get("/any", authority="elsewhere.example")[0] == 200


# --- who asks ------------------------------------------------------------------------

def test_two_users_on_one_connection(server):
    ada, bob = server.user("two-ada@example.com"), server.user("two-bob@example.com")
    with Client(server) as client:
        def who(user):
            status, _, body, _ = client.get("/mine/x", headers=[bearer(user)])
            return status, re.findall(rb"(?im)^x-user-email: *(\S+)", body)
        assert who(ada) == (200, [b"two-ada@example.com"])
        assert who(bob) == (200, [b"two-bob@example.com"])
        assert server.call("POST", "/auth/logout", token=ada["access_token"]).status_code in (200, 204)
        assert who(ada)[0] == 401
        assert who(bob) == (200, [b"two-bob@example.com"])
        assert client.get("/mine/x")[0] == 401


def test_a_call_is_refused_in_its_words(server):
    with Client(server) as client:
        status, fields, body, _ = client.get("/mine/Service/Method", method="POST", headers=GRPC, body=b"")
        assert (status, body) == (200, b"")
        assert fields["content-type"] == "application/grpc" and fields["grpc-status"] == "16"
        assert fields["grpc-message"] == "unauthenticated"


@pytest.fixture(scope="module")
def trickle(tmp_path_factory):
    """A gateway before an application that says a byte now and then, for ever."""
    def answer(head, connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"1\r\n.\r\n")
            time.sleep(0.05)

    application = harness.ScriptedUpstream(answer)
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), open_to_all(application.port))
    yield program
    program.stop()
    application.stop()


def test_streams_end_with_their_session(trickle):
    ada, bob = trickle.user("end-ada@example.com"), trickle.user("end-bob@example.com")
    with Client(trickle) as client:
        hers = client.ask("/mine/events", headers=[bearer(ada)])
        his = client.ask("/mine/events", headers=[bearer(bob)])
        for each in (hers, his):
            client.until(lambda: client.of(h2.events.DataReceived, each), what="a byte")
        trickle.call("POST", "/auth/logout", token=ada["access_token"])
        client.until(lambda: client.ended(hers), what="its end")
        assert client.reset_of(hers) == CANCEL
        seen = len(client.of(h2.events.DataReceived, his))
        client.until(lambda: len(client.of(h2.events.DataReceived, his)) > seen + 2, what="more for the other")
        assert not client.ended(his)


# --- limits --------------------------------------------------------------------------

def test_a_hundred_streams_and_no_more(server):
    with Client(server) as client:
        client.pump()
        assert client.h2.remote_settings.max_concurrent_streams == 100
        streams = [client.ask("/slow/300") for _ in range(100)]
        assert [client.reply(each)[0] for each in streams] == [200] * 100


@pytest.mark.parametrize("flood", ["rapid", "made", "ping", "settings", "empty"])
def test_floods_end_their_connection_alone(server, flood):
    with Client(server, tls=False) as good, Client(server, tls=False) as bad:
        assert good.get("/any")[0] == 200
        bad.pump()
        idle = bad.ask("/echo", "POST", end=False) if flood == "empty" else None
        for _ in range(3000):
            if flood == "rapid":
                bad.h2.reset_stream(bad.ask("/slow/2000"), CANCEL)
            elif flood == "made":
                stream = bad.h2.get_next_available_stream_id()
                bad.h2.send_headers(stream, [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/"), ("te", "x")], True)
            elif flood == "ping":
                bad.h2.ping(b"12345678")
            elif flood == "settings":
                bad.h2.update_settings({})
            else:
                bad.h2.send_data(idle, b"")
            try:
                bad.flush()
            except OSError:
                break
        bad.until(lambda: bad.goaway() is not None or bad.closed, what="an end")
        assert bad.goaway() in (CALM, None)
        assert good.get("/any")[0] == 200


def test_cancelling_calls_that_have_begun_is_no_flood(server):
    with Client(server, tls=False) as client:
        for _ in range(300):
            stream = client.ask("/bytes/5000000")
            client.until(lambda: client.of(h2.events.ResponseReceived, stream), what="a head")
            client.h2.reset_stream(stream, CANCEL)
            client.flush()
        assert client.get("/any")[0] == 200


def test_a_window_that_stays_shut_is_cut(start, tmp_path, echo):
    limits = {"body_idle_timeout": "1s"}
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, client_limits=limits)))
    shut = {h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 0}
    with Client(gateway, settings=shut) as client:
        streams = [client.ask("/bytes/1000000") for _ in range(5)]
        client.until(lambda: all(client.ended(each) for each in streams), timeout=8, what="five ends")
        assert {client.reset_of(each) for each in streams} == {CANCEL}
        assert client.get("/bytes/0")[0] == 200


def test_a_slow_upload_is_given_up_and_the_connection_goes_on(start, tmp_path, echo):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, client_limits={"body_idle_timeout": "1s"})))
    with Client(gateway) as client:
        stream = client.ask("/echo", "POST", end=False)
        client.until(lambda: client.ended(stream), timeout=8, what="an end")
        assert client.so_far(stream)[0] == 408
        assert client.get("/any")[0] == 200


def test_upload_and_download_hold_no_memory(server):
    size = 64 << 20
    before = server.rss_kib()
    fetched = subprocess.Popen(["curl", "-sS", "--http2", "--cacert", server.ca, "-o", os.devnull, "-w", "%{size_download}",
                                server.https + f"/bytes/{size}"], stdout=subprocess.PIPE)
    sent = subprocess.run(["bash", "-c", f"head -c {size} /dev/zero | curl -sS --http2 --cacert {server.ca} -T - "
                           f"-o /dev/null -w '%{{size_download}}' {server.https}/echo"], capture_output=True, timeout=60, check=True)
    assert fetched.communicate(timeout=60)[0] == str(size).encode()
    assert sent.stdout == str(size).encode()
    assert server.rss_kib() - before < 16 * 1024


# --- endings -------------------------------------------------------------------------

def test_draining_lets_requests_end(start, tmp_path, echo):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port)))
    with Client(gateway) as busy, Client(gateway) as idle:
        assert idle.get("/any")[0] == 200
        stream = busy.ask("/slow/1500")
        time.sleep(0.2)
        gateway.popen.send_signal(signal.SIGTERM)
        assert busy.reply(stream)[0] == 200
        idle.until(lambda: idle.goaway() is not None or idle.closed, what="a farewell")
        busy.until(lambda: busy.goaway() is not None, what="a farewell")
        assert busy.goaway() == 0
    assert gateway.popen.wait(10) == 0


def test_an_idle_connection_ends(start, tmp_path, echo):
    gateway = start(harness.Gateway(tmp_path, open_to_all(echo.port, client_limits={"idle_timeout": "1s"})))
    with Client(gateway) as client:
        assert client.get("/any")[0] == 200
        client.until(lambda: client.closed, timeout=6, what="the end")


def test_many_connections_and_streams_at_once(server):
    wrong = []

    def run():
        with Client(server) as client:
            streams = [client.ask(f"/bytes/{n}") for n in range(60)]
            wrong.extend(n for n, each in enumerate(streams) if len(client.reply(each)[2]) != n)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert not wrong
