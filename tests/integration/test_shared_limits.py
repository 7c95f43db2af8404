"""Limits that three programs count together, in a real Redis that goes away and comes back."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

import harness
from redis_server import RedisServer

# What docs/operations.md tells an operator to allow.
ALLOWED = ("resetkeys ~yett:* resetchannels -@all +ping +role +info +select +xadd +xread +xrange +xrevrange"
           " +evalsha +eval +get +set +del +time +zadd +zremrangebyscore +zcard +expire")
WRONG = "not the right password"


def settings(port, redis):
    config = harness.settings(port)
    del config["limits"]["login"]  # five failures in a quarter of an hour, as it is built in
    config["limits"].update({name: {"rate": rate, "algorithm": how, "key": ["client"]} for name, rate, how in
                             (("together", "21/1h", "window"), ("at_a_rate", "21/1h", "gcra"), ("outage", "21/1h", "window"),
                              ("trips", "5/1h", "window"))})
    for name in ("together", "at_a_rate", "outage", "trips"):
        config["routes"].insert(0, {"name": name, "match": {"path": f"/{name}/**"}, "access": "public", "upstream": "app",
                                    "limits": [name]})
    config["shared_state"] = {"url": redis.url}
    return config


@pytest.fixture(scope="module")
def redis():
    server = RedisServer(allowed=ALLOWED)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def nodes(echo, redis, tmp_path_factory):
    programs = [harness.Gateway(tmp_path_factory.mktemp(f"node{n}"), settings(echo.port, redis)) for n in range(3)]
    for each in programs:
        harness.wait_until(lambda: each.metric("yett_shared_limits_nodes") == 3, 15, "three nodes that know of each other")
    yield programs
    for each in programs:
        each.stop()


def spread(nodes, times, ask):
    """What `times` calls get that come at once, in turn at each node."""
    with ThreadPoolExecutor(12) as pool:
        return [reply.status_code for reply in pool.map(lambda n: ask(nodes[n % len(nodes)]), range(times))]


def counted(redis):
    """Scripts that Redis has run."""
    stats = redis.ask("INFO", "commandstats")
    return sum(int(calls) for calls in re.findall(r"cmdstat_eval(?:sha)?:calls=(\d+)", stats))


@pytest.mark.parametrize("limit", ["together", "at_a_rate"])
def test_three_nodes_let_through_what_one_would(nodes, limit):
    statuses = spread(nodes, 90, lambda node: node.call("GET", f"/{limit}/x"))
    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) == 21


def test_two_hundred_guesses_spread_over_three_nodes_get_five_answers_and_colleagues_get_in(nodes):
    for each in nodes:
        assert each.register("ada@example.com").status_code == 201
    assert spread(nodes, 20, lambda node: node.login("ada@example.com")) == [200] * 20
    statuses = spread(nodes, 200, lambda node: node.login("ada@example.com", WRONG))
    assert statuses.count(401) == 5 and statuses.count(429) == 195, statuses


def test_a_request_is_one_round_trip_and_one_that_was_just_refused_none(nodes, redis):
    before = counted(redis)
    assert [nodes[0].call("GET", "/trips/x").status_code for _ in range(5)] == [200] * 5
    between = counted(redis)
    # The three nodes say that they are there meanwhile.
    assert 5 <= between - before <= 5 + 3
    assert spread(nodes[:1], 60, lambda node: node.call("GET", "/trips/x")) == [429] * 60
    assert counted(redis) - between < 30
    assert nodes[0].metric("yett_shared_limits_total", place="remembered") > 0


def test_without_redis_each_node_has_its_share_and_nobody_sees_an_error(nodes, redis):
    before = [node.metric("yett_shared_limits_total", place="share") for node in nodes]
    redis.kill()
    statuses = spread(nodes, 90, lambda node: node.call("GET", "/outage/x"))
    assert sorted(set(statuses)) == [200, 429]
    assert statuses.count(200) == 3 * 7
    for node, shares in zip(nodes, before):
        assert node.metric("yett_shared_limits_total", place="share") > shares
        assert node.call("GET", "/public/x").status_code == 200

    redis.start()
    def answered_by_redis():
        seen = [node.metric("yett_shared_limits_total", place="shared") for node in nodes]
        for node in nodes:
            assert node.call("GET", "/outage/x").status_code in (200, 429)
        return all(node.metric("yett_shared_limits_total", place="shared") > was for node, was in zip(nodes, seen))
    harness.wait_until(answered_by_redis, 15, "limits that are shared again")
    statuses = spread(nodes, 90, lambda node: node.call("GET", "/outage/x"))
    assert 0 < statuses.count(200) <= 21


def test_a_redis_that_says_nothing_is_waited_for_once_in_a_while(nodes, redis):
    redis.pause()
    try:
        statuses = spread(nodes, 30, lambda node: node.call("GET", "/outage/x"))
        assert set(statuses) <= {200, 429}
    finally:
        redis.resume()
