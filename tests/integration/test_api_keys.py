"""API keys and service accounts: made, used, bounded and taken away, through the real program."""

import asyncio
import base64
import hashlib
import http.server
import json
import os
import re
import sqlite3
import subprocess
import threading
import time

import pytest
import yaml

import harness

LAYOUT = re.compile(r"yk1_[A-Za-z0-9_-]{68}")


class Operator:
    def __init__(self, gateway):
        self.folder = gateway.folder

    def run(self, *args):
        return subprocess.run([harness.BINARY, *map(str, args)], cwd=self.folder, capture_output=True, text=True, timeout=60)

    def fine(self, *args):
        done = self.run(*args)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def rows(self, *args):
        return [json.loads(line) for line in self.fine(*args, "--json").splitlines()]


def config(port, **more):
    made = harness.settings(port, logging={"access": "access.log", "audit": "audit.log", "format": "json"}, **more)
    made["accounts"]["api_keys"] = {"scopes": ["reports:read", "reports:write"], "per_user": 5}
    made["routes"][0:0] = [
        {"name": "reports", "match": {"path": "/reports/**"}, "access": {"scopes": ["reports:read"]}, "upstream": "app"},
        {"name": "careful", "match": {"path": "/careful/**"}, "access": {"roles": ["user"], "recent_login": "1h"}, "upstream": "app"},
        {"name": "optional", "match": {"path": "/optional/**"}, "access": "optional", "upstream": "app"},
    ]
    return made


@pytest.fixture
def upstream(start):
    return start(harness.ScriptedUpstream())


@pytest.fixture
def gateway(start, upstream, tmp_path):
    return start(harness.Gateway(tmp_path, config(upstream.port)))


@pytest.fixture
def operator(gateway):
    return Operator(gateway)


def make(gateway, token, status=201, **wish):
    reply = gateway.call("POST", "/auth/api-keys", token, json={"name": "test", **wish})
    assert reply.status_code == status, reply.text
    return reply.json()


def ask(gateway, key, path="/x", method="GET", **more):
    return gateway.call(method, path, headers={"X-Api-Key": key, **more.pop("headers", {})}, **more)


def every_worker(gateway, key, path="/x"):
    """Enough connections, each of which falls on some worker by chance."""
    return {ask(gateway, key, path).status_code for _ in range(24)}


# --- making, listing, using ----------------------------------------------------------

def test_a_key_is_shown_once_and_works_either_way(gateway, upstream):
    ada = gateway.user()
    made = make(gateway, ada["access_token"], name="nightly", scopes=["reports:read"], expires_in=3600, requests_per_minute=1000)
    assert LAYOUT.fullmatch(made["key"]) and made["key"][4:25] == made["id"][:21]
    assert made["name"] == "nightly" and made["scopes"] == ["reports:read"] and made["requests_per_minute"] == 1000
    assert made["last_used"] is None and made["expires_at"] > made["created_at"]

    for reply in (ask(gateway, made["key"]), gateway.call("GET", "/x", made["key"]),
                  gateway.call("GET", "/x", made["key"], headers={"X-Api-Key": made["key"]})):
        assert reply.status_code == 200, reply.text
        head = upstream.heads[-1]
        assert b"yk1_" not in head and harness.header_values(head, "X-Api-Key") == []
        assert harness.header_values(head, "X-Yett-User") == [ada["user"]["id"].encode()]
        assert harness.header_values(head, "X-Yett-Email") == [b"ada@example.com"]

    [row] = gateway.call("GET", "/auth/api-keys", ada["access_token"]).json()["api_keys"]
    assert "key" not in row and "hash" not in row and row["id"] == made["id"] and row["last_used"]
    assert gateway.call("GET", "/auth/me", made["key"]).json()["email"] == "ada@example.com"

    for stored in gateway.folder.glob("yett.db*"):
        assert made["key"].encode() not in stored.read_bytes() and made["key"][26:].encode() not in stored.read_bytes()
    gateway.stop()
    for log in ("access.log", "audit.log"):
        assert made["key"] not in (gateway.folder / log).read_text()
    assert made["key"] not in gateway.output


def test_wishes_that_cannot_be_met_are_refused(gateway):
    token = gateway.user()["access_token"]
    for wish, field in (({"name": ""}, "name"), ({"name": 5}, "name"), ({"scopes": ["admin"]}, "scopes"), ({"scopes": "reports:read"}, "scopes"),
                        ({"expires_in": 59}, "expires_in"), ({"expires_in": 366 * 86400}, "expires_in"), ({"expires_in": -1}, "expires_in"),
                        ({"requests_per_minute": 1.5}, "requests_per_minute"), ({"roles": ["admin"]}, "roles"), ({"user_id": "x"}, "user_id")):
        told = make(gateway, token, status=400, **wish)
        assert [each["field"] for each in told["errors"]] == [field], wish
    for _ in range(5):
        make(gateway, token)
    assert make(gateway, token, status=403)["code"] == "forbidden"
    assert gateway.call("POST", "/auth/api-keys", json={"name": "x"}).status_code == 401


def test_a_scope_opens_what_wants_it_and_nothing_else(gateway, operator):
    token = gateway.user()["access_token"]
    with_scope, without = make(gateway, token, scopes=["reports:read"])["key"], make(gateway, token)["key"]
    assert ask(gateway, with_scope, "/reports/today").status_code == 200
    assert ask(gateway, without, "/reports/today").status_code == 403
    assert ask(gateway, with_scope, "/admin/x").status_code == 403
    # What the owner may because of a login of late, no key may.
    operator.fine("users", "set-roles", "ada@example.com", "user")
    assert gateway.call("GET", "/careful/x", gateway.login("ada@example.com").json()["access_token"]).status_code == 200
    for key in (with_scope, without):
        refused = ask(gateway, key, "/careful/x")
        assert (refused.status_code, refused.json()["code"]) == (401, "recent_login_required"), refused.text


def test_a_key_is_no_session(gateway):
    ada = gateway.user()
    key = make(gateway, ada["access_token"])
    for method, path, body in (("GET", "/auth/api-keys", None), ("DELETE", f"/auth/api-keys/{key['id']}", None), ("GET", "/auth/sessions", None),
                               ("DELETE", "/auth/sessions", None), ("POST", "/auth/password", {"current_password": harness.PASSWORD,
                                                                                             "new_password": "another horse battery"})):
        assert ask(gateway, key["key"], path, method, json=body).status_code == 403, (method, path)
    # It takes a login to make one, not a key.
    assert ask(gateway, key["key"], "/auth/api-keys", "POST", json={"name": "child"}).json()["code"] == "recent_login_required"
    assert ask(gateway, key["key"], "/auth/logout", "POST").status_code == 401
    assert gateway.call("POST", "/auth/refresh", json={"refresh_token": key["key"]}).status_code == 401
    assert gateway.call("GET", "/auth/me", ada["access_token"]).status_code == 200
    assert len(gateway.call("GET", "/auth/api-keys", ada["access_token"]).json()["api_keys"]) == 1


def test_what_is_no_good_key_is_refused_everywhere(gateway, upstream):
    ada, eve = gateway.user(), gateway.user("eve@example.com")
    key = make(gateway, ada["access_token"])["key"]
    other = make(gateway, eve["access_token"])["key"]
    before = len(upstream.heads)
    flipped = key[:-1] + ("A" if key[-1] != "A" else "B")
    for bad in (flipped, key[:-1], key + "A", "yk1_", "yk1_" + "A" * 68, key.replace("yk1_", "yr1_"), key[:30] + other[30:]):
        for _ in range(2):
            assert ask(gateway, bad).status_code == 401, bad
            # Where nobody need be anybody, a value that means no key is none.
            assert ask(gateway, bad, "/optional/x").status_code == (401 if bad.startswith("yk1_") else 200), bad
        assert gateway.call("GET", "/x", bad).status_code == 401, bad
    refused = ask(gateway, flipped)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="Yett", error="invalid_token"' and refused.json()["code"] == "unauthenticated"

    for headers in ({"X-Api-Key": key, "Authorization": f"Bearer {other}"}, {"X-Api-Key": key, "Authorization": f"Bearer {ada['access_token']}"}):
        assert gateway.call("GET", "/x", headers=headers).status_code == 401
    assert all(b"yk1_" not in head for head in upstream.heads[before:])
    # It is looked for in no other place.
    assert gateway.call("GET", f"/x?api_key={key}").status_code == 401
    assert gateway.call("GET", "/x", headers={"Cookie": f"__Host-yett_access={key}"}).status_code == 401


def test_a_key_never_reaches_an_application_that_asks_for_no_credential(gateway, upstream):
    key = make(gateway, gateway.user()["access_token"])["key"]
    for headers in ({"X-Api-Key": key}, {"Authorization": f"Bearer {key}"}, {"Authorization": f"ApiKey {key}"}, {"x_api_key": key}):
        assert gateway.call("GET", "/public/x", headers=headers).status_code == 200
        assert b"yk1_" not in upstream.heads[-1], headers
    assert gateway.call("GET", "/public/x", headers={"X-Api-Key": "the application's own"}).status_code == 200
    assert harness.header_values(upstream.heads[-1], "X-Api-Key") == [b"the application's own"]


# --- limits and figures ----------------------------------------------------------------

def test_a_key_has_a_limit_of_its_own(gateway):
    token = gateway.user()["access_token"]
    narrow, wide = make(gateway, token, requests_per_minute=3)["key"], make(gateway, token)["key"]
    statuses = [ask(gateway, narrow).status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 429, 429, 429]
    refused = ask(gateway, narrow)
    assert 1 <= int(refused.headers["Retry-After"]) <= 20
    assert refused.headers["RateLimit-Policy"] == '"api_key";q=3;w=60'
    assert ask(gateway, wide).status_code == 200
    assert gateway.call("GET", "/x", token).status_code == 200
    assert gateway.metric("yett_limiter_refused_total", limit="api_key") == 4


def test_hits_cost_neither_a_question_nor_a_write(gateway):
    token = gateway.user()["access_token"]
    made = make(gateway, token)
    every_worker(gateway, made["key"])
    asked = gateway.metric("yett_api_key_checks_total", result="asked")
    assert 1 <= asked <= 2, "once for each worker"
    db = sqlite3.connect(f"file:{gateway.folder / 'yett.db'}?mode=ro", uri=True)
    version = db.execute("PRAGMA data_version").fetchone()
    every_worker(gateway, made["key"])
    assert gateway.metric("yett_api_key_checks_total", result="asked") == asked
    assert gateway.metric("yett_api_key_checks_total", result="remembered") >= 46 - asked
    assert db.execute("PRAGMA data_version").fetchone() == version, "somebody wrote"
    ask(gateway, "yk1_" + "A" * 68)
    assert gateway.metric("yett_api_key_checks_total", result="refused") == 1
    gateway.await_metric(1, "yett_accounts_total", operation="api_keys", result="ok")


def made_up():
    """A key that only the store can tell from a real one."""
    body = os.urandom(48)
    check = hashlib.sha256(b"yett api key " + body).digest()[:3]
    return "yk1_" + base64.urlsafe_b64encode(body + check).decode()


def test_a_flood_of_made_up_keys_keeps_nobody_else_waiting(gateway):
    known = make(gateway, gateway.user()["access_token"])["key"]
    assert every_worker(gateway, known) == {200}
    told = {401: 0, 429: 0, 503: 0}

    async def flood(until):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.plain_port)
        while time.monotonic() < until:
            keys = [made_up() for _ in range(8)]
            writer.write(b"".join(f"GET /x HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\n\r\n".encode() for key in keys))
            for _ in keys:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(re.search(rb"content-length: (\d+)", head.lower()).group(1)))
                told[int(head[9:12])] += 1
        writer.close()

    async def play():
        until = time.monotonic() + 3
        flooding = [asyncio.create_task(flood(until)) for _ in range(200)]
        slowest = 0
        while time.monotonic() < until:
            began = time.monotonic()
            assert (await asyncio.to_thread(ask, gateway, known)).status_code == 200
            assert (await asyncio.to_thread(gateway.login, "ada@example.com")).status_code == 200
            slowest = max(slowest, time.monotonic() - began)
        await asyncio.gather(*flooding)
        return slowest

    assert asyncio.run(play()) < 3
    # The store has answered about a hundred, and twenty a second after that; it was asked about no others.
    assert 100 <= told[401] < 250 and told[429] > 100, told


# --- taking away -----------------------------------------------------------------------

def test_a_removed_key_dies_at_once(gateway):
    ada, eve = gateway.user(), gateway.user("eve@example.com")
    made = make(gateway, ada["access_token"])
    assert every_worker(gateway, made["key"]) == {200}
    assert gateway.call("DELETE", f"/auth/api-keys/{made['id']}", eve["access_token"]).status_code == 404
    assert every_worker(gateway, made["key"]) == {200}
    assert gateway.call("DELETE", f"/auth/api-keys/{made['id']}", ada["access_token"]).status_code == 204
    assert every_worker(gateway, made["key"]) == {401}
    assert gateway.call("DELETE", f"/auth/api-keys/{made['id']}", ada["access_token"]).status_code == 404
    assert gateway.call("DELETE", "/auth/api-keys/", ada["access_token"]).status_code in (404, 405)
    events = [json.loads(line) for line in (gateway.folder / "audit.log").read_text().splitlines()]
    about = [(e["event"], e["user_id"]) for e in events if e.get("key") == made["id"]]
    assert about == [("api_key_created", ada["user"]["id"]), ("api_key_removed", ada["user"]["id"])]


def test_not_one_request_is_let_in_after_the_removal(gateway):
    """Many connections on every worker use one key while it is removed; once it is gone their network pays for asking."""
    ada = gateway.user()

    async def client(key, state):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.plain_port)
        after = 0
        while after < 2:
            removed = state["removed"]
            writer.write(f"GET /x HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            await reader.readexactly(int(length.group(1)) if length else 0)
            status = int(head[9:12])
            if removed:
                after += 1
                state["late"].append(status)
            else:
                state["before"] += status == 200
                assert status in (200, 401, 429), status
        writer.close()

    async def round_of(made):
        state = {"removed": False, "before": 0, "late": []}
        clients = [asyncio.create_task(client(made["key"], state)) for _ in range(96)]
        while state["before"] < 192:
            await asyncio.sleep(0.001)
        gone = await asyncio.to_thread(gateway.call, "DELETE", f"/auth/api-keys/{made['id']}", ada["access_token"])
        state["removed"] = True
        assert gone.status_code == 204
        await asyncio.gather(*clients)
        return state

    for _ in range(4):
        state = asyncio.run(round_of(make(gateway, ada["access_token"])))
        assert set(state["late"]) <= {401, 429} and len(state["late"]) >= 192


def test_what_happens_to_the_owner_happens_to_the_key(gateway, operator, upstream):
    ada = gateway.user()
    key = make(gateway, ada["access_token"])["key"]
    assert every_worker(gateway, key) == {200}
    operator.fine("users", "set-roles", "ada@example.com", "admin")
    assert every_worker(gateway, key, "/admin/x") == {200}
    assert harness.header_values(upstream.heads[-1], "X-Yett-Roles") == [b"admin"]
    operator.fine("users", "set-roles", "ada@example.com")
    assert every_worker(gateway, key, "/admin/x") == {403}
    operator.fine("users", "disable", "ada@example.com")
    assert every_worker(gateway, key) == {401}
    operator.fine("users", "enable", "ada@example.com")
    assert every_worker(gateway, key) == {200}
    # Sessions end with a logout; keys have an end of their own.
    again = gateway.login("ada@example.com").json()
    assert gateway.call("POST", "/auth/logout", again["access_token"], json={"everywhere": True}).status_code == 204
    assert every_worker(gateway, key) == {200}
    operator.fine("users", "delete", "ada@example.com")
    assert every_worker(gateway, key) == {401}
    assert operator.rows("api-keys", "list") == []


def test_a_key_expires(start, upstream, tmp_path):
    gateway = start(harness.Gateway(tmp_path, config(upstream.port)))
    made = make(gateway, gateway.user()["access_token"], expires_in=60)
    assert every_worker(gateway, made["key"]) == {200}
    gateway.stop()
    db = sqlite3.connect(gateway.folder / "yett.db")
    db.execute("UPDATE api_keys SET expires_at = ?", (int((time.time() + 12) * 1000),))
    db.commit()
    db.close()
    gateway = start(harness.Gateway(tmp_path, config(upstream.port)))
    assert every_worker(gateway, made["key"]) == {200}
    harness.wait_until(lambda: ask(gateway, made["key"]).status_code == 401, timeout=20)
    assert every_worker(gateway, made["key"]) == {401}


def test_a_removal_survives_a_restart(start, upstream, tmp_path):
    gateway = start(harness.Gateway(tmp_path, config(upstream.port)))
    ada = gateway.user()
    gone, kept = make(gateway, ada["access_token"]), make(gateway, ada["access_token"])
    assert gateway.call("DELETE", f"/auth/api-keys/{gone['id']}", ada["access_token"]).status_code == 204
    gateway.stop()
    gateway = start(harness.Gateway(tmp_path, config(upstream.port)))
    assert every_worker(gateway, gone["key"]) == {401}
    assert every_worker(gateway, kept["key"]) == {200}


# --- operators and service accounts -------------------------------------------------------

def test_a_service_account_has_keys_and_nothing_else(gateway, operator, upstream):
    operator.fine("service-accounts", "add", "ci", "deployer")
    assert operator.run("service-accounts", "add", "ci").returncode == 1
    assert operator.run("service-accounts", "add", "Not A Name").returncode == 1
    [row] = operator.rows("users", "list")
    assert row["email"] == "service:ci" and row["roles"] == ["deployer"]

    key = operator.fine("api-keys", "add", "service:ci", "pipeline", "reports:read", "anything:else", "--days", "30", "--per-minute", "600")
    assert LAYOUT.fullmatch(key)
    assert ask(gateway, key, "/reports/x").status_code == 200
    head = upstream.heads[-1]
    assert harness.header_values(head, "X-Yett-User") == [row["id"].encode()]
    assert harness.header_values(head, "X-Yett-Roles") == [b"deployer"]
    assert harness.header_values(head, "X-Yett-Email") in ([], [b""])

    for email in ("service:ci", "ci", ""):
        reply = gateway.login(email)
        assert reply.status_code in (400, 401), reply.text
    password = subprocess.run([harness.BINARY, "users", "set-password", "service:ci"], cwd=gateway.folder, input=harness.PASSWORD + "\n",
                              capture_output=True, text=True, timeout=60)
    assert password.returncode == 1 and "no password" in password.stderr

    [listed] = operator.rows("api-keys", "list", "service:ci")
    assert listed["name"] == "pipeline" and listed["per_minute"] == 600 and listed["last_used"]
    operator.fine("users", "disable", "service:ci")
    assert every_worker(gateway, key) == {401}
    operator.fine("users", "enable", "service:ci")
    assert ask(gateway, key).status_code == 200
    operator.fine("users", "delete", "service:ci")
    assert every_worker(gateway, key) == {401}


def test_operators_see_and_remove_the_keys_of_all(gateway, operator):
    ada, eve = gateway.user(), gateway.user("eve@example.com")
    hers = [make(gateway, ada["access_token"], name=f"a{i}") for i in range(3)]
    other = make(gateway, eve["access_token"], name="e")
    assert {row["name"] for row in operator.rows("api-keys", "list")} == {"a0", "a1", "a2", "e"}
    table = operator.fine("api-keys", "list", "eve@example.com")
    assert other["id"] in table and "yk1_" not in table
    operator.fine("api-keys", "remove", hers[0]["id"])
    assert every_worker(gateway, hers[0]["key"]) == {401} and every_worker(gateway, hers[1]["key"]) == {200}
    assert "2 API keys removed" in operator.fine("api-keys", "remove", "--user", "ada@example.com")
    for each in hers:
        assert every_worker(gateway, each["key"]) == {401}
    assert every_worker(gateway, other["key"]) == {200}
    for arguments in (["remove"], ["remove", other["id"], "--user", "eve@example.com"], ["remove", "nothing"], ["add", "nobody@example.com", "x"],
                      ["add", "eve@example.com", "x", "--days", "0"], ["add", "eve@example.com", "x", "--per-minute", "many"],
                      ["add", "eve@example.com", "x", "a b"]):
        done = operator.run("api-keys", *arguments)
        assert done.returncode == 1 and done.stdout == "", arguments
    by = [json.loads(line) for line in (gateway.folder / "audit.log").read_text().splitlines() if "api_key_removed" in line]
    assert len(by) == 3 and all(each["by"].startswith("uid ") for each in by)


def test_operators_make_keys_while_nothing_runs(start, upstream, tmp_path):
    (tmp_path / "yett.yaml").write_text(yaml.safe_dump(config(upstream.port)))
    (tmp_path / "certs").symlink_to(harness.certificates())
    run = lambda *args: subprocess.run([harness.BINARY, *args], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert run("service-accounts", "add", "ci").returncode == 0
    made = run("api-keys", "add", "service:ci", "first")
    assert made.returncode == 0, made.stderr
    exported = run("users", "export")
    (tmp_path / "certs").unlink()
    gateway = start(harness.Gateway(tmp_path, config(upstream.port)))
    assert every_worker(gateway, made.stdout.strip()) == {200}
    # What was exported can be imported where nobody is yet.
    assert json.loads(exported.stdout.splitlines()[0])["email"] == "service:ci"


def test_users_make_none_where_that_is_not_offered(start, upstream, tmp_path):
    made = config(upstream.port)
    made["accounts"]["api_keys"] = {"self_service": False}
    gateway = start(harness.Gateway(tmp_path, made))
    ada = gateway.user()
    assert make(gateway, ada["access_token"], status=403)["code"] == "forbidden"
    key = Operator(gateway).fine("api-keys", "add", "ada@example.com", "given")
    assert ask(gateway, key).status_code == 200
    [row] = gateway.call("GET", "/auth/api-keys", ada["access_token"]).json()["api_keys"]
    assert row["expires_at"] is None
    assert gateway.call("DELETE", f"/auth/api-keys/{row['id']}", ada["access_token"]).status_code == 204
    assert every_worker(gateway, key) == {401}


def test_a_key_works_where_access_tokens_are_in_cookies(start, upstream, tmp_path):
    made = config(upstream.port, tokens={"access_transport": "cookie", "refresh_transport": "cookie"})
    gateway = start(harness.Gateway(tmp_path, made))
    gateway.register("ada@example.com")
    key = Operator(gateway).fine("api-keys", "add", "ada@example.com", "given")
    # A header proves that no foreign page sent it.
    assert ask(gateway, key, method="POST").status_code == 200
    assert gateway.call("GET", "/x", key).status_code == 401
    cookies = gateway.login("ada@example.com").cookies
    both = ask(gateway, key, headers={"Cookie": "; ".join(f"{c.name}={c.value}" for c in cookies)})
    assert both.status_code == 401


def test_a_reply_that_goes_on_ends_with_the_key(start, tmp_path):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"5\r\nevent\r\n")
                    self.wfile.flush()
                    time.sleep(0.05)
            except OSError:
                pass

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        gateway = start(harness.Gateway(tmp_path, config(server.server_address[1])))
        made = make(gateway, gateway.user()["access_token"])
        with harness.requests.get(gateway.http + "/x", headers={"X-Api-Key": made["key"]}, stream=True, timeout=20) as reply:
            parts = reply.iter_content(5)
            for _ in range(30):
                assert next(parts) == b"event"
            Operator(gateway).fine("api-keys", "remove", made["id"])
            removed = time.monotonic()
            with pytest.raises(harness.requests.exceptions.RequestException):
                for _ in parts:
                    assert time.monotonic() - removed < 5
    finally:
        server.shutdown()
        server.server_close()
