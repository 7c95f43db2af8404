"""A server that was started to be measured."""

import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

# With two cores the measured program has one to itself; everything else shares the other.
CORES = sorted(os.sched_getaffinity(0))
PROXY_CORE = CORES[0]
OTHER_CORES = set(CORES[1:]) or {PROXY_CORE}


class Program:
    """A running server, pinned to its cores, and the processor time it has used."""

    def __init__(self, name, command, port, cores, log, environment=None):
        self.name, self.port = name, port
        self.log = log

        def prepare():
            os.sched_setaffinity(0, cores)
            resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

        with open(log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, preexec_fn=prepare, cwd=log.parent,
                                            env={**os.environ, **(environment or {})})
        wait_for_port(port, self)

    def pids(self):
        """The process and its children (nginx has a worker)."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [self.process.pid, *map(int, children)]

    def cpu_seconds(self):
        """User and system time; to the nanosecond where the kernel keeps it so, else in ticks of 10 ms."""
        with contextlib.suppress(OSError):
            threads = [each for pid in self.pids() for each in pathlib.Path(f"/proc/{pid}/task").iterdir()]
            return sum(int((each / "schedstat").read_text().split()[0]) for each in threads) / 1e9
        ticks = 0
        for pid in self.pids():
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def resident_kib(self):
        total = 0
        for pid in self.pids():
            total += int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
        return total

    def settled_kib(self, quiet=2):
        """Resident memory once it has not moved for so many seconds."""
        last = self.resident_kib()
        same_since = time.monotonic()
        until = same_since + 30
        while time.monotonic() - same_since < quiet and time.monotonic() < until:
            time.sleep(0.25)
            now = self.resident_kib()
            if now != last:
                last, same_since = now, time.monotonic()
        return last

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port, program):
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if program.process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise SystemExit(f"{program.name} did not start:\n{program.log.read_text()}")
