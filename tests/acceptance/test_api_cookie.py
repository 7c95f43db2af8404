"""api-cookie: an API below /api whose refresh token no script can read."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from profiles import cookie_named, lasts

PROFILE = "api-cookie"
ALSO_IN_REDIS = True
COOKIE = "__Host-yett_refresh"


@pytest.fixture(scope="module")
def ada(gateway):
    person = gateway.person("ada@example.com")
    assert person.register().status_code == 201
    return person


@pytest.fixture(scope="module")
def welcome(ada):
    """What the first login is answered with."""
    reply = ada.login()
    assert reply.status_code == 200, reply.text
    return reply


def test_the_account_endpoints_live_below_api_auth(ada, welcome):
    for elsewhere in ("/auth/login", "/api/v1/auth/login", "/login"):
        assert ada.ask("POST", elsewhere, json={"email": ada.email, "password": "x"}).status_code in (401, 404)


def test_the_access_token_comes_in_the_body_for_fifteen_minutes(welcome):
    body = welcome.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "user"}
    assert body["token_type"] == "bearer" and lasts(body["expires_in"], 900)


def test_the_refresh_token_comes_in_a_cookie_for_seven_days_that_no_script_can_read(welcome):
    value, age, attributes = cookie_named(welcome, COOKIE)
    assert value.startswith("yr1_")
    assert attributes == {"HttpOnly", "Secure", "SameSite=Lax", "Path=/"} and lasts(age, 604800)


def test_a_refresh_gives_a_new_pair_by_the_cookie_alone(ada, welcome):
    first = welcome.json()["access_token"]
    before = ada.cookies[COOKIE]
    reply = ada.post("refresh")
    assert reply.status_code == 200 and reply.json()["access_token"] != first
    assert ada.cookies[COOKIE] != before and "refresh_token" not in reply.json()
    assert ada.enters(first) and ada.enters(reply.json()["access_token"])


def test_a_refresh_token_in_the_body_does_not_count(gateway, ada, welcome):
    stranger = gateway.person()
    assert stranger.post("refresh", {"refresh_token": ada.cookies[COOKIE]}).status_code in (400, 401)


def test_a_foreign_page_cannot_use_the_cookie(ada, welcome):
    reply = ada.post("refresh", headers={"Origin": "https://evil.example"})
    assert (reply.status_code, reply.json()["code"]) == (403, "csrf_rejected")


def test_a_logout_ends_both_tokens_at_once(gateway, ada):
    token = ada.login().json()["access_token"]
    refresh = ada.cookies[COOKIE]
    for _ in range(8):
        assert ada.enters(token)                                          # every worker remembers it by now
    reply = ada.post("logout", token=token)
    assert reply.status_code == 204 and "Max-Age=0" in reply.headers["Set-Cookie"]
    assert set(ada.cookies) <= {"__Host-yett_device"}    # which proves nothing but that somebody logged in here before
    with ThreadPoolExecutor(8) as pool:
        assert not any(pool.map(lambda _: gateway.person().enters(token), range(24)))
    ada.cookies[COOKIE] = refresh
    assert ada.post("refresh").status_code == 401
    ada.cookies.clear()


def test_the_sixth_failed_login_within_fifteen_minutes_is_turned_away(gateway, ada):
    guesser = gateway.person(ada.email)
    for _ in range(5):
        assert guesser.login("not the right passphrase").status_code == 401
    reply = guesser.login()
    assert (reply.status_code, reply.json()["code"]) == (429, "rate_limited") and int(reply.headers["Retry-After"]) <= 900
    assert ada.login().status_code == 200


def test_successful_logins_are_not_counted(ada):
    assert [ada.login().status_code for _ in range(6)] == [200] * 6
