"""The program on PostgreSQL: what is acknowledged is there, on every node, and a database that is gone comes back by itself."""

import json
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import yaml

import harness
from postgres_server import PASSWORD


@pytest.fixture
def database(postgres):
    if not postgres.process:
        postgres.start()
    return postgres.make_database()


def configuration(echo, url, **more):
    more.setdefault("tokens", {"algorithm": "ES256", "secret": None})
    made = harness.settings(echo.port, storage={"url": url}, **more)
    made["tokens"] = {k: v for k, v in made["tokens"].items() if v is not None}
    return made


def node(start, folder, made):
    folder.mkdir(exist_ok=True)
    return start(harness.Gateway(folder, made))


def refresh(gateway, token):
    return requests.post(gateway.http + "/auth/refresh", json={"refresh_token": token}, timeout=20)


def logout(gateway, grant):
    return gateway.call("POST", "/auth/logout", grant["access_token"], json={"refresh_token": grant["refresh_token"]})


def test_a_life_with_the_database(postgres, database, echo, start, tmp_path):
    gateway = node(start, tmp_path / "one", configuration(echo, postgres.url(database)))
    grant = gateway.user()
    assert gateway.call("GET", "/hello", grant["access_token"]).status_code == 200
    later = refresh(gateway, grant["refresh_token"])
    assert later.status_code == 200, later.text
    gateway.kill()
    again = node(start, tmp_path / "one", configuration(echo, postgres.url(database)))
    # The signing key, the user and the session are those from before.
    assert again.call("GET", "/hello", later.json()["access_token"]).status_code == 200
    last = refresh(again, later.json()["refresh_token"])
    assert last.status_code == 200, last.text
    assert logout(again, last.json()).status_code == 204
    assert again.call("GET", "/hello", last.json()["access_token"]).status_code == 401
    assert refresh(again, last.json()["refresh_token"]).status_code == 401
    assert postgres.ask(database, "SELECT count(*) FROM users") == "1"
    assert postgres.ask(database, "SELECT count(*) FROM sessions WHERE ended_at IS NOT NULL") == "1"
    assert PASSWORD not in gateway.output + again.output


def test_kill_loses_nothing_that_was_acknowledged(postgres, database, echo, start, tmp_path):
    gateway = node(start, tmp_path / "one", configuration(echo, postgres.url(database)))
    acknowledged = []
    enough = threading.Event()

    def register(worker):
        for i in range(1000):
            email = f"w{worker}n{i}@example.com"
            try:
                if gateway.register(email).status_code == 201:
                    acknowledged.append(email)
            except requests.RequestException:
                return
            if len(acknowledged) >= 40:
                enough.set()

    with ThreadPoolExecutor(4) as crowd:
        for worker in range(4):
            crowd.submit(register, worker)
        assert enough.wait(60)
        gateway.kill()
    kept = set(postgres.ask(database, "SELECT email FROM users").splitlines())
    assert set(acknowledged) <= kept
    again = node(start, tmp_path / "two", configuration(echo, postgres.url(database)))
    assert again.login(acknowledged[-1]).status_code == 200


def test_a_database_that_is_gone_and_comes_back(postgres, database, echo, start, tmp_path):
    gateway = node(start, tmp_path / "one", configuration(echo, postgres.url(database)))
    grant = gateway.user()
    for _ in range(2):
        assert gateway.call("GET", "/hello", grant["access_token"]).status_code == 200
        postgres.kill()
        for path, body in (("/auth/login", {"email": "ada@example.com", "password": harness.PASSWORD}),
                           ("/auth/register", {"email": "new@example.com", "password": harness.PASSWORD}),
                           ("/auth/refresh", {"refresh_token": grant["refresh_token"]})):
            reply = requests.post(gateway.http + path, json=body, timeout=20)
            assert reply.status_code == 503, reply.text
            assert reply.json()["code"] == "storage_unavailable"
            assert int(reply.headers["Retry-After"]) >= 1
        assert gateway.call("GET", "/hello", grant["access_token"]).status_code == 200
        postgres.start()
        accepted = time.monotonic()
        harness.wait_until(lambda: gateway.login("ada@example.com").status_code == 200, 10, "a login")
        assert time.monotonic() - accepted < 2
        renewed = refresh(gateway, grant["refresh_token"])
        assert renewed.status_code == 200, renewed.text
        grant = renewed.json()
    mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'yett'"
    assert int(postgres.ask(database, mine)) <= 10
    assert PASSWORD not in gateway.output


def test_twenty_refreshes_over_two_nodes_leave_one_branch(postgres, database, echo, start, tmp_path):
    made = configuration(echo, postgres.url(database))
    nodes = [node(start, tmp_path / name, made) for name in ("one", "two")]
    token = nodes[0].user()["refresh_token"]
    for _ in range(10):
        with ThreadPoolExecutor(20) as crowd:
            replies = list(crowd.map(lambda i: refresh(nodes[i % 2], token), range(20)))
        assert {r.status_code for r in replies} == {200}, [r.text for r in replies]
        successors = {r.json()["refresh_token"] for r in replies}
        assert len(successors) == 1
        token = successors.pop()
    assert postgres.ask(database, "SELECT count(*) FROM sessions WHERE ended_at IS NULL") == "1"
    # One node's tokens are good on the other.
    last = refresh(nodes[0], token).json()
    assert nodes[1].call("GET", "/hello", last["access_token"]).status_code == 200


def test_a_logout_ends_the_refresh_token_on_the_other_node(postgres, database, echo, start, tmp_path):
    made = configuration(echo, postgres.url(database))
    one, two = [node(start, tmp_path / name, made) for name in ("one", "two")]
    grant = one.user()
    assert logout(one, grant).status_code == 204
    assert refresh(two, grant["refresh_token"]).status_code == 401


def write_settings(folder, made):
    (folder / "yett.yaml").write_text(yaml.safe_dump(made))
    if not (folder / "certs").exists():
        shutil.copytree(harness.certificates(), folder / "certs")


def command(folder, *words):
    return subprocess.run([harness.BINARY, *words, "--config", str(folder / "yett.yaml")], capture_output=True, text=True, timeout=60)


def test_commands_work_on_the_database_itself(postgres, database, echo, tmp_path):
    write_settings(tmp_path, configuration(echo, postgres.url(database)))
    added = subprocess.run([harness.BINARY, "users", "add", "ada@example.com", "admin", "--config", str(tmp_path / "yett.yaml")],
                           input=harness.PASSWORD + "\n", capture_output=True, text=True, timeout=60)
    assert added.returncode == 0, added.stderr
    listed = command(tmp_path, "users", "list", "--json")
    assert [json.loads(line)["email"] for line in listed.stdout.splitlines()] == ["ada@example.com"]
    assert command(tmp_path, "sessions", "list").returncode == 0
    assert command(tmp_path, "keys", "rotate").returncode == 0
    assert command(tmp_path, "keys", "list").returncode == 0
    told = command(tmp_path, "explain", "--path", "/admin/x", "--as", "ada@example.com")
    assert "found in the store" in told.stdout


def test_a_password_turns_without_a_restart(postgres, database, echo, start, tmp_path):
    postgres.ask("postgres", f"CREATE ROLE r{database} LOGIN PASSWORD 'first'; ALTER DATABASE {database} OWNER TO r{database}")
    folder = tmp_path / "one"
    folder.mkdir()
    secret = folder / "database"

    def write(password):
        secret.touch(0o600)
        secret.write_text(f"postgresql://r{database}:{password}@/{database}?host={postgres.folder}\n")

    write("first")
    made = configuration(echo, "unused")
    made["storage"] = {"url_file": str(secret)}
    gateway = node(start, folder, made)
    gateway.user()
    # One after the other: who looks at the log comes back at once, and must not find the password from before.
    postgres.ask("postgres", f"ALTER ROLE r{database} PASSWORD 'second'")
    postgres.ask("postgres", f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{database}'")
    assert gateway.login("ada@example.com").status_code == 503
    write("second")
    harness.wait_until(lambda: gateway.login("ada@example.com").status_code == 200, 5, "a login")


def test_what_cannot_be_opened_is_said_without_the_password(postgres, database, echo, tmp_path):
    for url, said in ((postgres.url(database, "wrong%20hunter2"), "password authentication failed"),
                      (postgres.url("nowhere"), 'database "nowhere" does not exist')):
        write_settings(tmp_path, configuration(echo, url))
        done = command(tmp_path, "users", "list")
        assert done.returncode == 69
        assert said in done.stderr
        assert "hunter2" not in done.stderr + done.stdout


def newest_schema(postgres, database):
    return int(postgres.ask(database, "SELECT max(version) FROM schema_version"))


def test_the_schema_is_looked_at_planned_and_made_by_hand(postgres, database, echo, start, tmp_path):
    made = configuration(echo, postgres.url(database))
    made["storage"]["migrate"] = "manual"
    write_settings(tmp_path, made)
    refused = command(tmp_path, "users", "list")
    assert refused.returncode == 69 and "storage.migrate is manual, so run `yett migrate up`" in refused.stderr, refused
    status = command(tmp_path, "migrate", "status")
    assert status.returncode == 1 and "schema   none yet" in status.stdout, status
    assert f"store    postgresql://yett@/{database}?host={postgres.folder}" in status.stdout
    plan = command(tmp_path, "migrate", "plan")
    assert plan.returncode == 0 and plan.stdout.startswith("-- schema 1, for programs from 1 on\nBEGIN;")
    asked = command(tmp_path, "explain", "--path", "/admin/x", "--as", "ada@example.com")
    assert "not in the store" in asked.stdout, asked
    assert postgres.ask(database, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"    # none of them made any
    postgres.ask(database, plan.stdout.replace("COMMIT", "ROLLBACK"))                                     # it is what PostgreSQL runs
    done = command(tmp_path, "migrate", "up")
    assert done.returncode == 0 and done.stdout.endswith(f": schema {newest_schema(postgres, database)}\n"), done
    assert command(tmp_path, "migrate", "status").returncode == 0
    assert node(start, tmp_path / "one", made).user()["access_token"]
    assert PASSWORD not in "".join(each.stdout + each.stderr for each in (refused, status, plan, done))


def test_a_newer_schema_is_served_or_refused_by_name(postgres, database, echo, start, tmp_path):
    made = configuration(echo, postgres.url(database))
    write_settings(tmp_path, made)
    assert command(tmp_path, "migrate", "up").returncode == 0
    ours = newest_schema(postgres, database)
    postgres.ask(database, f"INSERT INTO schema_version (version, oldest_program) VALUES ({ours + 1}, {ours})")
    assert command(tmp_path, "migrate", "status").returncode == 0
    assert node(start, tmp_path / "one", made).user()["access_token"]
    postgres.ask(database, f"INSERT INTO schema_version (version, oldest_program) VALUES ({ours + 2}, {ours + 1})")
    for verb in (("migrate", "status"), ("migrate", "up"), ("users", "list"), ("keys", "list")):
        refused = command(tmp_path, *verb)
        assert refused.returncode == 69, refused
        assert f"schema {ours + 2}, on which programs from schema {ours + 1} on may run; this one knows {ours}" in refused.stderr


def test_ten_that_start_at_once_make_the_schema_once(postgres, database, echo, tmp_path):
    write_settings(tmp_path, configuration(echo, postgres.url(database)))
    running = [subprocess.Popen([harness.BINARY, "migrate", "up", "--config", str(tmp_path / "yett.yaml")], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True) for _ in range(10)]
    said = [one.communicate(timeout=60) for one in running]
    assert [one.returncode for one in running] == [0] * 10, said
    assert postgres.ask(database, "SELECT count(*) FROM schema_version") == str(newest_schema(postgres, database))


def test_a_life_through_a_pooler_that_lends_connections_by_the_transaction(postgres, database, echo, start, tmp_path):
    if not postgres.pooler:
        postgres.start_pooler()
    made = configuration(echo, postgres.pooled_url(database))
    made["storage"]["prepared"] = False
    nodes = [node(start, tmp_path / name, made) for name in ("one", "two", "three")]
    grants = [nodes[i % 3].user(f"u{i}@example.com") for i in range(6)]
    token = grants[0]["refresh_token"]
    for _ in range(5):
        with ThreadPoolExecutor(20) as crowd:
            replies = list(crowd.map(lambda i: refresh(nodes[i % 3], token), range(20)))
        assert {r.status_code for r in replies} == {200}, [r.text for r in replies]
        successors = {r.json()["refresh_token"] for r in replies}
        assert len(successors) == 1
        token = successors.pop()
    assert logout(nodes[0], grants[1]).status_code == 204
    assert refresh(nodes[1], grants[1]["refresh_token"]).status_code == 401
    mine = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database}' AND backend_type = 'client backend'"
    assert int(postgres.ask("postgres", mine)) <= 4      # of the pooler, however many the nodes have
    assert PASSWORD not in "".join(each.output for each in nodes)


def test_connections_are_counted_for_whoever_plans(postgres, database, echo, start, tmp_path):
    made = configuration(echo, postgres.url(database))
    made["storage"]["connections"] = 19
    write_settings(tmp_path, made)
    checked = command(tmp_path, "check")
    assert checked.returncode == 0 and "each program opens up to 21 connections, three programs 63, ten 210" in checked.stdout
    gateway = node(start, tmp_path / "one", made)
    told, = gateway.log(message="connections to the database")
    assert (told["at_most"], told["takes"], told["share"]) == (21, 97, "21 %")      # of 100 three are kept for operators
    made["storage"]["connections"] = 200
    assert node(start, tmp_path / "two", made).log(message="this program may open more connections than the database takes")


def test_nodes_are_listed_on_each_of_them(postgres, database, echo, start, tmp_path):
    made = configuration(echo, postgres.url(database))
    nodes = [node(start, tmp_path / name, made) for name in ("one", "two", "three")]

    def listed(folder):
        done = command(folder, "nodes", "list", "--json")
        assert done.returncode == 0, done
        return [json.loads(line) for line in done.stdout.splitlines()]

    harness.wait_until(lambda: len(listed(tmp_path / "one")) == 3, 10, "three nodes")
    for name in ("one", "two", "three"):
        assert {each["id"] for each in listed(tmp_path / name)} == {each["id"] for each in listed(tmp_path / "one")}
    row = listed(tmp_path / "one")[0]
    assert row["host"] and row["version"] and row["started_at"] <= row["seen_at"] and row["horizon_age_ms"] < 5000
    # Whoever is silent for an hour is forgotten by those who are not.
    nodes[2].kill()
    postgres.ask(database, "UPDATE nodes SET seen_at = now() - interval '61 minutes'")
    harness.wait_until(lambda: len(listed(tmp_path / "one")) == 2, 20, "two nodes")


def test_a_file_is_of_one_program_and_lists_no_nodes(tmp_path, echo):
    made = configuration(echo, "sqlite:yett.db")
    write_settings(tmp_path, made)
    told = command(tmp_path, "nodes", "list")
    assert told.returncode == 1 and "one program works on this storage" in told.stderr, told
