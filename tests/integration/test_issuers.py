"""Tokens of other issuers, whose keys are on the web: rotation, outages and misbehaviour."""

import base64
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa

import harness

OIDC = pathlib.Path(os.environ.get("YETT_OIDC", harness.ROOT / "build/oidc"))
MARGIN_KIB = int(os.environ.get("YETT_RSS_MARGIN_KIB", "2048"))


def number(value, size=None):
    data = value.to_bytes(size or (value.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Key:
    def __init__(self, kid):
        self.kid, self.private = kid, ec.generate_private_key(ec.SECP256R1())

    def jwk(self, **changes):
        at = self.private.public_key().public_numbers()
        made = {"kty": "EC", "crv": "P-256", "x": number(at.x, 32), "y": number(at.y, 32), "kid": self.kid, "use": "sig",
                "alg": "ES256", **changes}
        return {name: value for name, value in made.items() if value is not None}

    def private_jwk(self):
        return self.jwk(d=number(self.private.private_numbers().private_value, 32))

    def token(self, issuer, **changes):
        now = int(time.time())
        claims = {"iss": issuer, "aud": "api", "sub": "jo", "iat": now, "exp": now + 600,
                  "realm_access": {"roles": ["admin"]}, **changes}
        return jwt.encode(claims, self.private, algorithm="ES256", headers={"kid": self.kid} if self.kid else None)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Issuer:
    """An HTTPS server that publishes keys, or does something else with whoever asks.

    `misbehave(connection, path)`, when it is set, answers instead; `paths` holds what was asked.
    """

    def __init__(self, tls=True, host="127.0.0.1"):
        self.keys, self.paths, self.misbehave, self.tls = [], [], None, tls
        self.cache_control = "max-age=3600"
        self.metadata = {}
        self.context = None
        if tls:
            certs = harness.certificates()
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(certs / "leaf.crt", certs / "leaf.key")
        self.host, self.port = host, 0
        self.begin()

    def begin(self):
        self.listener = socket.create_server((self.host, self.port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://localhost:{self.port}"

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(20)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                part = connection.recv(65536)
                if not part:
                    return
                head += part
            path = head.split(b" ")[1].decode()
            self.paths.append(path)
            if self.misbehave:
                self.misbehave(connection, path)
            else:
                connection.sendall(self.answer(path))
        except OSError:
            pass
        finally:
            connection.close()

    def answer(self, path):
        if path == "/.well-known/openid-configuration":
            return reply({"issuer": self.url, "jwks_uri": self.url + "/keys", **self.metadata}, self.cache_control)
        return reply({"keys": [key if isinstance(key, dict) else key.jwk() for key in self.keys]}, self.cache_control)

    def stop(self):
        # Whoever sits in accept() holds the port until it is told.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def reply(body, cache_control="max-age=3600", status="200 OK", *fields):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", f"Cache-Control: {cache_control}", "Connection: close", *fields]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + data


def settings_of(idp, **changes):
    made = {"issuer": idp.url, "audience": ["api"], "algorithms": ["ES256"], "jwks_url": idp.url + "/keys",
            "ca_file": "certs/ca.crt", "private_addresses": True, "timeout": "2s",
            "claims": {"roles": "realm_access.roles"}, **changes}
    return {name: value for name, value in made.items() if value is not None}


def run(start, folder, echo, *issuers, **more):
    return start(harness.Gateway(folder, harness.settings(echo.port, tokens={"issuers": list(issuers)}, **more)))


@pytest.fixture
def idp(start):
    return start(Issuer())


def verdict(gateway, token, path="/admin/x"):
    return requests.get(gateway.http + path, headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code


def readiness(gateway):
    reply = requests.get(gateway.management + "/readyz?verbose", timeout=10)
    return reply.status_code, reply.text


def fetches(gateway, **labels):
    return gateway.metric("yett_issuer_fetches_total", **labels) or 0


# Fetches as often as it can be told to.
OFTEN = {"least": "1s", "most": "1s"}


def test_keys_are_there_before_the_first_request(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp))
    reply = gateway.call("GET", "/admin/x", idp.keys[0].token(idp.url))
    assert reply.status_code == 200
    assert '"localhost:jo"' in reply.text, "the application is told who it is, and by whom"
    assert idp.paths == ["/keys"]
    assert readiness(gateway)[0] == 200
    assert f"[+] issuer {idp.url}: 1 key, confirmed " in readiness(gateway)[1]
    assert gateway.metric("yett_issuer_keys", issuer=idp.url) == 1
    assert gateway.metric("yett_issuer_keys_age_seconds", issuer=idp.url) < 30
    assert verdict(gateway, Key("one").token(idp.url)) == 401, "another key of that name"


def test_discovery_finds_the_keys_and_believes_no_other_issuer(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    idp.metadata = {"issuer": "https://somebody.example"}
    gateway = run(start, tmp_path, echo, settings_of(idp, jwks_url=None, discovery=True))
    status, text = readiness(gateway)
    assert status == 503
    assert f"[-] issuer {idp.url}: no keys yet; the last" in text and "wrong_issuer" in text
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 401
    idp.metadata = {}
    harness.wait_until(lambda: readiness(gateway)[0] == 200, what="readiness")
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 200
    assert "/.well-known/openid-configuration" in idp.paths
    assert fetches(gateway, result="wrong_issuer") >= 1


def test_an_issuer_that_is_down_at_the_start_is_awaited(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    idp.stop()
    gateway = run(start, tmp_path, echo, settings_of(idp))
    assert verdict(gateway, "", "/public/x") == 200, "everything else works"
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 401
    status, text = readiness(gateway)
    assert status == 503 and "unreachable" in text
    idp.begin()
    harness.wait_until(lambda: readiness(gateway)[0] == 200, timeout=20, what="readiness")
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 200


def test_a_key_that_appears_is_fetched_for_the_request_that_needs_it_once_a_minute(start, tmp_path, echo, idp):
    first, second, third = Key("one"), Key("two"), Key("three")
    idp.keys = [first]
    gateway = run(start, tmp_path, echo, settings_of(idp), workers=4)
    idp.keys = [first, second]
    verdicts = []
    clients = [threading.Thread(target=lambda: verdicts.append(verdict(gateway, second.token(idp.url)))) for _ in range(24)]
    for each in clients:
        each.start()
    for each in clients:
        each.join()
    assert verdicts == [200] * 24, "whoever came meanwhile waited for the same answer"
    assert len(idp.paths) == 2
    assert gateway.metric("yett_issuer_questions_total", issuer=idp.url) == 1
    # Nobody gets the issuer asked again by inventing keys.
    idp.keys.append(third)
    for kid in range(50):
        assert verdict(gateway, Key(f"invented-{kid}").token(idp.url)) == 401
    assert verdict(gateway, third.token(idp.url)) == 401
    assert len(idp.paths) == 2


@pytest.mark.parametrize("kid", ["one", None])
def test_a_key_that_is_replaced_without_a_new_name_is_fetched_for_the_request_that_needs_it(start, tmp_path, echo, idp, kid):
    first, second = Key(kid), Key(kid)
    idp.keys = [first]
    gateway = run(start, tmp_path, echo, settings_of(idp))
    assert verdict(gateway, first.token(idp.url)) == 200
    idp.keys = [second]
    assert verdict(gateway, second.token(idp.url)) == 200
    assert verdict(gateway, Key(kid).token(idp.url)) == 401
    assert len(idp.paths) == 2


def test_a_token_of_another_kind_is_no_reason_to_ask_an_issuer(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp))
    token = jwt.encode({"iss": idp.url, "aud": "api", "sub": "jo", "exp": int(time.time()) + 60}, Key("two").private, algorithm="ES256",
                       headers={"kid": "two", "typ": "logout+jwt"})
    assert verdict(gateway, token) == 401
    assert len(idp.paths) == 1


def test_the_time_limit_is_that_of_the_whole_fetch(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]

    def slow(connection, path):
        time.sleep(1.2)
        connection.sendall(idp.answer(path))

    idp.misbehave = slow
    gateway = run(start, tmp_path, echo, settings_of(idp, jwks_url=None, discovery=True, timeout="2s"))
    assert len(idp.paths) >= 2
    assert "timed_out" in readiness(gateway)[1]


def test_requests_wait_for_a_slow_issuer_a_bounded_moment(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp, timeout="1m"))
    enough = threading.Event()
    idp.misbehave = lambda connection, path: enough.wait(60)
    began = time.monotonic()
    assert verdict(gateway, Key("new").token(idp.url)) == 401
    assert time.monotonic() - began > 1.5
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 200, "the others do not wait"
    assert len(idp.paths) == 2 and "failed" not in readiness(gateway)[1], "it has not answered yet"
    enough.set()


def test_a_key_of_one_issuer_never_serves_another(start, tmp_path, echo, idp):
    other = start(Issuer())
    idp.keys, other.keys = [Key("one")], [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp), settings_of(other, name="other"))
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 200
    assert verdict(gateway, other.keys[0].token(other.url)) == 200
    assert verdict(gateway, other.keys[0].token(idp.url)) == 401
    assert verdict(gateway, idp.keys[0].token(other.url)) == 401


def test_claims_are_read_where_the_issuer_writes_them(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo,
                  settings_of(idp, claims={"user": "identity.id", "email": "identity.mail", "roles": "resource_access.shop.roles",
                                           "scopes": "scp"}),
                  routes=[{"name": "scoped", "match": {"path": "/scoped"}, "access": {"scopes": ["read"]}, "upstream": "app"},
                          {"name": "admin", "match": {"path": "/**"}, "access": {"roles": ["admin"]}, "upstream": "app"}])
    token = lambda **claims: idp.keys[0].token(idp.url, identity={"id": "u-7", "mail": "jo@idp.example"},
                                              email_verified=True, **claims)
    for roles in (["auditor", "admin"], "auditor admin", "admin"):
        good = token(resource_access={"shop": {"roles": roles}})
        reply = gateway.call("GET", "/x", good)
        assert reply.status_code == 200
        assert "u-7" in reply.text and "jo@idp.example" in reply.text
    for roles in (["auditor"], "administrator", [], ""):
        assert verdict(gateway, token(resource_access={"shop": {"roles": roles}})) == 403
    assert verdict(gateway, token(resource_access={"shop": {"roles": 7}})) == 403
    assert verdict(gateway, token(resource_access={"shop": {"roles": {"admin": {"7": "shop.example"}}}})) == 200
    assert verdict(gateway, token(resource_access={"shop": {"roles": True}})) == 403
    told = harness.wait_until(lambda: gateway.log(message="a claim of a token counts for nothing"), what="the claim by name")
    assert "roles" in told[0]["why"]
    assert verdict(gateway, token(resource_access="admin")) == 403
    for scopes in (["write", "read"], "write read"):
        assert verdict(gateway, token(scp=scopes), "/scoped") == 200
    assert verdict(gateway, token(scope="read"), "/scoped") == 403


# --- misbehaviour --------------------------------------------------------------------


def endless(connection, _):
    """100 MB, as fast as they are taken."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"keys\":[")
    part = b" " * 65536
    for _ in range(1600):
        connection.sendall(part)


def endless_head(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for i in range(20000):
        connection.sendall(b"X-%d: %s\r\n" % (i, b"a" * 1000))


def dripping(connection, _):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(200):
        time.sleep(0.1)
        connection.sendall(b" ")


def saying(*answer):
    return lambda connection, _: connection.sendall(reply(*answer))


def oversized_rsa():
    return {"kty": "RSA", "kid": "fat", "n": number((1 << 20000) + 1), "e": "AQAB"}


def weak_rsa():
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    return {"kty": "RSA", "kid": "thin", "n": number(numbers.n), "e": number(numbers.e)}


MISBEHAVIOUR = {
    "closes": (lambda connection, _: connection.close(), "unreachable"),
    "says nothing": (lambda connection, _: time.sleep(5), "timed_out"),
    "drips": (dripping, "timed_out"),
    "sends garbage": (lambda connection, _: connection.sendall(os.urandom(4096)), None),
    "sends a page": (saying(b"<html>maintenance</html>"), "malformed"),
    "sends half": (lambda connection, _: connection.sendall(reply({"keys": []})[:-5]), None),
    "fails": (saying({}, "no-store", "503 Service Unavailable"), "refused"),
    "has no content": (lambda connection, _: connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"), "refused"),
    "redirects": (lambda connection, _: connection.sendall(reply(b"", "no-store", "302 Found", "Location: /elsewhere")), "refused"),
    "sends 100 MB": (endless, "too_large"),
    "sends an endless head": (endless_head, "too_large"),
    "announces 100 MB": (lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n{"), "too_large"),
    "sends no keys": (saying({"keys": []}), "no_usable_key"),
    "sends too many keys": (saying({"keys": [{"kty": "EC"}] * 101}), "malformed"),
    "sends deep nesting": (saying(b'{"keys":' + b"[" * 100000 + b"]" * 100000 + b"}"), "malformed"),
    "sends members twice": (saying(b'{"keys":[],"keys":[]}'), "malformed"),
}


def test_old_keys_keep_working_whatever_an_issuer_does(start, tmp_path, echo, idp):
    key = Key("one")
    idp.keys = [key]
    gateway = run(start, tmp_path, echo, settings_of(idp, timeout="1s", refresh=OFTEN))
    assert verdict(gateway, key.token(idp.url)) == 200
    before = gateway.rss_kib()
    for name, (misbehave, reason) in MISBEHAVIOUR.items():
        asked, failed = len(idp.paths), sum(failures(gateway).values())
        idp.misbehave = misbehave
        harness.wait_until(lambda: sum(failures(gateway).values()) > failed, timeout=20, what=f"an issuer that {name} to be noticed")
        assert len(idp.paths) > asked
        assert verdict(gateway, key.token(idp.url)) == 200, name
        if reason:
            harness.wait_until(lambda: reason in readiness(gateway)[1], timeout=10, what=f"{reason} of an issuer that {name}")
            assert fetches(gateway, result=reason) >= 1, name
        status, text = readiness(gateway)
        assert status == 200 and f"[+] issuer {idp.url}: 1 key, confirmed " in text and "failed: " in text, name
        assert gateway.rss_kib() - before < 12 * 1024 + MARGIN_KIB, name
        idp.misbehave = None
        harness.wait_until(lambda: "failed" not in readiness(gateway)[1], timeout=20, what=f"recovery after an issuer that {name}")
    assert not any("/elsewhere" in path for path in idp.paths)


def failures(gateway):
    counted = {}
    for line in gateway.metrics().splitlines():
        if line.startswith("yett_issuer_fetches_total{") and 'result="ok"' not in line:
            counted[line.rsplit(" ", 1)[0]] = float(line.rsplit(" ", 1)[1])
    return counted


def test_an_outage_shows_in_the_age_of_the_keys(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp, refresh=OFTEN))
    idp.stop()
    harness.wait_until(lambda: gateway.metric("yett_issuer_keys_age_seconds") > 4, what="the keys to grow old")
    assert verdict(gateway, idp.keys[0].token(idp.url)) == 200
    assert "unreachable" in readiness(gateway)[1]
    idp.begin()
    harness.wait_until(lambda: gateway.metric("yett_issuer_keys_age_seconds") < 2, timeout=20, what="the keys to be confirmed")


def test_keys_that_are_of_no_use_are_left_out_and_said_so(start, tmp_path, echo, idp):
    good = Key("good")
    idp.keys = [weak_rsa(), oversized_rsa(), {"kty": "oct", "kid": "shared", "k": number(1 << 300)}, Key("enc").jwk(use="enc"),
                Key("rs").jwk(alg="RS256"), Key("p384").jwk(crv="P-384"), Key("off").jwk(x=number(7, 32)), {"kty": 7}, "text", good.jwk()]
    idp.keys = [{} if key == "text" else key for key in idp.keys]
    gateway = run(start, tmp_path, echo, settings_of(idp, algorithms=["ES256", "RS256"]))
    assert verdict(gateway, good.token(idp.url)) == 200
    assert gateway.metric("yett_issuer_keys", issuer=idp.url) == 1
    assert gateway.metric("yett_issuer_keys_left_out", issuer=idp.url) == len(idp.keys) - 1
    assert "1 key, confirmed" in readiness(gateway)[1] and f"{len(idp.keys) - 1} left out" in readiness(gateway)[1]
    assert len(gateway.log(message="a key was left out")) == len(idp.keys) - 1


def test_another_key_of_the_same_name_does_not_end_the_first_at_once(start, tmp_path, echo, idp):
    first, second = Key("one"), Key("one")
    idp.keys = [first]
    gateway = run(start, tmp_path, echo, settings_of(idp, refresh={"least": "1s", "most": "5s"}))
    idp.cache_control = "max-age=1"
    old, new = first.token(idp.url), second.token(idp.url)
    assert [verdict(gateway, old), verdict(gateway, old), verdict(gateway, new)] == [200, 200, 401]
    idp.keys = [second]
    harness.wait_until(lambda: verdict(gateway, new) == 200, what="the new key")
    assert verdict(gateway, old) == verdict(gateway, first.token(idp.url)) == 200
    assert gateway.metric("yett_issuer_keys_displaced", issuer=idp.url) == 1
    assert "2 keys, confirmed " in readiness(gateway)[1] and "1 displaced under its kid" in readiness(gateway)[1]
    assert len(gateway.log(message="a kid stands for another key than before")) == 1
    # After refresh.most it is over, for cached tokens as well.
    harness.wait_until(lambda: verdict(gateway, old) == 401, timeout=20, what="the end of the first key")
    assert verdict(gateway, new) == 200
    assert gateway.metric("yett_issuer_keys_displaced", issuer=idp.url) == 0


def test_two_keys_of_one_name_leave_the_old_one_in_force(start, tmp_path, echo, idp):
    first, imitation = Key("one"), Key("one")
    idp.keys = [first]
    gateway = run(start, tmp_path, echo, settings_of(idp, refresh=OFTEN))
    idp.keys = [imitation, first, Key("two")]
    harness.wait_until(lambda: gateway.metric("yett_issuer_keys_left_out") == 2, what="the second set")
    assert verdict(gateway, first.token(idp.url)) == 200
    assert verdict(gateway, imitation.token(idp.url)) == 401
    assert verdict(gateway, idp.keys[2].token(idp.url)) == 200


def test_a_key_that_the_issuer_takes_away_takes_its_cached_tokens_along(start, tmp_path, echo, idp):
    first, second = Key("one"), Key("two")
    idp.keys = [first, second]
    gateway = run(start, tmp_path, echo, settings_of(idp, refresh=OFTEN))
    token = first.token(idp.url)
    assert verdict(gateway, token) == 200
    idp.keys = [second]
    harness.wait_until(lambda: verdict(gateway, token) == 401, what="the end of the first key")
    assert verdict(gateway, second.token(idp.url)) == 200


# --- where keys may come from --------------------------------------------------------


def test_a_private_address_is_refused_unless_it_is_allowed(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp, private_addresses=None))
    status, text = readiness(gateway)
    assert status == 503 and "forbidden_address" in text
    assert idp.paths == [], "not a byte was sent"


def test_the_certificate_of_the_issuer_is_verified(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    other = start(Issuer(host="127.0.0.2"))
    gateway = run(start, tmp_path, echo, settings_of(idp, ca_file=None),
                  settings_of(other, issuer="https://other.example", jwks_url=f"https://127.0.0.2:{other.port}/keys"))
    status, text = readiness(gateway)
    assert status == 503
    for name in (idp.url, "https://other.example"):
        line = next(line for line in text.splitlines() if line.startswith(f"[-] issuer {name}: "))
        assert "insecure" in line, line
    assert idp.paths == other.paths == []


def test_keys_come_without_tls_from_this_machine_alone(start, tmp_path, echo):
    plain = start(Issuer(tls=False))
    plain.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(plain, ca_file=None, algorithms=["ES256"]))
    assert verdict(gateway, plain.keys[0].token(plain.url)) == 200

    refused = settings_of(plain, private_addresses=None)
    elsewhere = settings_of(plain, issuer="other", jwks_url="http://idp.example/keys")
    (tmp_path / "bad.yaml").write_text(json.dumps(harness.settings(echo.port, tokens={"issuers": [refused, elsewhere]})))
    checked = subprocess.run([harness.BINARY, "check", tmp_path / "bad.yaml"], capture_output=True, text=True, cwd=tmp_path)
    assert checked.returncode == 78
    assert checked.stderr.count("is not an https URL") + checked.stdout.count("is not an https URL") == 2


def test_redirects_are_followed_where_they_are_allowed_and_to_https_alone(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    plain = start(Issuer(tls=False))
    plain.keys = idp.keys
    away = {"there": idp.url + "/keys", "clear": plain.url + "/keys", "file": "file:///etc/passwd", "round": idp.url + "/round"}

    def redirect(connection, path):
        to = away.get(path[1:])
        connection.sendall(reply(b"", "no-store", "302 Found", "Location: " + to) if to else idp.answer(path))

    idp.misbehave = redirect
    named = lambda name, **changes: settings_of(idp, issuer=f"https://{name}.example", jwks_url=f"{idp.url}/{name}", **changes)
    gateway = run(start, tmp_path, echo, *(named(name, redirects=True) for name in away), settings_of(idp, jwks_url=idp.url + "/there"))
    lines = {line.split(" ")[2].rstrip(":"): line for line in readiness(gateway)[1].splitlines() if " issuer " in line}
    assert "[+]" in lines["https://there.example"]
    assert "insecure" in lines["https://clear.example"] and "insecure" in lines["https://file.example"]
    assert "refused" in lines["https://round.example"]
    assert "redirects are not followed" in lines[idp.url]
    assert plain.paths == []
    assert verdict(gateway, idp.keys[0].token("https://there.example")) == 200


def test_metadata_cannot_lead_to_keys_in_the_clear(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    idp.metadata = {"jwks_uri": "http://192.0.2.1/keys"}
    gateway = run(start, tmp_path, echo, settings_of(idp, jwks_url=None, discovery=True))
    assert readiness(gateway)[0] == 503 and "forbidden_address" in readiness(gateway)[1]


def test_orders_that_come_while_the_program_starts_are_carried_out_when_it_serves(start, tmp_path, echo, idp):
    idp.misbehave = lambda *_: time.sleep(3)
    shutil.copytree(harness.certificates(), tmp_path / "certs")
    file = tmp_path / "yett.yaml"
    file.write_text(json.dumps(harness.settings(echo.port, tokens={"issuers": [settings_of(idp)]})))
    program = start(harness.Process([harness.BINARY, "run", file], cwd=tmp_path))
    harness.wait_until(lambda: idp.paths, what="the question for keys")
    for order in (signal.SIGHUP, signal.SIGUSR1):
        program.popen.send_signal(order)
    program.wait_for('"message":"ready"')
    program.wait_for('"certificates were read again"')


def test_the_program_stops_while_an_issuer_hangs(start, tmp_path, echo, idp):
    idp.keys = [Key("one")]
    gateway = run(start, tmp_path, echo, settings_of(idp, timeout="1m"))
    idp.misbehave = lambda connection, path: time.sleep(60)
    threading.Thread(target=verdict, args=(gateway, Key("new").token(idp.url)), daemon=True).start()
    harness.wait_until(lambda: len(idp.paths) == 2, what="the question")
    assert gateway.stop() == 0, "within the 20 s after which it would be killed"


# --- rotation ------------------------------------------------------------------------


def rotate_under_load(gateway, idp, seconds, every=2.0, threads=6):
    """Publishes a key one turn ahead, keeps two old ones, and signs with the newest all know."""
    wrong, asked, used, end = [], [0], set(), time.monotonic() + seconds
    ring = [Key("key-0"), Key("key-1")]
    idp.keys = list(ring)
    signing = [ring[0]]

    def client():
        session = requests.Session()
        while time.monotonic() < end:
            key = signing[0]
            token = key.token(idp.url, jti=os.urandom(8).hex())
            for _ in range(3):
                status = session.get(gateway.http + "/x", headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code
                asked[0] += 1
                if status != 200:
                    wrong.append((key.kid, status))
            used.add(key.kid)

    clients = [threading.Thread(target=client) for _ in range(threads)]
    harness.wait_until(lambda: gateway.metric("yett_issuer_keys") == 2, what="the first keys")
    for each in clients:
        each.start()
    turn = 2
    while time.monotonic() + every < end:
        time.sleep(every)
        signing[0] = ring[-1]
        ring.append(Key(f"key-{turn}"))
        turn += 1
        # Tokens of the last turns are still under way.
        idp.keys = ring[-4:]
    for each in clients:
        each.join()
    return wrong, asked[0], used


def test_keys_of_another_issuer_turn_over_every_two_seconds_without_a_wrong_401(start, tmp_path, echo, idp):
    length = float(os.environ.get("YETT_ROTATION_SECONDS", "10"))
    idp.cache_control = "max-age=1"
    idp.keys = [Key("none-yet")]
    gateway = run(start, tmp_path, echo, settings_of(idp, refresh=OFTEN), workers=4)
    wrong, asked, used = rotate_under_load(gateway, idp, length)
    assert not wrong, wrong[:5]
    assert len(used) >= length / 2 - 2
    print(f"{asked} requests, {len(used)} keys in {length} s, none refused")


# --- a real provider -----------------------------------------------------------------


class Provider(harness.Process):
    """The npm package oidc-provider; its tokens come by the client credentials grant."""

    def __init__(self, folder, port, keys):
        certs = harness.certificates()
        (folder / "provider.json").write_text(json.dumps([key.private_jwk() for key in keys]))
        shutil.copy(harness.ROOT / "tests/oidc/issuer.mjs", OIDC / "issuer.mjs")
        node = shutil.which("node") or "nodejs"
        super().__init__([node, OIDC / "issuer.mjs", port, folder / "provider.json", certs / "leaf.crt", certs / "leaf.key"], cwd=OIDC)
        self.wait_for("listening")
        self.url, self.ca = f"https://localhost:{port}", certs / "ca.crt"

    def token(self):
        reply = requests.post(self.url + "/token", auth=("robot", "secret-of-robots-long-enough"), verify=str(self.ca),
                              data={"grant_type": "client_credentials", "scope": "read"}, timeout=20)
        assert reply.status_code == 200, reply.text
        return reply.json()["access_token"]


@pytest.fixture
def provider_modules():
    assert (OIDC / "node_modules/oidc-provider").is_dir(), "./dev test installs tests/oidc by its lock file"


def test_tokens_of_oidc_provider_through_its_rotation_and_its_outage(start, tmp_path, echo, provider_modules):
    port, first, second = free_port(), Key("first"), Key("second")
    provider = start(Provider(tmp_path, port, [first]))
    gateway = run(start, tmp_path, echo, {
        "issuer": provider.url, "discovery": True, "audience": ["api"], "algorithms": ["ES256"], "ca_file": "certs/ca.crt",
        "private_addresses": True, "claims": {"user": "client_id", "roles": "realm_access.roles"}})
    old = provider.token()
    assert jwt.get_unverified_header(old)["kid"] == "first"
    reply = gateway.call("GET", "/admin/x", old)
    assert reply.status_code == 200, readiness(gateway)
    assert "robot" in reply.text

    # The outage: what is signed stays good.
    provider.stop()
    assert gateway.call("GET", "/admin/x", old).status_code == 200

    # Its rotation: it comes back and signs with a key that nobody has seen.
    provider = start(Provider(tmp_path, port, [second, first]))
    new = provider.token()
    assert jwt.get_unverified_header(new)["kid"] == "second"
    assert gateway.call("GET", "/admin/x", new).status_code == 200, "fetched for this very request"
    assert gateway.call("GET", "/admin/x", old).status_code == 200
    assert gateway.metric("yett_issuer_keys") == 2
    assert gateway.metric("yett_issuer_questions_total") == 1
