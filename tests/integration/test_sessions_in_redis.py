"""Sessions in Redis, users and revocations beside it: what Redis forgets, brings back, does not hear, and what goes on without it.

The Redis is a real one, with no more rights than docs/operations.md asks for.
"""

import shutil
import sqlite3
import subprocess
import threading
import time

import pytest
import requests

import harness
from redis_server import RedisServer, RedisWithSentinels

ALLOWED = "resetkeys ~yett:* resetchannels +@read +@write +@scripting +@connection +role"
OTHER = "another correct horse staple"
LONGEST_ANSWER = 2                         # seconds that Redis is waited for, each time it is asked


@pytest.fixture
def redis():
    server = RedisServer(allowed=ALLOWED)
    yield server
    server.stop()


@pytest.fixture
def run(start, echo, redis, tmp_path):
    """Starts the program, again and again on the same stores; each name has a folder of its own."""
    def begin(url="sqlite:yett.db", name="node", sessions=redis):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return start(harness.Gateway(folder, harness.settings(echo.port, storage={"url": url}, sessions={"url": sessions.url})))
    return begin


def get(node, grant):
    return node.call("GET", "/hello", grant["access_token"]).status_code


def refresh(node, grant):
    return node.call("POST", "/auth/refresh", json={"refresh_token": grant["refresh_token"]})


def refreshes(node, grant):
    """Whether the session lives; its tokens are the next ones then."""
    reply = refresh(node, grant)
    assert reply.status_code in (200, 401), reply.text
    if reply.status_code == 200:
        grant.update(reply.json())
    return reply.status_code == 200


def sign_in(node, email, password=harness.PASSWORD):
    reply = node.login(email, password)
    assert reply.status_code == 200, reply.text
    return reply.json()


def command(node, *words, entered=None):
    done = subprocess.run([harness.BINARY, *words, "--config", str(node.config_file)], capture_output=True, text=True, timeout=60,
                          input=entered, cwd=node.folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


def id_of_session(node, grant):
    mine, = [each for each in node.call("GET", "/auth/sessions", grant["access_token"]).json()["sessions"] if each["current"]]
    return mine["id"]


def is_unavailable(reply):
    assert reply.status_code == 503, reply.text
    assert reply.json()["code"] == "storage_unavailable"
    return int(reply.headers["Retry-After"]) >= 1


def comes_back(node, grant):
    """The program's connections are there again."""
    harness.wait_until(lambda: refresh(node, grant).status_code != 503, 20, "a Redis that is asked again")


def hash_of(redis, session):
    """What Redis holds of it."""
    key = redis.ask("KEYS", f"yett:*:session:{session}")
    words = redis.ask("HGETALL", key).split("\n") if key else []
    return dict(zip(words[::2], words[1::2]))


# --- several programs ----------------------------------------------------------------------


def test_nodes_share_sessions_and_their_ends(run, url_of):
    url = url_of("postgresql:")
    one, two = run(url, "one"), run(url, "two")
    grant = one.user()
    assert refreshes(two, grant) and refreshes(one, grant)
    assert len(two.call("GET", "/auth/sessions", grant["access_token"]).json()["sessions"]) == 1
    assert one.call("POST", "/auth/logout", grant["access_token"]).status_code == 204
    assert not refreshes(two, grant)
    harness.wait_until(lambda: get(two, grant) == 401, 5, "a logout that was heard")


# --- what ends a session -------------------------------------------------------------------


def log_out(node, grant):
    assert node.call("POST", "/auth/logout", grant["access_token"]).status_code == 204


def log_out_everywhere(node, grant):
    assert node.call("POST", "/auth/logout", grant["access_token"], json={"everywhere": True}).status_code == 204


def change_password(node, grant):
    reply = node.call("POST", "/auth/password", grant["access_token"], json={"current_password": harness.PASSWORD, "new_password": OTHER})
    assert reply.status_code == 204, reply.text


def by_an_operator(*words, entered=None):
    return lambda node, grant: command(node, *words, grant["user"]["email"], entered=entered)


ENDS = {
    "logout": log_out,
    "everywhere": log_out_everywhere,
    "set-password": by_an_operator("users", "set-password", entered=OTHER + "\n"),
    "disabled": by_an_operator("users", "disable"),
    "removed": by_an_operator("users", "delete"),
    "ended": by_an_operator("sessions", "end", "--user"),
}


@pytest.mark.parametrize("store", ["sqlite:yett.db", "postgresql:"])
@pytest.mark.parametrize("forgotten", [False, True], ids=["known", "forgotten"])
def test_an_old_snapshot_brings_no_session_back(run, redis, url_of, store, forgotten):
    url = url_of(store)
    node = run(url)
    grants = {name: node.user(f"{name}@example.com") for name in ENDS}
    grants["password"], stays = node.user(), sign_in(node, "ada@example.com")
    assert redis.ask("SAVE") == "OK"
    shutil.copy(redis.folder / "dump.rdb", redis.folder / "old.rdb")
    if forgotten:
        assert redis.ask("FLUSHALL") == "OK"
    for name, end in ENDS.items():
        end(node, grants[name])
    change_password(node, stays)           # and its other session is over
    assert {get(node, grant) for grant in grants.values()} == {401}

    redis.kill()
    shutil.copy(redis.folder / "old.rdb", redis.folder / "dump.rdb")
    redis.start()
    held = redis.ask("KEYS", "yett:*:session:*").split("\n")
    assert len(held) == len(ENDS) + 2
    assert not any("ended_at" in redis.ask("HKEYS", key).split("\n") for key in held)
    comes_back(node, grants["logout"])
    nothing_came_back(node, grants, stays)
    node.stop()
    again = run(url)
    nothing_came_back(again, grants, stays)
    assert refreshes(again, sign_in(again, "logout@example.com"))
    assert refreshes(again, sign_in(again, "ada@example.com", OTHER))
    assert again.login("disabled@example.com").status_code == 401


def nothing_came_back(node, ended, stays):
    assert {name for name, grant in ended.items() if refreshes(node, grant)} == set()
    assert {get(node, grant) for grant in ended.values()} == {401}
    assert refreshes(node, stays) and get(node, stays) == 200
    assert command(node, "sessions", "list").count("127.0.0.1") == 1


def test_what_is_forgotten_is_signed_out_and_nothing_else(run, redis):
    node = run()
    grant, gone = node.user(), node.user("bob@example.com")
    log_out(node, gone)
    redis.ask("FLUSHALL")
    assert get(node, grant) == 200
    assert get(node, gone) == 401
    assert not refreshes(node, grant)
    assert not refreshes(node, gone)
    assert refreshes(node, sign_in(node, "ada@example.com"))
    log_out(node, grant)                   # of a session that nobody knows any more
    assert get(node, grant) == 401


def test_a_recovered_store_ends_what_redis_kept(run):
    node = run()
    grant = node.user()
    node.stop()
    command(node, "recover", "--before", "now")
    again = run()
    assert get(again, grant) == 401
    assert not refreshes(again, grant)
    assert refreshes(again, sign_in(again, "ada@example.com"))


def test_who_takes_over_without_having_heard_of_a_logout_signs_nobody_in(run, start):
    both = start(RedisWithSentinels(allowed=ALLOWED))
    node = run(sessions=both)
    stays, out = node.user(), node.user("bob@example.com")
    both.await_replica()
    master, replica = both.master, both.replica
    harness.wait_until(lambda: master.ask("WAIT", 1, 1000) == "1", 10, "a replica that has everything")
    replica.ask("CONFIG", "SET", "masterauth", "another")
    master.ask("CLIENT", "KILL", "TYPE", "replica")                    # it does not get in again
    log_out(node, out)
    late = node.user("eve@example.com")
    master.kill()
    both.await_master(replica)
    comes_back(node, stays)
    assert not refreshes(node, out)
    assert refreshes(node, stays)
    assert not refreshes(node, late) and get(node, late) == 200        # signed out, by and by: docs/security.md
    assert refreshes(node, sign_in(node, "eve@example.com"))


# --- kill -9 -------------------------------------------------------------------------------


def test_a_start_tells_redis_what_a_kill_left_untold(run, redis):
    node = run()
    grant = node.user()
    session = id_of_session(node, grant)
    assert redis.ask("CLIENT", "PAUSE", "60000", "WRITE") == "OK"      # it reads and answers, and carries nothing out
    thread = threading.Thread(target=lambda: quietly(lambda: log_out(node, grant)), daemon=True)
    thread.start()
    harness.wait_until(lambda: f"s:{session}" in ends_in(node), LONGEST_ANSWER, "an end that is committed")
    node.kill()
    thread.join(10)
    harness.wait_until(lambda: "user=yett" not in redis.ask("CLIENT", "LIST"), 10, "the end of the connection")
    assert redis.ask("CLIENT", "UNPAUSE") == "OK"
    assert "ended_at" not in hash_of(redis, session)

    again = run()
    assert int(hash_of(redis, session)["ended_at"]) > 0
    assert redis.ask("KEYS", "yett:*:open") == ""
    assert get(again, grant) == 401
    assert not refreshes(again, grant)


def quietly(ask):
    try:
        ask()
    except (requests.RequestException, AssertionError):
        pass                               # it was killed


def ends_in(node):
    """The ids of ends that are kept for sessions elsewhere."""
    with sqlite3.connect(f"file:{node.folder}/yett.db?mode=ro", uri=True) as database:
        return {row[0] for row in database.execute("SELECT id FROM revocations")}


# --- without it ----------------------------------------------------------------------------

AWAY = {"killed": RedisServer.kill, "stopped": RedisServer.pause}
BACK = {"killed": RedisServer.start, "stopped": RedisServer.resume}


@pytest.mark.parametrize("how", AWAY)
def test_while_it_is_away_the_signed_in_go_on_and_ends_hold(run, redis, how):
    node = run()
    grant, leaves, out = node.user(), node.user("bob@example.com"), node.user("eve@example.com")
    AWAY[how](redis)
    began = time.monotonic()
    assert is_unavailable(refresh(node, grant))
    assert is_unavailable(node.login("ada@example.com"))
    assert is_unavailable(node.call("GET", "/auth/sessions", grant["access_token"]))
    assert time.monotonic() - began < 3 * (LONGEST_ANSWER + 1)
    assert get(node, grant) == 200
    assert node.register("new@example.com").status_code == 201
    log_out(node, leaves)
    command(node, "users", "disable", "eve@example.com")
    assert [get(node, each) for each in (grant, leaves, out)] == [200, 401, 401]

    BACK[how](redis)
    comes_back(node, grant)
    assert not refreshes(node, leaves) and not refreshes(node, out)
    if how == "stopped":                   # it held its memory
        assert refreshes(node, grant)
    assert refreshes(node, sign_in(node, "new@example.com"))


@pytest.mark.parametrize("how", AWAY)
def test_a_password_is_changed_without_it_and_the_other_sessions_are_over(run, redis, how):
    node = run()
    mine, other = node.user(), sign_in(node, "ada@example.com")
    AWAY[how](redis)
    change_password(node, mine)
    assert [get(node, each) for each in (mine, other)] == [401, 401]      # nobody could say which tokens are the others'
    BACK[how](redis)
    comes_back(node, other)
    assert not refreshes(node, other)
    if how == "stopped":
        assert refreshes(node, mine) and get(node, mine) == 200
    assert node.login("ada@example.com").status_code == 401
    assert refreshes(node, sign_in(node, "ada@example.com", OTHER))


def test_a_start_does_not_wait_for_it(run, redis):
    node = run()
    grant = node.user()
    node.stop()
    redis.kill()
    again = run()
    assert get(again, grant) == 200
    assert is_unavailable(again.login("ada@example.com"))
    redis.start()
    comes_back(again, grant)
    assert refreshes(again, sign_in(again, "ada@example.com"))
