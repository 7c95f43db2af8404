"""A Redis that is configured wrongly: the log says once what is wrong, without a password, and everything works without it."""

import pytest

import harness
from redis_server import IN_A_URL, MASTER, SENTINELS_PASSWORD, RedisServer, RedisWithSentinels
from test_fleet_redis import ALLOWED, connected
from test_fleet_revocation import configuration, get, logout

SAID = "revocations do not come by Redis; they are read from the database"
AGAIN = "revocations come by Redis again"
WRONG = "hunter3"


@pytest.fixture(scope="module")
def redis():
    server = RedisServer(allowed=ALLOWED)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def sentinels():
    servers = RedisWithSentinels()
    yield servers
    servers.stop()


@pytest.fixture
def node(postgres, echo, start, tmp_path):
    def begin(url):
        return start(harness.Gateway(tmp_path, configuration(echo, postgres.url(postgres.make_database()), shared_state={"url": url})))
    return begin


def complains(node, *words):
    """Once, in these words, and of nothing else; meanwhile it serves."""
    harness.wait_until(lambda: node.log(message=SAID), 15, "a word that nothing comes by Redis")
    grant = node.user()
    assert get(node, grant["access_token"]).status_code == 200
    logout(node, grant).raise_for_status()
    assert get(node, grant["access_token"]).status_code == 401
    told = node.log(message=SAID)
    assert len(told) == 1 and told[0]["level"] == "warning"
    assert all(word in told[0]["error"] for word in words), told
    assert node.metric("yett_revocation_stream_connected") == 0
    keeps_secrets(node)


def keeps_secrets(node):
    assert not [line for line in node.lines for word in ("is no p", IN_A_URL, WRONG, SENTINELS_PASSWORD) if word in line]


URLS = {
    "a wrong password": (lambda at, by: at.url.replace("hunter2", WRONG), ["WRONGPASS"]),
    "a user that is not there": (lambda at, by: at.url.replace("yett:", "gate:"), ["WRONGPASS"]),
    "no password": (lambda at, by: f"redis://127.0.0.1:{at.port}", ["NOAUTH"]),
    "nobody there": (lambda at, by: f"redis://:{WRONG}@127.0.0.1:1", ["redis at 127.0.0.1:1", "Connection refused"]),
    "no such name": (lambda at, by: f"redis://:{WRONG}@nowhere.invalid", ["redis at nowhere.invalid:6379", "Host not found"]),
    "TLS where none is spoken": (lambda at, by: at.url.replace("redis:", "rediss:"), ["no answer in TLS"]),
    "a server of another kind": (lambda at, by: f"redis://127.0.0.1:{by.port}", ["redis at 127.0.0.1:"]),
    "a database that is not there": (lambda at, by: at.url + "/99", ["ERR DB index is out of range"]),
}


@pytest.mark.parametrize("case", URLS)
def test_an_url_that_leads_nowhere(node, redis, echo, case):
    url, words = URLS[case]
    complains(node(url(redis, echo)), *words)


def test_sentinels_that_know_nothing_or_want_another_password(node, sentinels, tmp_path):
    complains(node(sentinels.url.replace(f"/{MASTER}?", "/other?")), "it knows no master other")


def test_sentinels_that_want_another_password(node, sentinels):
    complains(node(sentinels.url.replace(SENTINELS_PASSWORD, WRONG)), "WRONGPASS")


def test_a_replica(node, sentinels):
    complains(node(sentinels.replica.url), "a replica, which takes no writes")


@pytest.mark.parametrize("taken", ["-xread", "-xrange", "-info", "-role", "-ping"])
def test_whoever_may_not_read_is_told_so(node, taken):
    server = RedisServer(allowed=f"{ALLOWED} {taken}")
    try:
        complains(node(server.url), "NOPERM", taken[1:])
    finally:
        server.stop()


def test_keys_of_another_prefix(node, redis):
    redis.ask("ACL", "SETUSER", "yett", "resetkeys", "~shop:*")
    try:
        complains(node(redis.url), "NOPERM", "keys")
    finally:
        redis.ask("ACL", "SETUSER", "yett", "allkeys")


def test_whoever_may_not_write_is_told_so_with_the_first_logout_and_until_one_is_taken(node, redis):
    here = node(redis.url)
    connected(here)
    redis.ask("ACL", "SETUSER", "yett", "-xadd")
    try:
        logout(here, here.user()).raise_for_status()
        harness.wait_until(lambda: here.log(message=SAID), 10, "a word that nothing can be told")
        assert "NOPERM" in here.log(message=SAID)[0]["error"]
        connected(here, 0)
    finally:
        redis.ask("ACL", "SETUSER", "yett", "+xadd")
    logout(here, here.login("ada@example.com").json()).raise_for_status()
    connected(here)
    harness.wait_until(lambda: here.log(message=AGAIN), 10, "a word that all is well again")
    assert here.metric("yett_revocation_stream_total", result="lost") == 1


def test_a_redis_that_is_full(node):
    server = RedisServer("--maxmemory", "1", "--maxmemory-policy", "noeviction", allowed=ALLOWED)
    try:
        here = node(server.url)
        connected(here)
        logout(here, here.user()).raise_for_status()
        harness.wait_until(lambda: here.log(message=SAID), 10, "a word that nothing can be told")
        assert "OOM" in here.log(message=SAID)[0]["error"]
    finally:
        server.stop()


@pytest.mark.parametrize("url, complaint", [
    ("redis:/localhost", "has no // behind its scheme"),
    ("redis://hunter3@localhost", "names a user without a password"),
    ("redis://a,b", "names several servers, which is for sentinels alone"),
    ("redis://localhost/main", "has a database that is no number"),
    ("redis+sentinel://a,b", "does not say what the sentinels call the server"),
    ("rediss://localhost?ca_file=/nowhere/ca.pem", "/nowhere/ca.pem cannot be read: No such file or directory"),
    ("rediss://localhost?certificate_file=/c.pem", "has one of certificate_file and key_file, which go together"),
    ("valkey://localhost", "begins with no scheme that is known"),
])
def test_what_cannot_be_meant_is_refused_at_its_place(echo, tmp_path, url, complaint):
    (tmp_path / "yett.yaml").write_text(f'version: 1\nshared_state: {{ url: "{url}" }}\nstorage: {{ url: "postgresql://u@localhost/y" }}\n')
    done = harness.Process([harness.BINARY, "check", tmp_path / "yett.yaml"])
    assert done.popen.wait(20) != 0
    done.reader.join(5)
    assert f"yett.yaml:2:22: shared_state.url: {complaint}" in done.output and WRONG not in done.output
