"""A real Redis in a temporary folder, for tests that stop it, kill it and start it again."""

import hashlib
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import harness

PASSWORD = "hunter2 is no p@ssword/"
IN_A_URL = "hunter2%20is%20no%20p%40ssword%2F"
HASH = hashlib.sha256(PASSWORD.encode()).hexdigest()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisServer:
    """It keeps nothing on disk, and lets in `yett`, who may do what is `allowed`, and an `admin`, who is redis-cli."""

    def __init__(self, *settings, allowed="+@all"):
        self.settings = settings
        self.allowed = allowed
        self.port = _free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-redis-"))
        self.process = None
        self.start()

    def start(self):
        self.log = open(self.folder / "log", "ab")
        (self.folder / "users").write_text(f"user yett on #{HASH} ~* &* {self.allowed}\nuser admin on #{HASH} ~* &* +@all\nuser default off\n")
        self.process = subprocess.Popen(
            ["/usr/bin/redis-server", "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir", str(self.folder),
             "--aclfile", str(self.folder / "users"), *self.settings],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        harness.wait_until(lambda: self.ask("PING") == "PONG", 10, "a Redis that answers")

    @property
    def url(self):
        return f"redis://yett:{IN_A_URL}@127.0.0.1:{self.port}"

    def ask(self, *words):
        """What redis-cli prints, without the last line's end."""
        return subprocess.run(["/usr/bin/redis-cli", "-p", str(self.port), "--user", "admin", "--pass", PASSWORD, "--no-auth-warning",
                               *words], capture_output=True, text=True, timeout=20).stdout.rstrip("\n")

    def kill(self):
        """Without any farewell, and with everything that it held."""
        if self.process:
            self.process.kill()
            self.process.wait(30)
        self.process = None

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
