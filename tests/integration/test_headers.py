"""What clients claim to be never reaches the application."""

import itertools
import random

import pytest

import harness

IDENTITY = ["X-Yett-User", "X-Yett-Email", "X-Yett-Roles", "X-Yett-Scopes", "X-Yett-Auth-Time", "X-Yett-Session", "X-Yett-Assertion",
            "X-Auth-Request-User", "X-Auth-Request-Email", "X-Auth-Request-Groups", "X-Auth-Request-Preferred-Username",
            "X-Auth-Request-Access-Token", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Groups",
            "X-Forwarded-Preferred-Username", "Remote-User", "Remote-Email", "Remote-Groups", "Remote-Name"]


def spellings(name, count=12):
    """Some of the ways to write a name that frameworks take for the same."""
    dice = random.Random(name)
    yield name
    yield name.lower()
    yield name.upper()
    yield name.replace("-", "_")
    yield name.replace("-", ".")
    for _ in range(count):
        yield "".join(dice.choice("-_.") if c == "-" else dice.choice((c.lower(), c.upper())) for c in name)


def fold(name):
    return name.lower().replace("_", "-").replace(".", "-")


@pytest.mark.parametrize("preset", ["yett", "oauth2-proxy", "remote-user", "none"])
def test_no_spelling_of_an_identity_header_passes(upstream, start, tmp_path, preset):
    config = harness.settings(upstream.port, identity_headers={"preset": preset})
    gateway = start(harness.Gateway(tmp_path, config))
    token = gateway.user()["access_token"]
    for path, bearer in (("/public/x", None), ("/private", token)):
        fields = [(s, "forged") for name in IDENTITY for s in spellings(name)]
        for part in itertools.batched(fields, 60) if hasattr(itertools, "batched") else [fields[i:i + 60] for i in range(0, len(fields), 60)]:
            before = len(upstream.heads)
            head = f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
            head += "".join(f"{n}: {v}\r\n" for n, v in part)
            if bearer:
                head += f"Authorization: Bearer {bearer}\r\n"
            with gateway.raw() as client:
                data = client.send(head.encode() + b"\r\n").read_all()
            assert data.startswith(b"HTTP/1.1 200"), data
            assert len(upstream.heads) == before + 1
            assert b"forged" not in upstream.heads[-1], upstream.heads[-1]


def test_connection_cannot_nominate_what_we_set(upstream, start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(upstream.port)))
    user = gateway.user()
    head = ("GET /private HTTP/1.1\r\nHost: a\r\nConnection: close, X-Yett-User, X-Forwarded-For, X-Custom\r\nX-Custom: 1\r\n"
            f"Authorization: Bearer {user['access_token']}\r\n\r\n")
    with gateway.raw() as client:
        client.send(head.encode()).read_all()
    seen = upstream.heads[-1]
    assert harness.header_values(seen, "X-Yett-User") == [user["user"]["id"].encode()]
    assert harness.header_values(seen, "X-Forwarded-For") == [b"127.0.0.1"]
    assert not harness.header_values(seen, "X-Custom")


def test_forwarding_headers_are_believed_from_trusted_proxies_alone(upstream, start, tmp_path):
    claims = {"X-Forwarded-For": "192.0.2.9", "X-Real-IP": "192.0.2.9", "Forwarded": "for=192.0.2.9", "X-Request-Id": "mine",
              "X-Original-URL": "/admin", "X-Rewrite-URL": "/admin", "X-Forwarded-Host": "evil.example", "Proxy": "evil"}
    gateway = start(harness.Gateway(tmp_path, harness.settings(upstream.port)))
    gateway.call("GET", "/public/x", headers=claims)
    seen = upstream.heads[-1]
    assert b"192.0.2.9" not in seen and b"mine" not in seen and b"/admin" not in seen and b"evil" not in seen

    (tmp_path / "trusting").mkdir()
    trusting = start(harness.Gateway(tmp_path / "trusting", harness.settings(upstream.port, trusted_proxies=["127.0.0.0/8"])))
    trusting.call("GET", "/public/x", headers=claims)
    seen = upstream.heads[-1]
    assert harness.header_values(seen, "X-Forwarded-For") == [b"192.0.2.9, 127.0.0.1"]
    assert harness.header_values(seen, "X-Request-Id") == [b"mine"]
    assert not harness.header_values(seen, "X-Original-URL") and not harness.header_values(seen, "Proxy")


def test_hop_by_hop_fields_end_here(upstream, start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(upstream.port)))
    head = (b"GET /public/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nKeep-Alive: timeout=5\r\nTE: trailers\r\n"
            b"Proxy-Authorization: Basic x\r\nProxy-Connection: close\r\nUpgrade: websocket\r\nTrailer: X\r\n\r\n")
    with gateway.raw() as client:
        client.send(head).read_all()
    for name in ("Keep-Alive", "TE", "Proxy-Authorization", "Proxy-Connection", "Upgrade", "Trailer"):
        assert not harness.header_values(upstream.heads[-1], name), name


def test_our_cookies_and_tokens_stay_here(upstream, start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(upstream.port)))
    token = gateway.user()["access_token"]
    gateway.call("GET", "/private", token, headers={"Cookie": "theirs=1; __Host-yett_refresh=secret; other=2"})
    seen = upstream.heads[-1]
    assert harness.header_values(seen, "Cookie") == [b"theirs=1; other=2"]
    assert token.encode() not in seen and b"secret" not in seen
