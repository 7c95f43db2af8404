"""What strangers may have checked in vain, with tokens that are forged one by one, and what others notice of it."""

import base64
import os
import threading
import time

import jwt
import pytest
import requests

import harness

STRANGER, NEIGHBOUR, FRIEND = "203.0.113.9", "203.0.113.77", "198.51.100.7"
PAGE = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


def settings(port, **verifications):
    config = harness.settings(port, workers=1, trusted_proxies=["127.0.0.1/32"])
    config["tokens"] = {"issuer": "https://auth.example.com", "audience": ["api"], "algorithm": "ES256", "access_transport": "both",
                        "refresh_transport": "both", "refresh_grace": "10s"}
    config["routes"].insert(0, {"name": "optional", "match": {"path": "/optional/**"}, "access": "optional", "upstream": "app"})
    if verifications:
        config["limits"]["verifications"] = verifications
    return config


@pytest.fixture
def gateway(start, echo, tmp_path):
    return start(harness.Gateway(tmp_path, settings(echo.port)))


def forged(token):
    """The header and the claims of a good one, under a signature that nobody made."""
    return token.rpartition(".")[0] + "." + base64.urlsafe_b64encode(os.urandom(64)).rstrip(b"=").decode()


def with_header(token, **header):
    good = jwt.get_unverified_header(token) | header
    text = base64.urlsafe_b64encode(str(good).replace("'", '"').encode()).rstrip(b"=").decode()
    return text + "." + token.partition(".")[2]


class Client:
    """Somebody behind the proxy that the gateway trusts, at an address of their own."""

    def __init__(self, gateway, address):
        self.session, self.base, self.address = requests.Session(), gateway.http, address

    def ask(self, token=None, path="/x", **more):
        headers = {"X-Forwarded-For": self.address, "X-Forwarded-Proto": "https"} | more.pop("headers", {})
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return self.session.get(self.base + path, headers=headers, allow_redirects=False, timeout=20, **more)

    def status(self, token=None, path="/x"):
        return self.ask(token, path).status_code


def flooded(client, token, seconds):
    """What somebody gets who shows one forged token after the other for so long."""
    until, told = time.monotonic() + seconds, []
    while time.monotonic() < until:
        told.append(client.status(forged(token)))
    return told


def test_forged_tokens_are_checked_until_the_budget_is_spent(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, rate="1/1h", burst=5)))
    token = gateway.user()["access_token"]
    stranger = Client(gateway, STRANGER)
    same = forged(token)
    assert [stranger.status(same) for _ in range(20)] == [401] * 20, "one that was refused before is not checked again"
    assert [stranger.status(forged(token)) for _ in range(10)] == [401] * 4 + [429] * 6
    refused = stranger.ask(forged(token))
    assert refused.json()["code"] == "rate_limited"
    assert 3500 < int(refused.headers["Retry-After"]) <= 3600
    assert "RateLimit" not in refused.headers and "WWW-Authenticate" not in refused.headers
    gateway.await_metric(7, "yett_verifications_refused_total")
    gateway.await_metric(7, "yett_auth_results_total", reason="rate_limited")
    line = gateway.log(error="rate_limited")[-1]
    assert (line["client_ip"], line["decision"], line["cause"]) == (STRANGER, "limited", "the limit verifications")

    # What is refused without a check is what it was, and so is what everybody may see.
    for bad in ("rubbish", "a.b.c", with_header(token, kid="another"), with_header(token, alg="none"), with_header(token, alg="HS256")):
        assert stranger.status(bad) == 401, bad
    assert stranger.status(path="/public/x") == 200
    assert stranger.status(path="/optional/x") == 200
    assert stranger.status(forged(token), path="/optional/x") == 429
    # Nobody else notices, not even at an address beside it.
    assert Client(gateway, NEIGHBOUR).status(forged(token)) == 401
    assert Client(gateway, FRIEND).status(token) == 200


def test_a_browser_that_is_not_looked_at_keeps_its_cookies_and_stays_where_it_is(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, rate="1/1h", burst=1)))
    grant = gateway.user()
    stranger = Client(gateway, STRANGER)
    assert stranger.status(forged(grant["access_token"])) == 401
    # The same from a browser, whose token is good, and nobody knows.
    cookies = f"__Host-yett_access={grant['access_token']}; __Host-yett_refresh={grant['refresh_token']}"
    for headers in ({"Cookie": cookies}, {"Cookie": cookies.partition(";")[0]},
                    {"Cookie": f"__Host-yett_access={forged(grant['access_token'])}; {cookies}"}):
        refused = stranger.ask(headers=PAGE | headers)
        assert refused.status_code == 429
        assert "Location" not in refused.headers and "Set-Cookie" not in refused.headers
        assert refused.headers["Retry-After"] and "<html" in refused.text
    # Elsewhere it is.
    assert Client(gateway, FRIEND).ask(headers=PAGE | {"Cookie": cookies}).status_code == 200


def test_a_flood_of_forged_tokens_keeps_nobody_else_out(gateway):
    assert gateway.register("ada@example.com").status_code == 201
    tokens = [gateway.login("ada@example.com").json()["access_token"] for _ in range(30)]
    stranger, friend = Client(gateway, STRANGER), Client(gateway, FRIEND)
    told, began = [], time.monotonic()
    floods = [threading.Thread(target=lambda: told.extend(flooded(Client(gateway, STRANGER), tokens[0], 3))) for _ in range(4)]
    for each in floods:
        each.start()
    seen = []
    while any(each.is_alive() for each in floods):
        seen.append(friend.status(tokens[len(seen) % len(tokens)]))  # new ones at first
    took = time.monotonic() - began
    assert seen == [200] * len(seen) and len(seen) > 30
    assert set(told) == {401, 429}
    assert 100 <= told.count(401) <= 100 + 20 * took + 1, (told.count(401), took)
    gateway.await_metric(told.count(429), "yett_verifications_refused_total")

    # Somebody at the strangers' address is proved by a token in memory, and others there have a bucket apart.
    other = gateway.login("ada@example.com").json()["access_token"]
    assert stranger.status(tokens[0]) == 200
    assert stranger.status(other) == 200
    assert [stranger.status(forged(other)) for _ in range(50)] == [401] * 50


def test_tokens_that_hold_cost_nothing_however_many_come(start, echo, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, rate="1/1h", burst=1)))
    assert gateway.register("ada@example.com").status_code == 201
    tokens = [gateway.login("ada@example.com").json()["access_token"] for _ in range(12)]
    friend = Client(gateway, FRIEND)
    assert [friend.status(each) for each in tokens] == [200] * 12
    assert friend.status(forged(tokens[0])) == 401
    # And those that were good once are good still.
    assert [friend.status(each) for each in tokens] == [200] * 12
