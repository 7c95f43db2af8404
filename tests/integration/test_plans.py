"""Nothing that a request asks of PostgreSQL goes through a table from end to end."""

import re
import subprocess

import pytest
import requests

import harness
import plans
from postgres_server import PostgresServer

USERS = 20_000

# What is about everything has to look at everything. Pages go by an index in its order, so that they end after a page.
ABOUT_ALL = [
    re.compile(r"SELECT count\(\*\).* FROM users$"),                             # `yett users list` says how many there are
    re.compile(r"SELECT count\(\*\).* FROM letters WHERE closed_at IS NULL"),    # the depth of the queue, of letters that wait
    # What is swept now and then, some at a time: whose plan goes by how many that are, which a plan for any number does not know.
    re.compile(r"DELETE FROM (\w+) WHERE .* IN \(SELECT .* FROM \1 WHERE .* LIMIT \$\d+\)$"),
]

# One of each kind that must have been heard, the upkeep of the queue of letters among them, which comes every 5 s.
NEEDED = ("FROM users WHERE id = $1", "FROM users WHERE email_key = $1", "FROM sessions WHERE family = $1", "FROM sessions WHERE id = $1", "FROM api_keys",
          "FROM links", "min(posted_at) FROM letters", "DELETE FROM letters")


@pytest.fixture(scope="module")
def postgres():
    server = PostgresServer("shared_preload_libraries=pg_stat_statements")
    yield server
    server.stop()


def live(gateway):
    """Everything that people and operators do."""

    def post(path, **body):
        reply = gateway.call("POST", "/auth/" + path, json=body)
        assert reply.status_code < 400, (path, reply.text)
        return reply.json() if reply.content else {}

    def links():
        texts = [mail.get_body(("plain",)).get_content() for mail in gateway.mails()]
        return [found for text in texts for found in re.findall(r"/(verify|reset)[^\s]*(yl1_[\w-]+)", text)]

    def link(purpose):
        return harness.wait_until(lambda: dict(links()).get(purpose), what=f"a link to {purpose}")

    def verb(*words, text=None):
        done = subprocess.run([harness.BINARY, *words, "--config", gateway.config_file], input=text, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done
        return done.stdout

    ada = gateway.user("ada@example.com")
    post("verify", token=link("verify"))
    post("reset-request", email="ada@example.com")
    post("reset-confirm", token=link("reset"), password=harness.PASSWORD)
    ada = gateway.login("ada@example.com").json()
    for _ in range(2):
        ada = requests.post(gateway.http + "/auth/refresh", json={"refresh_token": ada["refresh_token"]}, timeout=20).json()
    assert gateway.call("GET", "/auth/me", ada["access_token"]).status_code == 200
    assert gateway.call("GET", "/auth/sessions", ada["access_token"]).status_code == 200
    assert gateway.login("ada@example.com", "wrong").status_code == 401
    key = verb("api-keys", "add", "ada@example.com", "nightly").strip()
    assert gateway.call("GET", "/hello", key).status_code == 200
    for words in (("users", "list"), ("users", "export"), ("sessions", "list"), ("sessions", "list", "ada@example.com"), ("api-keys", "list"),
                  ("api-keys", "list", "ada@example.com"), ("users", "disable", "ada@example.com"),
                  ("users", "enable", "ada@example.com"), ("users", "set-roles", "ada@example.com", "admin"),
                  ("api-keys", "remove", "--user", "ada@example.com"), ("sessions", "end", "--user", "ada@example.com")):
        verb(*words)
    verb("users", "set-password", "ada@example.com", text=harness.PASSWORD + "\n")
    again = gateway.login("ada@example.com").json()
    assert gateway.call("POST", "/auth/logout", again["access_token"], json={"refresh_token": again["refresh_token"]}).status_code == 204
    verb("users", "delete", "ada@example.com")


def heard(postgres, database):
    """What was said, once there is one of each kind among it."""

    def all_kinds():
        said = plans.what_was_said(postgres, database)
        return said if all(any(needed in query for query in said) for needed in NEEDED) else None

    return harness.wait_until(all_kinds, timeout=20, what=f"one of each of {NEEDED}")


def test_no_statement_goes_through_a_table(postgres, echo, start, tmp_path):
    database = postgres.make_database()
    made = harness.settings(echo.port, storage={"url": postgres.url(database)},
                            mail={"public_url": "https://app.example.com"})
    gateway = start(harness.Gateway(tmp_path, made))
    plans.fill(postgres, database, USERS)
    plans.forget_what_was_said(postgres, database)
    live(gateway)
    said = heard(postgres, database)
    assert len(said) >= 40, said                                                # or not all of it was heard
    wrong = {}
    for query in said:
        if any(about.match(query) for about in ABOUT_ALL):
            continue
        through = plans.reads_everything(plans.explain(postgres, database, query))
        if through and not re.search(r"ORDER BY .*\bLIMIT \$\d+( FOR UPDATE( SKIP LOCKED)?)?$", query):
            wrong[query] = through
    assert not wrong, wrong


@pytest.mark.parametrize("query, table", [
    ("SELECT id FROM users WHERE lower(email) = $1", "users"),
    ("SELECT id FROM sessions WHERE current_hash = $1", "sessions"),
    ("DELETE FROM api_keys WHERE hash = $1", "api_keys"),
    ("SELECT id FROM users WHERE id || '' = $1", "users"),
])
def test_a_statement_that_does_is_noticed(postgres, echo, start, tmp_path, query, table):
    database = postgres.make_database()
    start(harness.Gateway(tmp_path, harness.settings(echo.port, storage={"url": postgres.url(database)})))
    plans.fill(postgres, database, 2_000)
    assert plans.reads_everything(plans.explain(postgres, database, query)) == {table}
