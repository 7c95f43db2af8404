"""h2load, the clients of HTTP/2."""

import os
import re
import subprocess

from .checks import expect
from .program import OTHER_CORES

ANY_LENGTH = 100_000_000


def read(text):
    """Requests done, and those that were not answered with 2xx."""
    done = int(re.search(r"(\d+) done", text)[1])
    well = int(re.search(r"status codes: (\d+) 2xx", text)[1])
    return done, done - well


def run_h2load(program, seconds, connections, streams, tls=True, headers=(), warm=0.5):
    """What was done within these seconds, behind a while of warming up; and the processor time of the program for one request."""
    url = f"{'https' if tls else 'http'}://127.0.0.1:{program.port}/"
    fields = [word for each in headers for word in ("-H", each)]
    command = ["h2load", "-t1", f"-c{connections}", f"-m{streams}", "--header-table-size=4096", *fields, url]
    told = lambda wanted: subprocess.run([*command, "-D", str(wanted)], capture_output=True, text=True, check=True,
                                         preexec_fn=lambda: os.sched_setaffinity(0, OTHER_CORES)).stdout
    told(warm)
    before = program.cpu_seconds()
    done, failed = read(told(seconds))
    used = program.cpu_seconds() - before
    expect(done > 0 and failed == 0, f"{program.name} answers all: {failed} of {done} are not")
    return used * 1e6 / done
