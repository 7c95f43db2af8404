"""The program under a service manager: what it is told, what it tells, and the sockets that it is passed."""

import fcntl
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests

import harness
from harness import Gateway, free_port, settings, wait_until


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


class Socket:
    """A socket that a service manager keeps while services come and go; out of the way of the descriptors that they are passed."""

    def __init__(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as made:
            self.socket = socket.socket(fileno=fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, 100))
        self.port = self.socket.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def stop(self):
        self.socket.close()


def passing(folder, config, sockets):
    """A gateway that finds the sockets at descriptor 3 and up, as systemd passes them on. The shell is there to become the
    program, because LISTEN_PID is the program's own."""
    numbers = [each.socket.fileno() for each in sockets]

    class Passed(Gateway):
        def command(self):
            moves = " ".join(f"{3 + i}<&{number} {number}<&-" for i, number in enumerate(numbers))
            script = f'exec {moves}; LISTEN_PID=$$ LISTEN_FDS={len(numbers)} exec "$@"'
            return ["bash", "-c", script, "bash", harness.BINARY, "run", self.config_file]

        def inherits(self):
            return numbers
    return Passed(folder, config)


def listening_at(*addresses):
    return [{"address": address} for address in addresses]


def test_nobody_is_refused_while_it_is_restarted_behind_a_socket_of_the_manager(start, tmp_path, echo):
    kept = start(Socket())
    config = settings(echo.port, listeners=listening_at(kept.address))
    first = start(passing(tmp_path, config, [kept]))
    assert first.plain_port == kept.port
    assert requests.get(f"{first.http}/public/a", timeout=10).status_code == 200
    assert first.stop() == 0
    with socket.create_connection(("127.0.0.1", kept.port), timeout=10) as waiting:
        waiting.sendall(b"GET /public/b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        start(passing(tmp_path, config, [kept]))
        assert waiting.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_sockets_are_told_apart_by_their_addresses(start, tmp_path, echo):
    secure, plain = start(Socket()), start(Socket())
    config = settings(echo.port)
    config["listeners"][0]["address"], config["listeners"][1]["address"] = secure.address, plain.address
    program = start(passing(tmp_path, config, [plain, secure]))
    assert (program.tls_port, program.plain_port) == (secure.port, plain.port)
    for url in (program.https, program.http):
        assert requests.get(f"{url}/public/a", verify=program.ca, timeout=10).status_code == 200


@pytest.mark.parametrize("hangs", ["worker-0", "worker-1"])
def test_each_worker_serves_from_one_socket(start, tmp_path, echo, hangs):
    kept = start(Socket())
    program = start(passing(tmp_path, settings(echo.port, listeners=listening_at(kept.address)), [kept]))
    with held_up(thread_of(program.pid, hangs)):
        for _ in range(10):
            assert requests.get(f"{program.http}/public/a", timeout=10).status_code == 200


def test_a_socket_that_is_no_listeners_ends_the_start(start, tmp_path, echo):
    kept = start(Socket())
    with pytest.raises(AssertionError, match=rf"(?s)ended with 78.*passed a socket on {kept.address}, and there is no listener for it"):
        passing(tmp_path, settings(echo.port, listeners=listening_at("127.0.0.1:0")), [kept])


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="systemd is not installed")
def test_systemds_own_tool_starts_it_at_the_first_connection(start, tmp_path, echo):
    port = free_port()
    config = settings(echo.port, listeners=listening_at(f"[::]:{port}"))

    class Activated(Gateway):
        def command(self):
            return ["systemd-socket-activate", "-l", str(port), harness.BINARY, "run", self.config_file]

        def wait_for(self, pattern, count=1):
            if "ready" in pattern and not getattr(self, "asked", None):
                wait_until(lambda: "Listening on" in self.output, what="the socket")
                self.asked = socket.create_connection(("127.0.0.1", port), timeout=10)
                self.asked.sendall(b"GET /public/a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return super().wait_for(pattern, count)

    program = start(Activated(tmp_path, config))
    assert program.asked.recv(65536).startswith(b"HTTP/1.1 200 ")
    program.asked.close()
