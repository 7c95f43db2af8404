"""The hook that asks every commit for its reason."""

import pathlib
import subprocess

import pytest

HOOK = pathlib.Path(__file__).resolve().parents[2] / ".githooks/commit-msg"


def verdict(tmp_path, message):
    file = tmp_path / "message"
    file.write_text(message)
    return subprocess.run([HOOK, file], capture_output=True, text=True)


@pytest.mark.parametrize("message", [
    "limits: count by account\n\nWindows by client let one address try every password.\n",
    "limits: rename cell_table to counter_table\n",
    "mechanical: sort the includes\n",
    "format: run clang-format\n",
    "fixup! limits: count by account\n",
    "Merge branch 'main'\n",
    "limits: count by account\n\nWhy.\n# Please enter the commit message\n# ------------------------ >8 ------------------------\ndiff\n",
])
def test_what_has_its_reason_or_needs_none_is_taken(tmp_path, message):
    done = verdict(tmp_path, message)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("message,says", [
    ("limits: count by account\n", "body is missing"),
    ("limits: count by account\n\n\n# a comment is no reason\n", "body is missing"),
    ("count by account\n\nWhy.\n", "room: do one thing"),
    ("limits: " + "x" * 53 + "\n\nWhy.\n", "61 characters"),
    ("\n\nA body alone.\n", "room: do one thing"),
])
def test_what_does_not_say_why_is_refused(tmp_path, message, says):
    done = verdict(tmp_path, message)
    assert done.returncode == 1
    assert says in done.stderr
