"""What an operator does at the command line of a running program."""

import subprocess

from profiles import SECRET, harness


def users(gateway, *words, stdin=None):
    """`yett users WORDS`; what it said."""
    done = subprocess.run([harness.BINARY, "users", *words, "--config", gateway.config_file], capture_output=True, text=True, input=stdin, cwd=gateway.folder,
                          env={**harness.os.environ, "JWT_SECRET_KEY": SECRET}, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def disable(gateway, email):
    users(gateway, "disable", email)


def enable(gateway, email):
    users(gateway, "enable", email)


def add(gateway, email, password):
    users(gateway, "add", email, stdin=password + "\n")
