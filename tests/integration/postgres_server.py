"""A real PostgreSQL 15 in a temporary folder, for tests that stop it, kill it and start it again."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile

import harness

PROGRAMS = pathlib.Path("/usr/lib/postgresql/15/bin")
PASSWORD = "hunter2 is no p@ssword/"
IN_A_URL = "hunter2%20is%20no%20p%40ssword%2F"


def _unprivileged():
    """The server refuses to run as root."""
    if os.getuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class PostgresServer:
    def __init__(self, *settings):
        """Settings of the server, NAME=VALUE."""
        self.settings = [word for each in ("max_connections=100", *settings) for word in ("-c", each)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-postgres-"))
        self.as_whom = _unprivileged()
        if self.as_whom:
            os.chown(self.folder, self.as_whom["user"], self.as_whom["group"])
        secret = self.folder / "secret"
        secret.write_text(PASSWORD + "\n")
        secret.chmod(0o644)
        subprocess.run([PROGRAMS / "initdb", "-D", self.folder / "data", "-U", "yett", "-A", "scram-sha-256", "--pwfile", secret,
                        "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                       check=True, capture_output=True, cwd=self.folder, **self.as_whom)
        self.process = None
        self.pooler = None
        self.databases = 0
        self.start()

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [PROGRAMS / "postgres", "-D", self.folder / "data", "-k", self.folder, "-h", "", *self.settings],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **self.as_whom)
        harness.wait_until(self.answers, 30, "a PostgreSQL that answers")

    def answers(self):
        return subprocess.run([PROGRAMS / "pg_isready", "-q", "-h", self.folder]).returncode == 0

    def kill(self):
        """Without any farewell: the next start has to recover."""
        self._end(signal.SIGQUIT)

    def stop(self):
        if self.pooler:
            self.pooler.terminate()
            self.pooler.wait(30)
        self._end(signal.SIGINT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(30)
        self.process = None

    def make_database(self):
        self.databases += 1
        name = f"t{self.databases}"
        self.ask("postgres", f"CREATE DATABASE {name}")
        return name

    def ask(self, database, sql):
        """The answer as text, a line for each row."""
        done = subprocess.run([PROGRAMS / "psql", "-h", self.folder, "-U", "yett", "-d", database, "-AtXq", "-c", sql], check=True,
                              capture_output=True, text=True, env={**os.environ, "PGPASSWORD": PASSWORD})
        return done.stdout.strip()

    def start_pooler(self):
        """A real pgbouncer in front, which lends connections by the transaction. Ends with the server."""
        place = self.folder / "pooler"
        place.mkdir()
        place.chmod(0o777)
        (place / "users").write_text(f'"yett" "{PASSWORD}"\n')
        (place / "ini").write_text(f"""[databases]
* = host={self.folder}
[pgbouncer]
pool_mode = transaction
listen_port = 5432
unix_socket_dir = {place}
auth_type = scram-sha-256
auth_file = {place}/users
default_pool_size = 4
""")
        self.pooler = subprocess.Popen(["/usr/sbin/pgbouncer", place / "ini"], stdin=subprocess.DEVNULL, stdout=self.log,
                                       stderr=self.log, **self.as_whom)
        ready = [PROGRAMS / "pg_isready", "-q", "-h", place]
        harness.wait_until(lambda: subprocess.run(ready).returncode == 0, 30, "a pgbouncer that answers")

    def pooled_url(self, database):
        return f"postgresql://yett:{IN_A_URL}@/{database}?host={self.folder / 'pooler'}"

    def url(self, database, password=IN_A_URL):
        return f"postgresql://yett:{password}@/{database}?host={self.folder}"

    def dump(self, database):
        """Everything that is in it."""
        done = subprocess.run([PROGRAMS / "pg_dump", "-h", self.folder, "-U", "yett", database], check=True, capture_output=True,
                              env={**os.environ, "PGPASSWORD": PASSWORD})
        return done.stdout
