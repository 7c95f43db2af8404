"""Redis beside PostgreSQL: logouts arrive sooner with it, and nothing is lost without it.

The nodes are made deaf to PostgreSQL's notifications (`storage.prepared: false`, as behind a pooler), so that what is refused
sooner than the look each second, was brought by the stream.
"""

import statistics
import time

import pytest

import harness
from redis_server import RedisServer
from test_fleet_revocation import SOON, configuration, get, logout, refuses_soon

# As docs/operations.md has it.
ALLOWED = ("resetchannels -@all +ping +role +info +select +xadd +xread +xrange +xrevrange"
           " +evalsha +eval +get +set +del +time +zadd +zremrangebyscore +zcard +expire")


@pytest.fixture
def redis():
    server = RedisServer(allowed=ALLOWED)
    yield server
    server.stop()


@pytest.fixture
def fleet(postgres, redis, echo, start_nodes):
    def make(count, **shared_state):
        made = configuration(echo, postgres.url(postgres.make_database()), storage={"prepared": False},
                             shared_state={"url": redis.url, **shared_state})
        nodes = start_nodes(count, made)
        for node in nodes:
            connected(node)
        return nodes
    return make


def connected(node, so=1):
    harness.wait_until(lambda: node.metric("yett_revocation_stream_connected") == so, 10, f"a stream that is {so}")


def stream(node, result):
    return node.metric("yett_revocation_stream_total", result=result)


def test_a_logout_is_heard_by_way_of_the_stream(fleet):
    one, two, three = fleet(3)
    took = []
    for number in range(12):
        grant = one.user(f"u{number}@example.com")
        for node in (two, three):
            assert get(node, grant["access_token"]).status_code == 200
        logout(one, grant).raise_for_status()
        took += [refuses_soon(node, grant["access_token"]) for node in (two, three)]
    assert statistics.median(took) < 0.1, sorted(took)
    assert stream(one, "told") >= 12
    assert stream(two, "heard") >= 12
    assert stream(one, "lost") == 0


def test_fleets_with_prefixes_of_their_own_hear_nothing_of_each_other(fleet, redis):
    one, = fleet(1, prefix="shop:1")
    grant = one.user()
    logout(one, grant).raise_for_status()
    harness.wait_until(lambda: stream(one, "told") >= 1, 10, "a logout that is told")
    keys = redis.ask("KEYS", "*").splitlines()
    assert "shop:1:{revocations}" in keys and all(each.startswith("shop:1:") for each in keys), keys


def test_while_redis_is_away_nothing_fails_and_nothing_is_lost(fleet, redis):
    one, two = fleet(2)
    redis.kill()
    connected(one, 0)
    grant = one.user()
    assert get(two, grant["access_token"]).status_code == 200
    logout(one, grant).raise_for_status()
    refuses_soon(two, grant["access_token"])
    harness.wait_until(lambda: stream(one, "lost") >= 1, 10, "a logout that could not be told")

    redis.start()
    connected(one)
    connected(two)
    harness.wait_until(lambda: stream(two, "missed") >= 2, 10, "a look into the database after the restart")
    grant = one.user("bob@example.com")
    assert get(two, grant["access_token"]).status_code == 200
    logout(one, grant).raise_for_status()
    refuses_soon(two, grant["access_token"])


def test_a_redis_that_says_nothing_keeps_nobody_waiting(fleet, redis):
    one, two = fleet(2)
    grant = one.user()
    assert get(two, grant["access_token"]).status_code == 200
    redis.pause()
    began = time.monotonic()
    logout(one, grant).raise_for_status()
    assert time.monotonic() - began < 1
    refuses_soon(two, grant["access_token"])
    assert get(two, one.user("bob@example.com")["access_token"]).status_code == 200
    redis.resume()
    connected(one)


def test_an_emptied_redis_costs_a_second_at_most(fleet, redis):
    one, two = fleet(2)
    for number in range(3):
        grant = one.user(f"u{number}@example.com")
        assert get(two, grant["access_token"]).status_code == 200
        redis.ask("FLUSHALL")
        logout(one, grant).raise_for_status()
        refuses_soon(two, grant["access_token"], SOON)


def test_no_password_is_shown_and_a_wrong_one_keeps_nothing_from_working(fleet, redis, postgres, echo, start, tmp_path):
    made = configuration(echo, postgres.url(postgres.make_database()), shared_state={"url": redis.url.replace("hunter2", "hunter3")})
    folder = tmp_path / "wrong"
    folder.mkdir()
    node = start(harness.Gateway(folder, made))
    grant = node.user()
    assert get(node, grant["access_token"]).status_code == 200
    assert node.metric("yett_revocation_stream_connected") == 0
    said = "revocations do not come by Redis; they are read from the database"
    harness.wait_until(lambda: node.log(message=said), 10, "a word that Redis does not let us in")
    assert "WRONGPASS" in node.log(message=said)[0]["error"]
    assert not [line for line in node.lines if "is no p" in line or "hunter3" in line]
