"""What applications are told and what may come back, through the program."""

import re
import subprocess
import time

import pytest
import yaml

import harness


def ask(client, path="/public/x", method="GET", **fields):
    """One request on a kept connection: the head and the body of the reply."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
    client.send(f"{method} {path} HTTP/1.1\r\nHost: app.test\r\n{lines}\r\n".encode())
    return read_reply(client)


def read_reply(client):
    data = b""
    client.socket.settimeout(10)
    while b"\r\n\r\n" not in data:
        data += client.socket.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"(?im)^content-length: (\d+)", head)
    while length and len(body) < int(length.group(1)):
        body += client.socket.recv(65536)
    return head, body


def reply(body=b"", status=b"200 OK", fields=b""):
    return b"HTTP/1.1 " + status + b"\r\nContent-Length: %d\r\n" % len(body) + fields + b"\r\n" + body


class Application(harness.ScriptedUpstream):
    """Answers every path with what it was told to."""

    def __init__(self):
        self.says = {}
        super().__init__(lambda head, connection: self.says.get(head.split(b" ")[1].split(b"?")[0], self.OK))


@pytest.fixture(scope="module")
def app():
    server = Application()
    yield server
    server.stop()


def values(app, name):
    return harness.header_values(app.heads[-1], name)


# --- sign-ins that belong to a connection ------------------------------------------------


class SigningIn(harness.ScriptedUpstream):
    """NTLM as applications do it: whoever signed in on a connection is greeted on it."""

    def __init__(self):
        self.names = {}
        super().__init__(self.greet)

    def greet(self, head, connection):
        sent = re.search(rb"(?im)^authorization: (ntlm|negotiate) (\S+)", head)
        if sent and sent.group(2) == b"TYPE1":
            self.names[connection] = None
            return reply(b"", b"401 Unauthorized", b"WWW-Authenticate: " + sent.group(1) + b" TYPE2\r\n")
        if sent and connection in self.names:
            self.names[connection] = sent.group(2)
        name = self.names.get(connection)
        if name:
            return reply(b"hello " + name)
        return reply(b"nobody", b"401 Unauthorized", b"WWW-Authenticate: Negotiate\r\nWWW-Authenticate: NTLM\r\n")


@pytest.mark.parametrize("scheme", ["NTLM", "Negotiate"])
def test_nobody_gets_the_page_of_somebody_who_signed_in_a_connection(start, tmp_path, scheme):
    server = SigningIn()
    gateway = start(harness.Gateway(tmp_path, harness.settings(server.port, workers=1)))
    with gateway.raw() as alice, gateway.raw() as bob:
        assert ask(alice)[1] == b"nobody"
        assert b"TYPE2" in ask(alice, Authorization=f"{scheme} TYPE1")[0]
        assert ask(alice, Authorization=f"{scheme} TYPE3-alice")[1] == b"hello TYPE3-alice"
        assert ask(bob)[1] == b"nobody"
        # Her sign-in still holds, without a word about it.
        assert ask(alice)[1] == b"hello TYPE3-alice"
        assert ask(bob, Authorization=f"{scheme} TYPE1")[0].startswith(b"HTTP/1.1 401")
        assert ask(bob, Authorization=f"{scheme} TYPE3-bob")[1] == b"hello TYPE3-bob"
        assert ask(alice)[1] == b"hello TYPE3-alice"
    for _ in range(3):
        with gateway.raw() as eve:
            assert ask(eve)[1] == b"nobody"
    server.stop()


def test_behind_a_proxy_a_signed_in_connection_serves_no_other_request(start, tmp_path):
    server = SigningIn()
    config = harness.settings(server.port, workers=1, trusted_proxies=["127.0.0.0/8"])
    gateway = start(harness.Gateway(tmp_path, config))
    with gateway.raw() as proxy:
        ask(proxy, Authorization="NTLM TYPE1", X_Forwarded_For="192.0.2.1")
        ask(proxy, Authorization="NTLM TYPE3-alice", X_Forwarded_For="192.0.2.1")
        assert ask(proxy, X_Forwarded_For="192.0.2.2")[1] == b"nobody"
    server.stop()


# --- replies -----------------------------------------------------------------------------


@pytest.mark.parametrize("framing", [b"Transfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                     b"Content-Length: 5\r\n\r\n", b"Content-Length: 5\r\n\r\nhello"])
def test_a_204_that_announces_a_body_is_a_204(app, start, tmp_path, framing):
    app.says[b"/public/gone"] = b"HTTP/1.1 204 No Content\r\n" + framing
    gateway = start(harness.Gateway(tmp_path, harness.settings(app.port)))
    with gateway.raw() as client:
        for _ in range(2):
            head, body = ask(client, "/public/gone", "DELETE")
            assert head.startswith(b"HTTP/1.1 204 ") and body == b""
            assert b"content-length" not in head.lower() and b"transfer-encoding" not in head.lower()
        assert ask(client)[1] == b"ok"


def test_words_interim_replies_and_blanks_of_applications_pass_the_gate(app, start, tmp_path):
    app.says[b"/public/words"] = reply(b"x", b"200 Gut gemacht")
    app.says[b"/public/busy"] = b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply(b"done")
    app.says[b"/public/blanks"] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5  \r\nhello\r\n0 \r\n\r\n"
    gateway = start(harness.Gateway(tmp_path, harness.settings(app.port)))
    with gateway.raw() as client:
        assert ask(client, "/public/words")[0].startswith(b"HTTP/1.1 200 Gut gemacht\r\n")
        head, body = ask(client, "/public/busy")
        assert head.startswith(b"HTTP/1.1 200 ") and b"Link" not in head and body == b"done"
        assert ask(client, "/public/blanks")[1] == b"hello"


def test_signs_of_life_put_the_deadline_off(start, tmp_path):
    def answer(head, connection):
        if b"/silent" in head:
            return None
        for _ in range(6):
            connection.sendall(b"HTTP/1.1 102 Processing\r\n\r\n")
            time.sleep(0.5)
        return reply(b"done")
    server = harness.ScriptedUpstream(answer)
    config = harness.settings(server.port)
    config["upstreams"]["app"]["reply_timeout"] = "1s"
    gateway = start(harness.Gateway(tmp_path, config))
    assert gateway.call("GET", "/public/slow").content == b"done"
    assert gateway.call("GET", "/public/silent").status_code == 504
    server.stop()


def test_large_heads_of_replies_pass_and_the_log_names_the_limit_that_was_met(app, start, tmp_path):
    app.says[b"/public/cookies"] = reply(b"x", fields=b"".join(b"Set-Cookie: c%d=%s\r\n" % (i, b"v" * 3900) for i in range(10)))
    app.says[b"/public/fields"] = reply(b"x", fields=b"".join(b"X-%d: y\r\n" % i for i in range(120)))
    config = harness.settings(app.port)
    gateway = start(harness.Gateway(tmp_path, config))
    for path in ("/public/cookies", "/public/fields"):
        with gateway.raw() as client:
            assert ask(client, path)[0].startswith(b"HTTP/1.1 200 ")
    (tmp_path / "small").mkdir()
    config["upstreams"]["app"].update(reply_header_bytes="16KiB", reply_header_fields=100)
    small = start(harness.Gateway(tmp_path / "small", config))
    for path, setting in (("/public/cookies", "reply_header_bytes"), ("/public/fields", "reply_header_fields")):
        with small.raw() as client:
            assert ask(client, path)[0].startswith(b"HTTP/1.1 502 ")
        line = harness.wait_until(lambda: small.log(path=path), what="the line")[0]
        assert setting in line["cause"]


def test_orders_for_a_server_in_front_end_here(app, start, tmp_path):
    app.says[b"/public/orders"] = reply(b"x", fields=b"X-Accel-Redirect: /secret\r\nX-Accel-Buffering: no\r\nX-Sendfile: /etc/passwd\r\n")
    gateway = start(harness.Gateway(tmp_path, harness.settings(app.port)))
    seen = {name.lower() for name in gateway.call("GET", "/public/orders").headers}
    assert not {name for name in seen if name.startswith("x-accel") or name == "x-sendfile"}
    (tmp_path / "behind").mkdir()
    behind = start(harness.Gateway(tmp_path / "behind", harness.settings(app.port, trusted_proxies=["127.0.0.0/8"])))
    assert behind.call("GET", "/public/orders").headers["X-Accel-Buffering"] == "no"


# --- which Host, and where redirects lead ---------------------------------------------------


@pytest.mark.parametrize("host, told", [(None, None), ({"send": "server"}, "server"), ({"as": "app.internal"}, "app.internal"),
                                        ({"send": "server", "as": "localhost:8080"}, "localhost:8080")])
def test_host_is_what_the_upstream_wants_and_redirects_come_back(app, start, tmp_path, host, told):
    config = harness.settings(app.port)
    if host:
        config["upstreams"]["app"]["host"] = host
    gateway = start(harness.Gateway(tmp_path, config))
    asked = f"localhost:{gateway.tls_port}"
    scheme, server = harness.as_reached(app.port)
    other = "http" if scheme == "https" else "https"
    told = {None: asked, "server": server}.get(told, told)
    for sent, wanted in ((f"{scheme}://{told}/dir/", f"https://{asked}/dir/"), (f"{scheme}://{server}/a?b", f"https://{asked}/a?b"),
                         ("//other.test/", "//other.test/"), (f"{other}://{told}/", f"{other}://{told}/"),
                         ("http://other.test/", "http://other.test/"), ("/dir/", "/dir/")):
        app.says[b"/public/moved"] = reply(b"", b"301 Moved", b"Location: " + sent.encode() + b"\r\nContent-Location: " + sent.encode() + b"\r\n")
        got = gateway.call("GET", "/public/moved", headers={"Origin": f"https://{asked}"})
        assert got.headers["Location"] == got.headers["Content-Location"] == wanted
    assert values(app, "Host") == [told.encode()]
    assert values(app, "X-Forwarded-Host") == [asked.encode()]
    assert values(app, "Origin") == [f"https://{asked}".encode()]


# --- what strangers and proxies say -----------------------------------------------------------


STRANGE = ["CF-Connecting-IP", "Client-IP", "True-Client-IP", "X-SSL-Client-Verify", "X-SSL-Client-S-DN", "X-Client-Cert",
           "X-WEBAUTH-USER", "X-Middleware-Subrequest", "X-Jwt-Payload", "X-Envoy-External-Address", "X-Accel-Redirect",
           "X-Sendfile", "Fastly-Client-IP", "X-Remote-User", "Client-Cert", "X-Https"]


def test_what_only_a_proxy_may_say_is_removed_from_strangers_and_counted(app, start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(app.port)))
    for name in STRANGE:
        for spelling in (name, name.upper(), name.replace("-", "_"), name.replace("-", ".")):
            gateway.call("GET", "/public/x", headers={spelling: "forged"})
            assert b"forged" not in app.heads[-1], spelling
    counted = gateway.metric("yett_request_fields_dropped_total")
    assert counted >= 4 * len(STRANGE)
    for cause in ("identity", "forwarding", "internal", "spelling"):
        assert gateway.metric("yett_request_fields_dropped_total", cause=cause) > 0
    for cause in ("tracing", "rewriting", "nominated"):
        assert gateway.metric("yett_request_fields_dropped_total", cause=cause) == 0


def test_a_rule_passes_sets_and_removes(app, start, tmp_path):
    config = harness.settings(app.port)
    changes = {"pass": ["X-HTTP-Method-Override", "my_header"], "set": {"X-Tenant": "blue"}, "remove": ["X-Debug", "Cookie"]}
    config["routes"].insert(0, {"name": "changed", "match": {"path": "/public/changed"}, "access": "public", "upstream": "app",
                                "request_headers": changes})
    gateway = start(harness.Gateway(tmp_path, config))
    sent = {"X-HTTP-Method-Override": "PUT", "my_header": "1", "X-Tenant": "red", "x_tenant": "green", "X-Debug": "1", "Cookie": "a=b",
            "X-Original-URL": "/admin"}
    gateway.call("GET", "/public/changed", headers=sent)
    assert values(app, "X-HTTP-Method-Override") == [b"PUT"] and values(app, "my_header") == [b"1"]
    assert values(app, "X-Tenant") == [b"blue"]
    for name in ("X-Debug", "Cookie", "X-Original-URL", "x_tenant"):
        assert not values(app, name), name
    gateway.call("GET", "/public/other", headers=sent)
    assert values(app, "X-Tenant") == [b"red"] and values(app, "Cookie") == [b"a=b"] and not values(app, "my_header")


@pytest.mark.parametrize("changes, path", [
    ({"pass": ["X-Yett-User"]}, "pass[0]"), ({"pass": ["Content-Length"]}, "pass[0]"), ({"set": {"X-Forwarded-For": "1.1.1.1"}}, "set.X-Forwarded-For"),
    ({"set": {"Host": "a"}}, "set.Host"), ({"pass": ["Cookie"]}, "pass[0]"), ({"set": {"Authorization": "Basic x"}}, "set.Authorization"),
    ({"set": {"X User": "1"}}, "set.X User"), ({"remove": ["Transfer-Encoding"]}, "remove[0]")])
def test_what_a_rule_must_not_change_is_a_complaint_with_its_place(app, tmp_path, changes, path):
    config = harness.settings(app.port)
    config["routes"][0]["request_headers"] = changes
    config["listeners"] = [{"address": "127.0.0.1:0"}]
    file = tmp_path / "yett.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    done = subprocess.run([harness.BINARY, "check", str(file)], capture_output=True, text=True, cwd=tmp_path)
    said = done.stdout + done.stderr
    assert done.returncode != 0
    assert re.search(rf"yett\.yaml:\d+:\d+: routes\[0\]\.request_headers\.{re.escape(path)}: ", said), said


def test_forwarded_and_x_forwarded_say_the_same_to_applications(app, start, tmp_path):
    """A registry behind us and behind a TLS proxy builds its redirects from whichever it prefers."""
    sent = {"X-Forwarded-For": "6.6.6.6, 192.0.2.9", "X-Forwarded-Proto": "https", "Forwarded": "for=198.51.100.1;proto=http;host=evil.test"}
    gateway = start(harness.Gateway(tmp_path, harness.settings(app.port, trusted_proxies=["127.0.0.0/8"])))
    with gateway.raw() as proxy:
        ask(proxy, **{k.replace("-", "_"): v for k, v in sent.items()})
    assert values(app, "X-Forwarded-For") == [b"192.0.2.9, 127.0.0.1"]
    assert values(app, "X-Forwarded-Proto") == [b"https"]
    assert values(app, "Forwarded") == [b'for=192.0.2.9;host="app.test";proto=https, for=127.0.0.1']

    (tmp_path / "other").mkdir()
    config = harness.settings(app.port, trusted_proxies=["127.0.0.0/8"], trusted_proxies_send="forwarded")
    other = start(harness.Gateway(tmp_path / "other", config))
    sent = {"Forwarded": 'for="[2001:db8::1]:4000";proto=https;host=public.test', "X-Forwarded-For": "6.6.6.6",
            "X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.test", "X-Forwarded-Prefix": "/evil"}
    with other.raw() as proxy:
        ask(proxy, **{k.replace("-", "_"): v for k, v in sent.items()})
    assert values(app, "X-Forwarded-For") == [b"2001:db8::1, 127.0.0.1"]
    assert values(app, "X-Forwarded-Proto") == [b"https"]
    assert values(app, "X-Forwarded-Host") == [b"public.test"]
    assert values(app, "Forwarded") == [b'for="[2001:db8::1]";host="public.test";proto=https, for=127.0.0.1']
    assert not values(app, "X-Forwarded-Prefix")
