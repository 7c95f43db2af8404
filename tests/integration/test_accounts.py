"""Users, sessions and refresh tokens, at the real program with each of its stores."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import harness

STORES = ["memory:", "sqlite:yett.db", "postgresql:"]


@pytest.fixture(scope="module", params=STORES)
def gateway(request, echo, url_of, tmp_path_factory):
    config = harness.settings(echo.port, storage={"url": url_of(request.param)},
                              passwords={"min_strength": 3, "hashing": {"wait": "30s"}})
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), config)
    yield program
    program.stop()


def post(gateway, path, body, **headers):
    """Bytes as they are, over the listener without TLS."""
    headers = {"Content-Type": "application/json", **headers}
    return requests.post(gateway.http + path, data=body, headers={k: v for k, v in headers.items() if v}, timeout=20)


def complaints(reply):
    return {(e["field"], e["code"]) for e in reply.json().get("errors", [])}


def refresh(gateway, token):
    return post(gateway, "/auth/refresh", json.dumps({"refresh_token": token}))


def enters(gateway, grant):
    return gateway.call("GET", "/hello", grant["access_token"]).status_code == 200


# --- What is sent -------------------------------------------------------------------

FINE = {"email": "field@example.com", "password": harness.PASSWORD}


@pytest.mark.parametrize("body,wrong", [
    ({}, {("email", "required"), ("password", "required")}),
    ({"email": None, "password": None}, {("email", "required"), ("password", "required")}),
    ({"email": 5, "password": ["x"]}, {("email", "wrong_type"), ("password", "wrong_type")}),
    ({"email": {"$ne": ""}, "password": {"$ne": ""}}, {("email", "wrong_type"), ("password", "wrong_type")}),
    ({"email": "nobody", "password": "short"}, {("email", "email_invalid"), ("password", "password_weak")}),
    ({**FINE, "roles": ["admin"]}, {("roles", "unknown")}),
    ({**FINE, "roles": [], "verified": True, "id": "1"}, {("roles", "unknown"), ("verified", "unknown"), ("id", "unknown")}),
    ({**FINE, "Email": "other@example.com"}, {("Email", "unknown")}),
    ({**FINE, "password": "password123456"}, {("password", "password_weak")}),
    ({**FINE, "password": "qwertyuiop123"}, {("password", "password_weak")}),
    ({**FINE, "password": "iloveyou12345"}, {("password", "password_weak")}),
    ({**FINE, "password": "aaaaaaaaaaaaaaaaaaaa"}, {("password", "password_weak")}),
    ({**FINE, "password": "field@example.com"}, {("password", "password_weak")}),
    ({**FINE, "password": harness.PASSWORD + "\0"}, {("password", "password_weak")}),
    ({**FINE, "password": "x" * 1025}, {("password", "password_weak")}),
    ({**FINE, "email": "a\0b@example.com"}, {("email", "email_invalid")}),
    ({**FINE, "email": "a\r\nBcc: b@example.com"}, {("email", "email_invalid")}),
    ({**FINE, "email": "a\u202eb@example.com"}, {("email", "email_invalid")}),
    ({**FINE, "email": "a@example.com, b@example.com"}, {("email", "email_invalid")}),
    ({**FINE, "email": "a@[127.0.0.1]"}, {("email", "email_invalid")}),
    ({**FINE, "email": "a" * 300 + "@example.com"}, {("email", "email_invalid")}),
    ({**FINE, "email": "@example.com"}, {("email", "email_invalid")}),
], ids=lambda v: None if isinstance(v, set) else json.dumps(v)[-40:])
def test_field_errors_name_every_field(gateway, body, wrong):
    reply = post(gateway, "/auth/register", json.dumps(body))
    assert reply.status_code == 400, reply.text
    assert complaints(reply) == wrong, reply.text
    assert all(e["message"] for e in reply.json()["errors"])


def test_nothing_refused_has_made_a_user(gateway):
    post(gateway, "/auth/register", json.dumps({**FINE, "roles": ["admin"]}))
    assert gateway.login(FINE["email"]).status_code == 401


@pytest.mark.parametrize("body,status", [
    (b'{"email":"a@example.com","password":"%s","password":"y"}' % harness.PASSWORD.encode(), 400),
    (b'{"email":"a@example.com","\\u0065mail":"b@example.com","password":"x"}', 400),
    (b"[]", 400), (b'"x"', 400), (b"null", 400), (b"{", 400), (b"{}{}", 400), (b'{"email":"a",}', 400), (b"{'email':'a'}", 400),
    (b'{"email":"\xff@example.com","password":"x"}', 400), (b'{"email":"\\ud800@example.com","password":"x"}', 400),
    (b"[" * 20000, 400), (b'{"a":' * 9000 + b"1" + b"}" * 9000, 400), (b'{"email":' + b"9" * 30000 + b"}", 400),
    (b'{"email":"' + b"a" * 70000 + b'"}', 413),
], ids=lambda v: v[:24].decode("latin-1") if isinstance(v, bytes) else None)
@pytest.mark.parametrize("path", ["register", "login", "refresh"])
def test_odd_json_is_refused(gateway, path, body, status):
    if (path, body) == ("refresh", b"null"):
        status = 401    # null is no body at all, and nobody is named
    reply = post(gateway, f"/auth/{path}", body)
    assert reply.status_code == status, reply.text


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "application/jsonp", "text/json",
                                          "application/json; charset=utf-16", "application/json, text/plain", None])
def test_other_content_types_are_refused(gateway, content_type):
    for path in ("register", "login", "refresh"):
        reply = post(gateway, f"/auth/{path}", json.dumps(FINE), **{"Content-Type": content_type})
        assert (reply.status_code, reply.json()["code"]) == (415, "unsupported_media_type"), content_type


def test_methods_and_roles_cannot_be_talked_into(gateway):
    for path in ("login", "register"):    # a page, and no more than that
        assert gateway.call("GET", f"/auth/{path}", headers={"X-HTTP-Method-Override": "POST"}).headers["Content-Type"].startswith("text/html")
    assert gateway.call("GET", "/auth/logout", headers={"X-HTTP-Method-Override": "POST"}).headers["Content-Type"].startswith("text/html")
    assert gateway.call("GET", "/auth/refresh", headers={"X-HTTP-Method-Override": "POST"}).status_code == 405
    grant = gateway.user("plain@example.com")
    assert grant["user"]["roles"] == []
    assert gateway.call("GET", "/auth/me", grant["access_token"]).json()["roles"] == []


def hashes(gateway):
    return gateway.metric("yett_password_hash_duration_seconds_count")


def test_an_overlong_password_costs_no_hash(gateway):
    gateway.user("long@example.com")
    harness.wait_until(lambda: hashes(gateway) >= 2, what="the hashes of a registration and a login in the metrics")
    before = hashes(gateway)
    for path in ("register", "login"):
        for size in (1025, 60000):
            reply = post(gateway, f"/auth/{path}", json.dumps({"email": "long@example.com", "password": "x" * size}))
            assert reply.status_code == {"register": 400, "login": 401}[path]
    assert hashes(gateway) == before


def test_unknown_users_cost_a_hash_as_known_ones_do(gateway):
    gateway.register("cost@example.com")
    for email in ("cost@example.com", "no.cost@example.com"):
        before = hashes(gateway)
        assert gateway.login(email, "not the right password").status_code == 401
        assert hashes(gateway) == before + 1, email


def test_forms_may_say_username(gateway):
    gateway.register("form@example.com")
    for name in ("username", "email"):
        reply = gateway.call("POST", "/auth/login", data={name: "form@example.com", "password": harness.PASSWORD})
        assert reply.status_code == 200 and reply.json()["user"]["email"] == "form@example.com"
    form = "username=form@example.com&password=x&password=y"
    assert post(gateway, "/auth/login", form, **{"Content-Type": "application/x-www-form-urlencoded"}).status_code == 400
    assert post(gateway, "/auth/login", json.dumps({"username": "form@example.com", "password": "x"})).status_code == 400


# --- Who is known ---------------------------------------------------------------------

def bytes_of(reply):
    body = reply.json()
    body.pop("request_id")
    return reply.status_code, body, {k: v for k, v in reply.headers.items() if k not in ("Date",)}


def test_unknown_wrong_and_disabled_look_the_same(gateway):
    gateway.register("known@example.com")
    wrong = bytes_of(gateway.login("known@example.com", "not the right password"))
    assert wrong[0] == 401 and wrong[1]["code"] == "invalid_credentials"
    for email in ("unknown@example.com", "not an address", "", "known@example.com\0"):
        assert bytes_of(gateway.login(email, "not the right password")) == wrong, email
    for password in ("", "x" * 5000, harness.PASSWORD + "\0", harness.PASSWORD + " ", harness.PASSWORD.upper()):
        assert bytes_of(gateway.login("known@example.com", password)) == wrong, password
    if not (gateway.folder / "yett.db").exists():
        return
    live = gateway.login("known@example.com").json()
    with sqlite3.connect(gateway.folder / "yett.db", timeout=10) as database:
        assert database.execute("UPDATE users SET disabled = 1 WHERE email = 'known@example.com'").rowcount == 1
    assert bytes_of(gateway.login("known@example.com")) == wrong
    assert bytes_of(gateway.login("known@example.com", "not the right password")) == wrong
    assert refresh(gateway, live["refresh_token"]).status_code == 401


@pytest.mark.parametrize("first,others", [
    ("Ada.L@Example.com", ["ada.l@example.com", "ADA.L@EXAMPLE.COM", "ada.l@example.COM"]),
    ("x@bücher.example", ["x@xn--bcher-kva.example", "X@BÜCHER.example", "x@bu\u0308cher.example"]),
    ("zoë@example.com", ["zoe\u0308@example.com", "ZOË@example.com"]),
])
def test_one_address_in_many_spellings_is_one_user(gateway, first, others):
    assert gateway.register(first).status_code == 201
    user = gateway.login(first).json()["user"]["id"]
    for other in others:
        reply = gateway.register(other)
        assert (reply.status_code, reply.json()["code"]) == (409, "email_taken"), other
        assert gateway.login(other).json()["user"]["id"] == user, other


def test_registering_twice_at_once_makes_one_user(gateway):
    spellings = ["race@example.com", "RACE@example.com", "Race@EXAMPLE.com"] * 8
    with ThreadPoolExecutor(24) as pool:
        replies = list(pool.map(gateway.register, spellings))
    assert sorted(r.status_code for r in replies) == [201] + [409] * 23
    made = next(r for r in replies if r.status_code == 201).json()["user_id"]
    assert gateway.login("race@example.com").json()["user"]["id"] == made


def test_closed_registration(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port, accounts={"registration": "closed", "require_verified_email": False})))
    reply = gateway.register("late@example.com")
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")
    assert gateway.login("late@example.com").status_code == 401


# --- Sessions -----------------------------------------------------------------------

def test_two_hundred_refreshes_at_once_rotate_once(gateway):
    grant = gateway.user("parallel@example.com")
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: refresh(gateway, grant["refresh_token"]), range(200)))
    assert {r.status_code for r in replies} == {200}, {r.text for r in replies if r.status_code != 200}
    successors = {r.json()["refresh_token"] for r in replies}
    assert len(successors) == 1 and grant["refresh_token"] not in successors
    assert enters(gateway, grant) and all(enters(gateway, r.json()) for r in replies[::50])
    again = refresh(gateway, successors.pop())
    assert again.status_code == 200 and enters(gateway, again.json())


def test_two_programs_on_one_store_rotate_once_too(start, echo, tmp_path):
    """Ten rounds of twenty at once, half of them at each program; every round begins with what the last one left."""
    pair = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pair.append(start(harness.Gateway(tmp_path / name, harness.settings(echo.port, storage={"url": "sqlite:../yett.db"}))))
    token = pair[0].user()["refresh_token"]
    with ThreadPoolExecutor(20) as pool:
        for _ in range(10):
            replies = list(pool.map(lambda i: refresh(pair[i % 2], token), range(20)))
            assert {r.status_code for r in replies} == {200}, {r.text for r in replies if r.status_code != 200}
            successors = {r.json()["refresh_token"] for r in replies}
            assert len(successors) == 1 and token not in successors
            token = successors.pop()
    assert enters(pair[0], replies[0].json()) and enters(pair[1], replies[0].json())


def test_reuse_of_a_token_two_rotations_old_ends_the_session(gateway):
    grant = gateway.user("stolen@example.com")
    other = gateway.login("stolen@example.com").json()
    second = refresh(gateway, grant["refresh_token"]).json()
    third = refresh(gateway, second["refresh_token"]).json()
    reply = refresh(gateway, grant["refresh_token"])
    assert (reply.status_code, reply.json()["code"]) == (401, "refresh_reused")
    for each in (grant, second, third):
        assert not enters(gateway, each)
        assert refresh(gateway, each["refresh_token"]).status_code == 401
    assert enters(gateway, other)                                # another device is not concerned
    harness.wait_until(lambda: gateway.log(event="refresh_reused"), what="the audit line")


@pytest.mark.parametrize("store", STORES)
def test_reuse_outside_the_grace_ends_the_session(start, echo, url_of, tmp_path, store):
    config = harness.settings(echo.port, storage={"url": url_of(store)}, tokens={"refresh_grace": "1s"})
    gateway = start(harness.Gateway(tmp_path, config))
    grant = gateway.user()
    successor = refresh(gateway, grant["refresh_token"]).json()
    assert refresh(gateway, grant["refresh_token"]).json()["refresh_token"] == successor["refresh_token"]
    assert enters(gateway, grant) and enters(gateway, successor)

    def refused():
        reply = refresh(gateway, grant["refresh_token"])
        return [reply] if reply.status_code != 200 else None    # a refusal itself is false
    [reply] = harness.wait_until(refused, what="the end of the grace")
    assert (reply.status_code, reply.json()["code"]) == (401, "refresh_reused")
    assert not enters(gateway, grant) and not enters(gateway, successor)
    assert refresh(gateway, successor["refresh_token"]).status_code == 401


def test_invented_refresh_tokens_are_refused_alike(gateway):
    token = gateway.user("inventor@example.com")["refresh_token"]
    replies = [refresh(gateway, t) for t in ("", "x", "yr1_", token[:-1], token + "A", token[:-1] + ("A" if token[-1] != "A" else "B"),
                                             token.swapcase(), "yr1_" + "A" * (len(token) - 4), token + "\0", "x" + token)]
    assert len({json.dumps(bytes_of(r), sort_keys=True) for r in replies}) == 1 and replies[0].status_code == 401
    assert refresh(gateway, token).status_code == 200


def test_logout_everywhere(gateway):
    first, second = gateway.user("everywhere@example.com"), gateway.login("everywhere@example.com").json()
    stranger = gateway.user("stranger@example.com")
    assert enters(gateway, first) and enters(gateway, second)
    assert gateway.call("POST", "/auth/logout", first["access_token"], json={"everywhere": True}).status_code == 204
    for each in (first, second):
        assert not enters(gateway, each) and refresh(gateway, each["refresh_token"]).status_code == 401
    assert enters(gateway, stranger) and enters(gateway, gateway.login("everywhere@example.com").json())


def test_logout_everywhere_by_a_session_that_is_over_is_not_said_to_be_done(gateway):
    """It ended nobody: whoever is told so should sign in and ask again."""
    gone, other = gateway.user("over@example.com"), gateway.login("over@example.com").json()
    by_both = {"everywhere": True, "refresh_token": gone["refresh_token"]}
    assert gateway.call("POST", "/auth/logout", gone["access_token"], json={}).status_code == 204
    assert gateway.call("POST", "/auth/logout", gone["access_token"], json=by_both).status_code == 401
    assert post(gateway, "/auth/logout", json.dumps(by_both)).status_code == 401
    assert enters(gateway, other)
    assert post(gateway, "/auth/logout", json.dumps({"everywhere": True, "refresh_token": other["refresh_token"]})).status_code == 204
    assert not enters(gateway, other)


def test_logout_by_refresh_token_alone(gateway):
    grant = gateway.user("leaver@example.com")
    assert enters(gateway, grant)
    assert post(gateway, "/auth/logout", json.dumps({"refresh_token": grant["refresh_token"]})).status_code == 204
    assert not enters(gateway, grant) and refresh(gateway, grant["refresh_token"]).status_code == 401
    assert post(gateway, "/auth/logout", "{}").status_code == 401


def test_sessions_are_listed_and_ended_by_their_owner_alone(gateway):
    here, there = gateway.user("devices@example.com"), gateway.login("devices@example.com").json()
    stranger = gateway.user("nosy@example.com")
    listed = gateway.call("GET", "/auth/sessions", here["access_token"]).json()["sessions"]
    assert sorted(s["current"] for s in listed) == [False, True]
    assert all("requests" in s["device"] and s["address"] == "127.0.0.1" for s in listed)
    other = next(s["id"] for s in listed if not s["current"])

    def end(who, session):
        return gateway.call("DELETE", f"/auth/sessions/{session}", who["access_token"]).status_code
    assert end(stranger, other) == 404 and end(here, "no-such-session") == 404 and enters(gateway, there)
    assert end(here, other) == 204
    assert not enters(gateway, there) and refresh(gateway, there["refresh_token"]).status_code == 401 and enters(gateway, here)
    assert len(gateway.call("GET", "/auth/sessions", here["access_token"]).json()["sessions"]) == 1


def test_a_new_password_ends_the_other_sessions(gateway):
    here, there = gateway.user("changer@example.com"), gateway.login("changer@example.com").json()
    new = "an entirely different sentence"

    def change(current, wanted):
        return gateway.call("POST", "/auth/password", here["access_token"], json={"current_password": current, "new_password": wanted})
    assert change("not the right password", new).status_code == 401 and enters(gateway, there)
    weak = change(harness.PASSWORD, "password123456")
    assert weak.status_code == 400 and complaints(weak) == {("new_password", "password_weak")} and enters(gateway, there)
    assert change(harness.PASSWORD, new).status_code == 204
    assert enters(gateway, here) and not enters(gateway, there) and refresh(gateway, there["refresh_token"]).status_code == 401
    assert gateway.login("changer@example.com").status_code == 401
    assert gateway.login("changer@example.com", new).status_code == 200


def test_bcrypt_reads_past_byte_72(start, echo, tmp_path):
    config = harness.settings(echo.port, passwords={"hash": "bcrypt", "bcrypt": {"cost": 10}})
    gateway = start(harness.Gateway(tmp_path, config))
    long = "nine words make a sentence that is longer than what bcrypt reads of any password"
    assert len(long) > 76
    assert gateway.register("bcrypt@example.com", long).status_code == 201
    assert gateway.login("bcrypt@example.com", long).status_code == 200
    for other in (long[:72], long[:73] + "X" + long[74:], long + "!", long[:-1]):
        assert gateway.login("bcrypt@example.com", other).status_code == 401, other


def test_a_store_in_a_file_outlives_the_program(start, echo, tmp_path):
    config = harness.settings(echo.port)
    gateway = start(harness.Gateway(tmp_path, config))
    stays, leaves = gateway.user("stays@example.com"), gateway.user("leaves@example.com")
    assert enters(gateway, stays) and enters(gateway, leaves)
    assert gateway.call("POST", "/auth/logout", leaves["access_token"]).status_code == 204
    assert gateway.stop() == 0

    again = start(harness.Gateway(tmp_path, config))
    assert enters(again, stays) and not enters(again, leaves)
    assert refresh(again, stays["refresh_token"]).status_code == 200
    assert refresh(again, leaves["refresh_token"]).status_code == 401
    assert again.register("stays@example.com").status_code == 409
    assert enters(again, again.login("leaves@example.com").json())


def test_passwords_and_refresh_tokens_are_not_stored_as_they_are(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    grant = gateway.user()
    successor = refresh(gateway, grant["refresh_token"]).json()
    stored = b"".join(f.read_bytes() for f in tmp_path.glob("yett.db*"))
    assert b"ada@example.com" in stored
    for text in (harness.PASSWORD, grant["refresh_token"], successor["refresh_token"], grant["access_token"]):
        assert text.encode() not in stored
