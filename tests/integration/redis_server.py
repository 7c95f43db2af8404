"""A real Redis in a temporary folder, for tests that stop it, kill it and start it again; and sentinels over two of them."""

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
ADMIN = "admin"                           # the name and the password: sentinels do not find theirs again when a blank is in it
SENTINELS_PASSWORD = "sesame"
MASTER = "main"                           # as the sentinels call it


def _hash(password):
    return hashlib.sha256(password.encode()).hexdigest()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class _Server:
    """One program that speaks Redis's protocol, with a folder, a port and a file of settings that it may write itself."""

    program = "/usr/bin/redis-server"
    login = ()                            # words of redis-cli

    def __init__(self, settings, words=()):
        """`settings` are lines of its file, `words` of its command line, which it does not write itself."""
        self.port = _free_port()
        self.words = words
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-redis-"))
        self.process = None
        self.prepare(self.folder)
        lines = ["bind 127.0.0.1", f"port {self.port}", f"dir {self.folder}", *settings]
        (self.folder / "conf").write_text("\n".join(lines) + "\n")
        self.start()

    def prepare(self, folder):
        """Files that its settings name."""

    def start(self):
        """On the same port and with the same settings as before; returns once it answers."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([self.program, self.folder / "conf", *self.words], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        harness.wait_until(lambda: self.ask("PING") == "PONG", 20, f"an answer of {self.program} in {self.folder}")

    def ask(self, *words):
        """What redis-cli prints, without the last line's end."""
        return subprocess.run(["/usr/bin/redis-cli", "-p", str(self.port), "--no-auth-warning", *self.login, *map(str, words)],
                              capture_output=True, text=True, timeout=20).stdout.rstrip("\n")

    def kill(self):
        """Without any farewell, and with everything that it held."""
        if self.process:
            self.process.kill()
            self.process.wait(30)
        self.process = None

    def pause(self):
        """It keeps its connections, takes new ones and says nothing, as behind a network that lost it."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def stop(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class RedisServer(_Server):
    """It keeps nothing on disk, and lets in `yett`, who may do what is `allowed`, and an admin, who is redis-cli."""

    login = ("--user", ADMIN, "--pass", ADMIN)

    def __init__(self, *settings, allowed="+@all", replica_of=None):
        """`settings` are words of its command line, "--maxmemory", "1mb"."""
        self.allowed = allowed
        own = ['save ""', "appendonly no", "repl-diskless-sync-delay 0", f"masteruser {ADMIN}", f"masterauth {ADMIN}", "aclfile users"]
        if replica_of:
            own.append(f"replicaof 127.0.0.1 {replica_of.port}")
        super().__init__(own, settings)

    def prepare(self, folder):
        (folder / "users").write_text(f"user yett on #{_hash(PASSWORD)} ~* &* {self.allowed}\nuser {ADMIN} on #{_hash(ADMIN)} ~* &* +@all\n"
                                      "user default off\n")

    @property
    def url(self):
        return f"redis://yett:{IN_A_URL}@127.0.0.1:{self.port}"

    def role(self):
        return self.ask("ROLE").partition("\n")[0]

    def run_id(self):
        """Another one after each start."""
        return next(line.partition(":")[2] for line in self.ask("INFO", "server").splitlines() if line.startswith("run_id:"))

    def hang_up(self):
        """Ends the connections of `yett`; new ones are welcome."""
        self.ask("CLIENT", "KILL", "USER", "yett")


class Sentinel(_Server):
    program = "/usr/bin/redis-sentinel"
    login = ("--pass", SENTINELS_PASSWORD)

    def __init__(self, port, quorum):
        """Watches the master that is reached by `port`."""
        super().__init__([
            f"requirepass {SENTINELS_PASSWORD}", f"sentinel sentinel-pass {SENTINELS_PASSWORD}",
            f"sentinel monitor {MASTER} 127.0.0.1 {port} {quorum}", f"sentinel down-after-milliseconds {MASTER} 500",
            f"sentinel failover-timeout {MASTER} 3000", f"sentinel auth-user {MASTER} {ADMIN}", f"sentinel auth-pass {MASTER} {ADMIN}"])

    def start(self):
        """It looks at the servers several times a second instead of every ten, so that nobody waits for it to see what is there."""
        super().start()
        assert self.ask("SENTINEL", "DEBUG", "info-period", 300, "publish-period", 300, "ping-period", 250, "ask-period", 100) == "OK"

    def master_port(self):
        told = self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER).splitlines()
        return int(told[1]) if len(told) == 2 else None

    def is_ready(self, replicas, others):
        """It knows all there are, and that the replicas have caught up."""
        told = self.ask("SENTINEL", "REPLICAS", MASTER).splitlines()
        fine = sum(told[at:at + 2] == ["master-link-status", "ok"] for at in range(len(told)))
        seen = self.ask("SENTINEL", "SENTINELS", MASTER).splitlines().count("runid")
        return fine == replicas and seen == others


class RedisWithSentinels:
    """A master, its replica, and three sentinels, of which two decide."""

    def __init__(self, *settings, **more):
        """As of each server."""
        self.running = []
        try:
            first = self._begin(RedisServer(*settings, **more))
            second = self._begin(RedisServer(*settings, replica_of=first, **more))
            self.servers = [first, second]
            self.sentinels = [self._begin(Sentinel(first.port, 2)) for _ in range(3)]
            self.await_replica()
        except BaseException:
            self.stop()
            raise

    def _begin(self, thing):
        self.running.append(thing)
        return thing

    @property
    def url(self):
        hosts = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return f"redis+sentinel://yett:{IN_A_URL}@{hosts}/{MASTER}?sentinel_password={SENTINELS_PASSWORD}"

    @property
    def master(self):
        """The one that most sentinels name."""
        named = [each.master_port() for each in self.sentinels if each.process]
        return next(each for each in self.servers if each.port == max(named, key=named.count))

    @property
    def replica(self):
        master = self.master
        return next(each for each in self.servers if each is not master)

    def await_replica(self, seconds=30):
        """Until another server could take over."""
        harness.wait_until(lambda: all(each.is_ready(1, 2) for each in self.sentinels), seconds, "a replica that could take over")

    def await_master(self, server, seconds=30):
        """Until that server is the master, and all sentinels say so."""
        harness.wait_until(lambda: all(each.master_port() == server.port for each in self.sentinels)
                           and server.role() == "master", seconds, "a promotion")

    def promote(self):
        """The replica becomes the master while the old one is well. Returns it."""
        new = self.replica
        told = self.sentinels[0].ask("SENTINEL", "FAILOVER", MASTER)
        assert told == "OK", told
        self.await_master(new)
        return new

    def stop(self):
        while self.running:
            self.running.pop().stop()
