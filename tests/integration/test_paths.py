"""Paths that servers read in different ways, methods by the dozen, and what is said before a rule is found."""

import pytest

import harness
from test_cli import yett
from test_framing import replies


def rule(name, path, **more):
    match = {"path": path, **more.pop("match", {})}
    return {"name": name, "match": match, "access": "public", "upstream": "app", **more}


ROUTES = [
    rule("admin", "/admin/**", access={"roles": ["admin"]}, match={"case": "insensitive"}),
    rule("hosted", "/hosted/**", match={"host": "a"}),
    rule("purge", "/cache/**", match={"methods": ["PURGE", "QUERY", "MKCOL", "LOCK", "REPORT"]}),
    rule("git", "/git/**", encoded_slash="allow"),
    rule("once", "/once/**", double_encoding="allow"),
    rule("only", "/admin.txt"),
    rule("lenient", "/**", paths="lenient", match={"host": "lenient.test"}),
    rule("all", "/**"),
]


@pytest.fixture(scope="module")
def gateway(upstream, tmp_path_factory):
    config = harness.settings(upstream.port)
    config["routes"] = ROUTES
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), config)
    yield program
    program.stop()


def ask(gateway, line, fields="Host: a\r\n", body=b""):
    """The whole answer to one request on a connection of its own."""
    if isinstance(line, str):
        line = line.encode("latin-1")
    with gateway.raw() as client:
        return client.send(line + b"\r\n" + fields.encode("latin-1") + b"Connection: close\r\n\r\n" + body).read_all()


FORWARDED = [
    ("/wiki/100%25Deal", "a"), ("/git/feature%252Fx", "a"), ("/git/feature%2Fx", "a"), ("/once/%2561dmin", "a"),
    ("//api/v1/info", "lenient.test"), ("/bucket//key", "lenient.test"), ("/x;y=1/z", "lenient.test"), ("/a%5cb", "lenient.test"),
    ("/caf\xc3\xa9", "lenient.test"), ("/my%20file.", "a"), ("/what%3fever", "a"), ("/hosts/fe80::1", "a"),
]


@pytest.mark.parametrize("path,host", FORWARDED)
def test_a_path_whose_readings_agree_is_forwarded_byte_for_byte(gateway, upstream, path, host):
    assert replies(ask(gateway, f"GET {path} HTTP/1.1", f"Host: {host}\r\n")) == [200]
    assert upstream.heads[-1].split(b" ")[1] == path.encode("latin-1")


REFUSED = ["/%2561dmin", "/x/%252e%252e/admin/x", "/public/..%20/admin/x", "/public/..%3b/admin/x", "/public/..%3fadmin/x/../../admin",
           "/public/..%23/admin", "/admin%20/x", "/admin.", "/admin::$DATA", "/ADMIN%20/x", "/feature%252Fx", "/git/..%252fadmin",
           "//admin", "/a;b", "/a%5Cb", "/caf\xc3\xa9", "/a%2500", "/once/%00", "/admin.txt%20"]


@pytest.mark.parametrize("path", REFUSED)
def test_a_path_that_somebody_reads_otherwise_is_refused(gateway, upstream, path):
    before = len(upstream.heads)
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
    with gateway.raw() as client:
        data = client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode("latin-1") + smuggled).read_all()
    assert replies(data) == [400] and b"uri_rejected" in data
    assert len(upstream.heads) == before


def test_the_log_names_the_reading(gateway):
    ask(gateway, "GET /%2561dmin/log HTTP/1.1")
    line = harness.wait_until(lambda: gateway.log(path="/%2561dmin/log"), what="the line")[0]
    assert line["cause"] == "path read with escapes decoded again finds admin instead of all"
    assert line["error"] == "uri_rejected" and line["method"] == "GET" and line["host"] == "a" and line["request_id"]


def test_case_is_a_matter_of_the_rule(gateway):
    assert replies(ask(gateway, "GET /ADMIN/x HTTP/1.1")) == [401]
    assert replies(ask(gateway, "GET /Git/x HTTP/1.1")) == [200]


def test_raw_bytes_in_a_query_are_escaped(gateway, upstream):
    assert replies(ask(gateway, "GET /q?name=caf\xc3\xa9&x=\xff HTTP/1.1")) == [200]
    assert upstream.heads[-1].split(b" ")[1] == b"/q?name=caf%C3%A9&x=%FF"


def test_http_1_0_without_a_host_finds_the_rules_that_name_none(gateway, upstream):
    assert replies(ask(gateway, "GET /healthz HTTP/1.0", "")) == [200]
    head = upstream.heads[-1]
    assert harness.header_values(head, "Host") == [f"127.0.0.1:{upstream.port}".encode()]
    assert not harness.header_values(head, "X-Forwarded-Host")
    assert b"host=" not in harness.header_values(head, "Forwarded")[0]
    assert replies(ask(gateway, "OPTIONS /healthz HTTP/1.0", "Host:\r\n")) == [200]
    assert replies(ask(gateway, "GET /hosted/x HTTP/1.0", "")) == [200]  # by the rule for all
    assert gateway.log(route="hosted") == []
    assert replies(ask(gateway, "GET /healthz HTTP/1.1", "")) == [400]


# --- methods --------------------------------------------------------------------------

@pytest.mark.parametrize("method,path,status", [
    ("PROPFIND", "/dav/x", 200), ("MKCOL", "/dav/y", 200), ("UNLOCK", "/dav/x", 200), ("REPORT", "/dav/x", 200),
    ("PURGE", "/cache/x", 200), ("QUERY", "/cache/x", 200), ("LOCK", "/cache/x", 200),
    ("PURGE", "/other", 405), ("QUERY", "/other", 405), ("purge", "/cache/x", 501), ("BREW", "/cache/x", 501), ("ACL", "/dav/x", 501),
    ("TRACE", "/cache/x", 405), ("PURGE", "/auth/me", 405), ("PROPFIND", "/auth/zzz", 404),
])
def test_methods(gateway, upstream, method, path, status):
    before = len(upstream.heads)
    assert replies(ask(gateway, f"{method} {path} HTTP/1.1")) == [status]
    assert len(upstream.heads) == before + (status == 200)
    if status == 200:
        assert upstream.heads[-1].startswith(f"{method} {path} HTTP/1.1\r\n".encode())


@pytest.mark.parametrize("value,status", [
    ("http://a/dav/b", 200), ("/dav/b", 200), ("http://A:80/dav/b%20c", 200),
    ("https://a/dav/b", 403), ("http://b/dav/b", 403), ("http://a/admin/b", 403), ("http://a/auth/me", 403), ("/dav/%2e%2e/admin/x", 403),
    ("/dav/..%20/admin", 403), ("/dav//b", 403), ("//a/dav/b", 403), ("/dav/%00", 403),
])
@pytest.mark.parametrize("method", ["COPY", "MOVE"])
def test_destination_passes_the_gate(gateway, upstream, method, value, status):
    before = len(upstream.heads)
    assert replies(ask(gateway, f"{method} /dav/a HTTP/1.1", f"Host: a\r\nDestination: {value}\r\n")) == [status]
    assert len(upstream.heads) == before + (status == 200)


@pytest.mark.parametrize("line,allow", [
    ("GET /auth/refresh", b"POST"), ("PUT /auth/login", b"GET, HEAD, POST"), ("POST /auth/me", b"GET, HEAD, DELETE"), ("DELETE /auth/api-keys", b"GET, HEAD, POST"),
    ("POST /.well-known/jwks.json", b"GET, HEAD"), ("GET /auth/reset-request", b"POST"), ("PATCH /auth/sessions", b"GET, HEAD, DELETE"),
    ("GET /auth/zzz", None), ("GET /auth/assets/zzz", None),
])
def test_our_own_paths_say_which_methods_they_have(gateway, line, allow):
    data = ask(gateway, line + " HTTP/1.1")
    assert replies(data) == [405 if allow else 404], data
    assert harness.header_values(data, "Allow") == ([allow] if allow else [])


def test_options_asterisk_is_answered(gateway, upstream):
    before = len(upstream.heads)
    data = ask(gateway, "OPTIONS * HTTP/1.1")
    assert replies(data) == [204]
    assert b"PURGE" in harness.header_values(data, "Allow")[0]
    assert len(upstream.heads) == before


def test_what_rfc_9112_writes_in_odd_ways_is_served(gateway, upstream):
    assert replies(ask(gateway, "GET http://a?q HTTP/1.1")) == [200]
    assert upstream.heads[-1].startswith(b"GET /?q HTTP/1.1\r\n")
    chunks = b"00000000000000000005\r\nhello\r\n00000000000000000000\r\n\r\n"
    assert replies(ask(gateway, "POST /zeros HTTP/1.1", "Host: a\r\nTransfer-Encoding: chunked\r\n", chunks)) == [200]
    twice = "Host: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n"
    assert replies(ask(gateway, "POST /twice HTTP/1.1", twice, b"hello")) == [200]


# --- what is refused before a rule is found -------------------------------------------

BROWSER = "Host: a\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n"


@pytest.mark.parametrize("line,fields,status,code,cause", [
    ("GET /a\\b?token=t0psecret HTTP/1.1", BROWSER, 400, "uri_rejected", "path holds what is never let through"),
    ("GET //a HTTP/1.1", BROWSER, 400, "uri_rejected", "// in a path, and all does not say paths: lenient"),
    ("BREW /pot HTTP/1.1", BROWSER, 501, "not_implemented", "a method that no rule names"),
    ("GET /dup HTTP/1.1", BROWSER + "Host: b\r\n", 400, "bad_request", "more than one Host"),
    ("GET /large HTTP/1.1", BROWSER + "X: " + "x" * 20000 + "\r\n", 431, "header_too_large", "client_limits.header_bytes"),
    ("GET /" + "a" * 17000 + " HTTP/1.1", BROWSER, 414, "uri_too_long", "client_limits.target_bytes"),
    ("GET /many HTTP/1.1", BROWSER + "X: x\r\n" * 200, 431, "header_too_large", "client_limits.header_fields"),
])
def test_a_refusal_says_who_asked_for_what_and_why(gateway, line, fields, status, code, cause):
    data = ask(gateway, line, fields)
    assert replies(data) == [status]
    method, target = line.split(" ")[:2]
    path = target.split("?")[0]
    line = harness.wait_until(lambda: [entry for entry in gateway.log(status=status, error=code)
                                       if path.startswith(entry.get("path", "-")) and entry.get("cause") == cause], what="the line")[0]
    # What is longer than a target may be ends the reading before the fields.
    assert line.get("host") in ((None,) if status == 414 else ("a", "b"))
    assert line["method"] == method and "t0psecret" not in str(line)
    page = method == "GET" and status != 414
    assert (b"text/html" in data) == page
    assert line["request_id"].encode() in data


def test_a_body_too_large_of_a_form_gets_a_page(gateway):
    fields = BROWSER + "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 99999999\r\n"
    data = ask(gateway, "POST /upload HTTP/1.1", fields)
    assert replies(data) == [413] and b"text/html" in data


def test_a_token_in_a_refused_path_is_not_logged(gateway):
    ask(gateway, "GET /auth/reset/yl1_0123456789secret\\ HTTP/1.1", "Host: tokens\r\n")
    line = harness.wait_until(lambda: gateway.log(host="tokens"), what="the line")[0]
    assert line["path"] == "/auth/reset/{token}"


def test_the_target_has_a_limit_of_its_own(upstream, start, tmp_path):
    roomy = start(harness.Gateway(tmp_path, harness.settings(upstream.port, client_limits={"header_bytes": "64KiB"})))
    assert replies(ask(roomy, "GET /public/" + "a" * 40000 + " HTTP/1.1")) == [200]
    roomy.stop()
    (tmp_path / "tight").mkdir()
    limits = {"header_bytes": "64KiB", "target_bytes": "1KiB"}
    tight = start(harness.Gateway(tmp_path / "tight", harness.settings(upstream.port, client_limits=limits)))
    assert replies(ask(tight, "GET /public/" + "a" * 1000 + " HTTP/1.1")) == [200]
    assert replies(ask(tight, "GET /public/" + "a" * 1100 + " HTTP/1.1")) == [414]


# --- yett explain ---------------------------------------------------------------------

@pytest.fixture(scope="module")
def site(upstream, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    harness.Gateway(folder, {**harness.settings(upstream.port), "routes": ROUTES}).stop()
    return folder


@pytest.mark.parametrize("question,status,words", [
    (["--path", "//api", "--host", "a"], 1, "refused: the gate: // in a path, and all does not say paths: lenient, uri_rejected"),
    (["--path", "/x;y"], 1, "refused: the gate: ';' in a path"),
    (["--path", "//api", "--host", "lenient.test"], 0, "> lenient"),
    (["--path", "/%00"], 1, "refused: the gate: path holds what is never let through, uri_rejected"),
    (["--path", "/%2561dmin"], 1, "finds admin instead of all"),
    (["--path", "/dav", "--method", "PROPFIND"], 0, "> all"),
    (["--path", "/dav", "--method", "BREW"], 1, "refused: the request line: a method that no rule names, not_implemented"),
    (["--path", "/dav", "--method", "TRACE"], 1, "refused: the request line"),
    (["--path", "/a b"], 1, "refused: the request line: request line is malformed, bad_request"),
    (["--path", "/a/../admin"], 1, "> admin"),
    (["--path", "/ADMIN/x"], 1, "> admin"),
    (["--path", "*", "--method", "OPTIONS"], 0, "answered by yett itself"),
    (["--path", "/x", "--host", "a b"], 1, "refused: the request line: Host is malformed"),
])
def test_explain_passes_the_same_gate(site, question, status, words):
    done = yett("explain", "yett.yaml", *question, cwd=site)
    assert done.returncode == status, done.stdout + done.stderr
    assert words in done.stdout, done.stdout
