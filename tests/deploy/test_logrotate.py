"""deploy/yett.logrotate, read by Debian's logrotate, beside the running program."""

import grp
import gzip
import os
import pathlib
import pwd
import shutil
import stat
import subprocess

import pytest
import requests

import harness

FILE = harness.ROOT / "deploy/yett.logrotate"
LOGROTATE = shutil.which("logrotate") or "/usr/sbin/logrotate"
# systemd is not at hand where this runs. What stands in for it does the one thing that is asked of it.
SYSTEMCTL = '#!/bin/sh\n[ "$*" = "kill --kill-whom=main --signal=USR1 yett.service" ] && kill -USR1 {pid}\n'


class Rotation:
    """The file with this test's folder and user in it."""

    def __init__(self, folder, logs, pid):
        self.folder = folder
        who = f"{pwd.getpwuid(os.getuid()).pw_name} {grp.getgrgid(os.getgid()).gr_name}"
        text = FILE.read_text()
        assert text.startswith("/var/log/yett/*.log {") and "\tsu yett yett\n" in text
        self.file = folder / "yett.logrotate"
        self.file.write_text(text.replace("/var/log/yett", str(logs)).replace("su yett yett", "su " + who))
        self.file.chmod(0o644)
        (folder / "bin").mkdir()
        (folder / "bin/systemctl").write_text(SYSTEMCTL.format(pid=pid))
        (folder / "bin/systemctl").chmod(0o755)

    def run(self, *words):
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        done = subprocess.run([LOGROTATE, "--state", self.folder / "state", *words, self.file], env={**os.environ, "PATH": path},
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert "error" not in done.stderr.lower(), done.stderr
        return done.stderr


@pytest.fixture
def logs(tmp_path):
    folder = tmp_path / "log"
    folder.mkdir(mode=0o750)
    return folder


@pytest.fixture
def program(start, tmp_path, echo, logs):
    config = harness.settings(echo.port, logging={"access": str(logs / "access.log"), "audit": str(logs / "audit.log"), "format": "json"})
    return start(harness.Gateway(tmp_path, config))


def ask(program, path):
    assert requests.get(f"{program.http}/public/{path}", timeout=10).status_code == 200


def lines_with(file, word):
    return sum(word in line for line in file.read_text().splitlines()) if file.exists() else 0


def ask_until_a_line_is_in(file, program):
    """How often that was. The file is there a moment before the program writes to it: what is asked in between is in the old one."""
    asked = 0

    def one_more():
        nonlocal asked
        ask(program, f"after/{asked}")
        asked += 1
        return lines_with(file, "/public/after/")

    harness.wait_until(one_more, what="a line in the new file")
    harness.wait_until(lambda: lines_with(file, f'/public/after/{asked - 1}"'), what="the last of them")
    return asked


def test_no_line_is_lost_between_the_old_file_and_the_new_one(program, logs, tmp_path):
    rotation = Rotation(tmp_path, logs, program.pid)
    access = logs / "access.log"
    ask(program, "before")
    harness.wait_until(lambda: lines_with(access, "/public/before") == 1, what="the first line")
    rotation.run("--force")
    harness.wait_until(access.exists, what="a new file")
    assert lines_with(logs / "access.log.1", "/public/before") == 1
    assert stat.S_IMODE(access.stat().st_mode) & 0o007 == 0
    asked = ask_until_a_line_is_in(access, program)
    old, new = ([lines_with(file, f'/public/after/{n}"') for n in range(asked)] for file in (logs / "access.log.1", access))
    assert [a + b for a, b in zip(old, new)] == [1] * asked, (old, new)
    assert new == sorted(new), "nothing goes to the old file once the new one is in use"


def test_what_is_older_is_compressed_and_an_empty_log_stays(program, logs, tmp_path):
    rotation = Rotation(tmp_path, logs, program.pid)
    access = logs / "access.log"
    for name in ("one", "two"):
        ask(program, name)
        harness.wait_until(lambda: lines_with(access, f"/public/{name}") == 1, what="a line")
        rotation.run("--force")
        harness.wait_until(access.exists, what="a new file")
    with gzip.open(logs / "access.log.2.gz", "rt") as older:
        assert "/public/one" in older.read()
    rotation.run()  # not due, and nothing in it
    assert sorted(file.name for file in logs.glob("access.log*")) == ["access.log", "access.log.1", "access.log.2.gz"]


def test_it_is_read_without_a_complaint_before_there_is_a_log(tmp_path):
    (tmp_path / "none").mkdir()
    said = Rotation(tmp_path, tmp_path / "none", os.getpid()).run("--debug")
    assert "unknown option" not in said
