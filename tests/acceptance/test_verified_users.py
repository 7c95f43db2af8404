"""verified-users: nobody signs in with an address that is not theirs."""

import datetime
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from profiles import PASSWORD, cookie_named, lasts
import letters

PROFILE = "verified-users"
NEW_PASSWORD = "a passphrase nobody forgets"


def ask_for_reset(person):
    assert person.post("reset-request", {"email": person.email}).status_code == 202
    return letters.link_to(person.gateway, person.email, "reset")


def test_a_registration_is_answered_with_201(gateway):
    reply = gateway.person("new@example.com").register()
    assert reply.status_code == 201 and reply.json()["email"] == "new@example.com" and reply.json()["verified"] is False


def test_an_unverified_user_cannot_log_in_and_a_verified_one_can(gateway):
    ada = gateway.person("ada@example.com")
    ada.register()
    refused = ada.login()
    assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified") and not ada.cookies
    link = letters.link_to(gateway, ada.email, "verify")
    reply = ada.ask("GET", f"/api/auth/verify/{link}", headers={"Accept": "application/json"})
    assert reply.status_code == 200
    welcome = ada.login()
    assert welcome.status_code == 200 and lasts(welcome.json()["expires_in"], 24 * 3600)
    assert lasts(cookie_named(welcome, "__Host-yett_refresh")[1], 604800)


def test_a_bad_verification_token_is_answered_with_400(gateway):
    mo = gateway.person()
    for token in ("x", "A" * 43, "A" * 1000):
        reply = mo.ask("GET", f"/api/auth/verify/{token}", headers={"Accept": "application/json"})
        assert (reply.status_code, reply.json()["code"]) == (400, "token_invalid"), token
        assert gateway.person().post("verify", {"token": token}).status_code == 400


def test_a_verification_token_serves_once(gateway):
    ben = gateway.person("ben@example.com")
    ben.register()
    link = letters.link_to(gateway, ben.email, "verify")
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: gateway.person().post("verify", {"token": link}).status_code, range(8)))
    assert sorted(statuses) == [200] + [400] * 7


def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(gateway):
    cleo = gateway.person("cleo@example.com")
    cleo.register()
    link = letters.link_to(gateway, cleo.email, "verify")
    assert cleo.ask("GET", f"/api/auth/verify/{link}", headers={"Accept": "text/html"}).status_code < 300
    assert cleo.ask("HEAD", f"/api/auth/verify/{link}", headers={"Accept": "application/json"}).status_code < 300
    assert cleo.login().status_code == 403
    assert cleo.post("verify", {"token": link}).status_code == 200 and cleo.login().status_code == 200


def test_a_reset_request_is_answered_alike_for_known_and_unknown_addresses(gateway):
    dora = gateway.person("dora@example.com")
    letters.verified_and_signed_in(dora)
    known = dora.post("reset-request", {"email": dora.email})
    unknown = dora.post("reset-request", {"email": "nobody@example.com"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) and known.status_code == 202
    assert letters.link_to(gateway, dora.email, "reset") and not letters.to(gateway, "nobody@example.com")


def test_a_reset_sets_the_password_and_ends_every_session(gateway):
    emil = gateway.person("emil@example.com")
    first = letters.verified_and_signed_in(emil)["access_token"]
    other = gateway.person(emil.email)
    second = other.login().json()["access_token"]
    assert emil.enters(first) and other.enters(second)
    done = emil.post("reset-confirm", {"token": ask_for_reset(emil), "password": NEW_PASSWORD})
    assert done.status_code == 204
    assert not emil.enters(first) and not other.enters(second)
    assert other.post("refresh").status_code == 401
    assert emil.login(PASSWORD).status_code == 401 and emil.login(NEW_PASSWORD).status_code == 200


def test_a_reset_token_serves_once(gateway):
    fay = gateway.person("fay@example.com")
    letters.verified_and_signed_in(fay)
    link = ask_for_reset(fay)
    asked = {"token": link, "password": NEW_PASSWORD}
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda _: gateway.person().post("reset-confirm", asked), range(4)))
    assert sorted(r.status_code for r in replies) == [204, 400, 400, 400]
    assert {r.json()["code"] for r in replies if r.status_code == 400} == {"token_invalid"}


@pytest.mark.parametrize("purpose,lifetime", [("verify", datetime.timedelta(hours=24)), ("reset", datetime.timedelta(hours=1))])
def test_a_link_says_how_long_it_is_good(gateway, purpose, lifetime):
    person = gateway.person(f"{purpose}.until@example.com")
    person.register()
    link = letters.link_to(gateway, person.email, "verify")
    if purpose == "reset":
        assert person.post("verify", {"token": link}).status_code == 200
        ask_for_reset(person)
    text = letters.to(gateway, person.email)[-1].get_body(("plain",)).get_content()
    until = datetime.datetime.strptime(max(re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d", text)), "%Y-%m-%d %H:%M")
    left = until - datetime.datetime.utcnow()
    assert lifetime - datetime.timedelta(minutes=2) < left <= lifetime


def test_the_store_is_brought_up_to_date_before_the_first_request(gateway):
    if not gateway.store.keeps:
        return
    assert len(gateway.store.ask(gateway.store.tables)) >= 3
