"""A restored backup: what was taken back since is not good again, and the rest is listed."""

import datetime
import json
import os
import re
import shutil
import sqlite3
import subprocess

import pytest
import requests
import yaml

import harness
from postgres_server import PASSWORD, PROGRAMS


class FileStore:
    """One file; its backup is a copy."""

    def __init__(self, folder, _):
        self.url, self.folder, self.shared = f"sqlite:{folder}/yett.db", folder, False

    def back_up(self, config):
        assert subprocess.run([harness.BINARY, "storage", "backup", self.folder / "backup.db", config], capture_output=True).returncode == 0

    def restore(self):
        for part in ("-wal", "-shm"):
            (self.folder / f"yett.db{part}").unlink(missing_ok=True)
        shutil.copy(self.folder / "backup.db", self.folder / "yett.db")

    def ask(self, sql):
        store = sqlite3.connect(self.folder / "yett.db")
        try:
            with store:
                return str(store.execute(sql).fetchone()[0])
        finally:
            store.close()


class Database:
    """PostgreSQL; its backup is a dump."""

    def __init__(self, folder, postgres):
        self.postgres, self.folder, self.shared = postgres, folder, True
        self.name = postgres.make_database()
        self.url = postgres.url(self.name)

    def _tool(self, name, *words):
        done = subprocess.run([PROGRAMS / name, "-h", self.postgres.folder, "-U", "yett", "-d", self.name, *words],
                              capture_output=True, text=True, env={**os.environ, "PGPASSWORD": PASSWORD})
        assert done.returncode == 0, done.stderr

    def back_up(self, _):
        self._tool("pg_dump", "--format=custom", f"--file={self.folder}/backup.dump")

    def restore(self):
        for statement in (f"DROP DATABASE {self.name} WITH (FORCE)", f"CREATE DATABASE {self.name}"):
            self.postgres.ask("postgres", statement)
        self._tool("pg_restore", str(self.folder / "backup.dump"))

    def ask(self, sql):
        return self.postgres.ask(self.name, sql)


@pytest.fixture(params=[FileStore, Database], ids=["sqlite", "postgresql"])
def store(request, tmp_path):
    return request.param(tmp_path, request.getfixturevalue("postgres") if request.param is Database else None)


def settings(port, url, audit="audit.log", **tokens):
    made = harness.settings(port, storage={"url": url}, tokens={"algorithm": "ES256", "secret": None, **tokens},
                            logging={"audit": audit}, mail={"url": "file:outbox"})
    made["tokens"] = {k: v for k, v in made["tokens"].items() if v is not None}
    return made


def yett(*args, **more):
    return subprocess.run([harness.BINARY, *map(str, args)], capture_output=True, text=True, timeout=60, **more)


def refresh(gateway, grant):
    return requests.post(gateway.http + "/auth/refresh", json={"refresh_token": grant["refresh_token"]}, timeout=20)


def hello(gateway, token):
    return gateway.call("GET", "/hello", token).status_code


def api_key(gateway, user, name):
    return yett("api-keys", "add", user, name, gateway.config_file).stdout.strip()


def lived(start, folder, port, store):
    """A program before and after its backup. What it handed out, and what it took back."""
    gateway = start(harness.Gateway(folder, settings(port, store.url)))
    grants = {name: gateway.user(f"{name}@example.com") for name in ("ada", "ben", "carl")}
    keys = {name: api_key(gateway, "ada@example.com", name) for name in ("kept", "removed")}
    assert gateway.call("POST", "/auth/reset-request", json={"email": "carl@example.com"}).status_code in (200, 202, 204)
    store.back_up(gateway.config_file)
    grants["dora"] = gateway.user("dora@example.com")
    assert gateway.call("POST", "/auth/logout", grants["ben"]["access_token"], json={"refresh_token": grants["ben"]["refresh_token"]}).status_code == 204
    assert yett("api-keys", "remove", "--user", "nobody@example.com", gateway.config_file).returncode != 0
    removed = next(json.loads(row) for row in yett("api-keys", "list", "--json", gateway.config_file).stdout.splitlines()
                   if json.loads(row)["name"] == "removed")
    assert yett("api-keys", "remove", removed["id"], gateway.config_file).returncode == 0
    assert yett("users", "disable", "carl@example.com", gateway.config_file).returncode == 0
    assert hello(gateway, grants["ada"]["access_token"]) == 200
    assert hello(gateway, grants["ben"]["access_token"]) == hello(gateway, grants["carl"]["access_token"]) == 401
    gateway.stop()
    store.restore()
    return gateway, grants, keys, removed["id"]


def test_after_a_restore_nothing_that_was_taken_back_is_good_again(store, echo, start, tmp_path):
    old, grants, keys, removed = lived(start, tmp_path, echo.port, store)
    store.ask("INSERT INTO letters SELECT 'waiting', kind, 'ada@example.com', languages, 'yl1_x', address, agent, posted_at, until, blank,"
              " attempts, due, NULL, NULL FROM letters LIMIT 1 RETURNING 1")
    tried = yett("recover", "--before", "now", "--dry-run", old.config_file)
    assert tried.returncode == 0 and "would be refused" in tried.stdout and "ended" not in tried.stdout, tried
    assert store.ask("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == "3"
    done = yett("recover", "--before", "now", old.config_file)
    assert done.returncode == 0, done
    assert "ended        3 sessions\n" in done.stdout and re.search(r", [1-9]\d* letters that had not left\n", done.stdout), done.stdout
    told = done.stdout.splitlines()
    events = [line.split()[1:] for line in told if line[:2] == "20"]
    assert [e[0] for e in events if e[0] != "user_registered"] == ["api_key_removed", "user_disabled"], done.stdout
    assert any(e[:5] == ["api_key_removed", "ada@example.com", "API", "key", removed] for e in events)
    assert any(e[:2] == ["user_disabled", "carl@example.com"] for e in events)
    assert "    now: VALID; remove once more" in told and "    now: ENABLED; disable once more" in told
    registered = [e for e in events if e[0] == "user_registered"]
    assert len(registered) >= 1 and registered[-1][1] not in done.stderr
    assert store.ask("SELECT count(*) FROM links") == "0"
    assert store.ask("SELECT count(*) FROM letters WHERE closed_at IS NULL") == "0"
    assert store.ask("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == "0"
    assert '"event":"store_recovered"' in (tmp_path / "audit.log").read_text()
    again = start(harness.Gateway(tmp_path, settings(echo.port, store.url)))
    for grant in grants.values():
        assert hello(again, grant["access_token"]) == 401
        assert refresh(again, grant).status_code == 401
    fresh = again.login("ada@example.com").json()
    assert hello(again, fresh["access_token"]) == 200 and refresh(again, fresh).status_code == 200
    assert hello(again, keys["kept"]) == hello(again, keys["removed"]) == 200      # what the list is for
    assert yett("api-keys", "remove", removed, again.config_file).returncode == 0
    assert hello(again, keys["removed"]) == 401
    again.stop()
    # It holds over a restart, too, and may be done twice.
    assert yett("recover", "--before", "now", again.config_file).returncode == 0
    last = start(harness.Gateway(tmp_path, settings(echo.port, store.url)))
    assert hello(last, fresh["access_token"]) == hello(last, grants["ada"]["access_token"]) == 401
    assert hello(last, last.login("ada@example.com").json()["access_token"]) == 200


def test_without_it_they_are(store, echo, start, tmp_path):
    """The reason for the command; if this fails the test above shows nothing."""
    old, grants, _, _ = lived(start, tmp_path, echo.port, store)
    again = start(harness.Gateway(tmp_path, settings(echo.port, store.url)))
    assert hello(again, grants["ben"]["access_token"]) == 200
    assert refresh(again, grants["ben"]).status_code == 200


def test_with_keys_all_keys_are_others(store, echo, start, tmp_path):
    old, grants, _, _ = lived(start, tmp_path, echo.port, store)
    kids = {line.split()[1] for line in yett("keys", "list", old.config_file).stdout.splitlines()[1:]}
    done = yett("recover", "--before", "now", "--keys", old.config_file)
    assert done.returncode == 0 and "signs now; " in done.stdout, done
    listed = [line.split()[:2] for line in yett("keys", "list", old.config_file).stdout.splitlines()[1:]]
    assert len(listed) == 1 and listed[0][0] == "signing" and listed[0][1] not in kids
    again = start(harness.Gateway(tmp_path, settings(echo.port, store.url)))
    assert hello(again, grants["ada"]["access_token"]) == 401
    assert hello(again, again.login("ada@example.com").json()["access_token"]) == 200


def test_times_that_cannot_be_meant_change_nothing(store, echo, start, tmp_path):
    old, _, _, _ = lived(start, tmp_path, echo.port, store)
    now = datetime.datetime.now(datetime.timezone.utc)
    for text, said in (((now + datetime.timedelta(hours=1)).isoformat(), "nobody could sign in until then"),
                       ((now - datetime.timedelta(hours=1)).isoformat(), "tokens issued in between would stay good"),
                       ("29.11.2026", "a time is `now`")):
        refused = yett("recover", "--before", text, old.config_file)
        assert refused.returncode == 1 and said in refused.stderr and refused.stdout == "", refused
    assert store.ask("SELECT count(*) FROM sessions WHERE ended_at IS NULL") == "3"
    assert store.ask("SELECT count(*) FROM revocations") == "0"


def test_the_audit_log_may_come_from_elsewhere(store, echo, start, tmp_path):
    old, _, _, removed = lived(start, tmp_path, echo.port, store)
    log = (tmp_path / "audit.log").read_text()
    made = settings(echo.port, store.url, audit="stdout")
    (tmp_path / "yett.yaml").write_text(yaml.safe_dump(made))
    blind = yett("recover", "--before", "now", "--dry-run", tmp_path / "yett.yaml")
    assert "No audit log could be read: logging.audit is no file" in blind.stdout and "journalctl" in blind.stdout, blind
    seen = yett("recover", "--before", "now", "--dry-run", "--audit", "-", tmp_path / "yett.yaml", input=log)
    assert f"API key {removed}" in seen.stdout and "It begins" not in seen.stdout, seen
    cut = log.splitlines(keepends=True)[-1]
    late = yett("recover", "--before", "now", "--dry-run", "--audit", "-", tmp_path / "yett.yaml", input=cut)
    assert "It begins at 20" in late.stdout and "an older part is missing" in late.stdout, late
    nothing = yett("recover", "--before", "now", "--dry-run", "--since", "now", "--audit", "-", tmp_path / "yett.yaml", input=log)
    assert "The audit log has 0 changes" in nothing.stdout, nothing


def test_a_file_is_refused_while_a_program_has_it(echo, start, tmp_path):
    gateway = start(harness.Gateway(tmp_path, settings(echo.port, f"sqlite:{tmp_path}/yett.db")))
    grant = gateway.user()
    refused = yett("recover", "--before", "now", gateway.config_file)
    assert refused.returncode == 1 and "stop the program that serves from it" in refused.stderr, refused
    assert hello(gateway, grant["access_token"]) == 200


def test_what_has_no_backup_is_refused(echo, tmp_path):
    for made, words, said in ((settings(9, "memory:"), [], "of which there is no backup"),
                              (settings(9, f"sqlite:{tmp_path}/absent.db"), [], "absent.db is not there"),
                              (harness.settings(9, storage={"url": f"sqlite:{tmp_path}/absent.db"}), ["--keys"], "set another secret")):
        (tmp_path / "yett.yaml").write_text(yaml.safe_dump(made))
        if not (tmp_path / "certs").exists():
            (tmp_path / "certs").symlink_to(harness.certificates())
        refused = yett("recover", "--before", "now", *words, tmp_path / "yett.yaml")
        assert refused.returncode == 1 and said in refused.stderr, refused
    assert not (tmp_path / "absent.db").exists()


def test_programs_that_run_on_the_database_hear_of_it(postgres, echo, start, tmp_path):
    made = settings(echo.port, postgres.url(postgres.make_database()))
    nodes = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        nodes.append(start(harness.Gateway(tmp_path / name, made)))
    grants = [nodes[0].user("ada@example.com"), nodes[1].user("ben@example.com")]
    tokens = [grant["access_token"] for grant in grants]
    assert {hello(node, token) for node in nodes for token in tokens} == {200}
    done = yett("recover", "--before", "now", nodes[0].config_file)
    assert done.returncode == 0 and "ended        2 sessions\n" in done.stdout, done
    for node in nodes:
        for token in tokens:
            harness.wait_until(lambda: hello(node, token) == 401, 5, "a refusal")
        assert refresh(node, grants[0]).status_code == 401
        assert hello(node, node.login("ada@example.com").json()["access_token"]) == 200
