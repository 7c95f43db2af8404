"""Rules that ask where a client comes from: alone, and beside who it is."""

import subprocess

import pytest

import harness

INSIDE = "203.0.113.7"
OUTSIDE = "198.51.100.1"


def settings(port, **changes):
    def network():                                    # one each: YAML would write a second as an alias, which is refused
        return {"networks": ["203.0.113.0/24", "2001:db8::/32"]}
    config = harness.settings(port, **changes)
    config["trusted_proxies"] = ["127.0.0.1/32"]
    config["routes"] = [{"name": name, "match": {"path": f"/{name}/**"}, "access": access, "upstream": "app"} for name, access in (
        ("office", network()), ("either", {"any_of": [network(), "authenticated"]}), ("both", {"all_of": [network(), "authenticated"]}))]
    return config


@pytest.fixture(scope="module")
def gateway(echo, tmp_path_factory):
    program = harness.Gateway(tmp_path_factory.mktemp("gateway"), settings(echo.port))
    yield program
    program.stop()


@pytest.fixture(scope="module")
def token(gateway):
    return gateway.user()["access_token"]


def ask(gateway, path, client, token=None):
    return gateway.call("GET", path, token, headers={"X-Forwarded-For": client})


@pytest.mark.parametrize("path, nobody_inside, nobody_outside, somebody_inside, somebody_outside", [
    ("/office/x", 200, 403, 200, 403),
    ("/either/x", 200, 401, 200, 200),
    ("/both/x", 401, 403, 200, 403),
])
def test_who_comes_from_where_gets_what(gateway, token, path, nobody_inside, nobody_outside, somebody_inside, somebody_outside):
    assert ask(gateway, path, INSIDE).status_code == nobody_inside
    assert ask(gateway, path, OUTSIDE).status_code == nobody_outside
    assert ask(gateway, path, INSIDE, token).status_code == somebody_inside
    assert ask(gateway, path, OUTSIDE, token).status_code == somebody_outside


@pytest.mark.parametrize("client, status", [("2001:db8:1::9", 200), ("[2001:db8::1]:443", 200), ("::ffff:203.0.113.9", 200),
                                            ("2001:db9::1", 403), ("6.6.6.6, 203.0.113.7", 200), ("203.0.113.7, 6.6.6.6", 403),
                                            ("nonsense", 403)])
def test_the_client_is_the_one_that_the_proxy_names(gateway, client, status):
    assert ask(gateway, "/office/x", client).status_code == status


@pytest.mark.parametrize("hop", ["unix:", "unknown", "_hidden", "203.0.113.7, junk"])
def test_whom_a_proxy_inside_cannot_name_is_not_inside(start, echo, tmp_path, hop):
    config = settings(echo.port)
    config["routes"][0]["access"]["networks"] = ["127.0.0.0/8"]
    gateway = start(harness.Gateway(tmp_path, config))
    assert gateway.call("GET", "/office/x").status_code == 200            # the proxy itself
    assert ask(gateway, "/office/x", hop).status_code == 403


def test_without_a_word_of_the_proxy_it_is_the_client(gateway):
    assert gateway.call("GET", "/office/x").status_code == 403


def test_an_identity_is_passed_on_where_it_counts_and_nowhere_else(gateway, token):
    headers = lambda path, *who: {name.lower() for name in ask(gateway, path, INSIDE, *who).json()["headers"]}
    assert "x-yett-user" in headers("/either/x", token)
    assert "x-yett-user" not in headers("/either/x")
    assert "x-yett-user" not in headers("/office/x", token)                # as a public rule


def test_a_credential_that_does_not_hold_is_refused_where_it_is_looked_at(gateway, token):
    assert ask(gateway, "/either/x", INSIDE, token[:-4] + "AAAA").status_code == 401
    assert ask(gateway, "/office/x", INSIDE, token[:-4] + "AAAA").status_code == 200


def yett(gateway, *words):
    return subprocess.run([harness.BINARY, *words], cwd=gateway.folder, capture_output=True, text=True)


def test_explain_takes_an_address(gateway):
    inside = yett(gateway, "explain", "--path", "/office/x", "--from", INSIDE)
    assert inside.returncode == 0
    assert "permitted: the caller has what it takes: a client of the networks 203.0.113.0/24, 2001:db8::/32" in inside.stdout
    outside = yett(gateway, "explain", "--path", "/both/x", "--from", OUTSIDE, "--role", "user")
    assert outside.returncode == 1 and ", forbidden" in outside.stdout
    unsaid = yett(gateway, "explain", "--path", "/office/x")
    assert unsaid.returncode == 1 and "asked for a client of no network; --from ADDRESS names one" in unsaid.stdout
    assert "--from ADDRESS" not in inside.stdout
    wrong = yett(gateway, "explain", "--path", "/office/x", "--from", "office")
    assert wrong.returncode == 78 and "--from: not an address: office" in wrong.stderr


def test_check_warns_where_every_client_would_be_a_proxy(gateway):
    done = yett(gateway, "check")
    assert done.returncode == 0 and "would be a proxy" not in done.stderr
    text = gateway.config_file.read_text()
    (gateway.folder / "other.yaml").write_text(text.replace("- 127.0.0.1/32", "- 203.0.113.0/24"))
    done = yett(gateway, "check", "other.yaml")
    assert done.returncode == 0 and "asks for 203.0.113.0/24, where every client would be a proxy" in done.stderr
