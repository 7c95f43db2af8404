"""Addresses that are proved, passwords that are forgotten, sessions that are looked at: through the
real program, with the letters it writes."""

import email
import email.policy
import json
import re
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import harness

STORES = ["memory:", "sqlite:yett.db", "postgresql:"]
OTHER = "another passphrase entirely"
PUBLIC = "https://app.example.com"


def configuration(echo, store, **accounts):
    return harness.settings(
        echo.port, storage={"url": store}, accounts={"require_verified_email": True, **accounts},
        passwords={"min_strength": 3, "hashing": {"wait": "30s"}}, tokens={"refresh_grace": "6s"},
        mail={"url": "file:outbox", "public_url": PUBLIC})


@pytest.fixture(scope="module", params=STORES)
def gateway(request, echo, url_of, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), configuration(echo, url_of(request.param)))
    yield program
    program.stop()


def letters(gateway, to):
    found = []
    for path in sorted((gateway.folder / "outbox").glob("*.eml"), key=lambda p: p.stat().st_mtime_ns):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        if to in str(message["to"]):
            found.append(message)
    return found


def text_of(message):
    return message.get_body(("plain",)).get_content()


def wait_for_letters(gateway, to, count):
    return harness.wait_until(lambda: (found := letters(gateway, to)) and len(found) >= count and found, 20,
                              f"letter {count} to {to}")


def token_in(message):
    return re.search(r"yl1_[A-Za-z0-9_-]{47}", text_of(message)).group()


def sign_up(gateway, address, password=harness.PASSWORD):
    reply = gateway.register(address, password)
    assert reply.status_code == 201, reply.text
    return reply.json()


def verified(gateway, address, password=harness.PASSWORD):
    before = len(letters(gateway, address))
    made = sign_up(gateway, address, password)
    token = token_in(wait_for_letters(gateway, address, before + 1)[-1])
    assert gateway.call("POST", "/auth/verify", json={"token": token}).status_code == 200
    return made


def reset_token(gateway, address):
    before = len(letters(gateway, address))
    assert gateway.call("POST", "/auth/reset-request", json={"email": address}).status_code == 202
    return token_in(wait_for_letters(gateway, address, before + 1)[-1])


def confirm(gateway, token, password=OTHER):
    return gateway.call("POST", "/auth/reset-confirm", json={"token": token, "password": password})


def code(reply):
    return reply.status_code, reply.json()["code"]


# --- Verification ---------------------------------------------------------------------

def test_an_address_is_proved_before_its_owner_signs_in(gateway):
    made = sign_up(gateway, "ada@example.com")
    assert made["verified"] is False and set(made) == {"user_id", "email", "verified"}
    assert code(gateway.login("ada@example.com")) == (403, "email_not_verified")
    assert code(gateway.login("ada@example.com", "wrong")) == (401, "invalid_credentials")

    message = wait_for_letters(gateway, "ada@example.com", 1)[0]
    token = token_in(message)
    assert f"{PUBLIC}/auth/verify/{token}" in text_of(message)
    # What mail scanners do changes nothing.
    for method, accept in [("HEAD", "application/json"), ("HEAD", "*/*"), ("GET", "text/html"), ("GET", "*/*"), ("GET", "text/html, */*;q=0.1")]:
        gateway.call(method, f"/auth/verify/{token}", headers={"Accept": accept})
    assert code(gateway.login("ada@example.com")) == (403, "email_not_verified")

    reply = gateway.call("POST", "/auth/verify", json={"token": token})
    assert reply.status_code == 200 and reply.json() == {**made, "verified": True}
    assert gateway.login("ada@example.com").status_code == 200
    assert code(gateway.call("POST", "/auth/verify", json={"token": token})) == (400, "token_invalid")


def test_a_program_that_asks_for_json_follows_the_link_by_get(gateway):
    sign_up(gateway, "json@example.com")
    token = token_in(wait_for_letters(gateway, "json@example.com", 1)[0])
    json_only = {"Accept": "application/json"}
    reply = gateway.call("GET", f"/auth/verify/{token}", headers=json_only)
    assert reply.status_code == 200 and reply.json()["verified"] is True
    assert reply.headers["Cache-Control"] == "no-store"
    assert code(gateway.call("GET", f"/auth/verify/{token}", headers=json_only)) == (400, "token_invalid")


@pytest.mark.parametrize("token", ["", "x", "yl1_", "yl1_" + "A" * 47, "yl1_" + "A" * 4000, "null", "é"])
def test_no_such_token(gateway, token):
    assert code(gateway.call("POST", "/auth/verify", json={"token": token})) == (400, "token_invalid")
    assert code(confirm(gateway, token)) == (400, "token_invalid")


def test_two_at_once_and_one_wins(gateway):
    for round in range(5):
        address = f"race{round}@example.com"
        sign_up(gateway, address)
        token = token_in(wait_for_letters(gateway, address, 1)[0])
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: gateway.call("POST", "/auth/verify", json={"token": token}), range(8)))
        assert sorted(r.status_code for r in replies) == [200] + [400] * 7


def test_a_stranger_who_registered_first_gets_nothing(gateway):
    sign_up(gateway, "victim@example.com", "the stranger's own passphrase")
    sign_up(gateway, "victim@example.com")
    first, second = (token_in(m) for m in wait_for_letters(gateway, "victim@example.com", 2)[:2])
    assert first != second
    # Letters of the same second come in either order; one of the two carries the owner's password.
    assert gateway.call("POST", "/auth/verify", json={"token": second}).status_code == 200
    assert code(gateway.call("POST", "/auth/verify", json={"token": first})) == (400, "token_invalid")
    outcome = {p: gateway.login("victim@example.com", p).status_code for p in (harness.PASSWORD, "the stranger's own passphrase")}
    assert sorted(outcome.values()) == [200, 401]


def test_resend_says_the_same_to_everybody(gateway):
    sign_up(gateway, "again@example.com")
    verified(gateway, "sure@example.com")
    replies = [gateway.call("POST", "/auth/verify/resend", json={"email": a}) for a in
               ("again@example.com", "sure@example.com", "nobody@example.com", "no address", "")]
    assert {(r.status_code, r.text) for r in replies} == {(202, "{}")}
    token = token_in(wait_for_letters(gateway, "again@example.com", 2)[1])
    assert gateway.call("POST", "/auth/verify", json={"token": token}).status_code == 200
    assert gateway.login("again@example.com").status_code == 200
    assert len(letters(gateway, "sure@example.com")) == 1
    assert letters(gateway, "nobody@example.com") == []


# --- Registration -----------------------------------------------------------------------

def shape(reply):
    """What a client sees, without what is drawn anew for every reply."""
    body = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<id>", reply.text)
    fields = {k: v for k, v in reply.headers.items() if k.lower() not in ("date", "x-request-id", "set-cookie")}
    return reply.status_code, body, fields


def test_a_known_address_answers_like_a_new_one_and_its_owner_hears_of_it(gateway):
    verified(gateway, "known@example.com")
    before = len(letters(gateway, "known@example.com"))
    known = gateway.register("known@example.com", OTHER)
    new = gateway.register("fresh@example.com", OTHER)
    assert shape(known)[0] == 201
    assert shape(known) == (201, shape(new)[1].replace("fresh@", "known@"), shape(new)[2])
    message = wait_for_letters(gateway, "known@example.com", before + 1)[-1]
    assert "yl1_" not in text_of(message)
    assert gateway.login("known@example.com").status_code == 200
    assert gateway.login("known@example.com", OTHER).status_code == 401


def test_many_registrations_of_one_address_at_once_make_one_user(gateway):
    with ThreadPoolExecutor(10) as pool:
        replies = list(pool.map(lambda n: gateway.register(["once@example.com", "Once@EXAMPLE.com"][n % 2]), range(10)))
    assert {r.status_code for r in replies} == {201}
    registered = gateway.log(event="user_registered")
    ids = {r.json()["user_id"] for r in replies}
    assert sum(1 for line in registered if line.get("user") in ids or line.get("user_id") in ids) == 1


def test_closed_and_invited(echo, tmp_path, start):
    gateway = start(harness.Gateway(tmp_path, configuration(echo, "memory:", registration="invite")))
    assert code(gateway.register("ada@example.com")) == (403, "forbidden")
    reply = gateway.call("POST", "/auth/register", json={
        "email": "ada@example.com", "password": harness.PASSWORD, "invitation": "yl1_" + "A" * 47})
    assert code(reply) == (400, "token_invalid")


def operate(gateway, *words):
    return subprocess.run([harness.BINARY, "users", *words], cwd=gateway.folder, capture_output=True, text=True, timeout=30)


def test_an_operator_invites_somebody_who_registers_once_with_the_roles(echo, tmp_path, start):
    gateway = start(harness.Gateway(tmp_path, configuration(echo, "sqlite:yett.db", registration="invite")))
    invited = operate(gateway, "invite", "Grete@example.com", "editor", "--language", "de")
    assert (invited.returncode, invited.stdout.strip()) == (0, "Grete@example.com: invited, for 7 days")
    [letter] = wait_for_letters(gateway, "Grete@example.com", 1)
    link = re.search(r"https://\S+", text_of(letter)).group()
    assert letter["Content-Language"] == "de"
    assert link == f"{PUBLIC}/auth/register?invitation={token_in(letter)}"
    assert gateway.log(event="user_invited")[0]["by"].startswith("uid ")

    def register(address):
        return gateway.call("POST", "/auth/register", json={
            "email": address, "password": harness.PASSWORD, "invitation": token_in(letter)})

    assert code(register("other@example.com")) == (400, "token_invalid"), "it was made for one address"
    assert register("grete@example.com").status_code == 201
    grant = gateway.login("grete@example.com")
    assert grant.status_code == 200, "an invitation by mail proves the address"
    assert gateway.call("GET", "/auth/me", grant.json()["access_token"]).json()["roles"] == ["editor"]
    assert code(register("grete@example.com")) == (400, "token_invalid")
    again = operate(gateway, "invite", "grete@example.com")
    assert again.returncode == 1 and "has an account already" in again.stderr
    assert letters(gateway, "grete@example.com")[1:] == []


def test_the_page_of_an_invitation_leads_to_the_login(echo, tmp_path, start):
    gateway = start(harness.Gateway(tmp_path, configuration(echo, "memory:", registration="invite")))
    operate(gateway, "invite", "carol@example.com")
    token = token_in(wait_for_letters(gateway, "carol@example.com", 1)[0])
    browser = requests.Session()
    options = {"verify": gateway.ca, "allow_redirects": False, "timeout": 20, "headers": {"Accept": "text/html", "Origin": gateway.https}}
    page = browser.get(f"{gateway.https}/auth/register?invitation={token}", **options)
    form = re.search(r'name="form" value="([^"]+)"', page.text).group(1)
    sent = {"form": form, "invitation": token, "email": "carol@example.com", "password": harness.PASSWORD}
    reply = browser.post(f"{gateway.https}/auth/register", data=sent, **options)
    assert (reply.status_code, reply.headers["Location"]) == (303, "/auth/login?notice=registered")
    assert len(letters(gateway, "carol@example.com")) == 1, "no address is left to be proved"


def test_nobody_is_invited_where_an_invitation_would_not_count(gateway):
    refused = operate(gateway, "invite", "grete@example.com")
    assert refused.returncode == 1 and "accounts.registration" in refused.stderr


# --- Reset ------------------------------------------------------------------------------

def test_a_forgotten_password(gateway):
    verified(gateway, "forgot@example.com")
    grants = [gateway.login("forgot@example.com").json() for _ in range(3)]
    for grant in grants:
        assert gateway.call("GET", "/hello", grant["access_token"]).status_code == 200
    token = reset_token(gateway, "forgot@example.com")
    assert gateway.call("GET", f"/auth/reset/{token}", headers={"Accept": "application/json"}).status_code == 204
    weak = confirm(gateway, token, "short")
    assert code(weak) == (400, "password_weak") and weak.json()["errors"][0]["field"] == "password"
    assert confirm(gateway, token).status_code == 204

    for grant in grants:
        assert gateway.call("GET", "/hello", grant["access_token"]).status_code == 401
        reply = gateway.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]})
        assert reply.status_code == 401
    assert gateway.login("forgot@example.com").status_code == 401
    assert gateway.login("forgot@example.com", OTHER).status_code == 200
    assert code(confirm(gateway, token)) == (400, "token_invalid")
    assert code(gateway.call("GET", f"/auth/reset/{token}", headers={"Accept": "application/json"})) == (400, "token_invalid")
    wait_for_letters(gateway, "forgot@example.com", 3)


def test_two_resets_at_once_and_one_wins(gateway):
    verified(gateway, "twice@example.com")
    token = reset_token(gateway, "twice@example.com")
    passwords = [f"passphrase of racer number {n}" for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        replies = list(pool.map(lambda p: confirm(gateway, token, p), passwords))
    assert sorted(r.status_code for r in replies) == [204] + [400] * 5
    won = passwords[[r.status_code for r in replies].index(204)]
    assert [p for p in passwords if gateway.login("twice@example.com", p).status_code == 200] == [won]


def test_reset_request_says_the_same_to_everybody(gateway):
    verified(gateway, "someone@example.com")
    replies = [gateway.call("POST", "/auth/reset-request", json={"email": a}) for a in
               ("someone@example.com", "nobody2@example.com", "no address", "")]
    assert len({json.dumps(shape(r)) for r in replies}) == 1
    assert (replies[0].status_code, replies[0].text) == (202, "{}")
    wait_for_letters(gateway, "someone@example.com", 2)
    assert letters(gateway, "nobody2@example.com") == []


@pytest.mark.parametrize("path", ["/auth/reset-request", "/auth/verify/resend"])
def test_what_is_no_request_is_refused(gateway, path):
    for body in ({}, {"email": 5}, {"email": "a@example.com", "user_id": "x"}, {"email": None}):
        assert gateway.call("POST", path, json=body).status_code == 400
    assert gateway.call("POST", path, data="<x/>", headers={"Content-Type": "text/xml"}).status_code == 415


def test_a_verification_token_resets_nothing(gateway):
    sign_up(gateway, "purpose@example.com")
    token = token_in(wait_for_letters(gateway, "purpose@example.com", 1)[0])
    assert code(confirm(gateway, token)) == (400, "token_invalid")
    other = reset_token(gateway, "purpose@example.com")
    assert code(gateway.call("POST", "/auth/verify", json={"token": other})) == (400, "token_invalid")
    assert confirm(gateway, other).status_code == 204
    assert gateway.login("purpose@example.com", OTHER).status_code == 200      # the mailbox was proved by it


def test_links_lead_where_the_configuration_says_whatever_the_request_claims(gateway):
    verified(gateway, "host@example.com")
    before = len(letters(gateway, "host@example.com"))
    lies = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "Origin": "https://evil.example",
            "X-Forwarded-Proto": "http", "Referer": "https://evil.example/"}
    requests.post(gateway.http + "/auth/reset-request", json={"email": "host@example.com"},
                  headers={**lies, "Host": "evil.example"}, timeout=20)
    message = wait_for_letters(gateway, "host@example.com", before + 1)[-1]
    assert "evil.example" not in message.as_string()
    assert f"{PUBLIC}/auth/reset/yl1_" in text_of(message)


def test_tokens_of_links_are_in_no_log(gateway):
    sign_up(gateway, "log@example.com")
    token = token_in(wait_for_letters(gateway, "log@example.com", 1)[0])
    for path in (f"/auth/verify/{token}", f"/auth/verify/{token}/", f"/elsewhere/{token}/x", f"/auth/reset/{token}",
                 f"/twice/{token}/{token}/x{token}"):
        gateway.call("GET", path, headers={"Accept": "text/html"})
    gateway.call("GET", f"/auth/verify/{token}", headers={"Accept": "application/json"})
    harness.wait_until(lambda: gateway.log(path="/elsewhere/{token}/x"), 10, "the line of the access log")
    harness.wait_until(lambda: gateway.log(path="/twice/{token}/{token}/x{token}"), 10, "the line of the access log")
    assert token not in gateway.output and token[4:] not in gateway.output


# --- Sessions ---------------------------------------------------------------------------

def test_sessions_are_listed_and_ended(gateway):
    verified(gateway, "many@example.com")
    grants = [requests.post(gateway.http + "/auth/login", json={"email": "many@example.com", "password": harness.PASSWORD},
                            headers={"User-Agent": f"Browser {n}"}, timeout=20).json() for n in range(4)]
    tokens = [g["access_token"] for g in grants]
    listed = gateway.call("GET", "/auth/sessions", tokens[1]).json()["sessions"]
    assert [s["device"] for s in listed] == [f"Browser {n}" for n in (3, 2, 1, 0)]
    assert [s["current"] for s in listed] == [False, False, True, False]
    assert all(s["address"] == "127.0.0.1" and s["created_at"] <= s["last_seen"] < s["expires_at"] for s in listed)

    assert gateway.call("DELETE", f"/auth/sessions/{listed[0]['id']}", tokens[1]).status_code == 204
    assert gateway.call("GET", "/hello", tokens[3]).status_code == 401
    assert gateway.call("DELETE", "/auth/sessions", tokens[1]).status_code == 204
    assert [gateway.call("GET", "/hello", t).status_code for t in tokens] == [401, 200, 401, 401]
    assert gateway.call("POST", "/auth/logout", tokens[1], json={"everywhere": True}).status_code == 204
    assert gateway.call("GET", "/hello", tokens[1]).status_code == 401


def test_nobody_ends_the_session_of_somebody_else(gateway):
    verified(gateway, "mine@example.com")
    verified(gateway, "yours@example.com")
    mine, yours = (gateway.login(a).json()["access_token"] for a in ("mine@example.com", "yours@example.com"))
    id = gateway.call("GET", "/auth/sessions", yours).json()["sessions"][0]["id"]
    assert gateway.call("DELETE", f"/auth/sessions/{id}", mine).status_code == 404
    assert gateway.call("GET", "/hello", yours).status_code == 200


def test_a_changed_password_ends_other_sessions_and_is_told(gateway):
    verified(gateway, "change@example.com")
    own, other = (gateway.login("change@example.com").json()["access_token"] for _ in range(2))
    before = len(letters(gateway, "change@example.com"))
    body = {"current_password": harness.PASSWORD, "new_password": OTHER}
    assert gateway.call("POST", "/auth/password", own, json=body).status_code == 204
    assert [gateway.call("GET", "/hello", t).status_code for t in (own, other)] == [200, 401]
    wait_for_letters(gateway, "change@example.com", before + 1)


def test_a_new_device_is_told(gateway):
    verified(gateway, "device@example.com")

    def log_in(agent):
        return requests.post(gateway.http + "/auth/login", json={"email": "device@example.com", "password": harness.PASSWORD},
                             headers={"User-Agent": agent}, timeout=20).status_code
    assert log_in("Firefox/128") == 200 and log_in("Firefox/129") == 200
    assert log_in("Chrome/1") == 200
    found = wait_for_letters(gateway, "device@example.com", 2)
    time.sleep(0.3)
    assert len(letters(gateway, "device@example.com")) == len(found) == 2


# --- Refresh ----------------------------------------------------------------------------

def refresh(gateway, token):
    return gateway.call("POST", "/auth/refresh", json={"refresh_token": token})


def test_a_replay_is_benign_and_a_reuse_is_not(gateway):
    verified(gateway, "reuse@example.com")
    first = gateway.login("reuse@example.com").json()["refresh_token"]
    before = {o: gateway.metric("yett_refreshes_total", result=o) or 0 for o in ("rotated", "replayed", "reused")}
    second = refresh(gateway, first).json()["refresh_token"]
    assert refresh(gateway, first).json()["refresh_token"] == second
    time.sleep(6.2)                                                            # the grace is six seconds
    assert code(refresh(gateway, first)) == (401, "refresh_reused")
    assert refresh(gateway, second).status_code == 401
    wait_for_letters(gateway, "reuse@example.com", 2)
    for outcome, count in before.items():
        gateway.await_metric(count + 1, "yett_refreshes_total", result=outcome)


def test_the_successors_first_use_closes_the_window(gateway):
    verified(gateway, "window@example.com")
    first = gateway.login("window@example.com").json()["refresh_token"]
    second = refresh(gateway, first).json()["refresh_token"]
    assert refresh(gateway, second).status_code == 200
    assert code(refresh(gateway, first)) == (401, "refresh_reused")


def test_two_hundred_refreshes_of_one_token_are_one_rotation(gateway):
    verified(gateway, "storm@example.com")
    token = gateway.login("storm@example.com").json()["refresh_token"]
    before = gateway.metric("yett_refreshes_total", result="rotated") or 0
    shared = gateway.metric("yett_refreshes_total", result="replayed") or 0
    with ThreadPoolExecutor(40) as pool:
        replies = list(pool.map(lambda _: refresh(gateway, token), range(200)))
    assert {r.status_code for r in replies} == {200}
    assert len({r.json()["refresh_token"] for r in replies}) == 1
    gateway.await_metric(before + 1, "yett_refreshes_total", result="rotated")
    gateway.await_metric(shared + 199, "yett_refreshes_total", result="replayed")
    assert refresh(gateway, replies[0].json()["refresh_token"]).status_code == 200
