"""WebSockets through the program, and streams that end with the session that let them in."""

import asyncio
import concurrent.futures
import contextlib
import hashlib
import http
import json
import os
import signal
import socket
import ssl
import struct
import threading
import time

import pytest
import requests
import websockets

import harness
from beside import Beside

# What HTTP/1.1 alone has, or what the translator sees to by itself.
of_http1 = pytest.mark.skipif(harness.CLIENT != "http/1.1", reason="is about HTTP/1.1")

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
SWITCH = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n")
SITE = "https://app.example.com"

waits = Beside()


class Chat:
    """An application that speaks WebSocket, on an event loop of its own."""

    def __init__(self):
        self.closed = []
        self.opened = []
        started = threading.Event()

        def run():
            self.loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self.loop)
            serving = websockets.serve(self.talk, "127.0.0.1", 0, max_size=None, process_request=self.refuse,
                                       subprotocols=["chat"], ping_interval=None)
            self.server = self.loop.run_until_complete(serving)
            self.port = self.server.sockets[0].getsockname()[1]
            started.set()
            self.loop.run_forever()

        self.thread = threading.Thread(target=run, daemon=True)
        self.thread.start()
        assert started.wait(10)

    async def refuse(self, path, headers):
        if path.endswith("/refused"):
            return http.HTTPStatus.BAD_REQUEST, [("X-Reason", "no room")], b"not today"
        if path.endswith("/plain"):
            return http.HTTPStatus.OK, [], b"only a page"
        return None

    async def talk(self, peer, path):
        self.opened.append(path)
        try:
            if path.endswith("/headers"):
                await peer.send(json.dumps({k.lower(): v for k, v in peer.request_headers.raw_items()}))
            if path.endswith("/bye"):
                await peer.send("so long")
                return
            if path.endswith("/flood"):
                while True:
                    await peer.send(b"\0" * 65536)
            if path.endswith("/push"):
                while True:
                    await peer.send("tick")
                    await asyncio.sleep(0.01)
            async for message in peer:
                await peer.send(message)
        except websockets.ConnectionClosed:
            pass
        finally:
            self.closed.append((path, peer.close_code))

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


@pytest.fixture(scope="module")
def chat():
    app = Chat()
    yield app
    app.stop()


def rules(port, **changes):
    config = harness.settings(port, **changes)
    config["tokens"]["access_transport"] = "both"
    config["accounts"] = {**config["accounts"], "pages": {"enabled": False}, "cookie": {"secure": False}}
    config["routes"] = [
        {"name": "own", "match": {"path": "/ws/**"}, "access": "authenticated", "upstream": "app", "websocket": {}},
        {"name": "sites", "match": {"path": "/site/**"}, "access": "public", "upstream": "app",
         "websocket": {"allowed_origins": [SITE, "https://other.example:443"]}},
        {"name": "impatient", "match": {"path": "/idle/**"}, "access": "public", "upstream": "app",
         "websocket": {"idle_timeout": "1s"}},
        {"name": "open", "match": {"path": "/open/**"}, "access": "public", "upstream": "app", "websocket": {}},
        {"name": "rest", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"},
    ]
    return config


@pytest.fixture(scope="module")
def gateway(chat, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), rules(chat.port))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def ada(gateway):
    return gateway.user("ada@example.com")["access_token"]


def dial(gateway, path, token=None, origin=None, tls=False, headers=None, **more):
    fields = dict(headers or {})
    if token:
        fields["Authorization"] = f"Bearer {token}"
    if tls:
        more["ssl"] = ssl.create_default_context(cafile=gateway.ca)
    address = f"wss://localhost:{gateway.tls_port}" if tls else f"ws://127.0.0.1:{gateway.plain_port}"
    return websockets.connect(address + path, extra_headers=fields, origin=origin, max_size=None, ping_interval=None,
                              open_timeout=20, close_timeout=5, **more)


def status_of(gateway, path, **more):
    async def go():
        try:
            async with dial(gateway, path, **more):
                return 101
        except websockets.InvalidStatusCode as refused:
            return refused.status_code
    return asyncio.run(go())


def shake(path, host, **changes):
    fields = {"Host": host, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": KEY, **{k.replace("_", "-"): v for k, v in changes.items()}}
    return (f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None) + "\r\n").encode()


def host_of(gateway):
    return f"127.0.0.1:{gateway.plain_port}"


def head_of(reply):
    return reply.split(b"\r\n\r\n", 1)[0]


# --- what passes -----------------------------------------------------------------------


@pytest.mark.parametrize("tls", [False, True])
def test_messages_of_all_sizes_come_back_unchanged(gateway, ada, tls):
    async def go():
        async with dial(gateway, "/ws/echo", ada, tls=tls) as client:
            for size in (0, 1, 125, 126, 65535, 65536, 300_000):
                sent = os.urandom(size)
                await client.send(sent)
                assert await client.recv() == sent
            await client.send("größer als ASCII")
            assert await client.recv() == "größer als ASCII"
    asyncio.run(go())


def test_large_messages_pass_both_ways_at_once(gateway, ada):
    async def go():
        async with dial(gateway, "/ws/echo", ada, tls=True) as client:
            sent = [os.urandom(4 << 20) for _ in range(4)]
            async def speak():
                for each in sent:
                    await client.send(each)
            speaking = asyncio.create_task(speak())
            for each in sent:
                got = await client.recv()
                assert hashlib.sha256(got).digest() == hashlib.sha256(each).digest()
            await speaking
    asyncio.run(go())


def test_the_application_sees_who_asks_and_the_handshake(gateway, ada):
    async def go():
        async with dial(gateway, "/ws/headers", ada, subprotocols=["chat"]) as client:
            assert client.subprotocol == "chat"
            return json.loads(await client.recv())
    seen = asyncio.run(go())
    assert seen["x-yett-email"] == "ada@example.com"
    assert seen["upgrade"] == "websocket" and seen["connection"] == "Upgrade"
    assert "authorization" not in seen


def test_a_client_that_does_not_read_holds_the_application_up_and_nothing_grows(gateway):
    """Back-pressure: the application cannot send more than the buffers on the way hold."""
    before = gateway.rss_kib()
    with contextlib.closing(socket.socket()) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        client.connect(("127.0.0.1", gateway.plain_port))
        client.sendall(shake("/open/flood", host_of(gateway)))
        time.sleep(1.5)
        assert gateway.rss_kib() - before < 4096


def test_the_end_of_a_websocket_is_logged_and_counted(gateway, ada, chat):
    before = gateway.metric("yett_websocket_closed_total", reason="client") or 0
    into = gateway.metric("yett_websocket_bytes_total", direction="in")

    async def go():
        async with dial(gateway, "/ws/logged", ada) as client:
            await client.send(os.urandom(1000))
            await client.recv()
            assert gateway.metric("yett_websocket_open") >= 1
    asyncio.run(go())
    line = harness.wait_until(lambda: gateway.log(path="/ws/logged"), what="the line")[0]
    assert line["status"] == 101 and line["ended"] == "client" and line["route"] == "own"
    assert line["bytes_in"] > 1000 and line["bytes_out"] > 1000
    harness.wait_until(lambda: gateway.metric("yett_websocket_closed_total", reason="client") == before + 1, what="the count")
    assert gateway.metric("yett_websocket_bytes_total", direction="in") >= into + 1000
    harness.wait_until(lambda: gateway.metric("yett_websocket_open") == 0, what="none open")


def test_an_application_that_hangs_up_is_named(gateway):
    async def go():
        async with dial(gateway, "/open/bye") as client:
            assert await client.recv() == "so long"
            await client.wait_closed()
            assert client.close_code == 1000
    asyncio.run(go())
    line = harness.wait_until(lambda: gateway.log(path="/open/bye"), what="the line")[0]
    assert line["ended"] == "application"


# --- what does not ---------------------------------------------------------------------


def test_without_a_token_nothing_reaches_the_application(gateway, chat):
    opened = len(chat.opened)
    assert status_of(gateway, "/ws/echo") == 401
    assert status_of(gateway, "/ws/echo", token="not-a-token") == 401
    assert len(chat.opened) == opened


@pytest.mark.parametrize("origin, status", [
    (None, 101), (SITE, 101), ("https://APP.example.com", 101), ("https://other.example", 101),
    ("http://app.example.com", 403), ("https://app.example.com.evil.example", 403), ("https://app.example.com:444", 403),
    ("null", 403), ("https://evil.example", 403)])
def test_only_listed_sites_open_a_websocket(gateway, origin, status):
    assert status_of(gateway, "/site/echo", origin=origin) == status


def test_without_a_list_only_the_site_itself_opens_one(gateway, ada):
    own = f"http://127.0.0.1:{gateway.plain_port}"
    assert status_of(gateway, "/ws/echo", token=ada, origin=own) == 101
    assert status_of(gateway, "/ws/echo", token=ada, origin="https://evil.example") == 403
    assert status_of(gateway, "/ws/echo", token=ada, origin=own.replace("http:", "https:")) == 403


def test_by_cookie_the_origin_has_to_be_said(gateway, ada):
    own = f"http://127.0.0.1:{gateway.plain_port}"
    cookie = {"Cookie": f"yett_access={ada}"}
    assert status_of(gateway, "/ws/echo", headers=cookie, origin=own) == 101
    assert status_of(gateway, "/ws/echo", headers=cookie) == 403
    assert status_of(gateway, "/ws/echo", headers=cookie, origin="https://evil.example") == 403


@pytest.mark.parametrize("access", ["", "yett_access=junk; ", "yett_access=FORGED; "])
def test_a_session_that_is_renewed_for_a_websocket_needs_the_origin_as_well(gateway, ada, access):
    own = f"http://127.0.0.1:{gateway.plain_port}"
    token = gateway.login("ada@example.com").json()["refresh_token"]
    cookie = {"Cookie": f"{access.replace('FORGED', ada[:-2] + 'xx')}yett_refresh={token}"}
    before = gateway.metric("yett_refreshes_total", result="rotated") or 0
    assert status_of(gateway, "/ws/echo", headers=cookie) == 403
    assert status_of(gateway, "/ws/echo", headers=cookie, origin="https://evil.example") == 403
    assert (gateway.metric("yett_refreshes_total", result="rotated") or 0) == before
    assert status_of(gateway, "/ws/echo", headers=cookie, origin=own) == 101


@pytest.mark.parametrize("path, status, body", [("/open/refused", b"400", b"not today"), ("/open/plain", b"200", b"only a page")])
def test_a_refused_upgrade_is_an_ordinary_reply_and_the_last(gateway, path, status, body):
    """What came behind the handshake was meant for a WebSocket, and is never read as a request."""
    with gateway.raw() as client:
        client.send(shake(path, host_of(gateway)) + b"GET /open/smuggled HTTP/1.1\r\nHost: x\r\n\r\n")
        reply = client.read_all()
    assert reply.startswith(b"HTTP/1.1 " + status) and reply.count(b"HTTP/1.1 ") == 1
    assert reply.endswith(body) and b"connection: close" in reply.lower()


@of_http1
@pytest.mark.parametrize("changes", [
    {"Sec_WebSocket_Key": None}, {"Sec_WebSocket_Key": "c2hvcnQ="}, {"Sec_WebSocket_Key": KEY[:-2]},
    {"Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZR=="}, {"Sec_WebSocket_Version": None},
    {"Connection": "keep-alive"}, {"Connection": "Upgrade, Sec-WebSocket-Key"}, {"Upgrade": "websocket, h2c"},
    {"Upgrade": "h2c, websocket"}, {"Content_Length": "4"}, {"Transfer_Encoding": "chunked"}])
def test_a_handshake_that_is_not_exactly_right_goes_nowhere(gateway, chat, changes):
    opened = len(chat.opened)
    with gateway.raw() as client:
        reply = client.send(shake("/open/echo", host_of(gateway), **changes)).read_all()
    assert reply.startswith(b"HTTP/1.1 400"), reply
    assert len(chat.opened) == opened


@of_http1
@pytest.mark.parametrize("version", ["8", "14", "13, 8"])
def test_a_handshake_of_another_version_is_told_the_one_that_is_spoken(gateway, chat, version):
    opened = len(chat.opened)
    with gateway.raw() as client:
        reply = client.send(shake("/open/echo", host_of(gateway), Sec_WebSocket_Version=version)).read_all()
    head = head_of(reply).lower()
    assert head.startswith(b"http/1.1 426 "), reply
    assert b"\r\nsec-websocket-version: 13" in head and b"\r\nupgrade: websocket" in head and b"\r\nconnection: upgrade, close" in head
    assert len(chat.opened) == opened


@pytest.mark.parametrize("length", ["0", "000"])
def test_a_handshake_that_says_it_has_no_body_is_a_handshake(gateway, length):
    with gateway.raw() as client:
        client.send(shake("/open/headers", host_of(gateway), Content_Length=length))
        reply = client.read_available()[0]
    assert reply.startswith(b"HTTP/1.1 101 "), reply
    assert b"content-length" not in reply.split(b"\r\n\r\n", 1)[1].lower()


def scripted(tmp_path, answer):
    app = harness.ScriptedUpstream(answer)
    return app, harness.Gateway(tmp_path, rules(app.port))


@of_http1
@pytest.mark.parametrize("upgrade, path", [("h2c", "/open/x"), ("TLS/1.2", "/open/x"), ("websocket", "/elsewhere")])
def test_other_upgrades_and_other_rules_pass_nothing_on(tmp_path, upgrade, path):
    app, program = scripted(tmp_path, None)
    try:
        token = program.user()["access_token"]
        with program.raw() as client:
            fields = {"Upgrade": upgrade, "Connection": "Upgrade, HTTP2-Settings", "HTTP2_Settings": "AAMAAABkAAQAAP__",
                      "Authorization": f"Bearer {token}"}
            reply, _ = client.send(shake(path, host_of(program), **fields)).read_available()
        assert reply.startswith(b"HTTP/1.1 200")
        assert not harness.header_values(app.heads[-1], "Upgrade") and not harness.header_values(app.heads[-1], "HTTP2-Settings")
    finally:
        program.stop()
        app.stop()


BAD_SWITCHES = {
    "another key's proof": SWITCH.replace(ACCEPT, b"AAAALMBiTxaQ9kYGzzhZRbK+xOo="),
    "no proof": SWITCH.replace(b"Sec-WebSocket-Accept: " + ACCEPT + b"\r\n", b""),
    "two proofs": SWITCH.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Accept: " + ACCEPT + b"\r\n\r\n"),
    "another protocol": SWITCH.replace(b"Upgrade: websocket", b"Upgrade: h2c"),
    "no Connection": SWITCH.replace(b"Connection: Upgrade\r\n", b""),
}


@pytest.mark.parametrize("name", BAD_SWITCHES)
def test_a_wrong_101_is_a_bad_gateway(tmp_path, name):
    app, program = scripted(tmp_path, lambda head, connection: BAD_SWITCHES[name])
    try:
        with program.raw() as client:
            reply = client.send(shake("/open/x", host_of(program)) + b"behind").read_all()
        assert reply.startswith(b"HTTP/1.1 502") and reply.count(b"HTTP/1.1") == 1
        assert b"behind" not in app.bytes
    finally:
        program.stop()
        app.stop()


def test_what_comes_behind_the_handshake_waits_for_the_101(tmp_path):
    """And is not lost; the frames that come with the 101 are not either."""
    release = threading.Event()
    seen = []

    def answer(head, connection):
        seen.append(b"".join(app.received))
        release.wait(10)
        connection.sendall(SWITCH + b"\x81\x02hi")
        seen.append(connection.recv(100))
        connection.sendall(b"\x81\x03bye")
        connection.close()

    app, program = scripted(tmp_path, answer)
    try:
        with program.raw() as client:
            client.send(shake("/open/x", host_of(program)) + b"\x81\x85early")
            harness.wait_until(lambda: seen, what="the handshake at the application")
            time.sleep(0.3)
            assert b"early" not in app.bytes
            release.set()
            reply = client.read_all()
        assert seen[1] == b"\x81\x85early"
        assert reply.endswith(b"\r\n\r\n\x81\x02hi\x81\x03bye")
        assert b"upgrade: websocket" in head_of(reply).lower() and ACCEPT in reply
    finally:
        program.stop()
        app.stop()


@of_http1
@pytest.mark.parametrize("tls", [False, True])
def test_whoever_ends_its_direction_is_still_spoken_to(tmp_path, tls):
    """Half-close, first by the client, then by the application."""
    def answer(head, connection):
        connection.sendall(SWITCH)
        if b"/client" in head:
            heard = b""
            while part := connection.recv(100):
                heard += part
            connection.sendall(b"heard " + heard)
            connection.shutdown(socket.SHUT_WR)
        else:
            connection.sendall(b"my last")
            connection.shutdown(socket.SHUT_WR)
            later.append(connection.recv(100))
        connection.close()

    later = []
    app, program = scripted(tmp_path, answer)
    try:
        if not tls:
            with program.raw() as client:
                client.send(shake("/open/client", host_of(program)) + b"words")
                time.sleep(0.2)
                assert client.end().read_all().endswith(b"heard words")
        with program.raw(tls) as client:
            client.send(shake("/open/app", host_of(program)))
            reply = client.read_all()
            assert reply.endswith(b"my last")
            if not tls:
                client.send(b"to the deaf")
                harness.wait_until(lambda: later, what="the client's words at the application")
                assert later == [b"to the deaf"]
    finally:
        program.stop()
        app.stop()


def test_a_silent_websocket_is_closed_and_a_busy_one_is_not(gateway):
    async def go():
        async with dial(gateway, "/idle/silent") as silent, dial(gateway, "/idle/busy") as busy:
            began = time.monotonic()
            async def talk():
                while time.monotonic() - began < 3:
                    await busy.send("still here")
                    await busy.recv()
                    await asyncio.sleep(0.2)
            talking = asyncio.create_task(talk())
            await asyncio.wait_for(silent.wait_closed(), 5)
            assert 0.9 < time.monotonic() - began < 3
            assert silent.close_code == 1001
            await talking
    asyncio.run(go())
    line = harness.wait_until(lambda: gateway.log(path="/idle/silent"), what="the line")[0]
    assert line["ended"] == "idle" and "error" not in line


def test_sigterm_says_goodbye_to_every_websocket(chat, tmp_path):
    program = harness.Gateway(tmp_path, rules(chat.port))

    async def go():
        clients = [await dial(program, "/open/echo") for _ in range(8)]
        began = time.monotonic()
        program.popen.send_signal(signal.SIGTERM)
        await asyncio.gather(*(asyncio.wait_for(c.wait_closed(), 5) for c in clients))
        assert time.monotonic() - began < 3
        assert {c.close_code for c in clients} == {1001}
    asyncio.run(go())
    assert program.popen.wait(20) == 0
    program.stop()


# --- streams end with the session ------------------------------------------------------


class Trickle:
    """An application of everlasting replies: events, chunks, and answers that never come."""

    def __init__(self):
        self.cut = 0
        self.app = harness.ScriptedUpstream(self.answer)
        self.port = self.app.port

    def answer(self, head, connection):
        if b"/slow" in head:
            with contextlib.suppress(OSError):
                connection.recv(1)
            self.cut += 1
            raise ConnectionAbortedError
        kind = b"text/event-stream" if b"/events" in head else b"application/octet-stream"
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                connection.sendall(b"8\r\ndata: x\n\r\n")
                time.sleep(0.05)
        finally:
            self.cut += 1

    def stop(self):
        self.app.stop()


@pytest.fixture(scope="module")
def trickle():
    app = Trickle()
    yield app
    app.stop()


@pytest.fixture(scope="module", autouse=True)
def begun(tmp_path_factory):
    """With applications of their own, for others count what theirs sees."""
    chat, trickle = Chat(), Trickle()
    for app in (chat, trickle):
        harness.reached_otherwise(rules(app.port))      # one relay each
    with waits.begun(tmp_path_factory, chat, trickle) as running:
        yield running
    for app in (chat, trickle):
        app.stop()


def stream(program, path, token, began=None, by="Authorization"):
    """How a stream ended: 'whole', 'cut', or a status; and when."""
    headers = {"Authorization": f"Bearer {token}"} if by == "Authorization" else {"Cookie": f"yett_access={token}"}
    with requests.get(program.http + path, headers=headers, stream=True, timeout=30) as reply:
        if reply.status_code != 200:
            return reply.status_code, time.monotonic()
        try:
            for _ in reply.iter_content(64):
                if began is not None:
                    began.set()
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError):
            return "cut", time.monotonic()
    return "whole", time.monotonic()


def test_logout_closes_websockets_on_every_worker_within_a_second(gateway):
    token = gateway.user("grace@example.com")["access_token"]
    other = gateway.user("heidi@example.com")["access_token"]

    async def go():
        clients = [await dial(gateway, path, token) for _ in range(16) for path in ("/ws/echo", "/ws/push")]
        bystander = await dial(gateway, "/ws/echo", other)
        await asyncio.sleep(0.8)
        assert all(c.open for c in clients)
        loop = asyncio.get_running_loop()
        reply = await loop.run_in_executor(None, lambda: gateway.call("POST", "/auth/logout", token=token))
        assert reply.status_code == 204
        began = time.monotonic()

        async def drain(c):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await c.recv()
        await asyncio.gather(*(asyncio.wait_for(drain(c), 5) for c in clients))
        assert time.monotonic() - began < 1.0
        assert {c.close_code for c in clients} == {4001}
        await bystander.send("still here")
        assert await bystander.recv() == "still here"
        await bystander.close()
    before = gateway.metric("yett_session_streams_ended_total", reason="revoked")
    asyncio.run(go())
    harness.wait_until(lambda: gateway.metric("yett_session_streams_ended_total", reason="revoked") == before + 32, what="32 counted")
    lines = harness.wait_until(lambda: len(gateway.log(path="/ws/push", ended="revoked")) == 16 and gateway.log(path="/ws/push", ended="revoked"),
                               what="their lines")
    assert {line["error"] for line in lines} == {"unauthenticated"}


def test_the_close_frame_waits_for_the_end_of_the_application_s_frame(tmp_path):
    """A frame under way comes whole, and one that does not end is cut off."""
    gate = threading.Event()

    def answer(head, connection):
        connection.sendall(SWITCH + b"\x82\x7e" + struct.pack("!H", 1000) + b"a" * 400)
        gate.wait(10)
        with contextlib.suppress(OSError):
            connection.sendall(b"a" * 600 + b"\x82\x03abc")
            connection.recv(1)

    app, program = scripted(tmp_path, answer)
    try:
        for prompt in (True, False):
            gate.clear()
            token = program.user(f"{prompt}@example.com")["access_token"]
            with program.raw() as client:
                client.send(shake("/ws/x", host_of(program), Authorization=f"Bearer {token}"))
                time.sleep(0.8)
                assert program.call("POST", "/auth/logout", token=token).status_code == 204
                time.sleep(0.6)
                if prompt:
                    gate.set()
                    body = client.read_all(5).split(b"\r\n\r\n", 1)[1]
                    assert body == b"\x82\x7e" + struct.pack("!H", 1000) + b"a" * 1000 + b"\x88\x02" + struct.pack("!H", 4001)
                else:
                    body = client.read_all(5).split(b"\r\n\r\n", 1)[1]
                    assert len(body) == 404
            gate.set()
    finally:
        program.stop()
        app.stop()


def test_logout_resets_streams_and_answers_those_that_wait(trickle, tmp_path):
    program = harness.Gateway(tmp_path, rules(trickle.port))
    try:
        token = program.user()["access_token"]
        cut = trickle.cut
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            running = [pool.submit(stream, program, path, token) for path in ("/events", "/download", "/slow") for _ in range(3)]
            time.sleep(1.5)
            assert not any(each.done() for each in running)
            assert program.call("POST", "/auth/logout", token=token).status_code == 204
            began = time.monotonic()
            ends = [each.result(10) for each in running]
        assert [how for how, _ in ends] == ["cut"] * 6 + [401] * 3
        assert max(at for _, at in ends) - began < 1.0
        harness.wait_until(lambda: trickle.cut == cut + 9, what="the application to be let go")
        harness.wait_until(lambda: program.metric("yett_session_streams_ended_total", reason="revoked") == 9, what="9 counted")
    finally:
        program.stop()


def short_lived(tmp_path, port, ttl):
    config = rules(port)
    config["tokens"].update({"access_ttl": ttl, "clock_skew": "0s"})
    return harness.Gateway(tmp_path, config)


@waits()
def at_expiry_a_stream_ends_unless_its_session_was_refreshed(chat, trickle, folder, start):
    (folder / "a").mkdir()
    (folder / "b").mkdir()
    program = start(short_lived(folder / "a", chat.port, "10s"))
    other = start(short_lived(folder / "b", trickle.port, "10s"))

    def refresh(at, login):
        reply = at.call("POST", "/auth/refresh", json={"refresh_token": login["refresh_token"]})
        assert reply.status_code == 200, reply.text

    async def go():
        kept, left = program.user("kept@example.com"), program.user("left@example.com")
        stays, goes = await dial(program, "/ws/echo", kept["access_token"]), await dial(program, "/ws/push", left["access_token"])
        began = time.monotonic()
        loop = asyncio.get_running_loop()
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            here, there = other.user("kept@example.com"), other.user("left@example.com")
            long = loop.run_in_executor(pool, stream, other, "/events", here["access_token"])
            short = loop.run_in_executor(pool, stream, other, "/events", there["access_token"])
            await asyncio.sleep(6)
            asked = time.monotonic()
            await loop.run_in_executor(pool, refresh, program, kept)
            await loop.run_in_executor(pool, refresh, other, here)
            refreshed = time.monotonic()
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await asyncio.wait_for(goes.recv(), 15)
            assert goes.close_code == 4001 and 8 < time.monotonic() - began < 12
            assert (await short)[0] == "cut"
            await stays.send("still here")
            assert await stays.recv() == "still here"
            assert not long.done()
            # The refresh gave another token's life and no more.
            await asyncio.wait_for(stays.wait_closed(), 15)
            ended = time.monotonic()
            assert stays.close_code == 4001 and 8.5 < ended - asked and ended - refreshed < 12.5
            assert (await long)[0] == "cut"
    asyncio.run(go())
    assert program.metric("yett_session_streams_ended_total", reason="expired") == 2
    assert other.metric("yett_session_streams_ended_total", reason="expired") == 2


@waits()
def a_stream_by_cookie_lives_as_long_as_its_session(chat, trickle, folder, start):
    config = rules(trickle.port)
    config["tokens"].update({"access_ttl": "10s", "clock_skew": "0s"})
    config["routes"].insert(0, {"name": "vault", "match": {"path": "/vault/**"}, "access": {"recent_login": "4s"}, "upstream": "app"})
    program = start(harness.Gateway(folder, config))
    login = program.user("cookie@example.com")
    cookie, bearer = login["access_token"], program.user("bearer@example.com")["access_token"]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        stays = [pool.submit(stream, program, path, cookie, None, "Cookie") for path in ("/events", "/download", "/slow")]
        goes = pool.submit(stream, program, "/events", bearer)
        # Siblings: a rule that wants a recent login ends its own, whichever way it was shown.
        vault = [pool.submit(stream, program, "/vault/events", token, None, by) for token, by in ((cookie, "Cookie"), (bearer, "Authorization"))]
        for each in vault:
            how, at = each.result(20)
            assert how == "cut" and 2.5 < at - began < 6
        how, at = goes.result(20)
        assert how == "cut" and 8 < at - began < 12
        time.sleep(max(0.0, began + 13 - time.monotonic()))
        assert not any(each.done() for each in stays), "an access token of ten seconds has ended, the session has not"
        # Nobody refreshed it: what ends it is told all the same.
        assert program.call("POST", "/auth/logout", json={"refresh_token": login["refresh_token"]}).status_code == 204
        ended = time.monotonic()
        ends = [each.result(10) for each in stays]
    assert [how for how, _ in ends] == ["cut", "cut", 401]
    assert max(at for _, at in ends) - ended < 1.0


@pytest.mark.parametrize("name", waits.waiting)
def test_what_waits_for_the_end_of_a_token(begun, name):
    begun[name].result()


def test_requests_that_are_soon_answered_are_left_alone(gateway, chat, ada):
    """A logout ends what lasts; what is over before the next look is none of its business."""
    token = gateway.user("quick@example.com")["access_token"]
    before = gateway.metric("yett_session_streams_ended_total")
    assert gateway.call("GET", "/nothing", token=token).status_code != 401
    assert gateway.call("POST", "/auth/logout", token=token).status_code == 204
    time.sleep(0.6)
    assert gateway.metric("yett_session_streams_ended_total") == before
