"""Moving from one file to PostgreSQL and back, as an operator does it."""

import os
import pty
import signal
import sqlite3
import subprocess

import pytest
import requests
import yaml

import harness
from postgres_server import PASSWORD

TABLES = ["users", "sessions", "revocations", "devices", "letters", "links", "api_keys", "signing_keys"]


@pytest.fixture
def database(postgres):
    return postgres.make_database()


def yett(*args, cwd=None, password=PASSWORD):
    return subprocess.run([harness.BINARY, *map(str, args)], cwd=cwd, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "PGPASSFILE": os.devnull, **({"PGPASSWORD": password} if password else {})})


def settings(port, url):
    made = harness.settings(port, storage={"url": url}, tokens={"algorithm": "ES256", "secret": None})
    made["tokens"] = {k: v for k, v in made["tokens"].items() if v is not None}
    return made


def on_file(port):
    return settings(port, "sqlite:yett.db")


def url_of(postgres, database):
    """Without a password, as it may stand on a command line."""
    return f"postgresql://yett@/{database}?host={postgres.folder}"


def rows_in(output):
    return {line.split()[0]: (int(line.split()[1]), line.split()[2]) for line in output.splitlines()[1:-1]}


def grown(folder, users=20_000):
    """A store of an earlier day, with more in it than is copied at once."""
    made = sqlite3.connect(folder / "yett.db")
    made.executemany("INSERT INTO users VALUES (?, ?, ?, 'x', '[]', 1, 0, 1, 1)",
                     [(f"u{n:07}", f"u{n}@example.com", f"u{n}@example.com") for n in range(users)])
    made.executemany("INSERT INTO devices VALUES (?, 'mark', 1)", [(f"u{n:07}",) for n in range(users)])
    made.commit()
    made.close()


def filled(folder, users=20_000):
    file = folder / "yett.yaml"
    file.write_text(yaml.safe_dump(harness.settings(9, storage={"url": "sqlite:yett.db"}), sort_keys=False))
    (folder / "certs").symlink_to(harness.certificates())
    assert yett("migrate", "up", file).returncode == 0
    grown(folder, users)
    return f"sqlite:{folder}/yett.db"


def test_users_move_to_postgresql_and_back_and_stay_signed_in(postgres, database, echo, start, tmp_path):
    first = start(harness.Gateway(tmp_path, on_file(echo.port)))
    kept, ended = first.user(), first.user("ben@example.com")
    assert first.call("POST", "/auth/logout", ended["access_token"], json={"refresh_token": ended["refresh_token"]}).status_code == 204
    busy = yett("storage", "copy", f"sqlite:{tmp_path}/yett.db", url_of(postgres, database))
    assert busy.returncode == 1 and "somebody has it open; stop the program that serves from it" in busy.stderr, busy
    assert first.login("ada@example.com").status_code == 200
    first.stop()
    moved = yett("storage", "copy", tmp_path / "yett.yaml", url_of(postgres, database))
    assert moved.returncode == 0, moved
    told = rows_in(moved.stdout)
    assert list(told) == TABLES and told["users"][0] == 2 and told["signing_keys"][0] == 2
    assert moved.stdout.splitlines()[-1].endswith("each row compared")
    assert PASSWORD not in moved.stdout + moved.stderr
    there = tmp_path / "there"
    there.mkdir()
    second = start(harness.Gateway(there, settings(echo.port, postgres.url(database))))
    assert second.call("GET", "/hello", kept["access_token"]).status_code == 200
    assert second.call("GET", "/hello", ended["access_token"]).status_code == 401
    renewed = requests.post(second.http + "/auth/refresh", json={"refresh_token": kept["refresh_token"]}, timeout=20)
    assert renewed.status_code == 200, renewed.text
    assert second.user("carl@example.com")
    busy = yett("storage", "copy", there / "yett.yaml", f"sqlite:{tmp_path}/again.db", password=None)
    assert busy.returncode == 1 and "of Yett" in busy.stderr and "stop what runs on it" in busy.stderr, busy
    assert not (tmp_path / "again.db").exists()
    second.stop()
    back = yett("storage", "copy", there / "yett.yaml", f"sqlite:{tmp_path}/again.db", password=None)
    assert back.returncode == 0 and rows_in(back.stdout)["users"][0] == 3, back
    last = start(harness.Gateway(tmp_path, settings(echo.port, "sqlite:again.db")))
    assert last.call("GET", "/hello", renewed.json()["access_token"]).status_code == 200
    assert last.login("carl@example.com").status_code == 200


def bytes_of(folder, name):
    return sum(f.stat().st_size for f in folder.glob(name + "*"))


@pytest.mark.parametrize("to_postgresql", [True, False])
def test_a_copy_that_was_killed_goes_on(postgres, database, tmp_path, to_postgresql):
    there, back = url_of(postgres, database), f"sqlite:{tmp_path}/back.db"
    rows = 60_000                                     # so many that the third kill comes long before the end
    source = filled(tmp_path, rows)
    if to_postgresql:
        words = ("storage", "copy", source, there)
        size = lambda: int(postgres.ask(database, "SELECT pg_database_size(current_database())"))
    else:
        assert yett("storage", "copy", source, there).returncode == 0
        words = ("storage", "copy", there, back)
        size = lambda: bytes_of(tmp_path, "back.db")
    for _ in range(3):
        before = size()
        running = subprocess.Popen([harness.BINARY, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env={**os.environ, "PGPASSWORD": PASSWORD}, preexec_fn=lambda: os.nice(10))
        harness.wait_until(lambda: running.poll() is not None or size() > before + 500_000, 60, "a part of the copy")
        running.send_signal(signal.SIGKILL)
        assert running.wait(30) == -signal.SIGKILL
        mine = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'yett%'"
        harness.wait_until(lambda: postgres.ask(database, mine) == "0", 30, "the end of its connection")
    done = yett(*words)
    assert done.returncode == 0, done
    told = rows_in(done.stdout)
    assert told["users"][0] == told["devices"][0] == rows
    if to_postgresql:
        assert postgres.ask(database, "SELECT count(*), count(DISTINCT email_key) FROM users") == f"{rows}|{rows}"
        assert postgres.ask(database, "SELECT to_regclass('copy_under_way') IS NULL") == "t"
    else:
        made = sqlite3.connect(tmp_path / "back.db")
        assert made.execute("SELECT count(*), count(DISTINCT email_key) FROM users").fetchone() == (rows, rows)
        made.close()
        assert [f.name for f in tmp_path.glob("back*")] == ["back.db"]


def test_nobody_serves_from_half_a_copy(postgres, database, echo, tmp_path):
    source = filled(tmp_path, 100)
    assert yett("storage", "copy", source, url_of(postgres, database)).returncode == 0
    postgres.ask(database, "CREATE TABLE copy_under_way (origin text NOT NULL)")
    (tmp_path / "yett.yaml").write_text(yaml.safe_dump(settings(echo.port, postgres.url(database))))
    for verb in (["run"], ["users", "list"], ["keys", "list"]):
        refused = yett(*verb, tmp_path / "yett.yaml")
        assert refused.returncode == 69 and "`yett storage copy` into this database has not come to its end" in refused.stderr, refused


def test_what_is_there_already_is_refused(postgres, database, tmp_path):
    source = filled(tmp_path, 10)
    assert yett("storage", "copy", source, url_of(postgres, database)).returncode == 0
    again = yett("storage", "copy", source, url_of(postgres, database))
    assert again.returncode == 1 and "holds 10 rows in users, and no unfinished copy put them there" in again.stderr, again
    same = yett("storage", "copy", source, source)
    assert same.returncode == 1 and "is there already" in same.stderr, same


@pytest.mark.parametrize("word, said", [
    ("postgresql://yett:hunter2@db/yett", "a password on the command line"),
    ("yett.db", "names no store; allowed: sqlite:FILE"),
    ("memory:", "names no store"),
    ("sqlite:", "names no file"),
    ("postgresql://@/", "the URL of PostgreSQL"),
])
def test_words_that_name_no_store(tmp_path, word, said):
    for words in ((word, f"sqlite:{tmp_path}/to.db"), (f"sqlite:{tmp_path}/from.db", word)):
        refused = yett("storage", "copy", *words)
        assert refused.returncode == 78 and said in refused.stderr and "hunter2" not in refused.stderr, refused
    assert not list(tmp_path.iterdir())


def test_a_source_of_another_schema_is_not_touched(tmp_path):
    old = harness.ROOT / "tests/released/sqlite/schema-3.sql"
    store = sqlite3.connect(tmp_path / "old.db")
    store.executescript(old.read_text())
    store.close()
    refused = yett("storage", "copy", f"sqlite:{tmp_path}/old.db", f"sqlite:{tmp_path}/new.db")
    assert refused.returncode == 69 and "has schema 3" in refused.stderr and "yett migrate up" in refused.stderr, refused
    absent = yett("storage", "copy", f"sqlite:{tmp_path}/absent.db", f"sqlite:{tmp_path}/new.db")
    assert absent.returncode == 69 and "holds nothing yet" in absent.stderr, absent
    assert sorted(f.name for f in tmp_path.iterdir()) == ["old.db"]


def test_elsewhere_than_on_a_terminal_there_are_plain_lines(tmp_path):
    done = yett("storage", "copy", filled(tmp_path), f"sqlite:{tmp_path}/to.db")
    assert done.returncode == 0, done
    lines = done.stderr.splitlines()
    assert lines[0] == "users: 20000 rows copied" and lines[-1].startswith("signing_keys: ") and lines[-1].endswith("rows compared")
    assert len(lines) == 2 * len(TABLES) and "\r" not in done.stderr


def test_on_a_terminal_there_is_a_bar(tmp_path):
    source = filled(tmp_path)
    ours, theirs = pty.openpty()
    running = subprocess.Popen([harness.BINARY, "storage", "copy", source, f"sqlite:{tmp_path}/to.db"], stderr=theirs,
                               stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 65536):
            shown += part
    except OSError:
        pass                                                      # the terminal's other side is closed
    os.close(ours)
    assert running.wait(60) == 0 and b"rows copied" in shown and b"rows compared" in shown and b"100 %" in shown, shown
