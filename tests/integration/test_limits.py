"""Limits at the real program. Every address of 127.0.0.0/8 is a client of its own."""

import json
import socket
import struct
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from requests.adapters import HTTPAdapter

import harness

WRONG = "not the right password"


def settings(port, **limits):
    """The built-in limits by client as they are, but for what is named; those by account are in test_account_limits.py."""
    config = harness.settings(port)
    by_account = {name: config["limits"][name] for name in harness.BY_ACCOUNT}
    config["limits"] = {**by_account, "per_user": {"rate": "5/1h", "burst": 5, "algorithm": "gcra", "key": ["user"]},
                        "per_partner": {"rate": "3/1h", "algorithm": "window", "key": ["header:X-Partner"]},
                        "per_client": {"rate": "4/1h", "algorithm": "window", "key": ["client"]}, **limits}
    for name in ("per_user", "per_partner", "per_client"):
        access = "authenticated" if name == "per_user" else "public"
        config["routes"].insert(0, {"name": name, "match": {"path": f"/{name}/**"}, "access": access, "upstream": "app", "limits": [name]})
    return config


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), settings(echo.port))
    yield program
    program.stop()


class Client:
    """Somebody who calls from an address of 127.0.0.0/8."""

    def __init__(self, gateway, address):
        self.base, self.address = gateway.http, address

    def call(self, method, path, **more):
        class From(HTTPAdapter):
            def init_poolmanager(inner, *args, **kwargs):
                super().init_poolmanager(*args, source_address=(self.address, 0), **kwargs)
        with requests.Session() as session:
            session.mount("http://", From())
            return session.request(method, self.base + path, timeout=30, **more)

    def register(self, email, password=harness.PASSWORD):
        return self.call("POST", "/auth/register", json={"email": email, "password": password})

    def login(self, email, password=harness.PASSWORD):
        return self.call("POST", "/auth/login", json={"email": email, "password": password})


@pytest.fixture
def client(gateway):
    """A new address for every test."""
    client.last = getattr(client, "last", 1) + 1
    return Client(gateway, f"127.1.0.{client.last}")


@pytest.fixture(scope="module")
def users(gateway):
    """Two users, made from elsewhere."""
    away = Client(gateway, "127.2.0.1")
    for email in ("ada@example.com", "bob@example.com"):
        assert away.register(email).status_code == 201
    return [away.login(email).json()["access_token"] for email in ("ada@example.com", "bob@example.com")]


def assert_limited(reply, period, announced):
    assert reply.status_code == 429 and reply.json()["code"] == "rate_limited", reply.text
    assert 1 <= int(reply.headers["Retry-After"]) <= period
    assert ("RateLimit" in reply.headers, "RateLimit-Policy" in reply.headers) == (announced, announced)


def hashes(gateway):
    return gateway.metric("yett_password_hash_duration_seconds_count")


def test_two_hundred_guesses_at_once_get_five_answers(gateway, users, client):
    before = hashes(gateway)
    with ThreadPoolExecutor(100) as pool:
        replies = list(pool.map(lambda _: client.login("ada@example.com", WRONG), range(200)))
    assert sorted(r.status_code for r in replies) == [401] * 5 + [429] * 195
    assert hashes(gateway) == before + 5                         # nor was any other looked at
    for reply in replies:
        if reply.status_code == 429:
            assert_limited(reply, 900, announced=False)
            assert int(reply.headers["Retry-After"]) > 800
    assert_limited(client.login("ada@example.com"), 900, announced=False)        # the right password does not help either
    assert Client(gateway, "127.3.0.1").login("ada@example.com").status_code == 200
    assert gateway.metric("yett_limiter_refused_total", limit="login") >= 196


def at_once(number, call):
    """Calls that reach the gateway together: every thread waits for the others."""
    together = threading.Barrier(number)

    def one(i):
        together.wait()
        return call(i)
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_colleagues_behind_one_address_log_in_at_once(users, client):
    replies = at_once(40, lambda i: client.login(("ada@example.com", "bob@example.com")[i % 2]))
    assert [r.status_code for r in replies] == [200] * 40
    statuses = [client.login(f"u{i}@example.com", WRONG).status_code for i in range(6)]
    assert statuses == [401] * 5 + [429]


def test_tabs_that_wake_together_refresh_together(users, client):
    token = client.login("ada@example.com").json()["refresh_token"]
    replies = at_once(40, lambda _: client.call("POST", "/auth/refresh", json={"refresh_token": token}))
    assert [r.status_code for r in replies] == [200] * 40
    assert len({r.json()["refresh_token"] for r in replies}) == 1


def test_the_right_password_waits_for_guesses_and_is_refused_after_the_fifth(users, client):
    replies = at_once(60, lambda i: client.login("ada@example.com", WRONG if i % 2 else harness.PASSWORD))
    statuses = [r.status_code for r in replies]
    assert statuses.count(401) == 5 and set(statuses) <= {200, 401, 429}
    assert set(statuses[1::2]) == {401, 429}
    assert client.login("ada@example.com").status_code == 429


def test_nobody_waits_for_long_behind_requests_that_do_not_end(gateway, users, client):
    def begin_login():
        held = socket.create_connection(("127.0.0.1", gateway.plain_port), source_address=(client.address, 0))
        held.sendall(b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
        return held
    held = [begin_login() for _ in range(5)]

    def refusal():
        reply = client.login("ada@example.com")
        return [reply] if reply.status_code == 429 else None
    refused, = harness.wait_until(refusal, what="a full limit")
    assert_limited(refused, 1, announced=False)                   # another second may do: nothing has failed
    assert refused.elapsed.total_seconds() < 15
    for each in held:
        each.close()


def test_who_leaves_while_waiting_costs_nothing(gateway, users, client):
    body = json.dumps({"email": "ada@example.com", "password": harness.PASSWORD}).encode()
    head = b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

    def begin(sent):
        opened = socket.create_connection(("127.0.0.1", gateway.plain_port), source_address=(client.address, 0))
        opened.sendall(head % len(body) + sent)
        return opened

    def connections(number):
        harness.wait_until(lambda: gateway.metric("yett_connections") == number, what=f"{number} connections")
    connections(0)
    holding = [begin(body[:1]) for _ in range(5)]                # they hold the limit until the rest of their body comes
    connections(5)
    leaving = [begin(body) for _ in range(8)]
    connections(13)
    before = hashes(gateway)
    for each in leaving:
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        each.close()
    connections(5)
    for each in holding:
        each.sendall(body[1:])
        assert b" 200 OK" in each.recv(65536)
        each.close()
    assert hashes(gateway) == before + 5
    assert client.login("ada@example.com").status_code == 200


def test_successes_are_not_counted_but_failures_are(users, client):
    for _ in range(8):
        assert client.login("ada@example.com").status_code == 200
    statuses = [client.login(f"u{i}@example.com", WRONG).status_code for i in range(7)]
    assert statuses == [401] * 5 + [429] * 2


def test_a_success_does_not_forgive_failures(users, client):
    for _ in range(4):
        assert client.login("ada@example.com", WRONG).status_code == 401
    assert client.login("ada@example.com").status_code == 200
    assert client.login("ada@example.com", WRONG).status_code == 401
    assert client.login("ada@example.com").status_code == 429


def test_guesses_do_not_lock_the_owner_out_of_what_works(users, client):
    grant = client.login("bob@example.com").json()
    while client.login("bob@example.com", WRONG).status_code != 429:
        pass
    bearer = {"Authorization": f"Bearer {grant['access_token']}"}
    assert client.call("GET", "/hello", headers=bearer).status_code == 200
    again = client.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]})
    assert again.status_code == 200
    bearer = {"Authorization": f"Bearer {again.json()['access_token']}"}
    assert client.call("GET", "/auth/me", headers=bearer).status_code == 200
    change = {"current_password": harness.PASSWORD, "new_password": "an entirely different sentence"}
    assert client.call("POST", "/auth/password", headers=bearer, json=change).status_code == 429      # a password is guessed here, too


def test_malformed_logins_are_failures_too(client):
    statuses = [client.call("POST", "/auth/login", data=b"{", headers={"Content-Type": "application/json"}).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]


def test_registrations_are_counted_unless_what_was_typed_was_wrong_by_itself(users, client):
    addresses = ("new1@example.com", "ada@example.com", "not an address", "new2@example.com", "ada@example.com", "new3@example.com")
    assert [client.register(e).status_code for e in addresses] == [201, 409, 400, 201, 409, 201]
    assert client.call("POST", "/auth/register", json={}).status_code == 429      # nor can it be asked whether it would be
    reply = client.register("new4@example.com")
    assert_limited(reply, 900, announced=False)
    assert client.login("new1@example.com").status_code == 200       # another limit
    assert "RateLimit" not in client.login("new1@example.com").headers


def test_guessed_refresh_tokens_are_counted(client):
    statuses = [client.call("POST", "/auth/refresh", json={"refresh_token": f"yr1_{i}"}).status_code for i in range(6)]
    assert statuses == [401] * 5 + [429]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP"])
def test_no_header_makes_another_client(gateway, client, header):
    for i in range(4):
        value = f"for=192.0.2.{i}" if header == "Forwarded" else f"192.0.2.{i}"
        assert client.call("GET", "/per_client/x", headers={header: value}).status_code == 200
    for i in range(3):
        assert client.call("GET", "/per_client/x", headers={header: f"198.51.100.{i}"}).status_code == 429


def test_guesses_cannot_hide_behind_forwarding_headers(users, client):
    statuses = [client.call("POST", "/auth/login", json={"email": "ada@example.com", "password": WRONG},
                            headers={"X-Forwarded-For": f"192.0.2.{i}"}).status_code for i in range(8)]
    assert statuses == [401] * 5 + [429] * 3


def test_behind_a_trusted_proxy_a_client_is_who_the_proxy_says(start, echo, tmp_path):
    config = settings(echo.port)
    config["trusted_proxies"] = ["127.7.0.1/32"]
    gateway = start(harness.Gateway(tmp_path, config))
    proxy, stranger = Client(gateway, "127.7.0.1"), Client(gateway, "127.7.0.2")

    def ask(through, claimed):
        return through.call("GET", "/per_client/x", headers={"X-Forwarded-For": claimed}).status_code
    assert [ask(proxy, "192.0.2.1") for _ in range(5)] == [200] * 4 + [429]
    assert ask(proxy, "192.0.2.2") == 200
    assert ask(proxy, "203.0.113.9, 192.0.2.1") == 429           # what the client wrote before the proxy did counts for nothing
    assert [ask(proxy, f"2001:db8::{i}") for i in range(1, 6)] == [200] * 4 + [429]
    assert ask(proxy, "2001:db8:0:1::1") == 200                  # IPv6 is counted by /64
    assert [ask(stranger, f"192.0.2.{i}") for i in range(5)] == [200] * 4 + [429]


def test_each_user_has_a_budget_wherever_they_are(gateway, users, client):
    ada, bob = ({"Authorization": f"Bearer {token}"} for token in users)
    replies = [Client(gateway, f"127.4.0.{i + 1}").call("GET", "/per_user/x", headers=ada) for i in range(5)]
    assert [r.status_code for r in replies] == [200] * 5
    refused = client.call("GET", "/per_user/x", headers=ada)
    assert_limited(refused, 3600, announced=True)
    assert refused.headers["RateLimit"].startswith('"per_user";r=0;') and refused.headers["RateLimit-Policy"].startswith('"per_user";q=5;')
    assert client.call("GET", "/per_user/x", headers=bob).status_code == 200
    assert client.call("GET", "/hello", headers=ada).status_code == 200          # only where the rule says so
    assert "RateLimit" not in client.call("GET", "/hello", headers=ada).headers
    assert client.call("GET", "/per_user/x").status_code == 401


def test_a_header_can_be_the_key(gateway, client):
    def ask(value):
        return client.call("GET", "/per_partner/x", headers={"X-Partner": value} if value else {})
    assert [ask("a").status_code for _ in range(4)] == [200] * 3 + [429]
    assert_limited(ask("a"), 3600, announced=True)
    assert ask("b").status_code == 200
    assert [ask(None).status_code for _ in range(4)] == [200] * 3 + [429]         # without it, the client is the key


def test_the_hundredth_request_at_once_is_not_one_too_many(gateway, client):
    with ThreadPoolExecutor(50) as pool:
        replies = list(pool.map(lambda _: client.call("GET", "/per_client/x"), range(100)))
    assert sorted(r.status_code for r in replies) == [200] * 4 + [429] * 96


SPELLINGS = ["ada@bücher.example", "ADA@bücher.example", "Ada@BÜCHER.example", "ada@xn--bcher-kva.example", "aDa@bu\u0308cher.example"]


def test_guesses_are_counted_by_the_account_not_its_spelling(start, echo, tmp_path):
    """A botnet that guesses one account is one guesser."""
    login = {"rate": "3/15m", "algorithm": "window", "key": ["account"], "count": "failures"}
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, login=login)))
    assert Client(gateway, "127.5.0.1").register(SPELLINGS[0]).status_code == 201
    statuses = [Client(gateway, f"127.5.1.{i + 1}").login(s, WRONG).status_code for i, s in enumerate(SPELLINGS)]
    assert statuses == [401] * 3 + [429] * 2
    assert Client(gateway, "127.5.2.1").login("bob@example.com", WRONG).status_code == 401
    forms = {"username": SPELLINGS[1], "password": WRONG}
    assert Client(gateway, "127.5.2.2").call("POST", "/auth/login", data=forms).status_code == 429


def test_where_no_body_names_an_account_the_client_is_counted(start, echo, tmp_path):
    by_account = {name: {"rate": "3/15m", "algorithm": "window", "key": ["account"]} for name in ("register", "refresh", "verify", "reset")}
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, **by_account)))
    client = Client(gateway, "127.5.3.1")

    def post(path, **body):
        return [client.call("POST", path, json=body).status_code for _ in range(4)]
    assert [client.register(f"u{i}@example.com").status_code for i in range(4)] == [201] * 3 + [429]
    assert post("/auth/refresh", refresh_token="yr1_x") == [401] * 3 + [429]
    assert post("/auth/verify", token="yl1_x")[3] == 429
    assert post("/auth/reset-confirm", token="yl1_x", password=harness.PASSWORD)[3] == 429
    assert post("/auth/reset-request", email="u1@example.com")[3] == 429
    assert client.call("POST", "/auth/reset-request", json={"email": "u2@example.com"}).status_code != 429


def test_guesses_can_be_counted_by_client_and_account(start, echo, tmp_path):
    login = {"rate": "3/15m", "algorithm": "window", "key": ["client", "account"], "count": "failures"}
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, login=login)))
    guesser, owner = Client(gateway, "127.6.0.1"), Client(gateway, "127.6.0.2")
    assert owner.register("ada@example.com").status_code == 201
    with ThreadPoolExecutor(30) as pool:
        replies = list(pool.map(lambda i: guesser.login("ada@example.com" if i % 2 else "ADA@EXAMPLE.com", WRONG), range(60)))
    assert sorted(r.status_code for r in replies) == [401] * 3 + [429] * 57
    assert owner.login("ada@example.com").status_code == 200                      # the owner is not locked out
    assert guesser.login("bob@example.com", WRONG).status_code == 401


def lines_of(gateway, path, **members):
    return harness.wait_until(lambda: gateway.log(path=path, **members), what=f"the line about {path}")


def test_the_log_names_the_limit_that_refused(gateway, client):
    for _ in range(5):
        reply = client.call("GET", "/per_client/named")
    assert reply.status_code == 429
    line = lines_of(gateway, "/per_client/named", status=429)[0]
    assert (line["cause"], line["decision"], line["error"]) == ("the limit per_client", "limited", "rate_limited")
    assert all("cause" not in each and each["decision"] == "permitted" for each in lines_of(gateway, "/per_client/named", status=200))


def test_sibling_the_log_names_the_limit_of_an_account_and_of_an_api_key(gateway, client, users):
    for _ in range(6):
        reply = client.login("eve@example.com", WRONG)
    assert reply.status_code == 429
    line = lines_of(gateway, "/auth/login", status=429, client_ip=client.address)[0]
    assert line["cause"] == "the limit login" and line["decision"] == "limited"
    made = client.call("POST", "/auth/api-keys", headers={"Authorization": f"Bearer {users[0]}"}, json={"name": "k", "requests_per_minute": 1})
    assert made.status_code == 201, made.text
    calls = [client.call("GET", "/auth/me", headers={"X-Api-Key": made.json()["key"]}).status_code for _ in range(2)]
    assert calls == [200, 429]
    assert lines_of(gateway, "/auth/me", status=429, client_ip=client.address)[0]["cause"] == "the limit api_key"


def test_sibling_a_limit_that_only_reports_is_named_too(start, echo, tmp_path):
    config = settings(echo.port, per_client={"rate": "1/1h", "algorithm": "window", "key": ["client"], "mode": "report_only"})
    gateway = start(harness.Gateway(tmp_path, config))
    assert [gateway.call("GET", "/per_client/x").status_code for _ in range(2)] == [200, 200]
    assert lines_of(gateway, "/per_client/x", decision="report_only")[0]["cause"] == "the limit per_client"
