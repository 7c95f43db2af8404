"""Limits that three programs count together, in a real Redis that goes away and comes back."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

import harness
from attack import Outage, most_within
from redis_server import RedisServer

# What docs/operations.md tells an operator to allow.
ALLOWED = ("resetkeys ~yett:* resetchannels -@all +ping +role +info +select +xadd +xread +xrange +xrevrange"
           " +evalsha +eval +get +set +del +time +zadd +zremrangebyscore +zcard +expire")
WRONG = "not the right password"


# Of limits by client alone.
RATES = {"together": ("21/1h", "window"), "at_a_rate": ("21/1h", "gcra"), "outage": ("21/1h", "window"), "trips": ("5/1h", "window"),
         "attacked": ("100/2s", "window")}


def settings(port, redis):
    config = harness.settings(port)
    del config["limits"]["login"]  # five failures in a quarter of an hour, as it is built in
    config["limits"] |= {name: {"rate": rate, "algorithm": how, "key": ["client"]} for name, (rate, how) in RATES.items()}
    config["limits"] |= {"clients": {"rate": "1000/1h", "algorithm": "window", "key": ["client"]},
                         "users": {"rate": "1000/1h", "algorithm": "gcra", "key": ["user"]},
                         "tokens": {"rate": "1000/1h", "algorithm": "window", "key": ["token"]}}
    config["routes"][:0] = [{"name": name, "match": {"path": f"/{name}/**"}, "access": "public", "upstream": "app", "limits": [name]}
                            for name in RATES]
    config["routes"].insert(0, {"name": "lists", "match": {"path": "/lists/**"}, "access": "authenticated", "upstream": "app",
                                "limits": ["clients", "users", "tokens"]})
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


OF_A_LIMIT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local key = redis.call('KEYS', 'yett:limit:' .. ARGV[1] .. ':*')[1]
local state, ends, all = redis.call('GET', key), {}, ''
for at = 1, #state, 16 do
  local time, till = struct.unpack('<dd', state, at)
  ends[#ends + 1] = tostring((till - now) / 1000000)
  all = all .. struct.pack('<dd', time, now)
end
if ARGV[2] == 'end' then redis.call('SET', key, all) end
return ends
"""


def loans(redis, limit):
    """In how many seconds each loan of the only counter of a window ends."""
    return [float(each) for each in redis.ask("EVAL", OF_A_LIMIT, "0", limit, "look").splitlines()]


def end_loans(redis, limit):
    """As if two minutes had gone by."""
    assert redis.ask("EVAL", OF_A_LIMIT, "0", limit, "end")


def spread(nodes, times, ask):
    """What `times` calls get that come at once, in turn at each node."""
    with ThreadPoolExecutor(12) as pool:
        return [reply.status_code for reply in pool.map(lambda n: ask(nodes[n % len(nodes)]), range(times))]


def in_shares(nodes):
    """Requests that were counted in shares: none while Redis answers in time, as it may not on a machine that is too busy."""
    return sum(node.metric("yett_shared_limits_total", place="share") or 0 for node in nodes)


def counted(redis):
    """Scripts that Redis has run."""
    stats = redis.ask("INFO", "commandstats")
    return sum(int(calls) for calls in re.findall(r"cmdstat_eval(?:sha)?:calls=(\d+)", stats))


def read_by(redis):
    """How often Redis had something to read: once for each round trip, however much is asked in one."""
    return int(re.search(r"total_reads_processed:(\d+)", redis.ask("INFO", "stats"))[1])


@pytest.mark.parametrize("limit", ["together", "at_a_rate"])
def test_three_nodes_let_through_what_one_would(nodes, limit):
    shares = in_shares(nodes)
    statuses = spread(nodes, 90, lambda node: node.call("GET", f"/{limit}/x"))
    assert sorted(set(statuses)) == [200, 429]
    # A charge whose answer is lost counts twice.
    assert 18 <= statuses.count(200) <= 21 + (21 if in_shares(nodes) > shares else 0)


def test_limits_by_client_by_user_and_by_token_are_one_round_trip(nodes, redis):
    token = nodes[0].user("trips@example.com")["access_token"]
    assert nodes[0].call("GET", "/lists/x", token).status_code == 200
    with requests.Session() as client:
        def ask():
            return client.get(nodes[0].http + "/lists/x", headers={"Authorization": f"Bearer {token}"}, timeout=20).status_code
        began, scripts, reads = time.monotonic(), counted(redis), read_by(redis)
        assert [ask() for _ in range(200)] == [200] * 200
        reads, scripts, took = read_by(redis) - reads, counted(redis) - scripts, time.monotonic() - began
    assert scripts >= 3 * 200
    # Each second each of the nodes' two workers and control loops asks for ROLE, and the test asks twice.
    assert 200 <= reads <= 200 + 12 * (took + 2), (reads, took)


def test_who_shows_a_bad_token_spends_from_the_limit_of_clients_all_the_same(nodes, redis):
    before = counted(redis)
    assert [nodes[1].call("GET", "/lists/x", "not.a.token").status_code for _ in range(20)] == [401] * 20
    assert counted(redis) - before >= 20
    allowed = nodes[1].metric("yett_limiter_allowed_total", limit="clients")
    assert allowed == 20


def test_two_hundred_guesses_spread_over_three_nodes_get_five_answers_and_colleagues_get_in(nodes):
    for each in nodes:
        assert each.register("ada@example.com").status_code == 201
    shares = in_shares(nodes)
    assert spread(nodes, 20, lambda node: node.login("ada@example.com")) == [200] * 20
    statuses = spread(nodes, 200, lambda node: node.login("ada@example.com", WRONG))
    answers = statuses.count(401)
    assert answers + statuses.count(429) == 200
    # Each node's share of five is one.
    assert 3 <= answers <= 5 + (3 if in_shares(nodes) > shares else 0), statuses


def test_a_request_is_one_round_trip_and_one_that_was_just_refused_none(nodes, redis):
    before = counted(redis)
    assert [nodes[0].call("GET", "/trips/x").status_code for _ in range(5)] == [200] * 5
    between = counted(redis)
    # The three nodes say that they are there meanwhile.
    assert 5 <= between - before <= 5 + 3
    assert spread(nodes[:1], 60, lambda node: node.call("GET", "/trips/x")) == [429] * 60
    assert counted(redis) - between < 30
    assert nodes[0].metric("yett_shared_limits_total", place="remembered") > 0


def test_never_more_than_the_limit_and_without_redis_the_shares(nodes, redis):
    came = Outage(nodes, redis, 100, 2.0, "/attacked/x").run("kill", 4.5, 4.5)
    # Where the machine kept Redis from answering for a while, it was away for the nodes.
    complaints = [each for each in came.complaints() if not (came.doubtful and "with Redis" in each)]
    assert complaints == []
    assert came.refused > 0
    assert came.with_redis() > 90 and came.without_redis() > 90, (came.with_redis(), came.without_redis())
    assert came.at_all() <= 199


def test_what_counts_as_too_many():
    """A history that keeps the limit by a hair, and one that breaks it by a hair."""
    apart = [(n * 0.1, n * 0.1 + 0.01) for n in range(40)]
    assert most_within(1.0, apart) == 10
    assert most_within(1.0, [*apart, (0.555, 0.556)]) == 11
    assert most_within(1.0, [*apart, (0.5, 3.0)]) == 10    # it may have been let through later
    assert most_within(1.0, apart, begin=0.95, end=1.5) == 5


def test_what_a_killed_node_had_lent_comes_back_within_two_minutes(tmp_path):
    stuck, redis, nodes = harness.ScriptedUpstream(lambda head, connection: None), RedisServer(allowed=ALLOWED), []
    try:
        for name in ("killed", "left"):
            config = settings(stuck.port, redis)
            config["limits"]["lent"] = {"rate": "2/1h", "algorithm": "window", "key": ["client"], "count": "failures"}
            config["routes"].insert(0, {"name": "lent", "match": {"path": "/lent"}, "access": "public", "upstream": "app", "limits": ["lent"]})
            (tmp_path / name).mkdir()
            nodes.append(harness.Gateway(tmp_path / name, config))
        with ThreadPoolExecutor(2) as pool:
            for _ in range(2):
                pool.submit(lambda: nodes[0].call("GET", "/lent"))
            harness.wait_until(lambda: len(stuck.heads) == 2, 10, "two requests at the application")
            nodes[0].kill()
        ends = loans(redis, "lent")
        assert len(ends) == 2 and all(100 < each <= 120 for each in ends), ends
        stuck.answer = lambda head, connection: stuck.OK
        # Nobody tells how they ended, so they are waited for and then refused, for now.
        assert nodes[1].call("GET", "/lent").status_code == 429
        end_loans(redis, "lent")
        assert [nodes[1].call("GET", "/lent").status_code for _ in range(5)] == [200] * 5
    finally:
        for each in [*nodes, redis, stuck]:
            each.stop()


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
    shares = in_shares(nodes)
    statuses = spread(nodes, 90, lambda node: node.call("GET", "/outage/x"))
    assert 0 < statuses.count(200) <= 21 or in_shares(nodes) > shares


def test_a_redis_that_says_nothing_is_waited_for_once_in_a_while(nodes, redis):
    redis.pause()
    try:
        statuses = spread(nodes, 30, lambda node: node.call("GET", "/outage/x"))
        assert set(statuses) <= {200, 429}
    finally:
        redis.resume()
