"""Several nodes on one database: what one of them revokes the others refuse, whatever happens to connections, database and nodes."""

import json
import pathlib
import signal
import socket
import subprocess
import threading
import time

import pytest
import requests

import harness
from postgres_server import PostgresServer

# By notification it takes milliseconds; a look at the log without one comes every second.
SOON = 1.5


@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer("shared_preload_libraries=pg_stat_statements")
    yield server
    server.stop()


@pytest.fixture
def database(postgres):
    if not postgres.process:
        postgres.start()
    return postgres.make_database()


def configuration(upstream, url, **more):
    """A token lives for long, so that nothing is refused because it expired."""
    staleness = more.pop("shared_state", {})
    tokens = {"algorithm": "ES256", "secret": None, "access_ttl": "1h", **more.pop("tokens", {})}
    storage = {"url": url, **more.pop("storage", {})}
    made = harness.settings(upstream.port, storage=storage, shared_state=staleness, tokens=tokens, **more)
    made["tokens"] = {k: v for k, v in made["tokens"].items() if v is not None}
    return made


@pytest.fixture
def fleet(postgres, database, echo, start_nodes):
    """Makes nodes of one configuration."""
    def make(count, upstream=echo, **more):
        return start_nodes(count, configuration(upstream, postgres.url(database), **more))
    return make


def get(node, token, path="/hello"):
    return requests.get(node.http + path, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def by_key(node, key, path="/hello"):
    return requests.get(node.http + path, headers={"X-Api-Key": key}, timeout=20)


def command(node, *words, entered=None):
    done = subprocess.run([harness.BINARY, *words, "--config", str(node.config_file)], capture_output=True, text=True, timeout=60,
                          input=entered)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refuses_soon(node, token, within=SOON):
    """How long it takes from now on; whatever is asked until then is answered well."""
    began = time.monotonic()
    while True:
        asked = time.monotonic()
        status = get(node, token).status_code
        if status == 401:
            return asked - began
        assert status == 200, status
        assert asked - began < within, f"still let in after {asked - began:.2f} s"


def listeners(postgres, database):
    """What a session said last that listens."""
    return int(postgres.ask(database, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle'"
                                      " AND query ~ '^(LISTEN|SELECT 1$|SELECT pg_notify)'"))


def all_listen(postgres, database, nodes):
    harness.wait_until(lambda: listeners(postgres, database) == len(nodes), 10, "nodes that listen")


def logout(node, grant):
    return node.call("POST", "/auth/logout", grant["access_token"], json={"refresh_token": grant["refresh_token"]})


CAUSES = {
    "logout": lambda node, grant: logout(node, grant).raise_for_status(),
    "logout everywhere": lambda node, grant: node.call(
        "POST", "/auth/logout", grant["access_token"], json={"everywhere": True}).raise_for_status(),
    "a disabled user": lambda node, grant: command(node, "users", "disable", "ada@example.com"),
    "changed roles": lambda node, grant: command(node, "users", "set-roles", "ada@example.com", "admin"),
    "a removed user": lambda node, grant: command(node, "users", "delete", "ada@example.com"),
    "sessions that an operator ends": lambda node, grant: command(node, "sessions", "end", "--user", "ada@example.com"),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_what_one_node_revokes_the_others_refuse(fleet, postgres, database, cause):
    nodes = fleet(3)
    all_listen(postgres, database, nodes)
    grant = nodes[0].user()
    for node in nodes:
        assert get(node, grant["access_token"]).status_code == 200
    CAUSES[cause](nodes[0], grant)
    for node in nodes[1:]:
        refuses_soon(node, grant["access_token"])
    assert get(nodes[0], grant["access_token"]).status_code == 401
    for node in nodes[1:]:
        assert node.metric("yett_revocation_notifications_total", direction="heard") >= 1
        assert node.metric("yett_revocation_reads_total", result="ok") >= 1
        assert node.metric("yett_revocations_age_seconds") < 2
    assert nodes[0].metric("yett_revocation_notifications_total", direction="told") >= 1


def test_a_logout_is_heard_at_once_and_not_at_the_next_look(fleet, postgres, database):
    nodes = fleet(2)
    all_listen(postgres, database, nodes)
    took = []
    for number in range(10):
        grant = nodes[0].user(f"user{number}@example.com")
        assert get(nodes[1], grant["access_token"]).status_code == 200
        assert logout(nodes[0], grant).status_code == 204
        took.append(refuses_soon(nodes[1], grant["access_token"]))
    # Without a word it would take half a second, on the average.
    assert sorted(took)[5] < 0.25, took


def test_a_removed_api_key_dies_on_all_nodes(fleet):
    one, two = fleet(2)
    command(one, "service-accounts", "add", "ci", "admin")
    kept = json.loads(command(one, "api-keys", "add", "service:ci", "kept", "--json"))
    made = json.loads(command(one, "api-keys", "add", "service:ci", "deploy", "--json"))
    for key in (kept, made):
        assert by_key(two, key["key"]).status_code == 200
    command(one, "api-keys", "remove", made["id"])
    harness.wait_until(lambda: by_key(two, made["key"]).status_code == 401, SOON, "a refusal")
    assert by_key(two, kept["key"]).status_code == 200


def test_new_roles_and_a_disabled_owner_count_for_api_keys_on_all_nodes(fleet):
    one, two = fleet(2)
    command(one, "service-accounts", "add", "ci", "admin")
    key = json.loads(command(one, "api-keys", "add", "service:ci", "deploy", "--json"))["key"]
    assert by_key(two, key, "/admin/x").status_code == 200
    command(one, "users", "set-roles", "service:ci", "reader")
    harness.wait_until(lambda: by_key(two, key, "/admin/x").status_code == 403, SOON, "a refusal")
    assert by_key(two, key).status_code == 200
    command(one, "users", "disable", "service:ci")
    harness.wait_until(lambda: by_key(two, key).status_code == 401, SOON, "a refusal")


def test_a_revoked_signing_key_takes_its_tokens_along_on_all_nodes(fleet):
    one, two = fleet(2)
    token = one.user()["access_token"]
    for node in (one, two):
        assert get(node, token).status_code == 200
    kid = command(one, "keys", "list").splitlines()[1].split()[1]
    command(one, "keys", "revoke", kid)
    for node in (one, two):
        refuses_soon(node, token)
    # Whoever logs in now gets a token that is good everywhere.
    harness.wait_until(lambda: get(two, one.login("ada@example.com").json()["access_token"]).status_code == 200, 10, "a good token")


def test_a_stream_on_another_node_ends_within_a_second(fleet, start, postgres, database):
    def begin(head, connection):
        return b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
    events = start(harness.ScriptedUpstream(begin))
    nodes = fleet(2, upstream=events)
    all_listen(postgres, database, nodes)
    grant = nodes[0].user()
    with socket.create_connection(("127.0.0.1", nodes[1].plain_port), timeout=10) as stream:
        stream.sendall(f"GET /events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {grant['access_token']}\r\n\r\n".encode())
        data = b""
        while b"hello" not in data:
            data += stream.recv(4096)
        assert logout(nodes[0], grant).status_code == 204
        ended = time.monotonic()
        try:
            while stream.recv(4096):
                pass
        except ConnectionResetError:
            pass
        assert time.monotonic() - ended < SOON
    nodes[1].await_metric(1, "yett_session_streams_ended_total", reason="revoked")


def test_listeners_that_are_cut_off_hear_all_the_same(fleet, postgres, database):
    nodes = fleet(2)
    all_listen(postgres, database, nodes)
    for number in range(5):
        grant = nodes[0].user(f"user{number}@example.com")
        assert get(nodes[1], grant["access_token"]).status_code == 200
        postgres.ask(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                               " AND query ~ '^(LISTEN|SELECT 1$|SELECT pg_notify)'")
        assert logout(nodes[0], grant).status_code == 204
        refuses_soon(nodes[1], grant["access_token"])
    all_listen(postgres, database, nodes)


def test_without_anybody_to_listen_to_the_log_is_read(fleet, postgres, database):
    """As behind a pooler, with a listen_url that leads nowhere."""
    one, two = fleet(2, storage={"listen_url": f"postgresql://yett@127.0.0.1:1/{database}"})
    grant = one.user()
    assert get(two, grant["access_token"]).status_code == 200
    assert logout(one, grant).status_code == 204
    refuses_soon(two, grant["access_token"])
    assert two.metric("yett_revocation_notifications_total", direction="heard") == 0


def test_a_database_that_is_gone_is_missed_when_too_long(fleet, postgres, database):
    patient, = fleet(1, workers=1, shared_state={"max_staleness": "3s"})
    grant = patient.user()
    token = grant["access_token"]
    key = json.loads(command(patient, "api-keys", "add", "ada@example.com", "k", "--json"))["key"]
    assert get(patient, token).status_code == 200
    assert by_key(patient, key).status_code == 200
    gone = time.monotonic()
    postgres.kill()
    # What is cached goes on for as long as it may.
    while time.monotonic() - gone < 1.5:
        assert get(patient, token).status_code == 200
        assert by_key(patient, key).status_code == 200
    harness.wait_until(lambda: get(patient, token).status_code == 503, 5, "a refusal")
    refused = get(patient, token)
    assert refused.status_code == 503
    assert refused.json()["code"] == "storage_unavailable"
    assert int(refused.headers["Retry-After"]) >= 1
    assert by_key(patient, key).status_code == 503
    assert requests.get(patient.http + "/public/x", timeout=10).status_code == 200
    ready = requests.get(patient.management + "/readyz?verbose", timeout=10)
    assert ready.status_code == 200
    assert "all that was revoked until" in ready.text
    assert patient.metric("yett_revocations_age_seconds") > 3
    assert patient.metric("yett_stale_requests_total", result="refused") >= 3
    assert patient.log(message="revocations of other nodes cannot be read")
    postgres.start()
    accepted = time.monotonic()
    harness.wait_until(lambda: get(patient, token).status_code == 200, 10, "a token that is good again")
    assert time.monotonic() - accepted < 2
    assert by_key(patient, key).status_code == 200
    assert patient.metric("yett_stale_requests_total", result="served") == 0


def test_or_tokens_are_served_until_they_expire(fleet, postgres, database):
    node, = fleet(1, workers=1, shared_state={"max_staleness": "2s", "on_unknown": "serve_until_exp"})
    grant = node.user()
    assert get(node, grant["access_token"]).status_code == 200
    postgres.kill()
    harness.wait_until(lambda: (get(node, grant["access_token"]).status_code == 200
                                and node.metric("yett_stale_requests_total", result="served") > 0), 10, "a served request")
    assert get(node, grant["access_token"]).status_code == 200
    assert node.metric("yett_stale_requests_total", result="refused") == 0


class Stopped:
    """A node that does not run, and requests that lie in its sockets when it wakes."""

    def __init__(self, node, seconds):
        self.node, self.seconds = node, seconds

    def __enter__(self):
        self.socket = socket.create_connection(("127.0.0.1", self.node.plain_port), timeout=20)
        self.node.popen.send_signal(signal.SIGSTOP)
        harness.wait_until(self.all_stand, what="a process that stands still")
        self.since = time.monotonic()
        return self

    def all_stand(self):
        """A signal reaches one thread first; on a busy machine the others go on for a while."""
        tasks = pathlib.Path(f"/proc/{self.node.pid}/task").glob("*/stat")
        return all(each.read_text().rpartition(")")[2].split()[0] == "T" for each in tasks)

    def ask(self, token):
        self.socket.sendall(f"GET /hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())

    def wake(self):
        harness.wait_until(lambda: time.monotonic() - self.since > self.seconds, self.seconds + 5, "time")
        self.node.popen.send_signal(signal.SIGCONT)
        return int(self.socket.recv(65536).split()[1])

    def __exit__(self, *_):
        self.node.popen.send_signal(signal.SIGCONT)
        self.socket.close()


def test_a_node_that_slept_asks_before_it_forwards(fleet):
    one, two = fleet(2, shared_state={"max_staleness": "2s"})
    for number in range(3):
        grant = one.user(f"user{number}@example.com")
        kept = one.user(f"kept{number}@example.com")["access_token"]
        assert get(two, grant["access_token"]).status_code == 200
        assert get(two, kept).status_code == 200
        with Stopped(two, 3) as asleep:
            asleep.ask(grant["access_token"])
            assert logout(one, grant).status_code == 204
            assert asleep.wake() == 401
        assert get(two, kept).status_code == 200
    assert two.metric("yett_stale_requests_total", result="refused") == 0


def test_a_node_that_slept_and_cannot_ask_refuses(fleet, postgres):
    one, two = fleet(2, shared_state={"max_staleness": "2s"})
    grant = one.user()
    assert get(two, grant["access_token"]).status_code == 200
    with Stopped(two, 3) as asleep:
        asleep.ask(grant["access_token"])
        assert logout(one, grant).status_code == 204
        postgres.kill()
        assert asleep.wake() == 503


def test_a_cached_token_costs_no_round_trip(fleet, postgres, database):
    postgres.ask(database, "CREATE EXTENSION pg_stat_statements")
    node, = fleet(1)
    token = node.user()["access_token"]
    assert get(node, token).status_code == 200

    def statements():
        """About users, sessions and keys; sweeping, which comes by itself once a minute, deletes."""
        return postgres.ask(database, "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database"
                                      " WHERE datname = current_database()) AND query ~ 'users|sessions|api_keys|devices|kind, id, at'"
                                      " AND query !~ 'pg_current_snapshot|pg_stat|^DELETE|CREATE'")

    before = statements()
    with requests.Session() as session:
        for _ in range(300):
            reply = session.get(node.http + "/hello", headers={"Authorization": f"Bearer {token}"}, timeout=10)
            assert reply.status_code == 200
    assert statements() == before
    assert node.login("ada@example.com").status_code == 200
    assert statements() != before


def test_what_all_nodes_revoke_at_once_is_known_to_all(fleet, postgres, database):
    """Many nodes revoke at once, in transactions that overlap."""
    nodes = fleet(3)
    grants = [nodes[0].user(f"user{number}@example.com") for number in range(30)]
    for node in nodes:
        for grant in grants:
            assert get(node, grant["access_token"]).status_code == 200

    def leave(share):
        for grant in share:
            assert logout(nodes[grants.index(grant) % 3], grant).status_code == 204

    crowd = [threading.Thread(target=leave, args=(grants[i::6],)) for i in range(6)]
    for each in crowd:
        each.start()
    for each in crowd:
        each.join()
    for node in nodes:
        for grant in grants:
            refuses_soon(node, grant["access_token"])
