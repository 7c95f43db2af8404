"""Whom proxies in front speak for, however they spell it."""

import pytest
import requests

import harness

PLAIN = {"limits": {}}


@pytest.fixture(scope="module")
def trusting(upstream, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("trusting"),
                              harness.settings(upstream.port, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"]))
    yield program
    program.stop()


def told(gateway, upstream, fields):
    """What the application hears of the client, and of how it came."""
    reply = requests.get(gateway.http + "/public/x", headers=fields, timeout=10)
    assert reply.status_code == 200
    head = upstream.heads[-1]
    return harness.header_values(head, "X-Real-IP")[0].decode(), harness.header_values(head, "X-Forwarded-Proto")[0].decode()


@pytest.mark.parametrize("spelling, client", [
    ("6.6.6.6:4000", "6.6.6.6"),
    ("[2001:db8::1]", "2001:db8::1"),
    ("[2001:db8::1]:443", "2001:db8::1"),
    ('"6.6.6.6"', "6.6.6.6"),
    ("6.6.6.6,", "6.6.6.6"),
    ("6.6.6.6, 10.0.0.7:80", "6.6.6.6"),
])
def test_a_client_is_found_however_the_proxy_spells_it(trusting, upstream, spelling, client):
    assert told(trusting, upstream, {"X-Forwarded-For": spelling})[0] == client


@pytest.mark.parametrize("spelling, client", [
    ("fe80::1%eth0", "fe80::1"),
    ("6.6.6.6:_gazonk", "6.6.6.6"),
])
def test_sibling_spellings_that_no_report_had(trusting, upstream, spelling, client):
    assert told(trusting, upstream, {"X-Forwarded-For": spelling})[0] == client


@pytest.mark.parametrize("proto, scheme", [("HTTPS", "https"), ("wss", "https"), ("https, https", "https"), ("http", "http"), ("WS", "http")])
def test_how_the_client_came_however_the_proxy_spells_it(trusting, upstream, proto, scheme):
    assert told(trusting, upstream, {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": proto})[1] == scheme


def test_two_fields_are_one_list_and_the_clients_place_counts(trusting, upstream):
    head = ("GET /public/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: http\r\n\r\n")
    with trusting.raw() as client:
        assert client.send(head.encode()).read_all().startswith(b"HTTP/1.1 200")
    assert harness.header_values(upstream.heads[-1], "X-Real-IP") == [b"6.6.6.6"]
    assert harness.header_values(upstream.heads[-1], "X-Forwarded-Proto") == [b"https"]


def test_what_is_no_address_ends_the_walk_and_is_counted(trusting, upstream):
    before = trusting.metric("yett_forwarding_unreadable_total")
    assert told(trusting, upstream, {"X-Forwarded-For": "6.6.6.6, unknown"})[0] == "127.0.0.1"
    assert told(trusting, upstream, {"X-Forwarded-For": "6.6.6.6, _hidden, 10.1.1.1"})[0] == "10.1.1.1"
    assert told(trusting, upstream, {"X-Forwarded-For": "junk, 6.6.6.6"})[0] == "6.6.6.6"
    trusting.await_metric(before + 2, "yett_forwarding_unreadable_total")


def test_clients_behind_one_proxy_have_a_login_limit_each(upstream, start, tmp_path):
    config = harness.settings(upstream.port, trusted_proxies=["127.0.0.0/8"])
    config["limits"] = {"login": {"rate": "2/15m", "algorithm": "window", "key": ["client"], "count": "failures"}}
    gateway = start(harness.Gateway(tmp_path, config))

    def attempt(client):
        return gateway.call("POST", "/auth/login", json={"email": "nobody@example.com", "password": "wrong password"},
                            headers={"X-Forwarded-For": client}).status_code

    assert [attempt("6.6.6.6:4000"), attempt("6.6.6.6:4001"), attempt("6.6.6.6:4002")] == [401, 401, 429]
    assert attempt("7.7.7.7:4000") == 401
    assert attempt("[2001:db8::1]:443") == 401


def test_a_proxy_that_nobody_listed_is_told_of_once(upstream, start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, harness.settings(upstream.port)))
    readiness = gateway.management + "/readyz?verbose"
    assert "[+] proxies\n" in requests.get(readiness, timeout=10).text
    for _ in range(5):
        assert told(gateway, upstream, {"X-Forwarded-For": "6.6.6.6"})[0] == "127.0.0.1"
    assert told(gateway, upstream, {})[0] == "127.0.0.1"
    gateway.await_metric(5, "yett_forwarding_untrusted_total")
    warnings = [line for line in gateway.log(level="warning") if "trusted_proxies" in line["message"]]
    assert len(warnings) == 1 and 'trusted_proxies: ["127.0.0.1"]' in warnings[0]["message"]
    text = requests.get(readiness, timeout=10).text
    assert text.endswith("ready\n") and '[+] proxies: 127.0.0.1 ' in text and 'trusted_proxies: ["127.0.0.1"]' in text


def test_a_listed_proxy_and_a_silent_neighbour_are_no_news(trusting):
    requests.get(trusting.http + "/public/x", headers={"X-Forwarded-For": "6.6.6.6"}, timeout=10)
    assert trusting.metric("yett_forwarding_untrusted_total") == 0
    assert not [line for line in trusting.log(level="warning") if "trusted_proxies" in line["message"]]


def test_the_family_that_proxies_do_not_write_is_a_clients_word(upstream, start, tmp_path):
    config = harness.settings(upstream.port, trusted_proxies=["127.0.0.0/8", "10.0.0.0/8"], trusted_proxies_send="forwarded")
    gateway = start(harness.Gateway(tmp_path, config))
    lies = {"X-Forwarded-For": "7.7.7.7", "X-Forwarded-Proto": "http"}
    assert told(gateway, upstream, {"Forwarded": 'for="[2001:db8::1]:1";proto=https, for=10.1.1.1', **lies}) == ("2001:db8::1", "https")
    assert told(gateway, upstream, lies) == ("127.0.0.1", "http")
    # A quote that a client leaves open moves nobody.
    assert told(gateway, upstream, {"Forwarded": 'for=", for=6.6.6.6', **lies})[0] == "127.0.0.1"


def test_by_default_forwarded_is_a_clients_word(trusting, upstream):
    assert told(trusting, upstream, {"X-Forwarded-For": "6.6.6.6", "Forwarded": "for=7.7.7.7;proto=https"}) == ("6.6.6.6", "http")
