"""Redis behind sentinels: whoever is the master now brings logouts, and nobody who was it before."""

import time

import pytest

import harness
from redis_server import RedisWithSentinels
from test_fleet_redis import ALLOWED, connected, stream
from test_fleet_revocation import configuration, get, logout, refuses_soon


@pytest.fixture
def redis():
    servers = RedisWithSentinels(allowed=ALLOWED)
    yield servers
    servers.stop()


@pytest.fixture
def nodes(postgres, redis, echo, start_nodes):
    """Three, deaf to the database's notifications."""
    made = configuration(echo, postgres.url(postgres.make_database()), storage={"prepared": False}, shared_state={"url": redis.url})
    all_of_them = start_nodes(3, made)
    for node in all_of_them:
        connected(node)
    return all_of_them


def hears_by_the_stream(nodes, email):
    """A logout on the first node is heard by the others, and by way of Redis."""
    one, *others = nodes
    before = [stream(node, "heard") for node in others]
    grant = one.user(email)
    for node in others:
        assert get(node, grant["access_token"]).status_code == 200
    logout(one, grant).raise_for_status()
    for node in others:
        refuses_soon(node, grant["access_token"])
    for node, known in zip(others, before):
        harness.wait_until(lambda: stream(node, "heard") > known, 1, "a logout in the stream")


def users(server):
    """How many connections nodes have to it; none, while it is down."""
    return sum(" user=yett " in line for line in server.ask("CLIENT", "LIST").splitlines())


def are_with(nodes, server):
    """All connections are there: one that writes and one that reads for each node."""
    harness.wait_until(lambda: users(server) >= 2 * len(nodes), 20, "nodes that have found the master")
    for node in nodes:
        connected(node)


def test_another_server_takes_over_when_the_master_is_killed(nodes, redis):
    hears_by_the_stream(nodes, "before@example.com")
    missed = [stream(node, "missed") for node in nodes]
    old, new = redis.master, redis.replica
    old.kill()

    # Nobody is the master now: nothing fails, and what is revoked is read from the database.
    grant = nodes[0].user("between@example.com")
    assert get(nodes[1], grant["access_token"]).status_code == 200
    began = time.monotonic()
    logout(nodes[0], grant).raise_for_status()
    assert time.monotonic() - began < 1
    for node in nodes[1:]:
        refuses_soon(node, grant["access_token"])

    redis.await_master(new)
    are_with(nodes, new)
    # It is another server, which may have lost anything: the database is read whole.
    for node, known in zip(nodes, missed):
        harness.wait_until(lambda: stream(node, "missed") > known, 10, "a look into the database")
        harness.wait_until(lambda: node.log(message="revocations come by Redis again"), 10, "a word that all is well again")
    hears_by_the_stream(nodes, "after@example.com")

    # The old one comes back empty and believes for a while that it is the master. Nobody else does.
    old.start()
    assert users(old) == 0
    hears_by_the_stream(nodes, "returned@example.com")
    redis.await_replica()
    assert old.role() == "slave" and users(old) == 0
    hears_by_the_stream(nodes, "followed@example.com")


def test_a_master_that_is_told_to_go_is_left_at_once(nodes, redis):
    are_with(nodes, redis.master)
    old = redis.master
    new = redis.promote()
    are_with(nodes, new)
    assert users(old) == 0
    hears_by_the_stream(nodes, "ada@example.com")


def test_a_master_that_says_nothing_is_left_and_not_believed_when_it_wakes(nodes, redis):
    old, new = redis.master, redis.replica
    old.pause()
    redis.await_master(new)
    are_with(nodes, new)
    hears_by_the_stream(nodes, "ada@example.com")
    old.resume()
    hears_by_the_stream(nodes, "bob@example.com")
    redis.await_replica()
    harness.wait_until(lambda: users(old) == 0, 10, "an old master that everybody has left")


def test_without_sentinels_the_master_is_kept(nodes, redis):
    """They are asked where it is, and needed for nothing else."""
    for each in redis.sentinels:
        each.kill()
    hears_by_the_stream(nodes, "ada@example.com")
    redis.servers[0].hang_up()
    for node in nodes:
        connected(node, 0)
    grant = nodes[0].user("bob@example.com")
    logout(nodes[0], grant).raise_for_status()
    refuses_soon(nodes[1], grant["access_token"])
    for each in redis.sentinels:
        each.start()
    are_with(nodes, redis.servers[0])
    hears_by_the_stream(nodes, "carl@example.com")
