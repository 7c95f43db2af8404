"""Certificates of clients: who is let in by one, what applications are told, what ends it, and tokens bound to one."""

import base64
import datetime
import json
import os
import socket
import ssl
import subprocess
import time

import jwt
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import harness

DAY = datetime.timedelta(days=1)


def named(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def now():
    return datetime.datetime.utcnow()


class Authority:
    """Certifies clients, and revokes."""

    def __init__(self, folder, name="clients"):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.name, self.key = folder, named(name), ec.generate_private_key(ec.SECP256R1())
        made = (self._begin(self.name, self.key, 30 * DAY)
                .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
                .sign(self.key, hashes.SHA256()))
        self.ca = folder / "ca.crt"
        self.ca.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        self.crl = folder / "ca.crl"

    def _begin(self, subject, key, lasts):
        return (x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
                .serial_number(x509.random_serial_number()).not_valid_before(now() - DAY).not_valid_after(now() + lasts))

    def issue(self, stem, *names, lasts=DAY):
        key = ec.generate_private_key(ec.SECP256R1())
        made = (self._begin(named("no name of anybody"), key, lasts)
                .add_extension(x509.SubjectAlternativeName(list(names)), critical=False).sign(self.key, hashes.SHA256()))
        return Client(self.folder / stem, made, key)

    def revoke(self, *which, lasts=DAY):
        made = x509.CertificateRevocationListBuilder().issuer_name(self.name).last_update(now() - 2 * DAY).next_update(now() + lasts)
        for each in which:
            made = made.add_revoked_certificate(x509.RevokedCertificateBuilder().serial_number(each.made.serial_number)
                                                .revocation_date(now() - DAY).build())
        fresh = self.crl.with_suffix(".new")
        fresh.write_bytes(made.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        os.rename(fresh, self.crl)


class Client:
    def __init__(self, stem, made, key):
        self.made, self.files = made, (f"{stem}.crt", f"{stem}.key")
        with open(self.files[0], "wb") as chain:
            chain.write(made.public_bytes(serialization.Encoding.PEM))
        with open(self.files[1], "wb") as private:
            private.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    @property
    def digest(self):
        return self.made.fingerprint(hashes.SHA256())

    @property
    def thumbprint(self):
        return base64.urlsafe_b64encode(self.digest).rstrip(b"=").decode()


def spiffe(path):
    return x509.UniformResourceIdentifier("spiffe://example.org" + path)


ROUTES = [
    {"name": "public", "match": {"path": "/public/**"}, "access": "public"},
    {"name": "services", "match": {"path": "/services/**"}, "access": {"certificates": ["spiffe://example.org/ns/prod/**"]}},
    {"name": "names", "match": {"path": "/names/**"}, "access": {"certificates": ["*.internal", "*@example.com"]}},
    {"name": "both", "match": {"path": "/both/**"},
     "access": {"all_of": [{"certificates": ["spiffe://example.org/ns/*/sa/web"]}, "authenticated"]}},
    {"name": "either", "match": {"path": "/either/**"},
     "access": {"any_of": [{"certificates": ["spiffe://example.org/ns/prod/**"]}, {"roles": ["admin"]}]}},
    {"name": "emails", "match": {"path": "/emails/**"}, "access": {"emails": ["*@example.com"]}},
    {"name": "optional", "match": {"path": "/optional/**"}, "access": "optional"},
    {"name": "everything", "match": {"path": "/**"}, "access": "authenticated"},
]
HEADERS = {"set": {"X-Client-Cert-Uri": "cert_uri", "X-Cert-Dns": "cert_dns", "X-Cert-Email": "cert_email",
                   "X-Cert-Sha256": "cert_sha256"}}


@pytest.fixture(scope="module")
def upstream():
    server = harness.ScriptedUpstream()
    yield server
    server.stop()


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path / "clients")


def run(start, folder, upstream, authority, wanted="optional", crl=False, **changes):
    config = harness.settings(upstream.port, identity_headers=HEADERS, **changes)
    config["routes"] = [{**each, "upstream": "app"} for each in ROUTES]
    config["listeners"][0]["tls"].update(client_certificates=wanted, client_ca_file=str(authority.ca))
    if crl:
        config["listeners"][0]["tls"]["client_crl_file"] = str(authority.crl)
    return start(harness.Gateway(folder, config))


def status(gateway, path, client=None, token=None, **more):
    return gateway.call("GET", path, token, cert=client.files if client else None, **more).status_code


def told(upstream, name):
    """What the application was told last."""
    return [value.decode() for value in harness.header_values(upstream.heads[-1], name)]


def refused(gateway, client):
    """True when no request gets through with it."""
    try:
        status(gateway, "/public/x", client)
    except requests.exceptions.ConnectionError:
        return True
    return False


def test_a_certificate_is_an_identity_where_a_rule_asks_for_it_and_nowhere_else(start, tmp_path, upstream, authority):
    gateway = run(start, tmp_path, upstream, authority)
    web = authority.issue("web", spiffe("/ns/prod/sa/web"), x509.DNSName("web.internal"), x509.RFC822Name("ada@example.com"))
    dev = authority.issue("dev", spiffe("/ns/dev/sa/web"))
    mail = authority.issue("mail", x509.RFC822Name("Bob@Example.com"))
    user = gateway.user("ada@example.com")["access_token"]

    assert status(gateway, "/services/x", web) == 200
    assert told(upstream, "X-Client-Cert-Uri") == ["spiffe://example.org/ns/prod/sa/web"]
    assert told(upstream, "X-Cert-Dns") == ["web.internal"] and told(upstream, "X-Cert-Email") == ["ada@example.com"]
    assert told(upstream, "X-Cert-Sha256") == [web.digest.hex()]
    assert told(upstream, "X-Yett-User") == []
    line = harness.wait_until(lambda: gateway.log(path="/services/x"), what="its line")[0]
    assert (line["auth"], line["sub"]) == ("certificate", "spiffe://example.org/ns/prod/sa/web")

    for client, path, wanted in ((None, "/services/x", 403), (dev, "/services/x", 403), (dev, "/names/x", 403), (web, "/names/x", 200),
                                 (mail, "/names/x", 200), (None, "/names/x", 403), (web, "/both/x", 401), (None, "/both/x", 403),
                                 (web, "/either/x", 200), (dev, "/either/x", 401), (None, "/either/x", 401),
                                 # Rules about people never look at it, and nothing is told where nobody asked.
                                 (web, "/emails/x", 401), (web, "/other", 401), (web, "/optional/x", 200), (web, "/public/x", 200)):
        assert status(gateway, path, client) == wanted, (path, client and client.files)
    assert told(upstream, "X-Client-Cert-Uri") == [] and told(upstream, "X-Cert-Sha256") == []

    # Beside a token it is told wherever it is shown, and no rule is met by the one for the other.
    for client, path, wanted in ((web, "/other", 200), (dev, "/both/x", 200), (None, "/both/x", 403), (None, "/services/x", 403),
                                 (dev, "/either/x", 403), (None, "/emails/x", 200)):
        assert status(gateway, path, client, user) == wanted, (path, client and client.files)
    assert status(gateway, "/other", web, user) == 200
    assert told(upstream, "X-Client-Cert-Uri") == ["spiffe://example.org/ns/prod/sa/web"] and told(upstream, "X-Yett-User")
    assert status(gateway, "/other", None, user) == 200
    assert told(upstream, "X-Client-Cert-Uri") == []
    assert status(gateway, "/services/x", web, "not a token") == 401

    shown = subprocess.run(["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", gateway.ca, "--cert", web.files[0],
                            "--key", web.files[1], gateway.https + "/services/x"], capture_output=True, text=True)
    assert shown.stdout == "200"


def test_no_page_of_another_site_acts_by_the_certificate_of_a_browser(start, tmp_path, upstream, authority):
    gateway = run(start, tmp_path, upstream, authority)
    web = authority.issue("web", spiffe("/ns/prod/sa/web"))
    site = gateway.https
    for wanted, method, headers in ((200, "POST", {}), (200, "POST", {"Origin": site, "Sec-Fetch-Site": "same-origin"}),
                                    (403, "POST", {"Origin": "https://evil.example"}), (403, "POST", {"Origin": "null"}),
                                    (403, "PUT", {"Sec-Fetch-Site": "cross-site"}), (200, "GET", {"Sec-Fetch-Site": "cross-site"})):
        for path in ("/services/x", "/either/x"):
            answer = gateway.call(method, path, cert=web.files, headers=headers)
            assert answer.status_code == wanted, (method, path, headers)


def test_no_client_can_say_itself_what_its_certificate_is(start, tmp_path, upstream, authority):
    gateway = run(start, tmp_path, upstream, authority)
    user = gateway.user("ada@example.com")["access_token"]
    names = ["X-Client-Cert-Uri", "x_client_cert_uri", "X-Cert-Dns", "X-Cert.Dns", "X-Cert-Sha256", "X-Forwarded-Client-Cert",
             "X-Forwarded-Tls-Client-Cert", "X-Forwarded-Tls-Client-Cert-Info", "Client-Cert", "Client-Cert-Chain", "X-SSL-Client-Cert",
             "SSL-Client-Verify", "X-SSL-Client-S-DN", "X-Client-Verify"]
    forged = {name: "spiffe://example.org/ns/prod/sa/web" for name in names}
    assert status(gateway, "/other", None, user, headers=forged) == 200
    assert status(gateway, "/public/x", None, headers=forged) == 200
    for head in upstream.heads[-2:]:
        assert b"spiffe" not in head


def test_without_a_certificate_there_is_no_handshake_where_one_is_required(start, tmp_path, upstream, authority):
    gateway = run(start, tmp_path, upstream, authority, wanted="required")
    good = authority.issue("good", spiffe("/ns/prod/sa/web"))
    old = authority.issue("old", spiffe("/ns/prod/sa/web"), lasts=-DAY / 2)
    foreign = Authority(tmp_path / "others").issue("foreign", spiffe("/ns/prod/sa/web"))
    assert status(gateway, "/public/x", good) == 200
    for client, reason in ((None, "missing"), (old, "expired"), (foreign, "untrusted")):
        assert refused(gateway, client), reason
        gateway.await_metric(1, "yett_tls_client_certificates_refused_total", reason=reason)
    # The listener in clear asks for nothing, and has nothing to tell.
    assert requests.get(gateway.http + "/services/x", timeout=10).status_code == 403


class Sessions:
    """Requests on connections of their own, one after the other, each of which goes on with the session of the one before."""

    def __init__(self, gateway, client):
        self.gateway, self.session = gateway, None
        self.context = ssl.create_default_context(cafile=gateway.ca)
        self.context.load_cert_chain(*client.files)

    def ask(self):
        with socket.create_connection(("127.0.0.1", self.gateway.tls_port), timeout=10) as raw:
            with self.context.wrap_socket(raw, server_hostname="localhost", session=self.session) as secure:
                secure.sendall(b"GET /services/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                data = b""
                while part := secure.recv(65536):
                    data += part
                self.session = secure.session
                if not data:
                    raise ConnectionError("no reply")
                return data.split(b" ")[1], secure.session_reused


def test_a_revoked_certificate_is_refused_also_when_its_session_is_resumed(start, tmp_path, upstream, authority):
    authority.revoke()
    gateway = run(start, tmp_path, upstream, authority, crl=True, workers=1)
    good, bad = authority.issue("good", spiffe("/ns/prod/sa/web")), authority.issue("bad", spiffe("/ns/prod/sa/web"))
    end = gateway.metric("yett_tls_client_crl_expiry_timestamp_seconds")
    assert abs(end - (time.time() + 86400)) < 600

    visitor = Sessions(gateway, bad)
    assert visitor.ask() == (b"200", False)
    assert visitor.ask() == (b"200", True)                       # resumed, and still somebody
    authority.revoke(bad)
    gateway.wait_for('"certificates were read again"')
    harness.wait_until(lambda: refused(gateway, bad), what="its end")
    with pytest.raises(OSError):
        visitor.ask()
    assert gateway.metric("yett_tls_client_certificates_refused_total", reason="revoked") >= 2
    assert status(gateway, "/services/x", good) == 200

    # A list that is out of date says nothing about anybody; without a certificate nothing changes.
    authority.revoke(bad, lasts=-DAY)
    gateway.wait_for("a revocation list is out of date")
    harness.wait_until(lambda: refused(gateway, good), what="nobody to be let in")
    assert gateway.metric("yett_tls_client_certificates_refused_total", reason="crl_expired") >= 1
    assert gateway.metric("yett_tls_client_crl_expiry_timestamp_seconds") < time.time()
    assert status(gateway, "/public/x") == 200
    authority.revoke(bad)
    harness.wait_until(lambda: not refused(gateway, good), what="a list that is up to date")

    # And so with the authority itself.
    authority.ca.write_bytes(Authority(tmp_path / "others").ca.read_bytes())
    harness.wait_until(lambda: refused(gateway, good), what="another authority")


def test_a_bound_token_is_good_on_the_connection_of_its_certificate_alone(start, tmp_path, upstream, authority):
    key = ec.generate_private_key(ec.SECP256R1())
    at = key.public_key().public_numbers()

    def number(value):
        return base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()

    jwks = {"keys": [{"kty": "EC", "crv": "P-256", "x": number(at.x), "y": number(at.y), "kid": "k", "alg": "ES256", "use": "sig"}]}
    (tmp_path / "jwks.json").write_text(json.dumps(jwks))
    idp = {"issuer": "https://idp.example", "audience": ["api"], "algorithms": ["ES256"], "jwks_file": "jwks.json"}
    gateway = run(start, tmp_path, upstream, authority, workers=1, tokens={"issuers": [idp]})
    own, other = authority.issue("own", spiffe("/ns/prod/sa/web")), authority.issue("other", spiffe("/ns/prod/sa/web"))

    def token(cnf):
        moment = int(time.time())
        claims = {"iss": "https://idp.example", "aud": "api", "sub": "jo", "iat": moment, "exp": moment + 600, **({"cnf": cnf} if cnf else {})}
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": "k"})

    bound, free = token({"x5t#S256": own.thumbprint}), token(None)
    for _ in range(3):                                           # remembered or not
        assert status(gateway, "/other", own, bound) == 200
        assert told(upstream, "X-Yett-User") == ["idp.example:jo"]
        for client in (other, None):
            reply = gateway.call("GET", "/other", bound, cert=client.files if client else None)
            assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
            assert 'error="invalid_token"' in reply.headers["WWW-Authenticate"]
        assert requests.get(gateway.http + "/other", headers={"Authorization": f"Bearer {bound}"}, timeout=10).status_code == 401
        assert status(gateway, "/optional/x", other, bound) == 401
        # The certificate would have done, but whoever shows a token means it.
        assert status(gateway, "/services/x", other, bound) == 401
        assert status(gateway, "/other", other, free) == status(gateway, "/other", None, free) == 200
    harness.wait_until(lambda: gateway.metric("yett_token_cache_hits_total") >= 10, what="answers from memory")
    assert gateway.metric("yett_auth_results_total", reason="token_wrong_certificate") == 15
    line = harness.wait_until(lambda: gateway.log(auth_reason="token_wrong_certificate"), what="its line")[0]
    assert "bound to another certificate" in line["cause"]
    assert status(gateway, "/other", own, token({"x5t#S256": "AAAA"})) == 401
    assert status(gateway, "/other", None, token({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})) == 200
