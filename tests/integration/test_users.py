"""The operator's side of accounts, with and without a running gateway."""

import base64
import csv
import hashlib
import io
import json
import os
import pathlib
import pty
import signal
import socket
import stat
import subprocess
import time

import pytest
import yaml

import harness

OTHER = "another horse battery staple"


def write_config(folder, config):
    folder.mkdir(exist_ok=True)
    file = folder / "yett.yaml"
    file.write_text(yaml.safe_dump(config, sort_keys=False))
    if not (folder / "certs").exists():
        (folder / "certs").symlink_to(harness.certificates())
    return file


class Operator:
    """Somebody at the command line, in the folder of a configuration."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, *args, stdin=""):
        return subprocess.run([harness.BINARY, *map(str, args)], cwd=self.folder, input=stdin, capture_output=True,
                              text=True, timeout=120)

    def fine(self, *args, stdin=""):
        done = self.run(*args, stdin=stdin)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def rows(self, *args):
        return [json.loads(line) for line in self.fine(*args, "--json").splitlines()]

    def user(self, email):
        return next(row for row in self.rows("users", "list") if row["email"] == email)


@pytest.fixture(params=["running", "stopped"])
def operator(request, echo, tmp_path, start):
    """The same command line with a gateway behind the socket, and on the store itself."""
    config = harness.settings(echo.port)
    if request.param == "running":
        start(harness.Gateway(tmp_path, config))
    else:
        write_config(tmp_path, config)
    return Operator(tmp_path)


@pytest.fixture
def running(echo, tmp_path, start):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port)))
    return gateway, Operator(tmp_path)


# --- each verb, both ways -----------------------------------------------------------

def test_a_user_is_added_listed_changed_and_removed(operator):
    assert "added" in operator.fine("users", "add", "Ada@Example.com", "admin", "editor", stdin=harness.PASSWORD + "\n")
    ada = operator.user("Ada@example.com")
    assert ada["roles"] == ["admin", "editor"] and ada["verified"] and not ada["disabled"]
    assert "password_hash" not in ada

    assert "disabled" in operator.fine("users", "disable", "ada@example.com")
    assert operator.user("Ada@example.com")["disabled"]
    operator.fine("users", "enable", ada["id"])
    assert not operator.user("Ada@example.com")["disabled"]
    operator.fine("users", "set-roles", "ada@example.com", "viewer")
    assert operator.user("Ada@example.com")["roles"] == ["viewer"]
    operator.fine("users", "set-roles", "ada@example.com")
    assert operator.user("Ada@example.com")["roles"] == []
    operator.fine("users", "set-password", "ada@example.com", stdin=OTHER + "\n")
    operator.fine("users", "delete", "ada@example.com")
    assert operator.rows("users", "list") == []


def test_a_change_says_when_no_running_program_learns_of_it(running):
    gateway, operator = running
    add = lambda email: operator.run("users", "add", email, "--no-password")
    assert add("ada@example.com").stderr == ""
    gateway.stop()
    alone = add("bob@example.com")
    assert alone.returncode == 0
    said = [line for line in alone.stderr.splitlines() if "nobody answers at" in line]
    assert len(said) == 1 and "nobody answers at yett.sock; " in said[0]
    assert operator.run("users", "list").stderr == ""


def test_what_cannot_be_done_is_refused_with_a_reason(operator):
    operator.fine("users", "add", "ada@example.com", stdin=harness.PASSWORD)
    for arguments, stdin, reason in [
        (["users", "add", "ada@example.com"], harness.PASSWORD, "has an account already"),
        (["users", "add", "not an address"], harness.PASSWORD, "not an e-mail address"),
        (["users", "add", "bob@example.com"], "short", "Use at least 12 characters"),
        (["users", "add", "bob@example.com"], "", "no password was given"),
        (["users", "add", "bob@example.com", "a,b"], harness.PASSWORD, "not a role"),
        (["users", "disable", "nobody@example.com"], "", "there is no user nobody@example.com"),
        (["users", "delete", "0198c0de"], "", "there is no user 0198c0de"),
        (["users", "set-password", "ada@example.com"], "ada@example.com", "too easy to guess"),
        (["sessions", "end", "0198c0de"], "", "there is no session 0198c0de"),
        (["sessions", "end"], "", "a session or a user is wanted"),
    ]:
        done = operator.run(*arguments, stdin=stdin)
        assert (done.returncode, done.stdout) == (1, ""), arguments
        assert reason in done.stderr, arguments
    said = operator.run("users", "disable", "nobody@example.com", "--json")
    assert json.loads(said.stderr.splitlines()[-1]) == {"error": "not_found", "message": "there is no user nobody@example.com"}
    assert [row["email"] for row in operator.rows("users", "list")] == ["ada@example.com"]


def test_a_list_is_a_table_for_eyes_and_csv_for_spreadsheets(operator):
    operator.fine("users", "add", "ada@example.com", "admin", "editor", stdin=harness.PASSWORD)
    operator.fine("users", "add", "bob@example.com", "--no-password", "--unverified")
    table = operator.fine("users", "list").splitlines()
    assert table[0].split() == ["ID", "EMAIL", "ROLES", "VERIFIED", "DISABLED", "CREATED", "AT"]
    assert table[1].split()[1:5] == ["ada@example.com", "admin,editor", "yes", "no"]
    assert table[2].split()[1:4] == ["bob@example.com", "no", "no"]
    rows = list(csv.DictReader(io.StringIO(operator.fine("users", "list", "--csv"))))
    assert [(row["email"], row["roles"], row["verified"]) for row in rows] == [
        ("ada@example.com", "admin,editor", "true"), ("bob@example.com", "", "false")]


def test_an_export_goes_into_another_store_and_comes_out_the_same(operator, echo, tmp_path):
    operator.fine("users", "add", "ada@example.com", "admin", stdin=harness.PASSWORD)
    operator.fine("users", "add", "bob@example.com", "--unverified", stdin=OTHER)
    operator.fine("users", "disable", "bob@example.com")
    exported = operator.fine("users", "export")
    write_config(tmp_path / "other", harness.settings(echo.port))
    other = Operator(tmp_path / "other")
    other.fine("users", "import", "-", stdin=exported)
    assert other.fine("users", "export") == exported
    for row in exported.splitlines():
        assert json.loads(row)["password_hash"].startswith("$argon2id$")

    write_config(tmp_path / "third", harness.settings(echo.port))
    (tmp_path / "third/users.csv").write_text(operator.fine("users", "export", "--csv"))
    third = Operator(tmp_path / "third")
    third.fine("users", "import", "users.csv")
    assert third.fine("users", "export") == exported


# --- at once, in the running program --------------------------------------------------

@pytest.mark.parametrize("deed", [
    ["users", "disable", "ada@example.com"],
    ["users", "delete", "ada@example.com"],
    ["users", "set-roles", "ada@example.com", "admin"],
    ["users", "set-password", "ada@example.com"],
    ["sessions", "end", "--user", "ada@example.com"],
])
def test_a_cached_token_is_refused_by_the_very_next_request(running, deed):
    gateway, operator = running
    mine, hers = gateway.user(), gateway.user("eve@example.com")
    for _ in range(20):
        assert gateway.call("GET", "/thing", mine["access_token"]).status_code == 200
    operator.fine(*deed, stdin=OTHER)
    for _ in range(20):
        assert gateway.call("GET", "/thing", mine["access_token"]).status_code == 401
    refreshed = gateway.call("POST", "/auth/refresh", json={"refresh_token": mine["refresh_token"]})
    assert refreshed.status_code == 401
    assert gateway.call("GET", "/thing", hers["access_token"]).status_code == 200


def test_a_disabled_user_is_refused_at_login_until_enabled(running):
    gateway, operator = running
    gateway.user()
    operator.fine("users", "disable", "ada@example.com")
    refused = gateway.login("ada@example.com")
    unknown = gateway.login("nobody@example.com")
    assert refused.status_code == unknown.status_code == 401
    assert refused.json()["code"] == unknown.json()["code"] == "invalid_credentials"
    operator.fine("users", "enable", "ada@example.com")
    again = gateway.login("ada@example.com")
    assert again.status_code == 200
    assert gateway.call("GET", "/thing", again.json()["access_token"]).status_code == 200


def test_new_roles_and_a_new_password_count_from_the_next_login(running):
    gateway, operator = running
    gateway.user()
    operator.fine("users", "set-roles", "ada@example.com", "admin")
    token = gateway.login("ada@example.com").json()["access_token"]
    assert gateway.call("GET", "/admin/x", token).status_code == 200
    operator.fine("users", "set-password", "ada@example.com", stdin=OTHER + "\n")
    assert gateway.login("ada@example.com").status_code == 401
    assert gateway.login("ada@example.com", OTHER).status_code == 200


def test_one_session_ends_and_the_others_live(running):
    gateway, operator = running
    first = gateway.user()
    second = gateway.login("ada@example.com").json()
    listed = operator.rows("sessions", "list", "ada@example.com")
    assert len(listed) == 2 and len(operator.rows("sessions", "list")) == 2
    assert listed[0]["address"] == "127.0.0.1" and listed[0]["agent"].startswith("python-requests")
    operator.fine("sessions", "end", listed[0]["id"])
    assert gateway.call("GET", "/x", second["access_token"]).status_code == 401
    assert gateway.call("GET", "/x", first["access_token"]).status_code == 200
    assert [row["id"] for row in operator.rows("sessions", "list")] == [listed[1]["id"]]
    assert "had ended before" in operator.fine("sessions", "end", listed[0]["id"])


def test_what_an_operator_does_is_audited_with_the_name_of_the_kernel(running):
    gateway, operator = running
    operator.fine("users", "add", "ada@example.com", stdin=harness.PASSWORD)
    operator.fine("users", "disable", "ada@example.com")
    line = harness.wait_until(lambda: gateway.log(event="user_disabled"), what="the audit line")[0]
    assert line["by"] == f"uid {os.getuid()}" and line["user_id"] == operator.user("ada@example.com")["id"]
    assert harness.PASSWORD not in gateway.output


def test_a_store_in_memory_is_managed_while_the_program_runs_and_not_otherwise(echo, tmp_path, start):
    gateway = start(harness.Gateway(tmp_path, harness.settings(echo.port, storage={"url": "memory:"})))
    operator = Operator(tmp_path)
    operator.fine("users", "add", "ada@example.com", stdin=harness.PASSWORD)
    assert gateway.login("ada@example.com").status_code == 200
    gateway.stop()
    gone = operator.run("users", "list")
    assert gone.returncode == 69 and "memory" in gone.stderr


# --- the socket -----------------------------------------------------------------------

def test_the_socket_is_the_owners_alone_and_goes_with_the_program(running):
    gateway, _ = running
    at = gateway.folder / "yett.sock"
    mode = at.lstat().st_mode
    assert stat.S_ISSOCK(mode) and stat.S_IMODE(mode) == 0o600
    gateway.stop()
    assert not at.exists()


def test_a_killed_program_leaves_a_file_that_the_next_one_replaces(echo, tmp_path, start):
    config = harness.settings(echo.port)
    first = start(harness.Gateway(tmp_path, config))
    first.kill()
    assert (tmp_path / "yett.sock").exists()
    operator = Operator(tmp_path)
    operator.fine("users", "add", "ada@example.com", stdin=harness.PASSWORD)
    second = start(harness.Gateway(tmp_path, config))
    assert second.login("ada@example.com").status_code == 200
    assert len(operator.rows("users", "list")) == 1


def test_a_second_program_on_the_same_socket_does_not_start(running):
    gateway, operator = running
    second = subprocess.run([harness.BINARY, "run", gateway.config_file], capture_output=True, text=True, timeout=60)
    assert second.returncode == 69
    assert "management.socket" in second.stderr and "another process answers there" in second.stderr
    assert operator.rows("users", "list") == []


def test_what_stands_in_the_place_of_the_socket_is_not_overwritten(echo, tmp_path):
    file = write_config(tmp_path, harness.settings(echo.port))
    (tmp_path / "yett.sock").write_text("precious")
    refused = subprocess.run([harness.BINARY, "run", file], capture_output=True, text=True, timeout=60)
    assert refused.returncode == 69 and "management.socket" in refused.stderr
    assert (tmp_path / "yett.sock").read_text() == "precious"


def test_the_socket_answers_nonsense_with_an_error_and_goes_on(running):
    gateway, operator = running

    def ask(text):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(gateway.folder / "yett.sock"))
            s.sendall(text)
            return s.recv(65536).decode()

    def post(path, body, method="POST"):
        return ask(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())

    assert " 400 " in ask(b"nonsense\r\n\r\n")
    assert " 404 " in post("/v1/users/explode", "{}")
    assert " 404 " in post("/v1/users", "{}")
    assert " 405 " in post("/v1/users/list", "{}", "PUT")
    assert " 400 " in post("/v1/users/list", "[]")
    assert " 400 " in post("/v1/users/list", '{"limit": 1, "limit": 2}')
    assert "color: unknown" in post("/v1/users/list", '{"color": "red"}')
    assert "user: missing" in post("/v1/users/disable", "{}")
    assert "user: text is wanted" in post("/v1/users/disable", '{"user": 7}')
    assert " 400 " in ask(b"POST /v1/users/list HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
    assert operator.rows("users", "list") == []


def test_a_configuration_with_mistakes_is_78_and_a_missing_one_too(tmp_path):
    assert Operator(tmp_path).run("users", "list").returncode == 78
    (tmp_path / "yett.yaml").write_text("version: 2\n")
    assert Operator(tmp_path).run("users", "list").returncode == 78


# --- passwords from the terminal ------------------------------------------------------

def talk_to(operator, args, *answers):
    """Runs a command on a terminal; what the terminal showed, and the exit status."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(operator.folder)
        os.execv(harness.BINARY, [harness.BINARY, *args])
    shown = b""
    for answer in answers:
        while not shown.endswith(b": "):
            shown += os.read(terminal, 1024)
        os.write(terminal, answer.encode() + b"\n")
        shown += os.read(terminal, 1)
    try:
        while part := os.read(terminal, 1024):
            shown += part
    except OSError:
        pass
    return shown.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_terminal_is_asked_twice_and_shows_nothing(running):
    gateway, operator = running
    shown, status = talk_to(operator, ["users", "add", "ada@example.com"], harness.PASSWORD, harness.PASSWORD)
    assert status == 0, shown
    assert "Password: " in shown and "Once more: " in shown and harness.PASSWORD not in shown
    assert gateway.login("ada@example.com").status_code == 200
    shown, status = talk_to(operator, ["users", "set-password", "ada@example.com"], OTHER, harness.PASSWORD)
    assert status == 1 and "not the same" in shown


def test_a_password_on_the_command_line_is_not_taken(operator):
    done = operator.run("users", "add", "ada@example.com", "--password", harness.PASSWORD)
    assert done.returncode not in (0, 1) and operator.rows("users", "list") == []


# --- import ---------------------------------------------------------------------------

def django_pbkdf2(password, rounds=2000, salt="NaClNaCl"):
    sum_ = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), rounds)
    return f"pbkdf2_sha256${rounds}${salt}${base64.b64encode(sum_).decode()}"


def passlib_scrypt(password, salt=b"sixteen bytes ok"):
    sum_ = hashlib.scrypt(password.encode(), salt=salt, n=2 ** 12, r=8, p=1, dklen=32)
    text = [base64.b64encode(each).decode().rstrip("=") for each in (salt, sum_)]
    return f"$scrypt$ln=12,r=8,p=1${text[0]}${text[1]}"


def apr1(password):
    return subprocess.run(["openssl", "passwd", "-apr1", password], capture_output=True, text=True, check=True).stdout.strip()


def test_imported_hashes_open_the_account_and_are_made_anew_at_the_next_login(running):
    gateway, operator = running
    hashes = {"django": django_pbkdf2(harness.PASSWORD), "passlib": passlib_scrypt(harness.PASSWORD), "apache": apr1(harness.PASSWORD)}
    lines = [json.dumps({"email": f"{name}@example.com", "password_hash": value}) for name, value in hashes.items()]
    (operator.folder / "users.jsonl").write_text("\n".join(lines))
    operator.fine("users", "import", "users.jsonl")
    for name, value in hashes.items():
        email = f"{name}@example.com"
        assert gateway.login(email, "wrong horse battery staple").status_code == 401
        assert gateway.login(email).status_code == 200
        stored = {row["email"]: row["password_hash"] for row in operator.rows("users", "export")}
        assert stored[email].startswith("$argon2id$") and stored[email] != value
        assert gateway.login(email).status_code == 200


def test_weak_and_hostile_hashes_are_refused_with_their_line(operator):
    unsalted = "{SHA}" + base64.b64encode(hashlib.sha1(harness.PASSWORD.encode()).digest()).decode()
    hashes = [unsalted, django_pbkdf2("x", 10), "pbkdf2_sha256$99999999$salt$" + "A" * 43 + "=", "$scrypt$ln=30,r=8,p=1$c2FsdA$" + "A" * 43,
              "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "$argon2id$v=19$m=4194304,t=9,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
              "plain text"]
    file = operator.folder / "htpasswd"
    file.write_text("# comment\n\n" + "".join(f"u{i}@example.com:{value}\n" for i, value in enumerate(hashes)))
    done = operator.run("users", "import", "htpasswd")
    assert done.returncode == 1 and done.stdout == f"0 added, 0 known already, {len(hashes)} refused\n"
    refusals = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert [line.split(":")[0] for line in refusals] == [f"line {i + 3}" for i in range(len(hashes))]
    assert "too weak" in refusals[0] and "--allow-weak" in refusals[0] and "too weak" in refusals[1]
    assert all("absurdly expensive" in line for line in refusals[2:])
    done = operator.run("users", "import", "htpasswd", "--allow-weak", "--json")
    assert json.loads(done.stdout) == {"added": 2, "known": 0, "refused": len(hashes) - 2}


def test_lines_that_make_no_sense_are_reported_and_the_rest_comes_in(operator):
    file = operator.folder / "users.csv"
    file.write_text('\ufeffemail,roles,verified,disabled,created_at,password_hash\r\n'
                    'ada@example.com,"admin,editor",true,false,2020-01-31T12:00:00Z,\r\n'
                    'no address,,,,,\r\n'
                    'bob@example.com,,perhaps,,,\r\n'
                    'bob@example.com,,,,yesterday,\r\n'
                    'bob@example.com,"quo"te,,,,\r\n'
                    'bob@example.com\r\n'
                    'bob@example.com,two words,,,,\r\n'
                    'bob@example.com,,no,yes,,\r\n'
                    'BOB@example.com,,,,,\r\n' + "x" * 10000 + "\r\n"
                    'eve@example.com,,,,,"' + django_pbkdf2("x") + '"', encoding="utf-8")
    done = operator.run("users", "import", "users.csv")
    assert done.returncode == 1 and done.stdout == "3 added, 1 known already, 7 refused\n", done.stdout + done.stderr
    refused = sorted(int(line.split(":")[0].split()[1]) for line in done.stderr.splitlines() if line.startswith("line "))
    assert refused == [3, 4, 5, 6, 7, 8, 11]
    ada, bob = operator.user("ada@example.com"), operator.user("bob@example.com")
    assert ada["roles"] == ["admin", "editor"] and ada["verified"] and ada["created_at"] == "2020-01-31T12:00:00Z"
    assert bob["disabled"] and not bob["verified"]


def imported(operator, content, *more, name="users.csv"):
    """What an import of these bytes says: its sums, the numbers of refused lines, and its status."""
    (operator.folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    done = operator.run("users", "import", name, *more)
    refused = [int(line.split(":")[0].split()[1]) for line in done.stderr.splitlines() if line.startswith("line ")]
    return done, refused


@pytest.mark.parametrize("content", [
    "Email,Roles,Verified\nada@example.com,\"admin,editor\",TRUE\n",
    "Email;Roles;Verified\r\nada@example.com;admin,editor;t\r\n",
    "email\troles\tverified\nada@example.com\tadmin,editor\t1\n",
    "E-Mail,Roles,Verified\rada@example.com,\"admin, editor\",Yes\r",
    "sep=;\r\nemail;roles;verified;;\r\nada@example.com;{admin,editor};true;;\r\n;;;;\r\n",
    "email|roles|verified|id\nada@example.com|\"[\"\"admin\"\", \"\"editor\"\"]\"|on|\\N\n",
    "\ufeffEmail;Roles;Verified\r\nada@example.com;admin,editor;y\r\n".encode("utf-16-le"),
    "Email\tRoles\tVerified\r\nada@example.com\tadmin,editor\tTRUE\r\n".encode("utf-16-be"),
    '[{"Email":"ada@example.com","roles":["admin","editor"],"verified":1}]\n',
], ids=["header", "semicolon", "tab", "carriage-return", "sep", "bar", "utf-16-with-mark", "utf-16-without", "json-list"])
def test_files_are_read_as_spreadsheets_and_databases_write_them(operator, content):
    done, refused = imported(operator, content, "--unverified", name="file")
    assert (done.returncode, refused, done.stdout) == (0, [], "1 added, 0 known already, 0 refused\n"), done.stderr
    ada = operator.user("ada@example.com")
    assert ada["roles"] == ["admin", "editor"] and ada["verified"]


def test_an_id_like_another_issuers_user_is_refused(operator):
    done, refused = imported(operator, "id,email\nidp.example:jo,jo@example.com\n42,ada@example.com\n")
    assert (done.returncode, refused, done.stdout) == (1, [2], "1 added, 0 known already, 1 refused\n")
    assert "other issuers" in done.stderr


def test_one_byte_of_latin_1_refuses_its_line_alone(operator):
    content = "email;roles\nada@example.com;admin\njürgen@example.com;admin\neve@example.com;admin\n".encode("latin-1")
    done, refused = imported(operator, content)
    assert (done.returncode, refused, done.stdout) == (1, [3], "2 added, 0 known already, 1 refused\n")
    assert "not UTF-8" in done.stderr and "--encoding windows-1252" in done.stderr
    done, refused = imported(operator, content, "--encoding", "windows-1252")
    assert (done.returncode, refused, done.stdout) == (0, [], "1 added, 2 known already, 0 refused\n")
    assert operator.user("jürgen@example.com")


def test_a_line_that_no_verb_can_be_told_spoils_nothing_but_itself(operator):
    deep = '{"email":"deep@example.com","roles":' + "[" * 12 + "]" * 12 + "}"
    lines = ['{"email":"ada@example.com"}', deep, '{"email":"x\\u0000@example.com"}', '{"email":"bob@example.com"}']
    done, refused = imported(operator, "\n".join(lines), name="users.jsonl")
    assert (done.returncode, refused) == (1, [2, 3]) and done.stdout == "2 added, 0 known already, 2 refused\n", done.stderr


def test_both_spellings_of_an_accent_are_one_address(operator):
    content = "email\nj\u00fcrgen@example.com\nju\u0308rgen@example.com\nJ\u00dcRGEN@example.com\n"
    done, refused = imported(operator, content)
    assert (done.returncode, refused, done.stdout) == (0, [], "1 added, 2 known already, 0 refused\n"), done.stderr
    assert [row["email"] for row in operator.rows("users", "list")] == ["j\u00fcrgen@example.com"]


def test_a_file_with_nothing_in_it_is_an_error_and_an_empty_table_is_none(operator):
    for content in ("", "\n \r\n", "\ufeff"):
        done, _ = imported(operator, content)
        assert done.returncode == 1 and "there is nothing in the file" in done.stderr
    done, _ = imported(operator, "email,roles\n")
    assert (done.returncode, done.stdout) == (0, "0 added, 0 known already, 0 refused\n")
    done, refused = imported(operator, "ada@example.com,admin\neve@example.com,\n")
    assert (done.returncode, refused) == (1, [1]) and "one of them email" in done.stderr


def test_timestamps_of_databases_come_in_to_the_second(operator):
    times = {"2026-01-31 12:00:00.123456+00": "2026-01-31T12:00:00Z", "2026-01-31 17:30:00+05:30": "2026-01-31T12:00:00Z",
             "2026-01-31 08:30:00-03:30": "2026-01-31T12:00:00Z", "2026-01-31 12:00:00": "2026-01-31T12:00:00Z",
             "2026-01-31T13:00:00.5+0100": "2026-01-31T12:00:00Z", "2026-01-31 12:00:00 UTC": "2026-01-31T12:00:00Z",
             "2026-01-31": "2026-01-31T00:00:00Z"}
    rows = "".join(f"u{i}@example.com,{at},{at}\n" for i, at in enumerate(times))
    done, refused = imported(operator, "email,created_at,password_changed_at\n" + rows + "x@example.com,31.01.2026,\n")
    assert refused == [len(times) + 2] and "a time like 2026-01-31T12:00:00Z" in done.stderr
    found = {row["email"]: row for row in operator.rows("users", "export")}
    for i, wanted in enumerate(times.values()):
        assert found[f"u{i}@example.com"]["created_at"] == found[f"u{i}@example.com"]["password_changed_at"] == wanted


WORDPRESS = "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"
DJANGO = "bcrypt_sha256$$2b$12$e5C3zfswn.CowOBbbb7ngeYbxKzJePCDHwo8AMr/SZeZCoGrk7oue"
SHADOW = "$y$j9T$LdJMENpBABJJ3hIHjB1Bi.$GFxnbKnR8WaEdBMGMctf6JGMs56hU5dYcy6UrKGWr62"
SPRING = "{bcrypt}$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"


def test_hashes_of_wordpress_django_shadow_and_spring_open_the_account(running):
    gateway, operator = running
    known = [("wordpress", WORDPRESS, "test12345"), ("django", DJANGO, "KRONOS"), ("shadow", SHADOW, "a"), ("spring", SPRING, "U*U")]
    done, refused = imported(operator, "email,password_hash\n" + "".join(f"{name}@example.com,{hash_}\n" for name, hash_, _ in known))
    assert (done.returncode, refused) == (0, []), done.stderr
    for name, _, password in known:
        assert gateway.login(f"{name}@example.com", password + "x").status_code == 401, name
        assert gateway.login(f"{name}@example.com", password).status_code == 200, name


def test_kinds_of_hashes_that_are_known_and_not_taken_are_named(operator):
    kinds = {"$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e": "sign bug", "{noop}secret": "in the clear",
             "5f4dcc3b5aa765d61d8327deb882cf99": "one fast round", "rqXexS6ZhobKA": "DES crypt"}
    rows = "".join(f"u{i}@example.com,{each}\n" for i, each in enumerate(kinds))
    done, refused = imported(operator, "email,password_hash\n" + rows)
    assert (done.returncode, refused) == (1, [2, 3, 4, 5])
    for line, why in zip([line for line in done.stderr.splitlines() if line.startswith("line ")], kinds.values()):
        assert why in line


def test_ids_of_the_old_system_are_kept_and_never_given_twice(operator):
    def row(id_, email):
        return json.dumps({"id": id_, "email": email})

    lines = [row("42", "ada@example.com"), row("42", "bob@example.com"), row("43", "ada@example.com"), row("4 4", "eve@example.com")]
    done = operator.run("users", "import", "-", stdin="\n".join(lines))
    assert done.returncode == 1 and done.stdout.startswith("1 added, 0 known already, 3 refused")
    assert "line 2: the id belongs to another address" in done.stderr
    assert "line 3: the address has an account with another id" in done.stderr
    assert operator.user("ada@example.com")["id"] == "42"


def many_users(count, bad_every):
    hash_ = django_pbkdf2("x")
    for i in range(1, count + 1):
        yield "{ nonsense" if i % bad_every == 0 else json.dumps({"email": f"u{i}@example.com", "password_hash": hash_})


def test_ten_thousand_users_come_in_and_each_bad_line_is_named(operator):
    (operator.folder / "users.jsonl").write_text("\n".join(many_users(10_000, 1000)))
    done = operator.run("users", "import", "users.jsonl")
    assert done.returncode == 1 and done.stdout == "9990 added, 0 known already, 10 refused\n"
    assert [int(line.split(":")[0].split()[1]) for line in done.stderr.splitlines() if line.startswith("line ")] == list(range(1000, 10_001, 1000))
    assert len(operator.rows("users", "list")) == 9990


def test_an_import_that_was_killed_goes_on_and_adds_nobody_twice(operator):
    lines = list(many_users(10_000, 5000))
    (operator.folder / "users.jsonl").write_text("\n".join(lines))
    first = subprocess.Popen([harness.BINARY, "users", "import", "-"], cwd=operator.folder, text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    first.stdin.write("\n".join(lines[:6000]) + "\n")      # and then nothing: it is still at work when it dies
    first.stdin.flush()
    harness.wait_until(lambda: len(operator.rows("users", "list")) > 500, 30, "the first users")
    first.send_signal(signal.SIGKILL)
    first.wait()
    first.stdin.close()
    before = len(operator.rows("users", "list"))
    assert 500 < before < 9998
    again = json.loads(operator.run("users", "import", "users.jsonl", "--json").stdout)
    assert again["added"] + again["known"] == 9998 and again["known"] >= before and again["refused"] == 2
    emails = [row["email"] for row in operator.rows("users", "list")]
    assert len(emails) == len(set(emails)) == 9998
    assert json.loads(operator.run("users", "import", "users.jsonl", "--json").stdout) == {"added": 0, "known": 9998, "refused": 2}


def test_traffic_flows_while_users_come_in(running):
    gateway, operator = running
    token = gateway.user()["access_token"]
    (operator.folder / "users.jsonl").write_text("\n".join(many_users(5000, 10_000)))
    importing = subprocess.Popen([harness.BINARY, "users", "import", "users.jsonl"], cwd=operator.folder, stdout=subprocess.DEVNULL)
    slowest = 0.0
    while importing.poll() is None:
        began = time.monotonic()
        assert gateway.call("GET", "/x", token).status_code == 200
        slowest = max(slowest, time.monotonic() - began)
    assert importing.returncode == 0 and slowest < 5


def test_a_terminal_sees_a_bar_and_nothing_of_an_import_is_kept_in_memory(operator):
    (operator.folder / "users.jsonl").write_text("\n".join(many_users(2000, 10_000)))
    shown, status = talk_to(operator, ["users", "import", "users.jsonl"])
    assert status == 0 and "%" in shown and "#" in shown
    assert "2000 added" in shown
