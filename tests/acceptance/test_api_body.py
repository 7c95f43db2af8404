"""api-body: programs that keep their tokens, signed with a secret that other services know."""

import datetime
import hashlib

import jwt
import pytest

from profiles import PASSWORD, SECRET, lasts
import operators

PROFILE = "api-body"
ALSO_IN_REDIS = True


@pytest.fixture(scope="module")
def ada(gateway):
    operators.add(gateway, "ada@example.com", PASSWORD)
    return gateway.person("ada@example.com")


def test_both_tokens_come_in_the_body_with_their_type(ada):
    reply = ada.login()
    body = reply.json()
    assert reply.status_code == 200 and "Set-Cookie" not in reply.headers
    assert body["token_type"] == "bearer" and lasts(body["expires_in"], 86400)
    assert body["refresh_token"].startswith("yr1_") and ada.enters(body["access_token"])


def test_whoever_knows_the_secret_can_verify_the_access_token(ada):
    token = ada.login().json()["access_token"]
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    said = jwt.decode(token, SECRET, algorithms=["HS256"], audience="api", issuer="https://example.com")
    assert lasts(said["exp"] - said["iat"], 24 * 3600) and said["email"] == "ada@example.com"
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, SECRET + "x", algorithms=["HS256"], audience="api")


def test_the_secret_is_not_among_the_public_keys(ada):
    reply = ada.ask("GET", "/.well-known/jwks.json")
    assert reply.json() == {"keys": []} and SECRET not in reply.text


def test_a_session_lasts_thirty_days_without_being_used(gateway, ada):
    token = ada.login().json()["access_token"]
    [current] = [each for each in ada.ask("GET", "/auth/sessions", token).json()["sessions"] if each["current"]]
    until = datetime.datetime.fromisoformat(current["expires_at"].replace("Z", "+00:00"))
    left = until - datetime.datetime.now(datetime.timezone.utc)
    assert datetime.timedelta(days=29, hours=23) < left <= datetime.timedelta(days=30)


def test_a_refresh_rotates_the_token_in_the_body(ada):
    first = ada.login().json()
    second = ada.post("refresh", {"refresh_token": first["refresh_token"]}).json()
    assert second["token_type"] == "bearer" and second["refresh_token"] != first["refresh_token"] and ada.enters(second["access_token"])


def test_refresh_tokens_live_in_the_session_store_as_hashes(gateway, ada):
    token = ada.login().json()["refresh_token"]
    if not gateway.store.keeps:
        return
    users, sessions = gateway.store.everything(), gateway.store.all_of_sessions()
    for kept in (users, sessions):
        assert token.encode() not in kept and token[26:].encode() not in kept    # what comes before names the session
    digest = hashlib.sha256(token.encode()).hexdigest().encode()
    assert digest in sessions and (digest in users) == (gateway.store.sessions is None)


def test_errors_have_one_standard_format(ada):
    wrong = ada.login("not the right passphrase")
    missing = ada.ask("GET", "/hello")
    malformed = ada.ask("POST", "/auth/login", data="{", headers={"Content-Type": "application/json"})
    for reply, status, code in ((wrong, 401, "invalid_credentials"), (missing, 401, "unauthenticated"), (malformed, 400, "bad_request")):
        assert reply.headers["Content-Type"] == "application/problem+json"
        body = reply.json()
        assert (reply.status_code, body["status"], body["code"]) == (status, status, code)
        assert body["type"] and body["title"] and body["request_id"]
    assert wrong.json()["error"] == "invalid_grant" and malformed.json()["error"] == "invalid_request"


def test_nobody_can_register(gateway):
    reply = gateway.person("late@example.com").register()
    assert (reply.status_code, reply.json()["code"]) == (403, "forbidden")


def test_no_link_for_a_new_password_is_ever_sent(gateway, ada):
    assert ada.post("reset-request", {"email": ada.email}).status_code == 202      # which tells nobody who has an account
    reply = ada.post("reset-confirm", {"token": "yl1_" + "A" * 47, "password": "a passphrase nobody forgets"})
    assert (reply.status_code, reply.json()["code"]) == (400, "token_invalid")
    assert not list(gateway.folder.glob("var/outbox/**/*.eml"))
