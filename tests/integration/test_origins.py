"""Who may act for a person whose browser sends the cookie along: origins, in all their spellings."""

import pytest

import harness
from test_websocket import KEY, SWITCH, head_of, shake

SHELL = "capacitor://localhost"


def answer(head, connection):
    return SWITCH if b"Upgrade: websocket" in head else harness.ScriptedUpstream.OK


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    upstream = harness.ScriptedUpstream(answer)
    config = harness.settings(upstream.port)
    config["tokens"]["access_transport"] = "both"
    config["accounts"] = {**config["accounts"], "pages": {"enabled": False}, "cookie": {"secure": False}}
    socket = lambda *origins: {"allowed_origins": list(origins)} if origins else {}
    config["routes"] = [
        {"name": name, "match": {"path": f"/{name}/**"}, "access": access, "upstream": "app", "websocket": socket(*origins)}
        for name, access, origins in (
            ("own", "authenticated", ()), ("shell", "authenticated", (SHELL,)), ("null", "authenticated", ("null",)),
            ("file", "authenticated", ("file://",)), ("all", "authenticated", ("*", SHELL)), ("anybody", "public", ("*",)))
    ] + [{"name": "rest", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"}]
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), config)
    yield program
    program.stop()
    upstream.stop()


@pytest.fixture(scope="module")
def token(gateway):
    return gateway.user()["access_token"]


def open_socket(gateway, path, origin, cookie=None, bearer=None, host="app.test"):
    fields = {"Origin": origin}
    if cookie:
        fields["Cookie"] = f"yett_access={cookie}"
    if bearer:
        fields["Authorization"] = f"Bearer {bearer}"
    with gateway.raw() as client:
        reply, _ = client.send(shake(path, host, **fields)).read_available()
    return int(head_of(reply).split()[1])


def post(gateway, token, host, origin, tls=False):
    head = (f"POST /x HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\nCookie: yett_access={token}\r\n"
            f"Origin: {origin}\r\n\r\n")
    with gateway.raw(tls=tls) as client:
        return int(head_of(client.send(head.encode()).read_all()).split()[1])


@pytest.mark.parametrize("host, origin, tls, status", [
    ("app.test:443", "https://app.test", True, 200),
    ("app.test", "https://app.test:443", True, 200),
    ("app.test:80", "http://app.test", False, 200),
    ("app.test:", "http://app.test", False, 200),
    ("[::1]:443", "https://[::1]", True, 200),
    ("app.test:8443", "https://app.test", True, 403),
    ("app.test:443", "http://app.test", True, 403),
])
def test_origins_are_scheme_host_and_port(gateway, token, host, origin, tls, status):
    assert post(gateway, token, host, origin, tls) == status


def test_an_empty_port_says_nothing(gateway):
    with gateway.raw() as client:
        reply = client.send(b"GET /auth/nothing HTTP/1.1\r\nHost: a:\r\nConnection: close\r\n\r\n").read_all()
    assert reply.startswith(b"HTTP/1.1 404")


@pytest.mark.parametrize("path, origin, by_bearer, by_cookie", [
    ("/shell/x", SHELL, 101, 101),
    ("/shell/x", "ionic://localhost", 403, 403),
    ("/null/x", "null", 101, 403),
    ("/file/x", "file://", 101, 403),
    ("/all/x", "https://evil.test", 101, 403),
    ("/all/x", SHELL, 101, 101),
    ("/all/x", "http://app.test", 101, 101),
    ("/own/x", "http://app.test", 101, 101),
    ("/own/x", "http://app.test:80", 101, 101),
    ("/own/x", "https://app.test", 403, 403),
    ("/own/x", "null", 403, 403),
])
def test_words_that_name_nobody_speak_for_nobody(gateway, token, path, origin, by_bearer, by_cookie):
    assert open_socket(gateway, path, origin, bearer=token) == by_bearer
    assert open_socket(gateway, path, origin, cookie=token) == by_cookie


def test_a_public_rule_that_lists_everybody_asks_nobody(gateway, token):
    assert open_socket(gateway, "/anybody/x", "https://evil.test") == 101
    assert open_socket(gateway, "/anybody/x", "https://evil.test", cookie=token) == 101


def test_a_refused_socket_is_explained_in_the_log(gateway, token):
    assert open_socket(gateway, "/own/why", "https://app.test", cookie=token) == 403
    assert open_socket(gateway, "/shell/why", "https://evil.test", cookie=token) == 403
    lines = harness.wait_until(lambda: (lambda found: found if len(found) == 2 else None)(
        [line for line in gateway.log(status=403) if line.get("path", "").endswith("/why")]), what="two lines")
    behind_proxy, foreign = sorted(lines, key=lambda line: line["path"])    # workers write when they like
    assert '"https://app.test"' in behind_proxy["cause"] and '"http://app.test"' in behind_proxy["cause"]
    assert "trusted_proxies" in behind_proxy["cause"]
    assert '"https://evil.test"' in foreign["cause"] and '"http://app.test"' in foreign["cause"]
    assert "websocket.allowed_origins" in foreign["cause"]


def test_a_refused_form_is_explained_in_the_log(gateway, token):
    assert post(gateway, token, "app.test", "https://evil.test") == 403
    line = harness.wait_until(lambda: [l for l in gateway.log(status=403, method="POST") if "evil.test" in l.get("cause", "")], what="the line")[0]
    assert '"http://app.test"' in line["cause"]


def test_the_check_says_what_words_that_name_nobody_cannot_do(tmp_path):
    import subprocess
    import yaml
    config = harness.settings(1)
    config["routes"][0]["websocket"] = {"allowed_origins": ["null", "file://", SHELL, "*"]}
    (tmp_path / "yett.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "certs").symlink_to(harness.certificates())
    told = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], capture_output=True, text=True, timeout=20)
    text = told.stdout + told.stderr
    assert told.returncode == 0, text
    assert text.count("never authenticated by a cookie or by Basic") == 3, text
    assert SHELL not in text
