"""web-app: pages and scripts of one site, verified by mail."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from profiles import cookie_named, harness, lasts
import letters
import profiles

PROFILE = "web-app"


@pytest.fixture(scope="module")
def ada(gateway):
    """Somebody who registered, followed the link and is signed in."""
    person = gateway.person("ada@example.com")
    person.token = letters.verified_and_signed_in(person)["access_token"]
    return person


def signing_key(gateway):
    [file] = (gateway.folder / "var/keys").glob("es256-*.pem")
    return file.read_bytes()


def token_like(gateway, token, **claims):
    """Another token by the gateway's own key."""
    said = {**jwt.decode(token, options={"verify_signature": False}), **claims}
    return jwt.encode(said, signing_key(gateway), algorithm="ES256", headers={"typ": "at+jwt", "kid": jwt.get_unverified_header(token)["kid"]})


def test_who_registers_gets_a_mail_and_cannot_sign_in_before_the_link_is_followed(gateway):
    eve = gateway.person("eve@example.com")
    reply = eve.register()
    assert reply.status_code == 201 and reply.json()["verified"] is False
    refused = eve.login()
    assert (refused.status_code, refused.json()["code"]) == (403, "email_not_verified")
    assert eve.post("verify", {"token": letters.link_to(gateway, "eve@example.com", "verify")}).status_code == 200
    assert eve.login().status_code == 200


def test_an_access_token_lasts_an_hour_and_the_refresh_cookie_a_day(ada, gateway):
    reply = gateway.person(ada.email).login()
    assert lasts(reply.json()["expires_in"], 3600) and reply.json()["token_type"] == "bearer"
    assert "refresh_token" not in reply.json()
    _, age, attributes = cookie_named(reply, "__Host-yett_refresh")
    assert attributes == {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} and lasts(age, 86400)


def test_the_application_learns_who_asks(ada):
    seen = ada.ask("GET", "/hello", ada.token).json()["headers"]
    assert seen["X-Yett-Email"] == "ada@example.com" and "Authorization" not in seen and "Cookie" not in seen


def test_a_taken_address_is_answered_like_a_new_one_and_its_owner_is_told(ada, gateway):
    before = len(letters.to(gateway, "ada@example.com"))
    stranger = gateway.person("ada@example.com")
    taken = stranger.register("another good passphrase")
    new = gateway.person("new@example.com").register()
    assert (taken.status_code, set(taken.json())) == (new.status_code, set(new.json())) == (201, {"user_id", "email", "verified"})
    harness.wait_until(lambda: len(letters.to(gateway, "ada@example.com")) > before, what="the mail to the owner")
    assert stranger.login("another good passphrase").status_code == 401


def test_a_token_with_a_bad_signature_is_refused(ada):
    head, body, signature = ada.token.split(".")
    raw = bytearray(base64.urlsafe_b64decode(signature + "=="))
    raw[20] ^= 1
    forged = base64.urlsafe_b64encode(bytes(raw)).rstrip(b"=").decode()
    for token in (f"{head}.{body}.{forged}", f"{head}.{body}.", f"{head}.{body}", f"{head}.{body}.{signature[:-4]}"):
        reply = ada.ask("GET", "/hello", token)
        assert reply.status_code == 401 and reply.headers["WWW-Authenticate"] == 'Bearer realm="Yett", error="invalid_token"'
    assert ada.enters(ada.token)


def test_logins_at_the_same_time_give_sessions_of_their_own(gateway, ada):
    devices = [gateway.person("ada@example.com") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        replies = list(pool.map(lambda device: device.login(), devices))
    assert {r.status_code for r in replies} == {200}
    tokens = [r.json()["access_token"] for r in replies]
    sessions = {jwt.decode(t, options={"verify_signature": False})["sid"] for t in tokens}
    assert len(sessions) == 4
    assert devices[0].post("logout", token=tokens[0]).status_code == 204
    assert [devices[1].enters(t) for t in tokens] == [False, True, True, True]


def test_a_token_that_expires_while_its_request_is_processed_is_served(gateway, ada):
    skew = 30
    now = int(time.time())
    token = token_like(gateway, ada.token, exp=now - skew + 2)
    reply = ada.ask("GET", "/slow/2500", token)
    assert reply.status_code == 200
    assert time.time() > now + 2 and not ada.enters(token)


def test_a_token_is_validated_once_and_then_remembered(gateway, ada):
    assert profiles.sample(PROFILE)["tokens"]["cache"] == {"ttl": "5m"}
    token = token_like(gateway, ada.token, counted=True)
    hits = gateway.metric("yett_token_cache_hits_total")
    for _ in range(40):
        assert ada.enters(token)
    # Each of the two workers validates it once; they publish their figures now and then.
    harness.wait_until(lambda: gateway.metric("yett_token_cache_hits_total") >= hits + 38, what="the figures of forty requests")


def test_the_sixth_failed_login_within_fifteen_minutes_is_turned_away(gateway, ada):
    guesser = gateway.person("ada@example.com")
    for _ in range(5):
        assert guesser.login("not the right passphrase").status_code == 401
    reply = guesser.login()
    assert (reply.status_code, reply.json()["code"]) == (429, "rate_limited")
    assert 800 <= int(reply.headers["Retry-After"]) <= 900
    assert gateway.person(ada.email).login().status_code == 200          # the owner, from elsewhere


def test_a_forgotten_password_is_replaced_through_a_mail(gateway):
    rosa = gateway.person("rosa@example.com")
    old = letters.verified_and_signed_in(rosa)["access_token"]
    assert rosa.post("reset-request", {"email": "rosa@example.com"}).status_code == 202
    link = letters.link_to(gateway, "rosa@example.com", "reset")
    assert rosa.post("reset-confirm", {"token": link, "password": "a passphrase nobody forgets"}).status_code == 204
    assert not rosa.enters(old) and rosa.login().status_code == 401
    assert rosa.login("a passphrase nobody forgets").status_code == 200


def test_passwords_are_kept_as_bcrypt_of_cost_12(gateway, ada):
    if not gateway.store.keeps:
        return
    [kept] = gateway.store.ask("SELECT password_hash FROM users WHERE email = 'ada@example.com'")
    assert "$2b$12$" in kept
