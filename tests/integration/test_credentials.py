"""Whose credential is whose: other issuers' users, the application's own tokens, keys as passwords, tokens as subprotocols."""

import base64
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

import harness

IDP = "https://idp.example/realms/shop"
OURS = "https://app.example.com"
COOKIE = "yett_access"
SITE = {"Sec-Fetch-Site": "same-origin"}


class Idp:
    """Another issuer, whose key is in a file."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        coordinate = lambda n: base64.urlsafe_b64encode(n.to_bytes(32, "big")).rstrip(b"=").decode()
        jwk = {"kty": "EC", "crv": "P-256", "x": coordinate(numbers.x), "y": coordinate(numbers.y), "kid": "idp"}
        (folder / "idp.json").write_text(json.dumps({"keys": [jwk]}))

    def token(self, iss=IDP, **claims):
        now = int(time.time())
        said = {"iss": iss, "aud": "api", "sub": "jo", "iat": now, "exp": now + 600, **claims}
        return jwt.encode({k: v for k, v in said.items() if v is not None}, self.key, algorithm="ES256", headers={"kid": "idp"})


def config(port, users=(), **issuer):
    made = harness.settings(port, logging={"access": "access.log", "audit": "audit.log", "format": "json"})
    made["tokens"] |= {"access_transport": "both", "issuers": [
        {"issuer": IDP, "audience": ["api"], "algorithms": ["ES256"], "jwks_file": "idp.json", **issuer}]}
    made["accounts"] |= {"cookie": {"secure": False}, "pages": {"enabled": False}}
    rule = lambda name, access="authenticated", **more: {"name": name, "match": {"path": f"/{name}/**"}, "access": access, "upstream": "app", **more}
    made["routes"][0:0] = [
        rule("optional", "optional"),
        rule("users", {"users": list(users) or ["nobody"]}),
        rule("corp", {"emails": ["*@corp.example"]}),
        rule("git", challenge="basic"),
        rule("sent", forward_credentials=True),
        rule("field", access_header="X-Access"),
        rule("pages", websocket={"token_by_protocol": True}),
        rule("bare", websocket={}),
    ]
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("credentials")


@pytest.fixture(scope="module")
def idp(folder):
    return Idp(folder)


@pytest.fixture(scope="module")
def gateway(folder, idp, upstream):
    program = harness.Gateway(folder, config(upstream.port))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def ada(gateway):
    return gateway.user()


@pytest.fixture(scope="module")
def key(gateway, ada):
    made = gateway.call("POST", "/auth/api-keys", ada["access_token"], json={"name": "test"})
    assert made.status_code == 201, made.text
    return made.json()["key"]


def basic(password, user="x"):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def seen(upstream, name):
    return [value.decode() for value in harness.header_values(upstream.heads[-1], name)]


def passed(gateway, upstream, path, token=None, **headers):
    """The Authorization fields that the application saw."""
    reply = gateway.call("GET", path, token, headers=headers)
    assert reply.status_code == 200, reply.text
    return seen(upstream, "Authorization")


def last_line(gateway, path):
    def look():
        lines = [json.loads(line) for line in (gateway.folder / "access.log").read_text().splitlines()]
        return [line for line in lines if line.get("path") == path]
    return harness.wait_until(look, what=f"a line about {path}")[-1]


# --- other issuers' users --------------------------------------------------------------

def test_a_foreign_subject_that_is_a_local_id_is_not_that_user(start, tmp_path, upstream):
    idp = Idp(tmp_path)
    first = start(harness.Gateway(tmp_path, config(upstream.port)))
    ada = first.user()
    me = ada["user"]["id"]
    first.stop()
    gateway = start(harness.Gateway(tmp_path, config(upstream.port, users=[me, "idp.example:jo"])))
    assert gateway.call("GET", "/users/x", ada["access_token"]).status_code == 200
    assert gateway.call("GET", "/users/x", idp.token(sub=me)).status_code == 403
    assert gateway.call("GET", "/users/x", idp.token(sub="jo")).status_code == 200
    assert seen(upstream, "X-Yett-User") == ["idp.example:jo"]
    assert gateway.call("GET", "/auth/me", idp.token(sub=me)).status_code == 403


def test_bare_subjects_stand_as_they_came(start, tmp_path, upstream):
    idp = Idp(tmp_path)
    made = config(upstream.port, users=["jo"], bare_subjects=True)
    made["accounts"]["registration"] = "closed"
    gateway = start(harness.Gateway(tmp_path, made))
    assert gateway.call("GET", "/users/x", idp.token()).status_code == 200
    assert seen(upstream, "X-Yett-User") == ["jo"]


def test_an_address_that_nobody_verified_opens_nothing_and_is_told_to_nobody(gateway, upstream, idp):
    mail = "root@corp.example"
    for claims in ({}, {"email_verified": False}, {"email_verified": None}):
        assert gateway.call("GET", "/corp/x", idp.token(email=mail, **claims)).status_code == 403
        assert gateway.call("GET", "/any", idp.token(email=mail, **claims)).status_code == 200
        assert seen(upstream, "X-Yett-Email") == []
    assert gateway.call("GET", "/corp/x", idp.token(email=[mail, "other@x.example"], email_verified=True)).status_code == 200
    assert seen(upstream, "X-Yett-Email") == [mail]


def test_the_log_says_which_claim_or_limit_was_the_matter(gateway, idp):
    assert gateway.call("GET", "/cause/claim", idp.token(sub=None)).status_code == 401
    assert "`sub`" in last_line(gateway, "/cause/claim")["cause"]
    deep = [1]
    for _ in range(40):
        deep = [deep]
    assert gateway.call("GET", "/cause/depth", idp.token(x=deep)).status_code == 401
    assert "32 deep" in last_line(gateway, "/cause/depth")["cause"]
    assert gateway.call("GET", "/cause/kind", idp.token(token_use="id")).status_code == 401
    assert "`token_use`" in last_line(gateway, "/cause/kind")["cause"]


# --- the application's own tokens --------------------------------------------------------

def test_a_bearer_of_the_applications_own_passes_where_nobody_looks_at_it(gateway, upstream, idp):
    theirs = idp.token(iss="https://application.example")
    for token in ("opaque", theirs, "ghp_0123456789"):
        assert passed(gateway, upstream, "/public/x", token) == [f"Bearer {token}"]


def test_ours_never_pass_expired_ones_included(gateway, upstream, idp, ada, key):
    ours = ada["access_token"]
    stale = idp.token(exp=int(time.time()) - 9999)
    for token in (ours, ours[:-3] + "abc", idp.token(), stale, key, ada["refresh_token"], "yl1_abc", f"x, {ours}"):
        assert passed(gateway, upstream, "/public/x", token) == [], token


def test_a_foreign_bearer_passes_beside_a_cookie_that_speaks_for_the_caller(gateway, upstream, ada):
    cookie = {"Cookie": f"{COOKIE}={ada['access_token']}"}
    for path in ("/any", "/optional/x"):
        assert passed(gateway, upstream, path, "opaque", **cookie) == ["Bearer opaque"]
        assert seen(upstream, "X-Yett-User") == [ada["user"]["id"]]
        assert seen(upstream, "Cookie") == []
    assert gateway.call("POST", "/any", "opaque", headers=cookie).status_code == 403, "the cookie decides, and needs an origin"
    assert gateway.call("POST", "/any", "opaque", headers=cookie | SITE).status_code == 200


def test_as_the_only_credential_a_bearer_is_judged(gateway):
    for path in ("/any", "/optional/x"):
        assert gateway.call("GET", path, "opaque").status_code == 401
        assert gateway.call("GET", path, "opaque", headers={"Cookie": f"{COOKIE}=garbage"}).status_code == 401
        assert gateway.call("GET", path, "opaque", headers={"Cookie": "other=1"}).status_code == 401


def test_an_expired_token_of_ours_beside_a_good_cookie_is_still_ours(gateway, idp, ada):
    cookie = {"Cookie": f"{COOKIE}={ada['access_token']}"}
    assert gateway.call("GET", "/any", idp.token(exp=int(time.time()) - 9999), headers=cookie).status_code == 401


def test_the_proved_token_goes_on_where_the_rule_says_so_and_nothing_else_does(gateway, upstream, idp, ada, key):
    for token in (ada["access_token"], idp.token()):
        assert passed(gateway, upstream, "/sent/x", token) == [f"Bearer {token}"]
        assert passed(gateway, upstream, "/any", token) == []
    assert passed(gateway, upstream, "/sent/x", key) == []
    assert passed(gateway, upstream, "/sent/x", **{"X-Api-Key": key}) == [] and seen(upstream, "X-Api-Key") == []
    cookie = {"Cookie": f"{COOKIE}={ada['access_token']}"}
    assert passed(gateway, upstream, "/sent/x", **cookie) == [] and seen(upstream, "Cookie") == []


def test_a_rule_may_take_the_token_from_a_field_of_its_own(gateway, upstream, idp, ada):
    ours = ada["access_token"]
    for value in (ours, f"Bearer {ours}"):
        assert passed(gateway, upstream, "/field/x", "opaque", **{"X-Access": value}) == ["Bearer opaque"]
        assert seen(upstream, "X-Access") == [] and seen(upstream, "X-Yett-User") == [ada["user"]["id"]]
    assert passed(gateway, upstream, "/field/x", ours, **{"X-Access": idp.token()}) == []
    assert seen(upstream, "X-Yett-User") == ["idp.example:jo"]
    assert gateway.call("GET", "/field/x", ours).status_code == 401
    assert passed(gateway, upstream, "/public/x", **{"X-Access": "mine"}) == [] and seen(upstream, "X-Access") == ["mine"]


def spellings(token):
    encoded = lambda text: base64.b64encode(text.encode()).decode()
    return [f"Token {token}", f"Basic {token}", f"Basic {encoded('x:' + token)}", f"Basic {encoded(token + ':')}", f"Bearer .{token}",
            f"bearer   {token}", f'Bearer "{token}"', f"Bearer:{token}", f'Digest username="{token}"', f"Token access_token={token}", token,
            f"Token {encoded('x:' + token)}", f"Bearer {token}."]


def test_no_spelling_brings_a_token_of_ours_to_an_application(gateway, upstream, idp, ada, key):
    stale = idp.token(exp=int(time.time()) - 9999)
    for token in (ada["access_token"], idp.token(), stale, key, ada["refresh_token"]):
        for value in spellings(token):
            for field in ("Authorization", "X-Api-Key", "X-Access", "X-Access-Token", "Proxy-Authorization"):
                reply = gateway.call("GET", "/public/x", headers={field: value})
                assert seen(upstream, field) == [], (field, value)
                assert reply.status_code in (200, 401), (field, value)
        for value in (v for v in spellings(token) if not v.lower().startswith("bearer")):
            assert passed(gateway, upstream, "/field/x", **{"X-Access": ada["access_token"], "Authorization": value}) == [], value
            assert passed(gateway, upstream, "/sent/x", **{"Cookie": f"{COOKIE}={ada['access_token']}", "Authorization": value}) == [], value


def test_sibling_every_spelling_of_another_ones_token_passes(gateway, upstream, idp):
    theirs = idp.token(iss="https://application.example")
    for value in spellings(theirs) + [basic("secret")["Authorization"], "ApiKey 1", "AWS4-HMAC-SHA256 Credential=AKID/20150830/us-east-1"]:
        assert passed(gateway, upstream, "/public/x", **{"Authorization": value}) == [value]
        assert passed(gateway, upstream, "/public/x", **{"X-Access-Token": value}) == [] and seen(upstream, "X-Access-Token") == [value]


# --- keys as passwords ---------------------------------------------------------------------

def test_a_key_is_the_password_of_basic_where_the_rule_says_so(gateway, upstream, ada, key):
    for user in ("x", "", "ada@example.com"):
        assert gateway.call("GET", "/git/x", headers=basic(key, user)).status_code == 200
        assert seen(upstream, "Authorization") == [] and seen(upstream, "X-Yett-User") == [ada["user"]["id"]]
    for wrong in (key[:-1] + ("A" if key[-1] != "A" else "B"), "secret", "", ada["access_token"]):
        refused = gateway.call("GET", "/git/x", headers=basic(wrong))
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == 'Basic realm="Yett", charset="UTF-8"'


def test_basic_counts_as_a_cookie_does(gateway, key):
    foreign = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"})
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert gateway.call(method, "/git/x", headers=basic(key)).status_code == 200, "programs say nothing"
        assert gateway.call(method, "/git/x", headers=basic(key) | SITE).status_code == 200
        for origin in foreign:
            refused = gateway.call(method, "/git/x", headers=basic(key) | origin)
            assert refused.status_code == 403 and refused.json()["code"] == "csrf_rejected", (method, origin)
    for method in ("GET", "HEAD", "OPTIONS"):
        for origin in foreign:
            assert gateway.call(method, "/git/x", headers=basic(key) | origin).status_code == 200


def test_a_browsers_request_gets_no_box_to_type_into(gateway):
    for mode in ("navigate", "cors", "no-cors"):
        refused = gateway.call("GET", "/git/x", headers={"Sec-Fetch-Mode": mode})
        assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Yett"'
    assert gateway.call("GET", "/git/x").headers["WWW-Authenticate"].startswith("Basic ")


def test_elsewhere_a_key_in_basic_counts_for_nothing_and_the_log_says_why(gateway, upstream, key):
    refused = gateway.call("GET", "/elsewhere", headers=basic(key))
    assert refused.status_code == 401 and refused.headers["WWW-Authenticate"] == 'Bearer realm="Yett"'
    assert "challenge: basic" in last_line(gateway, "/elsewhere")["cause"]
    for path in ("/public/x", "/optional/x"):
        assert passed(gateway, upstream, path, **basic(key)) == []
        assert passed(gateway, upstream, path, **basic("", user=key)) == []
        assert passed(gateway, upstream, path, **basic("secret")) == [basic("secret")["Authorization"]]


# --- tokens as subprotocols ----------------------------------------------------------------

def handshake(gateway, path, protocols, origin=True, **more):
    host = f"127.0.0.1:{gateway.plain_port}"
    fields = {"Host": host, "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
              "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": protocols, **more}
    if origin:
        fields["Origin"] = f"http://{host}" if origin is True else origin
    with gateway.raw() as client:
        head = f"GET {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items() if v is not None)
        client.send(head.encode() + b"\r\n")
        reply = b""
        while b"\r\n\r\n" not in reply and (part := client.socket.recv(65536)):
            reply += part
        return reply


@pytest.fixture
def switching(upstream):
    chosen = {"protocol": b""}
    switch = (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")
    def answer(head, connection):
        connection.sendall(switch + (b"Sec-WebSocket-Protocol: " + chosen["protocol"] + b"\r\n" if chosen["protocol"] else b"") + b"\r\n")
        connection.close()
    before, upstream.answer = upstream.answer, answer
    yield chosen
    upstream.answer = before


def status(reply):
    return int(reply.split(b" ", 2)[1])


def test_a_page_brings_its_token_as_a_subprotocol(gateway, upstream, switching, ada):
    token = ada["access_token"]
    alone = handshake(gateway, "/pages/x", f"yett.bearer, yett.bearer.{token}")
    assert status(alone) == 101, alone
    assert harness.header_values(alone, "Sec-WebSocket-Protocol") == [b"yett.bearer"]
    assert seen(upstream, "Sec-WebSocket-Protocol") == [] and seen(upstream, "X-Yett-User") == [ada["user"]["id"]]

    switching["protocol"] = b"chat"
    beside = handshake(gateway, "/pages/x", f"yett.bearer.{token}, chat, superchat")
    assert status(beside) == 101 and harness.header_values(beside, "Sec-WebSocket-Protocol") == [b"chat"]
    assert seen(upstream, "Sec-WebSocket-Protocol") == ["chat, superchat"]


def test_a_token_among_the_subprotocols_needs_an_allowed_origin(gateway, switching, ada):
    offered = f"yett.bearer, yett.bearer.{ada['access_token']}"
    assert status(handshake(gateway, "/pages/x", offered, origin=None)) == 403
    assert status(handshake(gateway, "/pages/x", offered, origin="https://evil.example")) == 403
    assert status(handshake(gateway, "/pages/x", "yett.bearer, chat")) == 401
    assert status(handshake(gateway, "/pages/x", offered + ", yett.bearer.x")) == 401
    assert status(handshake(gateway, "/pages/x", "yett.bearer, yett.bearer.garbage")) == 401


def test_without_the_setting_such_a_token_counts_for_nothing_and_goes_nowhere(gateway, upstream, switching, ada):
    token = ada["access_token"]
    assert status(handshake(gateway, "/bare/x", f"yett.bearer, yett.bearer.{token}")) == 401
    reply = handshake(gateway, "/bare/x", f"yett.bearer.{token}, chat", **{"Authorization": f"Bearer {token}"})
    assert status(reply) == 101 and seen(upstream, "Sec-WebSocket-Protocol") == ["chat"]
    assert token.encode() not in upstream.heads[-1] and b"yett.bearer" not in reply


def test_no_credential_is_ever_logged(gateway, upstream, ada, key):
    for path in ("/git/x", "/elsewhere", "/public/x"):
        gateway.call("GET", path, headers=basic(key))
    handshake(gateway, "/pages/x", f"yett.bearer.{ada['access_token']}")
    encoded = basic(key)["Authorization"].split()[1]
    written = "\n".join(gateway.lines) + "".join((gateway.folder / name).read_text() for name in ("access.log", "audit.log"))
    for secret in (key, encoded, ada["access_token"], "yett.bearer"):
        assert secret not in written
    assert not any(key.encode() in head or encoded.encode() in head for head in upstream.heads)
