"""The schema of a store that earlier programs left, and copies of it, as an operator meets them."""

import os
import pathlib
import pty
import shutil
import sqlite3
import stat
import subprocess
import threading

import pytest
import yaml

import harness

RELEASED = harness.ROOT / "tests/released/sqlite"
NEWEST = max(int(file.stem.split("-")[1]) for file in RELEASED.glob("schema-*.sql"))
PASSWORD = "correct horse battery staple"     # of the users in the dumps


def yett(*args, cwd=None):
    return subprocess.run([harness.BINARY, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=60)


def configured(folder, port=9, **storage):
    (folder / "yett.yaml").write_text(yaml.safe_dump(settings(port, **storage), sort_keys=False))
    if not (folder / "certs").exists():
        shutil.copytree(harness.certificates(), folder / "certs")
    return folder / "yett.yaml"


def settings(port, **storage):
    return harness.settings(port, storage={"url": "sqlite:yett.db", **storage})


def left_by(folder, schema):
    """A store as the programs of this schema left it."""
    store = sqlite3.connect(folder / "yett.db")
    store.executescript((RELEASED / f"schema-{schema}.sql").read_text())
    store.close()


def schema_of(file):
    store = sqlite3.connect(file)
    try:
        return store.execute("SELECT max(version) FROM schema_version").fetchone()[0]
    finally:
        store.close()


def mode_of(file):
    return stat.S_IMODE(pathlib.Path(file).stat().st_mode)


# --- migrate ------------------------------------------------------------------------

def test_an_old_store_is_looked_at_planned_and_brought_up_to_date(tmp_path):
    file = configured(tmp_path)
    left_by(tmp_path, NEWEST - 1)
    status = yett("migrate", "status", file)
    assert status.returncode == 1, status
    assert status.stdout.splitlines() == [
        f"store    {tmp_path}/yett.db", f"schema   {NEWEST - 1}, for programs from {NEWEST - 1} on", f"program  {NEWEST}",
        f"pending  {NEWEST}"]
    plan = yett("migrate", "plan", file)
    assert plan.returncode == 0 and plan.stdout.startswith(f"-- schema {NEWEST}, for programs from ")
    sqlite3.connect(tmp_path / "yett.db").executescript(plan.stdout.replace("COMMIT", "ROLLBACK"))     # it is what SQLite runs
    assert schema_of(tmp_path / "yett.db") == NEWEST - 1                                               # neither of them did
    done = yett("migrate", "up", file)
    assert done.returncode == 0 and done.stdout == f"{tmp_path}/yett.db: schema {NEWEST}\n", done
    copy = tmp_path / f"yett.db.before-{NEWEST}"
    assert done.stderr.splitlines() == [f"a copy is kept in {copy}", f"schema {NEWEST}"]
    assert mode_of(copy) == 0o600 and schema_of(copy) == NEWEST - 1
    status = yett("migrate", "status", file)
    assert status.returncode == 0 and "pending  none" in status.stdout
    assert yett("migrate", "plan", file).stdout == "" and yett("migrate", "up", file).stderr == ""


def test_where_nothing_is_status_makes_nothing_and_up_makes_the_store(tmp_path):
    file = configured(tmp_path)
    status = yett("migrate", "status", file)
    assert status.returncode == 1 and "schema   none yet" in status.stdout and f"pending  1 to {NEWEST}" in status.stdout
    assert not (tmp_path / "yett.db").exists()
    assert yett("migrate", "up", file).returncode == 0 and schema_of(tmp_path / "yett.db") == NEWEST
    assert sorted(f.name for f in tmp_path.glob("yett.db*")) == ["yett.db"]
    memory = yett("migrate", "status", configured(tmp_path, url="memory:"))
    assert memory.returncode == 1 and "memory:" in memory.stderr


@pytest.mark.parametrize("schema", range(1, NEWEST + 1))
def test_a_start_takes_over_what_every_earlier_program_left(tmp_path, echo, start, schema):
    left_by(tmp_path, schema)
    gateway = start(harness.Gateway(tmp_path, settings(echo.port)))
    copies = gateway.log(message="a copy of the storage was kept before its schema changes")
    assert [line["file"] for line in copies] == ([] if schema == NEWEST else [str(tmp_path / f"yett.db.before-{NEWEST}")])
    taken = gateway.log(message="the schema of the storage was brought up to date")
    assert [line["version"] for line in taken] == list(range(schema + 1, NEWEST + 1))
    reply = gateway.login("anna@example.com", PASSWORD)
    assert reply.status_code == 200 and reply.json()["user"]["roles"] == ["admin", "editor"], reply.text
    assert gateway.call("GET", "/admin/x", reply.json()["access_token"]).status_code == 200
    assert gateway.login("dora@example.com", PASSWORD).status_code == 401
    assert gateway.user("new@example.com")["access_token"]


@pytest.mark.parametrize("old", [True, False])
def test_with_manual_nothing_but_migrate_up_changes_the_schema(tmp_path, echo, start, old):
    file = configured(tmp_path, echo.port, migrate="manual")
    if old:
        left_by(tmp_path, NEWEST - 2)
    for verb in (["run"], ["users", "list"]):
        refused = yett(*verb, file)
        assert refused.returncode == 69 and "storage.migrate is manual, so run `yett migrate up`" in refused.stderr, refused
    assert schema_of(tmp_path / "yett.db") == NEWEST - 2 if old else not (tmp_path / "yett.db").exists()
    if old:
        checked = yett("check", file)
        assert checked.returncode == 69 and "yett migrate up" in checked.stderr and not checked.stdout, checked
    assert yett("migrate", "up", file).returncode == 0
    assert yett("check", file).returncode == 0
    assert start(harness.Gateway(tmp_path, settings(echo.port, migrate="manual"))).user()["access_token"]


def test_a_question_about_a_rule_changes_no_schema(tmp_path):
    file = configured(tmp_path)
    left_by(tmp_path, NEWEST - 1)
    asked = yett("explain", file, "--path", "/admin/x", "--as", "anna@example.com")
    assert asked.returncode == 69 and "yett migrate up" in asked.stderr, asked
    assert schema_of(tmp_path / "yett.db") == NEWEST - 1


def newer(folder, oldest_program):
    """As a program of the future leaves a store of today."""
    store = sqlite3.connect(folder / "yett.db")
    store.execute("INSERT INTO schema_version (version, applied_at, oldest_program) VALUES (?, 0, ?)", (NEWEST + 2, oldest_program))
    store.commit()
    store.close()


def test_what_a_newer_program_only_expanded_is_served(tmp_path, echo, start):
    file = configured(tmp_path)
    assert yett("migrate", "up", file).returncode == 0
    newer(tmp_path, NEWEST)
    status = yett("migrate", "status", file)
    assert status.returncode == 0 and f"schema   {NEWEST + 2}, for programs from {NEWEST} on" in status.stdout
    assert yett("check", file).returncode == 0
    assert start(harness.Gateway(tmp_path, settings(echo.port))).user()["access_token"]
    assert schema_of(tmp_path / "yett.db") == NEWEST + 2


def test_what_a_newer_program_gave_another_meaning_is_refused_by_name(tmp_path):
    file = configured(tmp_path)
    assert yett("migrate", "up", file).returncode == 0
    newer(tmp_path, NEWEST + 1)
    for verb in (["run"], ["check"], ["migrate", "status"], ["migrate", "up"], ["users", "list"]):
        refused = yett(*verb, file)
        assert refused.returncode == 69, refused
        assert f"schema {NEWEST + 2}, on which programs from schema {NEWEST + 1} on may run; this one knows {NEWEST}" in refused.stderr


def test_a_copy_that_cannot_be_made_stops_the_start_before_it_changed_anything(tmp_path):
    name = "y" * 240 + ".db"                                      # that of its copy does not fit
    file = configured(tmp_path, url=f"sqlite:{name}")
    left_by(tmp_path, NEWEST - 1)
    (tmp_path / "yett.db").rename(tmp_path / name)
    refused = yett("run", file)
    assert refused.returncode == 69 and "no copy can be kept" in refused.stderr, refused
    assert schema_of(tmp_path / name) == NEWEST - 1


def test_programs_that_are_started_at_once_take_each_step_once(tmp_path):
    file = configured(tmp_path)
    left_by(tmp_path, 1)
    running = [subprocess.Popen([harness.BINARY, "migrate", "up", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for _ in range(4)]
    said = [one.communicate(timeout=60) for one in running]
    assert [one.returncode for one in running] == [0] * 4, said
    steps = [line for _, errors in said for line in errors.splitlines() if line.startswith("schema ")]
    assert sorted(steps) == [f"schema {n}" for n in range(2, NEWEST + 1)]
    assert sum("a copy is kept" in errors for _, errors in said) == 1
    assert schema_of(tmp_path / f"yett.db.before-{NEWEST}") == 1


# --- backup -------------------------------------------------------------------------

def test_a_backup_of_a_running_program_holds_all_it_acknowledged(tmp_path, echo, start):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    acknowledged, enough = [], threading.Event()

    def register():
        while not enough.is_set():
            address = f"u{len(acknowledged)}@example.com"
            assert gateway.register(address).status_code == 201
            acknowledged.append(address)

    writer = threading.Thread(target=register)
    writer.start()
    try:
        for number in range(3):
            harness.wait_until(lambda: len(acknowledged) > 5 * (number + 1), what="users")
            before = list(acknowledged)
            copy = tmp_path / f"copy-{number}.db"
            done = yett("storage", "backup", copy, gateway.config_file)
            assert done.returncode == 0 and done.stdout == f"{copy}: {copy.stat().st_size} bytes, schema {NEWEST}\n", done
            assert done.stderr == "" and mode_of(copy) == 0o600     # no bar where there is no terminal
            store = sqlite3.connect(copy)
            held = [row[0] for row in store.execute("SELECT email FROM users ORDER BY created_at, id")]
            assert set(before) <= set(held)
            assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            store.close()
            assert not list(tmp_path.glob("copy-*.part-*"))
    finally:
        enough.set()
        writer.join()
    gateway.stop()
    restored = tmp_path / "restored"
    restored.mkdir()
    shutil.copy(tmp_path / "copy-2.db", restored / "yett.db")
    assert start(harness.Gateway(restored, harness.settings(echo.port))).login(before[-1]).status_code == 200


def test_a_backup_is_written_over_nothing(tmp_path):
    file = configured(tmp_path)
    empty = yett("storage", "backup", tmp_path / "copy.db", file)
    assert empty.returncode == 69 and "holds nothing yet" in empty.stderr
    assert yett("migrate", "up", file).returncode == 0
    (tmp_path / "copy.db").write_text("precious")
    refused = yett("storage", "backup", tmp_path / "copy.db", file)
    assert refused.returncode == 1 and "copy.db is there already" in refused.stderr
    assert (tmp_path / "copy.db").read_text() == "precious"
    nowhere = yett("storage", "backup", tmp_path / "absent/copy.db", file)
    assert nowhere.returncode == 69 and "absent/copy.db" in nowhere.stderr
    memory = yett("storage", "backup", tmp_path / "other.db", configured(tmp_path, url="memory:"))
    assert memory.returncode == 1 and "memory:" in memory.stderr
    assert not list(tmp_path.glob("*.part-*")) and not (tmp_path / "other.db").exists()


def test_a_backup_needs_no_newest_schema(tmp_path):
    file = configured(tmp_path, migrate="manual")
    left_by(tmp_path, 3)
    done = yett("storage", "backup", "copy.db", file, cwd=tmp_path)
    assert done.returncode == 0 and done.stdout.endswith("bytes, schema 3\n"), done
    assert schema_of(tmp_path / "copy.db") == schema_of(tmp_path / "yett.db") == 3


def test_a_backup_shows_how_far_it_is_on_a_terminal(tmp_path):
    file = configured(tmp_path)
    left_by(tmp_path, NEWEST)
    store = sqlite3.connect(tmp_path / "yett.db")
    store.executemany("INSERT INTO devices (user_id, mark, seen_at) SELECT id, ?, 0 FROM users", [(f"{n:0200}",) for n in range(20000)])
    store.commit()
    store.close()
    ours, theirs = pty.openpty()
    done = subprocess.run([harness.BINARY, "storage", "backup", "copy.db", file], cwd=tmp_path, stderr=theirs, timeout=60)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass                                                      # the terminal's other side is closed
    os.close(ours)
    assert done.returncode == 0 and b"%" in shown and b"MiB" in shown, shown
