"""Pages of other sites: what they are told, and what they may do."""

import subprocess

import pytest
import requests
import yaml

import harness

SPA = "https://spa.test"
EVIL = "https://evil.test"


def answer(head, connection):
    return (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAccess-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n"
            b"Access-Control-Allow-Methods: EVERYTHING\r\nVary: Accept-Encoding\r\nX-Total: 1\r\n\r\nok")


@pytest.fixture(scope="module")
def upstream():
    server = harness.ScriptedUpstream(answer)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def gateway(upstream, tmp_path_factory):
    config = harness.settings(upstream.port)
    config["tokens"]["access_transport"] = "both"
    config["accounts"] = {**config["accounts"], "pages": {"enabled": False}, "cookie": {"secure": False},
                          "cors": {"origins": [SPA], "credentials": True, "headers": ["content-type", "authorization"]}}
    config["limits"]["few"] = {"rate": "3/15m", "algorithm": "window", "key": ["client"]}
    dead = {"servers": ["http://127.0.0.1:1"]}
    config["upstreams"]["dead"] = dead
    rule = lambda name, access, cors, **more: {"name": name, "match": {"path": f"/{name}/**", **more.pop("match", {})},
                                               "access": access, "upstream": "app", "cors": cors, **more}
    config["routes"] = [
        {"name": "read", "match": {"path": "/split/**", "methods": ["GET"]}, "access": "public", "upstream": "app",
         "cors": {"origins": ["*"]}},
        {"name": "write", "match": {"path": "/split/**", "methods": ["PUT"]}, "access": "authenticated", "upstream": "app",
         "cors": {"origins": [SPA], "credentials": True}},
        rule("api", "authenticated", {"origins": [SPA], "credentials": True, "methods": ["GET", "PUT"], "expose": ["X-Total"],
                                      "headers": ["authorization", "x-one"], "max_age": "1h"}),
        rule("seen", "authenticated", {"origins": [SPA], "headers": ["x-one"], "preflight": "forward"}),
        rule("open", "public", {"origins": ["*"]}),
        rule("null", "public", {"origins": ["null"]}),
        rule("few", "authenticated", {"origins": [SPA]}, limits=["few"]),
        rule("dead", "public", {"origins": [SPA]}, upstream="dead"),
        {"name": "silent", "match": {"path": "/silent/**"}, "access": "authenticated", "upstream": "app"},
        {"name": "rest", "match": {"path": "/**"}, "access": "public", "upstream": "app"},
    ]
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), config)
    yield program
    program.stop()


@pytest.fixture(scope="module")
def token(gateway):
    return gateway.user()["access_token"]


def preflight(gateway, path, origin=SPA, method="PUT", **headers):
    fields = {"Origin": origin, "Access-Control-Request-Method": method, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return gateway.call("OPTIONS", path, headers={k: v for k, v in fields.items() if v is not None})


def cors_of(reply):
    return {k.lower().removeprefix("access-control-"): v for k, v in reply.headers.items() if k.lower().startswith("access-control-")}


def test_a_preflight_is_answered_without_asking_who_it_is(gateway, upstream):
    before = len(upstream.heads)
    reply = preflight(gateway, "/api/x", Access_Control_Request_Headers="x-one")
    assert reply.status_code == 204 and reply.content == b""
    assert cors_of(reply) == {"allow-origin": SPA, "allow-credentials": "true", "allow-methods": "GET, PUT",
                              "allow-headers": "authorization, x-one", "max-age": "3600"}
    assert reply.headers["Vary"] == "Origin"
    assert len(upstream.heads) == before


def test_a_preflight_finds_the_rule_of_the_method_that_follows(gateway):
    assert cors_of(preflight(gateway, "/split/x", EVIL, "GET"))["allow-origin"] == "*"
    assert preflight(gateway, "/split/x", EVIL, "PUT").status_code == 403
    assert cors_of(preflight(gateway, "/split/x", SPA, "PUT"))["allow-credentials"] == "true"
    # Nothing speaks of other sites there: an OPTIONS like any other.
    assert preflight(gateway, "/silent/x").status_code == 401


@pytest.mark.parametrize("fields", [
    {"Origin": SPA}, {"Access-Control-Request-Method": "PUT"}, {},
])
def test_what_is_less_is_a_request_like_any_other(gateway, fields):
    reply = gateway.call("OPTIONS", "/api/x", headers=fields)
    assert reply.status_code == 401
    assert "Access-Control-Allow-Methods" not in reply.headers


def test_a_strangers_preflight_is_refused_and_the_log_says_why(gateway):
    for origin in (EVIL, "null", "http://spa.test", "https://spa.test:8443", "https://spa.test.evil"):
        reply = preflight(gateway, "/api/stranger", origin)
        assert reply.status_code == 403 and cors_of(reply) == {} and reply.headers["Vary"] == "Origin", origin
    line = harness.wait_until(lambda: [l for l in gateway.log(path="/api/stranger", status=403) if EVIL in l.get("cause", "")], what="the line")[0]
    assert "cors.origins" in line["cause"] and line["route"] == "api"


def test_a_forwarded_preflight_is_nobodys(gateway, upstream, token):
    head = (f"OPTIONS /seen/x HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\nOrigin: {SPA}\r\nAccess-Control-Request-Method: PUT\r\n"
            f"Access-Control-Request-Headers: x-one\r\nCookie: yett_access={token}; theirs=1\r\nAuthorization: Bearer {token}\r\n"
            f"X-Api-Key: theirs\r\nX-Yett-User: forged\r\nContent-Length: 6\r\n\r\nsecret")
    received = len(upstream.bytes)
    with gateway.raw() as client:
        reply = client.send(head.encode()).read_all()
    assert reply.startswith(b"HTTP/1.1 200")
    sent = upstream.bytes[received:]
    assert sent.startswith(b"OPTIONS /seen/x HTTP/1.1\r\n") and b"Access-Control-Request-Method: PUT" in sent
    for part in (b"secret", b"Cookie", b"Authorization", token.encode(), b"X-Api-Key", b"X-Yett-", b"Content-Length", b"Transfer-Encoding"):
        assert part not in sent, part
    # The application's own fields are replaced.
    assert harness.header_values(reply, "Access-Control-Allow-Origin") == [SPA.encode()]
    assert harness.header_values(reply, "Access-Control-Allow-Methods") == [b"PUT"]
    assert harness.header_values(reply, "Access-Control-Allow-Credentials") == []
    assert harness.header_values(reply, "Vary") == [b"Accept-Encoding", b"Origin"]


def test_what_is_not_listed_does_not_reach_the_application(gateway, upstream):
    before = len(upstream.heads)
    assert preflight(gateway, "/seen/x", EVIL).status_code == 403
    assert preflight(gateway, "/seen/x", Access_Control_Request_Headers="x-two").status_code == 204
    assert len(upstream.heads) == before


def test_a_preflight_spends_the_limits_of_its_rule(gateway):
    statuses = [preflight(gateway, "/few/x").status_code for _ in range(5)]
    assert statuses == [204, 204, 204, 429, 429]
    limited = preflight(gateway, "/few/x")
    assert cors_of(limited)["allow-origin"] == SPA


def test_replies_name_listed_origins_alone_and_vary_always(gateway, token):
    ours = gateway.call("GET", "/api/x", token, headers={"Origin": SPA})
    assert ours.status_code == 200
    assert cors_of(ours) == {"allow-origin": SPA, "allow-credentials": "true", "expose-headers": "X-Total"}
    assert ours.headers["Vary"] == "Accept-Encoding, Origin"
    for fields in ({"Origin": EVIL}, {"Origin": "null"}, {}):
        other = gateway.call("GET", "/api/x", token, headers=fields)
        assert other.status_code == 200 and cors_of(other) == {} and "Origin" in other.headers["Vary"]
    assert cors_of(gateway.call("GET", "/open/x", headers={"Origin": EVIL})) == {"allow-origin": "*"}
    assert cors_of(gateway.call("GET", "/null/x", headers={"Origin": "null"})) == {"allow-origin": "null"}


def test_where_no_rule_speaks_of_other_sites_the_application_does(gateway):
    assert cors_of(gateway.call("GET", "/elsewhere", headers={"Origin": EVIL}))["allow-origin"] == "*"


def test_refusals_can_be_read_by_listed_origins_alone(gateway, token):
    cookie = {"Cookie": f"yett_access={token}"}
    cases = [("GET", "/api/x", {}, 401), ("PUT", "/few/x", {"Cookie": "yett_access=" + token}, 403), ("GET", "/dead/x", {}, 502)]
    for method, path, more, status in cases:
        ours = gateway.call(method, path, headers={"Origin": SPA, **more})
        theirs = gateway.call(method, path, headers={"Origin": EVIL, **more})
        if status == 403:  # the limit of that rule may be spent
            assert ours.status_code in (403, 429) and theirs.status_code in (403, 429)
        else:
            assert ours.status_code == theirs.status_code == status
        assert cors_of(ours)["allow-origin"] == SPA and cors_of(theirs) == {}
        assert "Origin" in theirs.headers["Vary"] and "Origin" in ours.headers["Vary"]
    assert cookie


def test_an_origin_with_credentials_counts_as_our_own_on_that_rule_alone(gateway, token):
    def put(path, origin, **more):
        return gateway.call("PUT", path, headers={"Origin": origin, "Cookie": f"yett_access={token}", **more}).status_code

    assert put("/api/x", SPA) == 200
    assert put("/api/x", SPA, **{"Sec-Fetch-Site": "cross-site"}) == 200
    assert put("/api/x", EVIL) == 403
    assert put("/api/x", EVIL, **{"Sec-Fetch-Site": "cross-site"}) == 403
    assert put("/silent/x", SPA) == 403
    # Listed, but without credentials.
    assert put("/seen/x", SPA) == 403


def test_account_endpoints_tell_listed_origins_and_let_them_refresh_and_log_out_alone(gateway):
    email = "cors@example.com"
    gateway.register(email)
    session = requests.Session()
    session.verify, session.trust_env = gateway.ca, False

    def post(path, origin=SPA, **json):
        cookies = "; ".join(f"{c.name}={c.value}" for c in session.cookies)
        return session.post(gateway.https + path, json=json, headers={"Origin": origin, "Cookie": cookies}, timeout=20)

    granted = gateway.login(email)
    session.cookies.update(granted.cookies)
    assert cors_of(preflight(gateway, "/auth/refresh", method="POST"))["allow-headers"] == "content-type, authorization"
    assert preflight(gateway, "/auth/refresh", EVIL, "POST").status_code == 403

    # Never for login, password, sessions or keys.
    for path, body in (("/auth/login", {"email": email, "password": harness.PASSWORD}),
                       ("/auth/password", {"current_password": harness.PASSWORD, "new_password": "another long password 9"}),
                       ("/auth/api-keys", {"name": "x"})):
        refused = post(path, **body)
        assert refused.status_code == 403 and cors_of(refused)["allow-origin"] == SPA, path
    cookies = "; ".join(f"{c.name}={c.value}" for c in session.cookies)
    assert session.delete(gateway.https + "/auth/sessions", headers={"Origin": SPA, "Cookie": cookies}, timeout=20).status_code == 403

    assert post("/auth/refresh", EVIL).status_code == 403
    refreshed = post("/auth/refresh")
    assert refreshed.status_code == 200 and cors_of(refreshed)["allow-credentials"] == "true"
    session.cookies.update(refreshed.cookies)
    assert post("/auth/logout", EVIL).status_code == 403
    assert post("/auth/logout").status_code == 204


@pytest.mark.parametrize("cors", [{"origins": ["*"]}, {"origins": ["null"]}, {"origins": []}, {}, {"origins": ["file://"]}])
@pytest.mark.parametrize("where", ["route", "accounts"])
def test_credentials_for_nobody_in_particular_are_a_complaint(tmp_path, where, cors):
    config = harness.settings(1)
    cors = {**cors, "credentials": True}
    if where == "route":
        config["routes"][0]["cors"] = cors
    else:
        config["accounts"]["cors"] = cors
    (tmp_path / "yett.yaml").write_text(yaml.safe_dump(config))
    (tmp_path / "certs").symlink_to(harness.certificates())
    told = subprocess.run([harness.BINARY, "check", tmp_path / "yett.yaml"], capture_output=True, text=True, timeout=20)
    assert told.returncode != 0 and ".cors." in told.stdout + told.stderr
