"""first-party-api: one's own applications, with both tokens in bodies."""

import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import pytest

from profiles import PASSWORD, lasts
import operators

PROFILE = "first-party-api"


@pytest.fixture(scope="module")
def ada(gateway):
    person = gateway.person("ada@example.com")
    assert person.register().status_code == 201
    return person


def pair_of(reply):
    assert reply.status_code == 200, reply.text
    body = reply.json()
    return body["access_token"], body["refresh_token"]


def refresh(person, token):
    return person.post("refresh", {"refresh_token": token})


def test_both_tokens_come_in_the_body_and_no_cookie_is_set(ada):
    reply = ada.login()
    body = reply.json()
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token", "user"}
    assert body["token_type"] == "bearer" and lasts(body["expires_in"], 1800) and "Set-Cookie" not in reply.headers


def test_the_access_token_says_user_id_exp_iat_and_type(ada):
    body = ada.login().json()
    said = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert said["user_id"] == said["sub"] == body["user"]["id"]
    assert said["type"] == "access" and lasts(said["exp"] - said["iat"], 1800) and abs(said["iat"] - time.time()) < 60


def test_the_public_key_of_the_gateway_verifies_the_access_token(ada):
    access, _ = pair_of(ada.login())
    [key] = ada.ask("GET", "/.well-known/jwks.json").json()["keys"]
    said = jwt.decode(access, jwt.PyJWK(key).key, algorithms=["ES256"], audience="api", issuer="https://example.com")
    assert said["email"] == "ada@example.com"


def test_a_form_with_a_username_logs_in_as_json_does(ada):
    reply = ada.ask("POST", "/api/v1/auth/login", data={"username": ada.email, "password": PASSWORD})
    access, _ = pair_of(reply)
    assert ada.enters(access)
    wrong = ada.ask("POST", "/api/v1/auth/login", data={"username": ada.email, "password": "not the right passphrase"})
    assert wrong.status_code == 401 and wrong.json()["error"] == "invalid_grant"


def test_a_refresh_rotates_and_the_successor_serves(ada):
    access, first = pair_of(ada.login())
    later, second = pair_of(refresh(ada, first))
    assert second != first and later != access and ada.enters(later)
    assert pair_of(refresh(ada, second))[1] not in (first, second)


def test_a_refresh_token_two_rotations_old_ends_the_session(ada):
    access, first = pair_of(ada.login())
    _, second = pair_of(refresh(ada, first))
    newest, third = pair_of(refresh(ada, second))
    stolen = refresh(ada, first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh_reused")
    assert not ada.enters(access) and not ada.enters(newest) and refresh(ada, third).status_code == 401


def test_refreshes_at_the_same_time_log_nobody_out(gateway, ada):
    tabs = gateway.person(ada.email)
    _, token = pair_of(tabs.login())
    with ThreadPoolExecutor(5) as pool:
        pairs = list(pool.map(lambda _: pair_of(refresh(tabs, token)), range(20)))
    assert len({successor for _, successor in pairs}) == 1 and all(tabs.enters(access) for access, _ in pairs[::10])


def test_an_access_token_is_refused_as_refresh_token(ada):
    access, _ = pair_of(ada.login())
    assert refresh(ada, access).status_code == 401 and ada.enters(access)


def test_a_refresh_token_is_refused_as_access_token(ada):
    _, token = pair_of(ada.login())
    assert not ada.enters(token)
    assert pair_of(refresh(ada, token))


def test_a_disabled_user_is_refused_at_login_at_refresh_and_at_every_request(gateway):
    carl = gateway.person("carl@example.com")
    assert carl.register().status_code == 201
    access, token = pair_of(carl.login())
    assert carl.enters(access)
    operators.disable(gateway, carl.email)
    assert not any(carl.enters(access) for _ in range(8))
    assert refresh(carl, token).status_code == 401
    refused = carl.login()
    assert (refused.status_code, refused.json()["code"]) == (401, "invalid_credentials")
    operators.enable(gateway, carl.email)
    assert carl.login().status_code == 200 and not carl.enters(access)


def test_passwords_are_kept_as_argon2id(gateway, ada):
    if not gateway.store.keeps:
        return
    [kept] = gateway.store.ask("SELECT password_hash FROM users WHERE email = 'ada@example.com'")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
