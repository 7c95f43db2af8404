"""The program under a service manager: what it is told, and what it tells."""

import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from harness import Gateway, settings, wait_until


class Manager:
    """Hears what services say: a datagram socket, as systemd's own."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.heard = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                self.heard.append((time.monotonic(), self.socket.recv(4096).decode()))
            except OSError:
                return

    def count(self, line):
        return sum(line in said.splitlines() for _, said in list(self.heard))

    def wait_for(self, line, count=1):
        wait_until(lambda: self.count(line) >= count, what=f"{line} {count} times of {self.heard}")

    def stop(self):
        self.socket.close()


@pytest.fixture
def manager(tmp_path, start):
    return start(Manager(tmp_path))


def test_says_when_it_serves_reads_again_and_ends(start, tmp_path, echo, manager):
    program = start(Gateway(tmp_path, settings(echo.port), env={"NOTIFY_SOCKET": manager.path}))
    manager.wait_for("READY=1")
    assert manager.heard[0][1].startswith("READY=1\n")
    program.popen.send_signal(signal.SIGHUP)
    manager.wait_for("RELOADING=1")
    manager.wait_for("READY=1", 2)
    assert program.stop() == 0
    manager.wait_for("STOPPING=1")
    # 30 s of drain_timeout, and what the last mail may take: more than a manager would wait by itself.
    assert manager.count(f"EXTEND_TIMEOUT_USEC={120 * 1_000_000}") == 1
    assert manager.count("WATCHDOG=1") == 0  # nobody asked for it


def test_gives_signs_of_life_until_a_worker_hangs(start, tmp_path, echo, manager):
    program = start(Gateway(tmp_path, settings(echo.port), env={"NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "200000"}))
    manager.wait_for("WATCHDOG=1", 3)
    worker = thread_of(program.pid, "worker-1")
    with held_up(worker):
        manager.heard.clear()
        # A sign that was under way may still come; after it there is none in ten times what the manager would wait.
        wait_until(lambda: time.monotonic() - since(manager) > 2, what="silence")
        assert manager.count("WATCHDOG=1") <= 1
    manager.wait_for("WATCHDOG=1", 3)


def since(manager):
    """When something was heard last, or the beginning of the silence."""
    if not manager.heard:
        manager.heard.append((time.monotonic(), "(silence)"))
    return manager.heard[-1][0]


def thread_of(pid, name):
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().strip() == name:
            return int(task.name)
    raise AssertionError(f"no thread {name}")


class held_up:
    """Keeps one thread from running while the others go on, as a debugger does: ptrace(2) stops threads one by one."""

    def __init__(self, thread):
        self.thread = thread

    def __enter__(self):
        program = ("import ctypes, os, sys; libc = ctypes.CDLL(None, use_errno=True); tid = int(sys.argv[1]);"
                   "seize, interrupt = 0x4206, 0x4207;"
                   "assert libc.ptrace(seize, tid, 0, 0) == 0, ctypes.get_errno();"
                   "assert libc.ptrace(interrupt, tid, 0, 0) == 0, ctypes.get_errno();"
                   "os.waitpid(tid, 0x40000000); print('held', flush=True); sys.stdin.read()")
        self.process = subprocess.Popen([sys.executable, "-c", program, str(self.thread)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self.process.stdout.readline() != "held\n":
            pytest.skip("no thread may be held up here: " + self.process.stderr.read())

    def __exit__(self, *_):
        self.process.stdin.close()  # the end of who traces lets it go
        self.process.wait()
