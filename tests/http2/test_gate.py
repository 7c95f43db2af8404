"""The tables of the HTTP/1.1 gate once more over HTTP/2: each case is asked both ways, and refused with the same status and code.

What RFC 9113 calls malformed may be refused with a stream error instead, for there may be no request that could be answered.
"""

import json

import pytest

import frames
import harness
import servers
import test_framing
import test_headers
import test_paths
from frames import PROTOCOL_ERROR, data, headers
from peer import Peer

# What HTTP/2 cannot say, and why.
UNWRITABLE = {
    "coding in 1.0": "there is no version but HTTP/2's", "version 1.2": "there is no version but HTTP/2's", "version 2.0": "there is no version but HTTP/2's",
    "bare LF": "lines do not end, for there are none", "bare CR": "lines do not end, for there are none", "folded field": "lines do not end, for there are none",
}


def table_of(test, number=0):
    """The rows that a test of HTTP/1.1 is given by its mark."""
    return [row.values if hasattr(row, "values") else row for row in test.pytestmark[number].args[1]]


def with_http2(config):
    for listener in config["listeners"]:
        listener["protocols"] = servers.PROTOCOLS
    return config


def gateway_of(upstream, tmp_path_factory, routes):
    config = with_http2(harness.settings(upstream.port))
    config["routes"] = routes
    return harness.Gateway(tmp_path_factory.mktemp("gateway"), config)


@pytest.fixture(scope="module")
def upstream():
    server = harness.ScriptedUpstream()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def framing(upstream, tmp_path_factory):
    program = gateway_of(upstream, tmp_path_factory, [{"name": "all", "match": {"path": "/**"}, "access": "public", "upstream": "app"}])
    yield program
    program.stop()


@pytest.fixture(scope="module")
def paths(upstream, tmp_path_factory):
    program = gateway_of(upstream, tmp_path_factory, test_paths.ROUTES)
    yield program
    program.stop()


# --- one request, both ways -------------------------------------------------------------


class Asked:
    """A request of HTTP/1.1 in parts, by a crude reading of ours alone."""

    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        self.method, _, rest = line.partition(b" ")
        self.target = rest.rpartition(b" ")[0]
        self.fields = [(name.lower(), value.strip(b" \t")) for name, _, value in (each.partition(b":") for each in lines)]

    def without_connection(self):
        return [pair for pair in self.fields if pair != (b"connection", b"close")]

    def pseudo(self):
        """`Host` becomes :authority, as a client would write it; what is odd about it stays a field."""
        hosts = [value for name, value in self.fields if name == b"host"]
        scheme, found, rest = self.target.partition(b"://")
        if self.method == b"CONNECT":
            return {"method": self.method, "authority": self.target, "scheme": None, "path": None}, [p for p in self.without_connection() if p[0] != b"host"]
        if found and scheme in (b"http", b"https"):
            authority, slash, path = rest.partition(b"/")
            return {"method": self.method, "authority": authority, "path": slash + path}, self.without_connection()
        if len(hosts) != 1:
            return {"method": self.method, "authority": None, "path": self.target}, self.without_connection()
        return {"method": self.method, "authority": hosts[0], "path": self.target}, [p for p in self.without_connection() if p[0] != b"host"]


def code_of(body):
    try:
        return json.loads(body)["code"]
    except (ValueError, KeyError, TypeError):
        return None


def over_http1(gateway, raw):
    with gateway.raw() as client:
        answer = client.send(raw).read_available(1.0)[0]
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head[9:12]), code_of(body), head


def over_http2(gateway, raw):
    """(status, code, the reply); the status is None for a stream error."""
    asked = Asked(raw)
    pseudo, fields = asked.pseudo()
    with Peer(gateway, grants=True) as peer:
        block = peer.to.asked(*fields, **pseudo)
        parts = [block[at:at + 16384] for at in range(0, len(block), 16384)]
        peer.send(headers(1, parts[0], end=not asked.body, flags=frames.END_HEADERS if len(parts) == 1 else 0))
        for number, part in enumerate(parts[1:], 2):
            peer.send(frames.continuation(1, part, last=number == len(parts)))
        if asked.body:
            peer.send(data(1, asked.body, end=True))
        assert peer.until(lambda: peer.reply(1).over() or peer.goaway is not None), "no answer over HTTP/2"
        reply = peer.reply(1)
        if reply.status is None:
            assert PROTOCOL_ERROR in (reply.reset, peer.goaway), (reply, peer.goaway)
        return reply.status, code_of(bytes(reply.body)), reply


def hold_refusal(gateway, upstream, raw):
    """The same words for the same fault, and nothing of it at the application."""
    before = len(upstream.heads)
    status, code, _ = over_http1(gateway, raw)
    assert status >= 400, "HTTP/1.1 does not refuse it at all"
    other, other_code, _ = over_http2(gateway, raw)
    if other is None:
        assert (status, code) in ((400, "bad_request"), (400, None)), f"a stream error where HTTP/1.1 says {status} {code}"
    else:
        assert (other, other_code) == (status, code)
    assert len(upstream.heads) == before


# --- the tables -------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in test_framing.REFUSED if name not in UNWRITABLE])
def test_framing_is_refused_alike(framing, upstream, name):
    hold_refusal(framing, upstream, test_framing.REFUSED[name])


def test_what_cannot_be_written_is_in_the_table():
    assert set(UNWRITABLE) <= set(test_framing.REFUSED)


@pytest.mark.parametrize("row", table_of(test_framing.test_limits_and_methods), ids=lambda row: row[0])
def test_limits_and_methods(framing, upstream, row):
    _, head, status = row
    hold_refusal(framing, upstream, head)
    assert over_http2(framing, head)[0] == status


@pytest.mark.parametrize("path", test_paths.REFUSED)
def test_a_path_that_somebody_reads_otherwise(paths, upstream, path):
    hold_refusal(paths, upstream, f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1"))


@pytest.mark.parametrize("path,host", test_paths.FORWARDED)
def test_a_path_whose_readings_agree_is_forwarded_octet_by_octet(paths, upstream, path, host):
    assert over_http2(paths, f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode("latin-1"))[0] == 200
    assert upstream.heads[-1].split(b" ")[1] == path.encode("latin-1")


@pytest.mark.parametrize("method,path,status", table_of(test_paths.test_methods))
def test_methods(paths, upstream, method, path, status):
    before = len(upstream.heads)
    assert over_http2(paths, f"{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())[0] == status
    assert len(upstream.heads) == before + (status == 200)


@pytest.mark.parametrize("value,status", table_of(test_paths.test_destination_passes_the_gate, 1))
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_destination_passes_the_gate(paths, upstream, method, value, status):
    before = len(upstream.heads)
    assert over_http2(paths, f"{method} /dav/a HTTP/1.1\r\nHost: a\r\nDestination: {value}\r\n\r\n".encode())[0] == status
    assert len(upstream.heads) == before + (status == 200)


@pytest.mark.parametrize("line,allow", table_of(test_paths.test_our_own_paths_say_which_methods_they_have))
def test_our_own_paths_say_which_methods_they_have(paths, line, allow):
    status, _, reply = over_http2(paths, f"{line} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert status == (405 if allow else 404)
    assert reply.value("allow") == (allow.decode() if allow else None)


@pytest.mark.parametrize("row", table_of(test_paths.test_a_refusal_says_who_asked_for_what_and_why), ids=lambda row: row[0][:20])
def test_a_refusal_says_who_asked_for_what_and_why(paths, row):
    line, fields, status, code, cause = row
    other, _, reply = over_http2(paths, f"{line}\r\n{fields}\r\n".encode())
    if other is None:
        assert code == "bad_request"        # what is malformed is nobody's request
        return
    assert other == status
    path = line.split(" ")[1].split("?")[0]
    entry = harness.wait_until(lambda: [each for each in paths.log(status=status, error=code)
                                        if path.startswith(each.get("path", "-")) and each.get("protocol") == "HTTP/2"], what="the line")[0]
    assert entry["cause"] == cause or cause.startswith("client_limits")
    assert "t0psecret" not in str(entry) and entry["request_id"] in bytes(reply.body).decode()


def test_options_asterisk_is_answered(paths, upstream):
    before = len(upstream.heads)
    status, _, reply = over_http2(paths, b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
    assert status == 204 and "PURGE" in reply.value("allow")
    assert len(upstream.heads) == before


def test_a_body_too_large_is_refused_before_it_is_read(upstream, start, tmp_path):
    program = start(harness.Gateway(tmp_path, with_http2(harness.settings(upstream.port, client_limits={"body_bytes": "1KiB"}))))
    hold_refusal(program, upstream, b"POST /public/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000)
    with Peer(program) as peer:
        peer.send(peer.to.post(1, path="/public/x") + data(1, b"x" * 2000))
        assert peer.until(lambda: peer.reply(1).status is not None)
        assert peer.reply(1).status == 413 and peer.ask(3, path="/public/y").status == 200
    assert not any(b"xxxx" in part for part in upstream.received)


def test_tokens_are_refused_alike(upstream, start, tmp_path):
    """Missing, malformed, forged, several: 401 with the same code, and a good one passes."""
    program = start(harness.Gateway(tmp_path, with_http2(harness.settings(upstream.port))))
    good = program.user()["access_token"]
    cases = ["", "Authorization: Bearer x\r\n", f"Authorization: Bearer {good[:-4]}AAAA\r\n", f"Authorization: Bearer {good}\r\nAuthorization: Bearer {good}\r\n",
             "Authorization: Basic eDp5\r\n"]
    for fields in cases:
        hold_refusal(program, upstream, f"GET /private HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
    assert over_http2(program, f"GET /private HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {good}\r\n\r\n".encode())[0] == 200
    assert harness.header_values(upstream.heads[-1], "X-Yett-Email") == [b"ada@example.com"]


def test_no_spelling_of_an_identity_header_passes(upstream, start, tmp_path):
    program = start(harness.Gateway(tmp_path, with_http2(harness.settings(upstream.port))))
    names = sorted({spelled.lower() for name in test_headers.IDENTITY for spelled in test_headers.spellings(name)})
    for at in range(0, len(names), 60):
        head = "".join(f"{name}: forged\r\n" for name in names[at:at + 60])
        assert over_http2(program, f"GET /public/x HTTP/1.1\r\nHost: a\r\n{head}\r\n".encode())[0] == 200
        assert b"forged" not in upstream.heads[-1]
    with Peer(program) as peer:
        peer.send(peer.to.post(1, path="/public/x") + data(1, b"abc") + headers(1, frames.block(("x-yett-user", "forged"), ("x-trailer", "1"))))
        assert peer.until(lambda: peer.reply(1).over()) and peer.reply(1).status == 200
    assert b"forged" not in upstream.bytes
