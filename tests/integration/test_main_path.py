"""The main job, end to end, with curl as the client."""

import json
import subprocess
import re

import harness


def curl(gateway, path, *more):
    done = subprocess.run(
        ["curl", "-sS", "--cacert", gateway.ca, "-w", "\n%{http_code}", gateway.https + path, *more],
        capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    body, status = done.stdout.rsplit("\n", 1)
    return int(status), json.loads(body) if body.startswith("{") else body


def test_register_login_call_refresh_logout(gateway):
    credentials = json.dumps({"email": "grace@example.com", "password": harness.PASSWORD})
    status, user = curl(gateway, "/auth/register", "--json", credentials)
    assert status == 201 and user["email"] == "grace@example.com" and user["verified"] is False

    status, grant = curl(gateway, "/auth/login", "--json", credentials)
    assert status == 200 and grant["token_type"] == "bearer" and harness.lasts(grant["expires_in"], 900)
    bearer = ["-H", f"Authorization: Bearer {grant['access_token']}"]

    status, seen = curl(gateway, "/hello?x=1", *bearer)
    assert status == 200
    headers = {k.lower(): v for k, v in seen["headers"].items()}
    assert headers["x-yett-user"] == user["user_id"]
    assert headers["x-yett-email"] == "grace@example.com"
    assert "authorization" not in headers and "cookie" not in headers

    status, refusal = curl(gateway, "/hello")
    assert status == 401 and refusal["code"] == "unauthenticated"

    status, again = curl(gateway, "/auth/refresh", "--json", json.dumps({"refresh_token": grant["refresh_token"]}))
    assert status == 200 and again["refresh_token"] != grant["refresh_token"]
    bearer = ["-H", f"Authorization: Bearer {again['access_token']}"]
    assert curl(gateway, "/hello", *bearer)[0] == 200            # now it is cached

    assert curl(gateway, "/auth/logout", "-X", "POST", *bearer)[0] == 204
    assert curl(gateway, "/hello", *bearer)[0] == 401
    status, _ = curl(gateway, "/auth/refresh", "--json", json.dumps({"refresh_token": again["refresh_token"]}))
    assert status == 401


def test_a_cached_token_dies_with_its_logout_on_every_worker(gateway):
    grant = gateway.user("hopper@example.com")
    token = grant["access_token"]
    for _ in range(20):                                          # every worker has it cached
        assert gateway.call("GET", "/hello", token).status_code == 200
    assert gateway.call("POST", "/auth/logout", token).status_code == 204
    assert {gateway.call("GET", "/hello", token).status_code for _ in range(20)} == {401}


def test_roles_decide(gateway):
    token = gateway.user("mallory@example.com")["access_token"]
    reply = gateway.call("GET", "/admin/x", token)
    assert reply.status_code == 403 and reply.json()["code"] == "forbidden"
    assert gateway.call("GET", "/public/x").status_code == 200


def test_every_request_writes_one_line_and_counts(gateway):
    before = gateway.metric("yett_requests_total", route="public") or 0
    reply = gateway.call("GET", "/public/counted")
    entry = harness.wait_until(lambda: gateway.log(path="/public/counted"), what="the access line")
    assert len(entry) == 1
    assert entry[0]["status"] == 200 and entry[0]["route"] == "public" and entry[0]["upstream_status"] == 200
    assert entry[0]["request_id"] == json.loads(reply.text)["headers"]["X-Request-Id"]
    assert gateway.metric("yett_requests_total", route="public") == before + 1


def refresh_cookie_of(reply):
    [cookie] = [line for line in reply.raw.headers.getlist("Set-Cookie") if line.startswith("__Host-yett_refresh=")]
    return cookie


def test_refresh_by_cookie_needs_our_own_origin(gateway):
    gateway.register("cookie@example.com")
    cookie = refresh_cookie_of(gateway.login("cookie@example.com"))
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert attribute in cookie
    value = cookie.split(";")[0]
    refused = gateway.call("POST", "/auth/refresh", headers={"Cookie": value})
    assert refused.status_code == 403 and refused.json()["code"] == "csrf_rejected"
    foreign = gateway.call("POST", "/auth/refresh", headers={"Cookie": value, "Origin": "https://evil.example"})
    assert foreign.status_code == 403
    ours = gateway.call("POST", "/auth/refresh", headers={"Cookie": value, "Origin": gateway.https})
    assert ours.status_code == 200, ours.text


def test_two_refresh_cookies_are_one_where_they_mean_one_session(gateway):
    gateway.register("twice@example.com")
    value = refresh_cookie_of(gateway.login("twice@example.com")).split(";")[0]
    reply = gateway.call("POST", "/auth/refresh", headers={"Cookie": f"{value}; {value}", "Origin": gateway.https})
    assert reply.status_code == 200


def test_metrics_and_probes(gateway):
    import requests
    assert requests.get(gateway.management + "/livez").status_code == 200
    assert requests.get(gateway.management + "/readyz?verbose").status_code == 200
    text = gateway.metrics()
    for family in ("yett_requests_total", "yett_request_duration_seconds_bucket", "yett_auth_results_total",
                   "yett_token_cache_hits_total", "yett_password_hash_queue_depth", "yett_upstream_requests_total",
                   "yett_connections", "yett_tls_handshakes_total", "yett_build_info", "process_cpu_seconds_total"):
        assert re.search(rf"^{family}[{{ ]", text, re.M), family
