"""Every time that leaves the house is UTC, wherever the machine stands."""

import datetime
import email.utils
import json
import subprocess
import time

import pytest

import harness

UTC = datetime.timezone.utc
ZONES = ["America/St_Johns", "Australia/Lord_Howe"]
IMPORTED = "2026-03-08T07:30:00Z"


@pytest.fixture(params=ZONES)
def there(request, echo, tmp_path, start, monkeypatch):
    """A gateway and a command line in a zone whose offset has minutes."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    assert time.localtime().tm_gmtoff != 0                  # or the machine does not know the zone
    config = harness.settings(echo.port, accounts={"require_verified_email": False, "api_keys": {"scopes": ["read"]}},
                              tokens={"algorithm": "ES256"}, mail={"public_url": "https://example.com"})
    del config["tokens"]["secret"]
    yield start(harness.Gateway(tmp_path, config))
    monkeypatch.undo()
    time.tzset()


def command(gateway, *args, stdin=""):
    done = subprocess.run([harness.BINARY, *args], cwd=gateway.folder, input=stdin, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_now(text, ahead=0):
    """Whether the text is this moment, or so many seconds after it, in RFC 3339 with a Z."""
    at = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
    return abs(at - ahead - time.time()) < 90


def test_what_users_see_of_their_account_is_utc(there):
    token = there.user()["access_token"]
    assert is_now(there.call("GET", "/auth/me", token).json()["created_at"])
    session = there.call("GET", "/auth/sessions", token).json()["sessions"][0]
    assert is_now(session["created_at"]) and is_now(session["last_seen"])
    made = there.call("POST", "/auth/api-keys", token, json={"name": "ci", "scopes": ["read"], "expires_in": 86400})
    assert made.status_code == 201, made.text
    key = there.call("GET", "/auth/api-keys", token).json()["api_keys"][0]
    assert is_now(key["created_at"]) and is_now(key["expires_at"], 86400)


def test_what_the_operator_sees_is_utc(there):
    there.user()
    for list_ in (["users", "list"], ["users", "export"], ["sessions", "list"]):
        row = json.loads(command(there, *list_, "--json"))
        times = [value for name, value in row.items() if name in ("created_at", "password_changed_at", "last_seen")]
        assert times and all(is_now(each) for each in times), row
    command(there, "api-keys", "add", "ada@example.com", "ci", "--days", "1")
    key = json.loads(command(there, "api-keys", "list", "--json"))
    assert is_now(key["created_at"]) and is_now(key["expires_at"], 86400)
    made, signs = command(there, "keys", "list", "yett.yaml").splitlines()[1].split()[2:4]
    assert is_now(made) and is_now(signs)


def test_an_import_comes_out_of_an_export_as_it_went_in(there):
    row = {"email": "ada@example.com", "created_at": IMPORTED, "password_changed_at": "2026-03-08 07:30:00.25+00"}
    command(there, "users", "import", "-", stdin=json.dumps(row))
    out = json.loads(command(there, "users", "export"))
    assert out["created_at"] == IMPORTED and out["password_changed_at"] == IMPORTED
    assert f",{IMPORTED}," in command(there, "users", "export", "--csv")
    assert command(there, "users", "list").splitlines()[1].split()[-1] == IMPORTED


def test_logs_replies_and_letters_are_utc(there):
    assert there.register("ada@example.com").status_code == 201
    reply = there.call("POST", "/auth/reset-request", json={"email": "ada@example.com"})
    assert reply.status_code == 202, reply.text
    dated = lambda text: email.utils.parsedate_to_datetime(text).timestamp()
    assert reply.headers["Date"].endswith(" GMT") and abs(dated(reply.headers["Date"]) - time.time()) < 90
    for entry in harness.wait_until(lambda: there.log(event="user_registered"), what="the audit line") + there.log(message="ready"):
        assert is_now(entry["time"].split(".")[0] + "Z") and entry["time"].endswith("Z")
    letter = there.mails()[0]
    assert abs(dated(letter["Date"]) - time.time()) < 90
