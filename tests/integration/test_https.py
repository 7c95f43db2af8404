"""HTTPS and nothing else: redirects of the clear listener, and Strict-Transport-Security."""

import datetime
import re
import socket
import ssl

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

import harness

YEAR = 31536000


def certify(folder, stem, *names):
    """A certificate of its own for these names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.utcnow()
    made = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=30))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
            .sign(key, hashes.SHA256()))
    folder.mkdir(exist_ok=True)
    chain, private = folder / f"{stem}.crt", folder / f"{stem}.key"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    private.chmod(0o600)
    return {"chain_file": str(chain), "key_file": str(private)}


@pytest.fixture(scope="module")
def upstream():
    def answer(head, connection):
        own = b"Strict-Transport-Security: max-age=7\r\n" if b"/public/own" in head else b""
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + own + b"\r\nok"

    server = harness.ScriptedUpstream(answer)
    yield server
    server.stop()


def run(start, folder, upstream, tls=None, plain=None, names=("app.example.com", "*.apps.example.com", "app.internal"), **changes):
    config = harness.settings(upstream.port, **changes)
    certificates = [{"chain_file": "certs/leaf.crt", "key_file": "certs/leaf.key"}, certify(folder / "own", "names", *names)]
    config["listeners"] = [{"address": "127.0.0.1:0", "tls": {"certificates": certificates, **(tls or {})}},
                           {"address": "127.0.0.1:0", **(plain or {})}]
    return start(harness.Gateway(folder, config))


def ask(gateway, path, name, tls=True, host=None, fields=""):
    """The head of the reply to a GET, with that server name."""
    raw = socket.create_connection(("127.0.0.1", gateway.tls_port if tls else gateway.plain_port), timeout=10)
    if tls:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = context.wrap_socket(raw, server_hostname=name)
    with raw:
        raw.sendall(f"GET {path} HTTP/1.1\r\nHost: {host or name}\r\nConnection: close\r\n{fields}\r\n".encode())
        data = b""
        while part := raw.recv(65536):
            data += part
    return data.split(b"\r\n\r\n", 1)[0]


def hsts(head):
    return [v.decode() for v in harness.header_values(head, "Strict-Transport-Security")]


# --- who speaks an older HTTP ---------------------------------------------------------------


@pytest.mark.parametrize("offered,served", [(["http/1.0"], True), (["http/1.0", "http/1.1"], True), (["spdy/3", "http/1.0"], True), (["http/0.9"], False)],
                         ids=["1.0 alone", "sibling: both", "sibling: behind one that nobody knows", "sibling: an older one"])
def test_a_client_that_offers_http_1_0_by_alpn_is_served(start, tmp_path, upstream, offered, served):
    gateway = run(start, tmp_path, upstream)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(offered)
    raw = socket.create_connection(("127.0.0.1", gateway.tls_port), timeout=10)
    if not served:
        with raw, pytest.raises(ssl.SSLError):
            context.wrap_socket(raw, server_hostname="app.example.com")
        return
    with context.wrap_socket(raw, server_hostname="app.example.com") as secure:
        assert secure.selected_alpn_protocol() in ("http/1.0", "http/1.1")
        secure.sendall(b"GET /public/x HTTP/1.0\r\nHost: app.example.com\r\n\r\n")
        data = b""
        while part := secure.recv(65536):
            data += part
    assert data.startswith(b"HTTP/1.") and b" 200 " in data.split(b"\r\n")[0] and data.endswith(b"ok")


# --- Strict-Transport-Security -----------------------------------------------------------


def test_names_of_the_whole_world_are_promised_https_unasked(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream)
    for name in ("app.example.com", "a.apps.example.com"):
        for path in ("/public/x", "/private", "/auth/login", "/nothing//x"):
            assert hsts(ask(gateway, path, name)) == [f"max-age={YEAR}"], (name, path)


def test_private_names_addresses_this_machine_and_clear_text_are_not(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream)
    for name in ("app.internal", "localhost", "127.0.0.1", "other.example.com"):
        assert hsts(ask(gateway, "/public/x", name)) == [], name
    assert hsts(ask(gateway, "/public/x", "app.example.com", tls=False)) == []


def test_the_application_speaks_for_itself(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream)
    assert hsts(ask(gateway, "/public/own", "app.example.com")) == ["max-age=7"]


def test_what_is_written_goes_for_private_names_too_and_never_for_addresses(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream, tls={"hsts": {"max_age": "730d", "subdomains": True, "preload": True}})
    wanted = f"max-age={2 * YEAR}; includeSubDomains; preload"
    for name in ("app.internal", "app.example.com", "other.lan"):
        assert hsts(ask(gateway, "/public/x", name)) == [wanted], name
    for name in ("localhost", "app.localhost", "127.0.0.1"):
        assert hsts(ask(gateway, "/public/x", name)) == [], name
    assert hsts(ask(gateway, "/public/x", "app.example.com", tls=False)) == []


def test_behind_a_trusted_proxy_it_has_to_be_written(start, tmp_path, upstream):
    silent = run(start, tmp_path, upstream, trusted_proxies=["127.0.0.0/8"])
    https = "X-Forwarded-Proto: https\r\n"
    assert hsts(ask(silent, "/public/x", "app.example.com", tls=False, fields=https)) == []
    assert hsts(ask(silent, "/public/x", "app.example.com", fields=https)) == []
    (tmp_path / "other").mkdir()
    gateway = run(start, tmp_path / "other", upstream, trusted_proxies=["127.0.0.0/8"], tls={"hsts": {}}, plain={"hsts": {"max_age": "1d"}})
    assert hsts(ask(gateway, "/public/x", "app.example.com", tls=False, fields=https)) == ["max-age=86400"]
    assert hsts(ask(gateway, "/public/x", "app.internal", tls=False, fields=https, host="app.internal:8080")) == ["max-age=86400"]
    assert hsts(ask(gateway, "/public/x", "app.example.com", fields=https)) == [f"max-age={YEAR}"]
    for host in ("localhost", "192.0.2.7", "[2001:db8::7]"):
        assert hsts(ask(gateway, "/public/x", "x", tls=False, fields=https, host=host)) == [], host
    assert hsts(ask(gateway, "/public/x", "app.example.com", tls=False, fields="X-Forwarded-Proto: http\r\n")) == []
    assert hsts(ask(gateway, "/public/x", "app.example.com", fields="X-Forwarded-Proto: http\r\n")) == []


# --- redirects ---------------------------------------------------------------------------


def test_clear_requests_are_sent_to_names_that_a_certificate_has(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream, plain={"redirect": "https"})
    before = len(upstream.heads)
    for name in ("app.example.com", "b.apps.example.com", "app.internal", "localhost"):
        head = ask(gateway, "/a/b?c=d&e=%2F", name, tls=False, host=f"{name}:8080")
        assert head.startswith(b"HTTP/1.1 308 "), head
        assert harness.header_values(head, "Location") == [f"https://{name}:{gateway.tls_port}/a/b?c=d&e=%2F".encode()]
        assert hsts(head) == []
    for name in ("evil.test", "example.com", "a.b.apps.example.com", "192.0.2.7"):
        head = ask(gateway, "/", name, tls=False)
        assert head.startswith(b"HTTP/1.1 400 ") and harness.header_values(head, "Location") == [], name
    assert len(upstream.heads) == before
    posted = requests.post(gateway.http + "/auth/login", headers={"Host": "app.example.com"}, json={"password": "x"}, allow_redirects=False, timeout=10)
    assert posted.status_code == 308
    assert ask(gateway, "/public/x", "app.example.com").startswith(b"HTTP/1.1 200")
    assert harness.wait_until(lambda: gateway.log(status=308, host="app.example.com"), what="lines")


def test_the_port_can_be_told(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream, plain={"redirect": "https", "redirect_port": 443})
    head = ask(gateway, "/x", "app.example.com", tls=False)
    assert harness.header_values(head, "Location") == [b"https://app.example.com/x"]


def test_who_came_by_https_to_a_trusted_proxy_is_served(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream, plain={"redirect": "https"}, trusted_proxies=["127.0.0.0/8"])
    assert ask(gateway, "/public/x", "app.example.com", tls=False, fields="X-Forwarded-Proto: https\r\n").startswith(b"HTTP/1.1 200")
    assert ask(gateway, "/public/x", "app.example.com", tls=False, fields="X-Forwarded-Proto: http\r\n").startswith(b"HTTP/1.1 308")


def test_new_certificates_bring_new_names(start, tmp_path, upstream):
    gateway = run(start, tmp_path, upstream, plain={"redirect": "https"})
    assert ask(gateway, "/", "new.example.com", tls=False).startswith(b"HTTP/1.1 400")
    certify(tmp_path / "own", "names", "new.example.com")
    harness.wait_until(lambda: ask(gateway, "/", "new.example.com", tls=False).startswith(b"HTTP/1.1 308"), what="the new name")
    harness.wait_until(lambda: hsts(ask(gateway, "/public/x", "new.example.com")) == [f"max-age={YEAR}"], what="its promise")
    assert ask(gateway, "/", "app.example.com", tls=False).startswith(b"HTTP/1.1 400")
    assert re.search(rb"^HTTP/1.1 400", ask(gateway, "/", "app.example.com", tls=False))
