"""Rules that answer themselves, and applications that are asked for another path than their clients."""

import subprocess

import pytest

import harness

REPLIES = {
    "/v1/to-path": b"Location: /v1/a?b\r\n",
    "/v1/to-app": b"Location: http://127.0.0.1:%(app)d/v1/a\r\n",
    "/v1/to-client": b"Location: https://localhost:%(tls)d/v1/a\r\n",
    "/v1/to-other": b"Location: https://other.test/v1/a\r\n",
    "/v1/to-host": b"Location: //evil.test/v1/a\r\n",
    "/v1/to-root": b"Location: /login\r\n",
    "/v1/cookies": b"Set-Cookie: a=1; Path=/v1/x\r\nSet-Cookie: b=2; Path=/; Secure\r\nSet-Cookie: c=3\r\n",
}


@pytest.fixture(scope="module")
def ports():
    return {}


@pytest.fixture(scope="module")
def upstream(ports):
    def answer(head, connection):
        path = head.split(b" ")[1].decode()
        more = REPLIES.get(path, b"")
        return (b"HTTP/1.1 " + (b"302 Found" if b"Location" in more else b"200 OK") +
                b"\r\nContent-Length: 2\r\nServer: app/1\r\nX-Frame-Options: ALLOWALL\r\n" +
                (more % {k.encode(): v for k, v in ports.items()} if b"%" in more else more) + b"\r\nok")
    server = harness.ScriptedUpstream(answer)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(upstream, ports, tmp_path_factory):
    config = harness.settings(upstream.port)
    rule = lambda name, **more: {"name": name, "match": {"path": f"/{name}/**"}, "access": "public", **more}
    config["routes"] = [
        rule("old", redirect={"to": "https://new.test/{path}?{query}", "status": 308}),
        rule("mine", access="authenticated", redirect={"to": "/new/{path}"}),
        rule("text", respond={"body": "line one\nline two\n"}, response_headers={"set": {"X-Frame-Options": "DENY"}}),
        rule("gone", respond={"status": 410, "body": "{}", "type": "application/json"}),
        rule("none", respond={"status": 204}),
        rule("same", respond={"status": 304}),
        rule("api", upstream="app", rewrite={"strip_prefix": "/api", "add_prefix": "/v1"},
             response_headers={"set": {"X-Frame-Options": "DENY"}, "remove": ["Server"]}),
        rule("u", upstream="app", rewrite={"replace": {"from": "^/u/([^/]+)$", "to": r"/users/\1"}}),
        {"name": "alias", "match": {"path": "/{alias}/**"}, "access": "public", "upstream": "app",
         "rewrite": {"replace": {"from": "^/files(.*)$", "to": r"/srv/\1"}}},
    ]
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), config)
    ports.update(app=upstream.port, tls=program.tls_port)
    yield program
    program.stop()


def asked_of(upstream, gateway, path, **more):
    before = len(upstream.heads)
    reply = gateway.call("GET", path, **more)
    heads = upstream.heads[before:]
    return reply, heads[0].split(b" ")[1].decode() if heads else None


def test_a_rule_redirects_without_asking_anybody(gateway, upstream):
    before = len(upstream.heads)
    reply = gateway.call("GET", "/old/a%20b?c=d")
    assert (reply.status_code, reply.headers["Location"]) == (308, "https://new.test/old/a%20b?c=d")
    assert reply.content == b"" and reply.headers["Content-Length"] == "0"
    assert gateway.call("POST", "/old/a", data=b"x" * 100_000).headers["Location"] == "https://new.test/old/a"
    assert len(upstream.heads) == before
    line = gateway.log(route="old")[0]
    assert line["status"] == 308 and line["decision"] == "permitted" and "upstream" not in line


def test_a_redirect_is_for_whom_the_rule_lets_in(gateway):
    assert gateway.call("GET", "/mine/a").status_code == 401
    token = gateway.user()["access_token"]
    reply = gateway.call("GET", "/mine/a", token)
    assert (reply.status_code, reply.headers["Location"]) == (302, "/new/mine/a")
    assert reply.headers["Cache-Control"] == "no-store"


def test_a_rule_answers_to_the_letter(gateway):
    reply = gateway.call("GET", "/text/a")
    assert (reply.status_code, reply.text) == (200, "line one\nline two\n")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8" and reply.headers["X-Frame-Options"] == "DENY"
    gone = gateway.call("GET", "/gone/a")
    assert (gone.status_code, gone.text, gone.headers["Content-Type"]) == (410, "{}", "application/json")


def test_bodies_are_where_they_may_be_and_the_connection_goes_on(gateway):
    with gateway.raw() as client:
        client.send(b"HEAD /text/a HTTP/1.1\r\nHost: a\r\n\r\n"
                    b"GET /none/a HTTP/1.1\r\nHost: a\r\n\r\n"
                    b"GET /same/a HTTP/1.1\r\nHost: a\r\n\r\n"
                    b"POST /old/a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
                    b"GET /text/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head, none, same, posted, last, body = client.read_all().split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"Content-Length: 18" in head
    assert none.startswith(b"HTTP/1.1 204 ") and b"Content-Length" not in none
    assert same.startswith(b"HTTP/1.1 304 ") and b"Content-Length" not in same
    assert posted.startswith(b"HTTP/1.1 308 ")
    assert last.startswith(b"HTTP/1.1 200 ") and body == b"line one\nline two\n"


def test_a_body_that_nobody_reads_is_not_asked_for(gateway):
    with gateway.raw() as client:
        client.send(b"POST /text/a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n")
        assert client.read_available()[0].startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("sent", ["//evil.test", "/\\evil.test", "/old//evil.test", "/old/%5cevil.test", "/old/%2f%2fevil.test",
                                  "/old/%0d%0aSet-Cookie:x=y", "/old/../..//evil.test", "/old/%252fevil.test", "/old/a?b#c"])
def test_no_path_leads_elsewhere(gateway, sent):
    with gateway.raw() as client:
        client.send(b"GET " + sent.encode() + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        head = client.read_all().split(b"\r\n\r\n")[0]
    assert b"Set-Cookie" not in head
    for location in harness.header_values(head, "Location"):
        assert location.startswith(b"https://new.test/")


def test_the_application_is_asked_for_another_path(gateway, upstream):
    assert asked_of(upstream, gateway, "/api/a%20b?c=/api/d")[1] == "/v1/a%20b?c=/api/d"
    assert asked_of(upstream, gateway, "/api")[1] == "/v1/"
    assert asked_of(upstream, gateway, "/u/ada?x")[1] == "/users/ada?x"
    assert asked_of(upstream, gateway, "/u/ada/b")[1] == "/u/ada/b"
    assert gateway.log(route="api")[0]["path"] == "/api/a%20b"


def test_what_the_application_says_of_its_paths_is_undone(gateway, upstream):
    location = lambda name: gateway.call("GET", f"/api/{name}").headers["Location"]
    here = f"https://localhost:{gateway.tls_port}"
    assert location("to-path") == "/api/a?b"
    assert location("to-app") == here + "/api/a"
    assert location("to-client") == here + "/api/a"
    assert location("to-other") == "https://other.test/v1/a"
    assert location("to-host") == "//evil.test/v1/a"
    assert location("to-root") == "/login"
    cookies = gateway.call("GET", "/api/cookies").raw.headers.getlist("Set-Cookie")
    assert cookies == ["a=1; Path=/api/x", "b=2; Path=/api; Secure", "c=3"]


def test_fields_of_replies_are_the_rules(gateway):
    reply = gateway.call("GET", "/api/a")
    assert reply.headers["X-Frame-Options"] == "DENY" and "Server" not in reply.headers
    other = gateway.call("GET", "/u/a")
    assert other.headers["X-Frame-Options"] == "ALLOWALL" and other.headers["Server"] == "app/1"


def test_a_path_that_climbs_is_nobodys(gateway, upstream):
    reply, path = asked_of(upstream, gateway, "/files../secret")
    assert (reply.status_code, path) == (500, None)
    line = harness.wait_until(lambda: gateway.log(path="/files../secret"), what="the line")[0]
    assert line["error"] == "internal" and line["route"] == "alias"
    told = [entry for entry in gateway.log(message="a request failed")]
    assert "rule alias: the rewritten path holds dot segments" in str(told)


def explain(gateway, path):
    done = subprocess.run([harness.BINARY, "explain", gateway.config_file, "--path", path], cwd=gateway.folder, capture_output=True, text=True)
    return done.stdout


def test_explain_says_what_a_rule_does_with_the_path(gateway):
    assert "redirected, once let in: 308 https://new.test/old/a?b" in explain(gateway, "/old/a?b")
    assert "redirected, once let in: 302 /new/mine/a" in explain(gateway, "/mine/a")
    assert "answered by the rule, once let in: 410, 2 bytes" in explain(gateway, "/gone/a")
    assert "the application is asked for /v1/a" in explain(gateway, "/api/a")
    assert "cannot be forwarded: the rewritten path holds dot segments, internal" in explain(gateway, "/files../secret")


def test_what_cannot_be_is_complained_about_where_it_stands(tmp_path, gateway):
    text = gateway.config_file.read_text()
    bad = text.replace("^/files(.*)$", "^/files(.*").replace("https://new.test/{path}", "https://{path}")
    (tmp_path / "yett.yaml").write_text(bad)
    done = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], cwd=gateway.folder, capture_output=True, text=True)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    line = next(n for n, row in enumerate(bad.splitlines(), 1) if "^/files" in row)
    assert f"yett.yaml:{line}:" in said and "is no regular expression of RE2: missing )" in said
    assert "lets requests choose the host" in said
