"""How many sessions a user has, how long they last, and what does not fit into their cookies."""

import re
import subprocess

import pytest

import harness


def with_cookies(port, **accounts):
    config = harness.settings(port)
    config["tokens"] = {**config["tokens"], "refresh_transport": "cookie", "access_transport": "cookie"}
    config["accounts"] = {**config["accounts"], **accounts}
    return config


def cookies_of(reply):
    """The Set-Cookie fields by name."""
    return {line.split("=", 1)[0]: line for line in reply.raw.headers.getlist("Set-Cookie")}


def log_in(gateway, email="ada@example.com", **more):
    return gateway.call("POST", "/auth/login", json={"email": email, "password": harness.PASSWORD, **more})


@pytest.fixture(scope="module")
def few(echo, tmp_path_factory):
    config = harness.settings(echo.port)
    config["accounts"]["sessions"] = {"per_user": 3}
    program = harness.Gateway(tmp_path_factory.mktemp("few"), config)
    yield program
    program.stop()


def test_the_session_used_longest_ago_goes_and_the_audit_says_so(few):
    assert few.register("ada@example.com").status_code == 201
    grants = [few.login("ada@example.com").json() for _ in range(3)]
    again = few.call("POST", "/auth/refresh", json={"refresh_token": grants[0]["refresh_token"]}).json()
    newest = few.login("ada@example.com").json()

    def status(grant):
        return few.call("GET", "/auth/me", grant["access_token"]).status_code
    assert [status(g) for g in (again, grants[1], grants[2], newest)] == [200, 401, 200, 200]
    assert few.call("POST", "/auth/refresh", json={"refresh_token": grants[1]["refresh_token"]}).status_code == 401
    listed = few.call("GET", "/auth/sessions", newest["access_token"]).json()["sessions"]
    assert len(listed) == 3
    ended, = few.log(event="session_ended", reason="too_many_sessions")
    assert ended["user_id"] == newest["user"]["id"]


def test_lists_come_in_parts(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    token = gateway.user("eve@example.com")["access_token"]
    for _ in range(6):
        assert gateway.login("eve@example.com").status_code == 200
    for i in range(5):
        reply = gateway.call("POST", "/auth/api-keys", token, json={"name": f"key {i}"})
        assert reply.status_code == 201, reply.text
    for path, member, count in (("/auth/sessions", "sessions", 7), ("/auth/api-keys", "api_keys", 5)):
        seen, query = [], "?limit=2"
        while query:
            part = gateway.call("GET", path + query, token).json()
            assert len(part[member]) <= 2
            seen += [each["id"] for each in part[member]]
            query = f"?limit=2&after={part['next']}" if "next" in part else ""
        assert len(seen) == count == len(set(seen))
        assert "next" not in gateway.call("GET", path, token).json()
        for wrong in ("0", "1001", "-1", "x", ""):
            assert gateway.call("GET", f"{path}?limit={wrong}", token).status_code == 400, wrong


ROLES = [f"{i:02}-{'r' * 37}" for i in range(60)]


def yett(folder, *arguments, password=harness.PASSWORD):
    return subprocess.run([harness.BINARY, *arguments, "--config", "yett.yaml"], cwd=folder, input=password + "\n", text=True,
                          capture_output=True, timeout=60)


def test_roles_that_do_not_fit_a_cookie_are_refused_by_the_command(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, with_cookies(echo.port)))
    refused = yett(tmp_path, "users", "add", "many@example.com", *ROLES)
    assert refused.returncode != 0 and "tokens.access_transport: header" in refused.stderr + refused.stdout
    assert yett(tmp_path, "users", "add", "some@example.com", *ROLES[:40]).returncode == 0
    reply = log_in(gateway, "some@example.com")
    assert reply.status_code == 200 and "__Host-yett_access" in cookies_of(reply)
    assert yett(tmp_path, "users", "set-roles", "some@example.com", *ROLES).returncode != 0
    rows = "email,roles\nrow@example.com,\"" + ",".join(ROLES) + "\"\n"
    (tmp_path / "rows.csv").write_text(rows)
    imported = yett(tmp_path, "users", "import", "rows.csv")
    assert imported.returncode != 0 and "2" in imported.stderr + imported.stdout


def test_a_login_that_cannot_be_told_leaves_no_session(start, echo, tmp_path):
    first = harness.Gateway(tmp_path, harness.settings(echo.port, tokens={"access_transport": "header"}))
    assert yett(tmp_path, "users", "add", "many@example.com", *ROLES).returncode == 0
    assert log_in(first, "many@example.com").status_code == 200        # a header holds it
    first.stop()
    again = start(harness.Gateway(tmp_path, with_cookies(echo.port)))
    assert [log_in(again, "many@example.com").status_code for _ in range(3)] == [500] * 3
    listed = yett(tmp_path, "sessions", "list", "many@example.com").stdout
    assert len(re.findall(r"127\.0\.0\.1", listed)) == 1
    assert again.log(level="error") and "bytes" in str(again.log(level="error"))


@pytest.mark.parametrize("rule, wish, lasts", [("always", {}, True), ("ask", {"remember_me": True}, True), ("ask", {}, False),
                                               ("ask", {"remember_me": False}, False), ("never", {"remember_me": True}, False)])
def test_a_session_is_remembered_as_the_rules_and_its_owner_say(start, echo, tmp_path, rule, wish, lasts):
    gateway = start(harness.Gateway(tmp_path, with_cookies(echo.port, remember_me=rule)))
    assert gateway.register("ada@example.com").status_code == 201
    reply = log_in(gateway, **wish)
    assert reply.status_code == 200, reply.text
    set_now = cookies_of(reply)
    assert ["Max-Age" in set_now[f"__Host-yett_{name}"] for name in ("access", "refresh")] == [lasts, lasts]
    jar = "; ".join(line.split(";")[0] for line in set_now.values())
    renewed = gateway.call("POST", "/auth/refresh", json={}, headers={"Cookie": jar, "Sec-Fetch-Site": "same-origin"})
    assert renewed.status_code == 200
    assert ["Max-Age" in cookies_of(renewed)[f"__Host-yett_{name}"] for name in ("access", "refresh")] == [lasts, lasts]


def test_the_login_page_asks_where_it_is_told_to(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, with_cookies(echo.port, remember_me="ask")))
    assert gateway.register("ada@example.com").status_code == 201
    page = gateway.call("GET", "/auth/login", headers={"Accept": "text/html"})
    assert 'name="remember_me"' in page.text
    jar = {c.name: c.value for c in page.cookies}
    form = re.search(r'name="form" value="([^"]+)"', page.text).group(1)
    for box, lasts in (({"remember_me": "true"}, True), ({}, False)):
        sent = {"form": form, "next": "", "email": "ada@example.com", "password": harness.PASSWORD, **box}
        reply = gateway.call("POST", "/auth/login", data=sent, cookies=jar, headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"})
        assert reply.status_code == 303, reply.text
        assert ("Max-Age" in cookies_of(reply)["__Host-yett_refresh"]) == lasts


def test_a_short_session_ends_in_use_or_not(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, with_cookies(echo.port, remember_me="never", short_session_ttl="12h")))
    assert gateway.register("ada@example.com").status_code == 201
    reply = log_in(gateway)
    jar = "; ".join(line.split(";")[0] for line in cookies_of(reply).values())
    mine, = gateway.call("GET", "/auth/sessions", headers={"Cookie": jar}).json()["sessions"]
    created, until = (mine[name][:16] for name in ("created_at", "expires_at"))
    assert int(until[11:13]) == (int(created[11:13]) + 12) % 24


def test_a_limit_on_trial_refuses_nobody_and_counts(start, echo, tmp_path):
    config = harness.settings(echo.port)
    config["limits"]["trial"] = {"rate": "2/1h", "algorithm": "window", "mode": "report_only"}
    config["routes"].insert(0, {"name": "tried", "match": {"path": "/tried"}, "access": "public", "upstream": "app", "limits": ["trial"]})
    gateway = start(harness.Gateway(tmp_path, config))
    assert [gateway.call("GET", "/tried").status_code for _ in range(5)] == [200] * 5
    gateway.await_metric(3, "yett_limiter_refused_total", limit="trial")
    harness.wait_until(lambda: len(gateway.log(route="tried", decision="report_only")) == 3, what="three lines")
