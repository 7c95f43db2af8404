"""wrk, where clients are stopped and let go on between turns; the tables' load is `load`."""

import os
import pathlib
import re
import subprocess

from .program import OTHER_CORES

SCRIPTS = pathlib.Path(__file__).resolve().parents[1]
CONNECTIONS = 32


def start_wrk(port, tokens_file, seconds):
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(SCRIPTS / "cycle_tokens.lua"), f"https://127.0.0.1:{port}", "--",
               str(tokens_file)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=lambda: os.sched_setaffinity(0, OTHER_CORES))


def what_wrk_says(process):
    out, _ = process.communicate()
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, process.args, out)
    return read(out)


def read(text):
    """Requests done, and errors of any kind."""
    errors = sum(map(int, re.findall(r"Non-2xx or 3xx responses: (\d+)", text)))
    errors += sum(int(n) for line in re.findall(r"Socket errors: (.*)", text) for n in re.findall(r"\d+", line))
    return {"requests": int(re.search(r"(\d+) requests in", text)[1]), "errors": errors}


def run_wrk(port, tokens_file, seconds):
    return what_wrk_says(start_wrk(port, tokens_file, seconds))
