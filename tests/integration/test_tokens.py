"""Attacks on tokens, with keys and spellings that no library would let through by itself."""

import base64
import hashlib
import hmac
import json
import random
import socket
import stat
import time

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import harness

IDP = "https://idp.example/"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A private key, its JWK, and signatures made without asking what they are for."""

    def __init__(self, alg, kid):
        self.alg, self.kid = alg, kid
        make = {"ES256": lambda: ec.generate_private_key(ec.SECP256R1()), "EdDSA": ed25519.Ed25519PrivateKey.generate}
        self.private = make.get(alg, lambda: rsa.generate_private_key(65537, 2048))()
        self.public = self.private.public_key()

    def sign(self, data):
        if self.alg == "ES256":
            r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        if self.alg == "EdDSA":
            return self.private.sign(data)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.private.sign(data, pss if self.alg == "PS256" else padding.PKCS1v15(), hashes.SHA256())

    def jwk(self):
        common = {"kid": self.kid, "alg": self.alg, "use": "sig"}
        if self.alg == "ES256":
            at = self.public.public_numbers()
            return {**common, "kty": "EC", "crv": "P-256", "x": number(at.x, 32), "y": number(at.y, 32)}
        if self.alg == "EdDSA":
            raw = self.public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {**common, "kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        at = self.public.public_numbers()
        return {**common, "kty": "RSA", "n": number(at.n), "e": number(at.e)}

    def spki(self, encoding):
        return self.public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)


def hs256(secret=harness.SECRET):
    return lambda data: hmac.new(secret if isinstance(secret, bytes) else secret.encode(), data, hashlib.sha256).digest()


def compact(header, claims, sign):
    """A JWS. Texts are taken as they are, everything else becomes JSON."""
    text = lambda part: part if isinstance(part, str) else json.dumps(part)
    signed = f"{b64(text(header).encode())}.{b64(text(claims).encode())}"
    return f"{signed}.{b64(sign(signed.encode()))}"


@pytest.fixture(scope="module")
def keys():
    return {alg: Key(alg, f"key-of-{alg}") for alg in ("RS256", "PS256", "ES256", "EdDSA")}


@pytest.fixture(scope="module")
def gateway(echo, keys, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateway")
    issuers = []
    for alg, key in keys.items():
        (folder / f"{alg}.json").write_text(json.dumps({"keys": [key.jwk()]}))
        issuers.append({"issuer": IDP + alg, "name": alg, "audience": ["api"], "algorithms": [alg], "jwks_file": f"{alg}.json",
                        "claims": {"user": "sub", "email": "contact.mail", "roles": "realm_access.roles"}})
    # Far more forged tokens than strangers may have checked; test_strangers.py is about that.
    program = harness.Gateway(folder, harness.settings(echo.port, tokens={"issuers": issuers}, limits={"verifications": {"rate": "100000/s"}}))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def ours(gateway):
    """Header and claims of a token that the gateway gave out."""
    token = gateway.user("forger@example.com")["access_token"]
    return jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})


def theirs(alg, **changes):
    now = int(time.time())
    claims = {"iss": IDP + alg, "aud": "api", "sub": "u-" + alg, "iat": now, "exp": now + 600, "contact": {"mail": "jo@idp.example"}, "email_verified": True,
              "realm_access": {"roles": ["admin", "auditor"]}, **changes}
    return {k: v for k, v in claims.items() if v is not None}


def without_id(reply):
    body = reply.json()
    assert body.pop("request_id")
    return body


REFUSAL = {"type": "about:blank", "title": "Authentication required", "status": 401, "code": "unauthenticated"}


def assert_refused(reply, challenge='Bearer realm="Yett", error="invalid_token"'):
    assert reply.status_code == 401, reply.text
    assert without_id(reply) == REFUSAL
    assert reply.headers["WWW-Authenticate"] == challenge
    assert reply.headers["Content-Type"] == "application/problem+json"


def changed(ours, header=None, sign=None, **claims):
    """Our own token with one thing changed; None takes a member away."""
    merged = [{k: v for k, v in {**old, **(new or {})}.items() if v is not None} for old, new in zip(ours, (header, claims))]
    return compact(*merged, sign or hs256())


def literal(ours, name, text):
    """A claim spelled as no encoder spells it."""
    return compact(ours[0], json.dumps({**ours[1], name: "@@"}).replace('"@@"', text), hs256())


def test_the_forger_has_the_right_key(gateway, ours):
    """Every refusal below is due to the one thing that it changes."""
    assert gateway.call("GET", "/hello", changed(ours)).status_code == 200
    assert gateway.call("GET", "/hello", changed(ours, jti="another")).status_code == 200


def test_nothing_sent_is_another_challenge_and_the_same_body(gateway):
    assert_refused(gateway.call("GET", "/hello"), 'Bearer realm="Yett"')
    assert_refused(gateway.call("GET", "/hello", headers={"Authorization": "Basic YTpi"}), 'Bearer realm="Yett"')


LATER = 4102444800                                             # 2100
CLAIMS = {
    "expired": {"exp": 1700000000},
    "not yet": {"nbf": LATER, "exp": LATER + 1},
    "issued later": {"iat": LATER, "exp": LATER + 1},
    "another issuer": {"iss": "https://auth.example.com/"},
    "issuer in capitals": {"iss": "https://AUTH.example.com"},
    "no issuer": {"iss": None},
    "list of issuers": {"iss": ["https://auth.example.com"]},
    "another audience": {"aud": "other"},
    "longer audience": {"aud": "api2"},
    "no audience": {"aud": None},
    "empty audience": {"aud": []},
    "no exp": {"exp": None},
    "exp as text": {"exp": "4102444800"},
    "negative exp": {"exp": -1},
    "no sub": {"sub": None},
    "empty sub": {"sub": ""},
    "number as sub": {"sub": 7},
    "a refresh token by type": {"type": "refresh"},
    "no type": {"type": None},
}


@pytest.mark.parametrize("name", CLAIMS)
def test_wrong_claims_are_refused(gateway, ours, name):
    assert_refused(gateway.call("GET", "/hello", changed(ours, **CLAIMS[name])))


@pytest.mark.parametrize("claim,text", [
    ("exp", "4102444800.5"), ("exp", "1e999"), ("exp", "4.1e9"), ("exp", "true"), ("exp", "null"), ("exp", "[4102444800]"),
    ("exp", "99999999999999999999"), ("exp", "NaN"), ("nbf", "1.5"), ("nbf", '"0"'), ("iat", "-1e300"),
    ("exp", '4102444800,"exp":4102444801'), ("roles", '["admin"],"roles":[]'), ("sub", '"\\ud800"'),
])
def test_claims_in_odd_spellings_are_refused(gateway, ours, claim, text):
    assert_refused(gateway.call("GET", "/hello", literal(ours, claim, text)))


HEADERS = {
    "alg none": {"alg": "none"}, "alg NONE": {"alg": "NONE"}, "alg empty": {"alg": ""}, "no alg": {"alg": None},
    "alg in small letters": {"alg": "hs256"}, "HS512": {"alg": "HS512"}, "alg of another kind": {"alg": "RS256"},
    "alg as a list": {"alg": ["HS256"]}, "typ of an ID token": {"typ": "JWT"}, "no typ": {"typ": None},
    "crit": {"crit": ["exp"]}, "crit empty": {"crit": []}, "crit b64": {"crit": ["b64"], "b64": False}, "b64 false": {"b64": False},
    "unknown kid": {"kid": "nobody"}, "kid is a path": {"kid": "../../../../dev/null"}, "kid is SQL": {"kid": "' OR 1=1 --"},
    "kid is a number": {"kid": 1}, "kid is long": {"kid": "k" * 3000}, "kid has a NUL": {"kid": "a\0b"}, "kid empty": {"kid": ""},
}


@pytest.mark.parametrize("name", HEADERS)
def test_wrong_headers_are_refused_though_signed_well(gateway, ours, name):
    assert_refused(gateway.call("GET", "/hello", changed(ours, HEADERS[name])))


@pytest.mark.parametrize("alg", ["none", "None", "nOnE", "HS256"])
@pytest.mark.parametrize("signature", [b"", b"\0", hs256("")(b"")])
def test_without_a_signature_nobody_enters(gateway, ours, alg, signature):
    assert_refused(gateway.call("GET", "/hello", changed(ours, {"alg": alg}, lambda data: signature)))
    assert_refused(gateway.call("GET", "/hello", changed(ours, {"alg": alg, "kid": None}, lambda data: signature)))


def test_a_public_key_is_no_shared_secret(gateway, keys, ours):
    for key in keys.values():
        spellings = [key.spki(serialization.Encoding.PEM), key.spki(serialization.Encoding.PEM).strip(),
                     key.spki(serialization.Encoding.DER), json.dumps(key.jwk()).encode(), b""]
        for spelling in spellings:
            for kid in (key.kid, None, ours[0]["kid"]):
                header = {k: v for k, v in {"alg": "HS256", "typ": "at+jwt", "kid": kid}.items() if v}
                for claims in (ours[1], theirs(key.alg)):
                    assert_refused(gateway.call("GET", "/hello", compact(header, claims, hs256(spelling))))


def test_keys_in_the_header_are_neither_fetched_nor_believed(gateway, ours):
    """Everything that points to a key points to a socket that hears nothing."""
    attacker = Key("RS256", "attacker")
    with socket.create_server(("127.0.0.1", 0)) as trap:
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/keys.json"
        pointers = [{"jku": url}, {"x5u": url}, {"jwk": attacker.jwk()}, {"x5c": [b64(attacker.spki(serialization.Encoding.DER))]},
                    {"kid": url}, {"jku": url, "x5u": url, "jwk": attacker.jwk(), "kid": "attacker"}]
        for pointer in pointers:
            for claims in (ours[1], theirs("RS256")):
                header = {"alg": "RS256", "typ": "at+jwt", **pointer}
                assert_refused(gateway.call("GET", "/hello", compact(header, claims, attacker.sign)))
        assert gateway.call("GET", "/hello", changed(ours, {"jku": url, "x5u": url, "jwk": attacker.jwk()})).status_code == 200
        trap.settimeout(0.2)
        with pytest.raises(socket.timeout):
            trap.accept()


def test_other_serialisations_are_refused(gateway, ours):
    good = changed(ours)
    header, payload, signature = good.split(".")
    whole = {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
    flat = {"payload": payload, "protected": header, "signature": signature}
    for spelling in (good + ".", good + ".a", good + ".a.a", f"{header}..{signature}", f".{payload}.{signature}", f"{header}.{payload}",
                     f"{header}.{payload}.", header, ".", "..", "....", "." * 200, json.dumps(flat, separators=(",", ":")),
                     json.dumps(whole, separators=(",", ":")), f'"{good}"', good + "," + good, "a" * 12000):
        assert_refused(gateway.call("GET", "/hello", spelling))
    for header in ("[]", '"HS256"', "{", '{"alg":"HS256","alg":"HS256"}', "[" * 5000, '{"alg":"HS256","x":' + "[" * 500 + "]" * 500 + "}"):
        assert_refused(gateway.call("GET", "/hello", compact(header, ours[1], hs256())))
    for payload in ("[]", "null", "{", "\xff", "{" + '"a":{' * 500 + "}" * 501, '{"a":"' + "a" * 11000 + '"}'):
        assert_refused(gateway.call("GET", "/hello", compact(ours[0], payload, hs256())))


def test_a_cached_token_lends_nothing_to_its_likes(gateway, ours):
    good = changed(ours, jti="cached")
    for _ in range(10):
        assert gateway.call("GET", "/hello", good).status_code == 200
    header, payload, signature = good.split(".")
    admin = b64(json.dumps({**ours[1], "roles": ["admin"]}).encode())
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = alphabet[alphabet.index(signature[-1]) ^ 1]          # 32 bytes leave two spare bits in the last character
    likes = [f"{header}.{admin}.{signature}", good + "=", good + "==", f"{header}=.{payload}.{signature}", f"{header}.{payload}==.{signature}",
             good[:-1] + twin, good[:-1], good + "A", good.swapcase(), f"{header}.{payload}.{signature[::-1]}", f"{header}.{payload}.{signature[:-2]}%3D"]
    for like in likes:
        assert_refused(gateway.call("GET", "/hello", like))
        assert_refused(gateway.call("GET", "/admin/x", like))
    assert gateway.call("GET", "/hello", good).status_code == 200


def test_a_token_of_the_year_9999_does_not_end_what_it_opened(gateway, keys):
    token = compact({"alg": "ES256", "typ": "at+jwt", "kid": keys["ES256"].kid}, theirs("ES256", exp=253402300799), keys["ES256"].sign)
    assert gateway.call("GET", "/slow/2500", token).status_code == 200


@pytest.mark.parametrize("kind", ["HS256", "RS256", "ES256", "EdDSA"])
def test_no_change_of_any_character_passes(gateway, ours, keys, kind):
    good = changed(ours) if kind == "HS256" else compact({"alg": kind, "kid": keys[kind].kid}, theirs(kind), keys[kind].sign)
    dice = random.Random(kind)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ "
    with requests.Session() as session:
        ask = lambda token: session.get(gateway.http + "/hello", headers={"Authorization": f"Bearer {token}"}, timeout=20)
        for _ in range(200):
            assert ask(good).status_code == 200
            at = dice.randrange(len(good))
            # A blank at the end is not part of a field's value.
            other = dice.choice([c for c in alphabet if c != good[at] and (c != " " or 0 < at < len(good) - 1)])
            assert_refused(ask(good[:at] + other + good[at + 1:]))


def test_another_spelling_of_the_scheme_is_fine_and_odd_fields_are_not(gateway, ours):
    good = changed(ours)
    for scheme in ("bearer ", "BEARER ", "Bearer  "):
        assert gateway.call("GET", "/hello", headers={"Authorization": scheme + good}).status_code == 200
    for value in ("Bearer", f"Bearer {good} {good}", f"Bearer {good},Bearer {good}", f"Bearer {good}, realm=x", f"Bearer\t{good}"):
        reply = gateway.call("GET", "/hello", headers={"Authorization": value})
        assert reply.status_code == 401 and without_id(reply) == REFUSAL


def test_kinds_of_tokens_do_not_stand_in_for_each_other(gateway):
    grant = gateway.user("kinds@example.com")
    assert_refused(gateway.call("GET", "/hello", grant["refresh_token"]))
    reply = gateway.call("POST", "/auth/refresh", json={"refresh_token": grant["access_token"]})
    assert reply.status_code == 401
    assert gateway.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]}).status_code == 200


def test_a_token_in_the_query_counts_for_nothing(gateway, ours):
    for name in ("access_token", "token", "jwt", "authorization"):
        assert_refused(gateway.call("GET", f"/hello?{name}={changed(ours)}"), 'Bearer realm="Yett"')
    assert_refused(gateway.call("GET", "/hello", headers={"Cookie": f"access_token={changed(ours)}; token={changed(ours)}"}), 'Bearer realm="Yett"')


def test_two_tokens_in_one_request_are_refused(gateway, ours):
    good, other = changed(ours), changed(ours, jti="other")
    for first, second in ((good, good), (good, other), (good, "x"), ("x", good)):
        with gateway.raw() as client:
            head = f"GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAuthorization: Bearer {first}\r\nAuthorization: Bearer {second}\r\n\r\n"
            data = client.send(head.encode()).read_all()
        head, _, body = data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 401 "), data
        assert harness.header_values(head, "WWW-Authenticate") == [b'Bearer realm="Yett", error="invalid_token"']
        told = json.loads(body)
        told.pop("request_id")
        assert told == REFUSAL


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
def test_tokens_of_other_issuers_are_accepted_with_their_own_claim_names(gateway, keys, alg):
    key = keys[alg]
    for header in ({"alg": alg, "kid": key.kid}, {"alg": alg, "kid": key.kid, "typ": "JWT"}, {"alg": alg, "typ": "at+jwt", "kid": key.kid}):
        token = compact(header, theirs(alg, aud=["other", "api"]), key.sign)
        reply = gateway.call("GET", "/admin/x", token)
        assert reply.status_code == 200, reply.text
        seen = {k.lower(): v for k, v in reply.json()["headers"].items()}
        assert seen["x-yett-user"] == f"{alg}:u-{alg}" and seen["x-yett-email"] == "jo@idp.example"
        assert seen["x-yett-roles"].replace(" ", "") == "admin,auditor"
    plain = compact({"alg": alg, "kid": key.kid}, theirs(alg, realm_access=None, roles=["admin"]), key.sign)
    assert gateway.call("GET", "/admin/x", plain).status_code == 403
    for wrong in ({"exp": int(time.time()) - 100}, {"aud": "other"}, {"iss": IDP + "other"}, {"sub": None}):
        assert_refused(gateway.call("GET", "/hello", compact({"alg": alg, "kid": key.kid}, theirs(alg, **wrong), key.sign)))
    assert_refused(gateway.call("GET", "/hello", compact({"alg": alg, "kid": key.kid, "typ": "dpop+jwt"}, theirs(alg), key.sign)))
    good = compact({"alg": alg, "kid": key.kid}, theirs(alg), key.sign)
    assert_refused(gateway.call("GET", "/hello", good[:-10] + ("A" if good[-10] != "A" else "B") + good[-9:]))


def test_a_key_serves_its_own_issuer_alone(gateway, keys, ours):
    for signer in keys.values():
        for victim in keys.values():
            if victim is signer:
                continue
            for kid in (signer.kid, victim.kid, None):
                for alg in (signer.alg, victim.alg):
                    header = {k: v for k, v in {"alg": alg, "kid": kid}.items() if v}
                    assert_refused(gateway.call("GET", "/hello", compact(header, theirs(victim.alg), signer.sign)))
        for kid in (signer.kid, ours[0]["kid"]):
            header = {"alg": signer.alg, "kid": kid, "typ": "at+jwt"}
            assert_refused(gateway.call("GET", "/hello", compact(header, ours[1], signer.sign)))
    header = {**ours[0]}
    assert_refused(gateway.call("GET", "/hello", compact(header, theirs("RS256"), hs256())))


def test_an_elliptic_signature_has_one_form(gateway, keys):
    key, header = keys["ES256"], {"alg": "ES256", "kid": keys["ES256"].kid}
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    forms = [lambda d: key.private.sign(d, ec.ECDSA(hashes.SHA256())), lambda d: bytes(64), lambda d: key.sign(d) + b"\0", lambda d: key.sign(d)[:-1],
             lambda d: key.sign(d)[:32] + order.to_bytes(32, "big"), lambda d: order.to_bytes(32, "big") + key.sign(d)[32:], lambda d: b"\xff" * 64]
    for form in forms:
        assert_refused(gateway.call("GET", "/hello", compact(header, theirs("ES256"), form)))


@pytest.mark.parametrize("alg", ["ES256", "EdDSA", "RS256"])
def test_own_keys_are_made_kept_and_published(start, echo, tmp_path, alg):
    config = harness.settings(echo.port)
    config["tokens"] = {"issuer": "https://auth.example.com", "audience": ["api"], "algorithm": alg, "keys": {"directory": "keys"}}
    gateway = start(harness.Gateway(tmp_path, config))
    token = gateway.user()["access_token"]
    assert gateway.call("GET", "/hello", token).status_code == 200

    files = [f for f in (tmp_path / "keys").rglob("*") if f.is_file()]
    assert files and {stat.S_IMODE(f.stat().st_mode) for f in files} == {0o600}

    published = gateway.call("GET", "/.well-known/jwks.json")
    assert published.headers["Content-Type"] == "application/jwk-set+json"
    assert not {"d", "p", "q", "k", "dp", "dq", "qi"} & {name for jwk in published.json()["keys"] for name in jwk}
    header = jwt.get_unverified_header(token)
    assert header["alg"] == alg and header["typ"] == "at+jwt"
    key = next(k for k in jwt.PyJWKSet.from_dict(published.json()).keys if k.key_id == header["kid"])
    claims = jwt.decode(token, key.key, algorithms=[alg], audience="api", issuer="https://auth.example.com",
                        options={"require": ["exp", "nbf", "iat", "jti", "sub"]})
    assert harness.lasts(claims["exp"] - claims["iat"], 900) and claims["type"] == "access"

    gateway.stop()
    again = start(harness.Gateway(tmp_path, config))
    assert again.call("GET", "/hello", token).status_code == 200
    assert again.call("GET", "/.well-known/jwks.json").json() == published.json()


def test_a_shared_secret_is_never_published(gateway):
    reply = requests.get(gateway.http + "/.well-known/jwks.json", timeout=10)
    assert reply.status_code == 200 and not [k for k in reply.json()["keys"] if k["kty"] == "oct" or "k" in k]
