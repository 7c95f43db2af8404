"""Starts the real program, real peers and raw sockets for the integration tests.

Everything runs in a temporary folder on free loopback ports and is stopped by its pid.
"""

import atexit
import contextlib
import copy
import email
import email.policy
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import textwrap
import threading
import time

import requests
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("YETT_BIN", str(ROOT / "build/release/yett"))
VECTORS = pathlib.Path(os.environ.get("YETT_VECTORS", ROOT.parent / "shared/vectors"))
SECRET = "an integration secret, forty bytes long!!"
PASSWORD = "correct horse battery staple"
START_TIMEOUT = float(os.environ.get("YETT_START_TIMEOUT", "30"))


def wait_until(condition, timeout=10.0, what="condition"):
    """Polls: for what other processes do there is nothing to await."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"{what} did not come about within {timeout} s")


def free_port():
    """A port that nobody has for either family; for what has to be known before it is bound."""
    with socket.socket(socket.AF_INET6) as probe:
        probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        probe.bind(("::", 0))
        return probe.getsockname()[1]


class Process:
    """A child whose output is kept and which is stopped by its pid."""

    def __init__(self, args, cwd=None, env=None, pass_fds=(), stdin=subprocess.DEVNULL):
        self.args = [str(a) for a in args]
        self.lines = []
        self.popen = subprocess.Popen(
            self.args, cwd=cwd, env={**os.environ, **(env or {})}, stdin=stdin,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", pass_fds=pass_fds)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.popen.stdout:
            self.lines.append(line.rstrip("\n"))

    @property
    def pid(self):
        return self.popen.pid

    @property
    def output(self):
        return "\n".join(self.lines)

    def wait_for(self, pattern, count=1):
        """The matches of `pattern` in the output, once there are `count`."""
        def look():
            found = [m for m in (re.search(pattern, line) for line in list(self.lines)) if m]
            if len(found) >= count:
                return found
            if self.popen.poll() is not None:
                self.reader.join(1)
                raise AssertionError(f"{self.args} ended with {self.popen.returncode}:\n{self.output}")
            return None
        return wait_until(look, START_TIMEOUT, f"{pattern!r} in the output of {self.args[:2]}")

    def rss_kib(self):
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))

    def kill(self):
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait()

    def stop(self, timeout=20):
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
        self.reader.join(2)
        return self.popen.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


BY_ACCOUNT = ("login_account", "login_device", "password_account", "reset_account", "resend_account", "register_account",
              "change_address_account")


def settings(upstream_port, **changes):
    """A configuration with cheap hashing; `changes` replace whole top-level sections,
    or members of one where both are mappings."""
    base = {
        "version": 1,
        "workers": 2,
        "listeners": [{"address": "127.0.0.1:0", "tls": {"certificates": [
            {"chain_file": "certs/leaf.crt", "key_file": "certs/leaf.key"}]}},
            {"address": "127.0.0.1:0"}],
        "management": {"address": "127.0.0.1:0"},
        "upstreams": {"app": {"servers": [f"http://127.0.0.1:{upstream_port}"]}},
        "routes": [
            {"name": "public", "match": {"path": "/public/**"}, "access": "public", "upstream": "app"},
            {"name": "admin", "match": {"path": "/admin/**"}, "access": {"roles": ["admin"]}, "upstream": "app"},
            {"name": "everything", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"},
        ],
        "tokens": {"issuer": "https://auth.example.com", "audience": ["api"], "algorithm": "HS256",
                   "secret": SECRET, "refresh_transport": "both"},
        "accounts": {"require_verified_email": False},
        "passwords": {"argon2id": {"memory": "8MiB", "iterations": 1, "parallelism": 1}, "min_strength": 2},
        "limits": {name: {"rate": "100000/15m", "algorithm": "gcra", "key": ["client"]} for name in
                   ("login", "register", "refresh", "reset", "verify", *BY_ACCOUNT)},
        "storage": {"url": "sqlite:yett.db"},
        "logging": {"access": "stdout", "audit": "stdout", "format": "json"},
    }
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(base.get(key), dict):
            base[key] = {**base[key], **value}
        else:
            base[key] = value
    return base


def lasts(seconds, longest):
    """Whether something lasts as long as promised: chance may shorten a token's life a little, never lengthen it."""
    return longest * 0.97 < seconds <= longest


_certs = None


def certificates():
    """One development CA for the whole run, made by the program itself."""
    global _certs
    if _certs is None:
        _certs = pathlib.Path(tempfile.mkdtemp(prefix="yett-certs-"))
        subprocess.run([BINARY, "dev-certs", str(_certs)], check=True, capture_output=True)
    return _certs


class Relay(Process):
    """An application in clear as one with TLS, or on a socket in a folder: HAProxy in front of its port."""

    def __init__(self, port, over):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="yett-relay-"))
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}" if over == "https" else f"unix:{self.folder}/app.sock"
        (self.folder / "leaf.pem").write_text("".join((certificates() / name).read_text() for name in ("leaf.crt", "leaf.key")))
        bind = {"https": f"127.0.0.1:{self.port} ssl crt {self.folder}/leaf.pem alpn http/1.1",
                "unix": f"{self.folder}/app.sock mode 777"}[over]
        (self.folder / "haproxy.cfg").write_text(textwrap.dedent(f"""
            defaults
              mode tcp
              retries 0
              timeout connect 5s
              timeout client 1h
              timeout server 1h
            listen all
              bind {bind}
              server app 127.0.0.1:{port}
            """))
        super().__init__([shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", self.folder / "haproxy.cfg"])
        wait_until(self._answers, what="the relay")

    def _answers(self):
        try:
            with socket.socket(socket.AF_INET if self.url.startswith("https") else socket.AF_UNIX) as probe:
                probe.connect(("127.0.0.1", self.port) if self.url.startswith("https") else f"{self.folder}/app.sock")
            return True
        except OSError:
            return False

    def stop(self, timeout=20):
        super().stop(timeout)
        shutil.rmtree(self.folder, ignore_errors=True)


# What is below HTTP on the way to applications: YETT_TEST_UPSTREAM=https or unix puts a relay in front of each of them.
UPSTREAM = os.environ.get("YETT_TEST_UPSTREAM", "http")
_relays = {}


def reached_otherwise(config):
    """The configuration with its applications in clear behind relays, where that is wanted."""
    if UPSTREAM == "http" or isinstance(config, str):
        return config
    config = copy.deepcopy(config)
    for one in config.get("upstreams", {}).values():
        one["servers"] = [relayed(url) for url in ([one["servers"]] if isinstance(one["servers"], str) else one["servers"])]
        if UPSTREAM == "https":
            one.setdefault("tls", {"ca_file": "certs/ca.crt", "server_name": "localhost"})
    return config


def relayed(url):
    found = re.fullmatch(r"http://127\.0\.0\.1:(\d+)", url)
    if not found:
        return url
    port = found.group(1)
    if port not in _relays:
        _relays[port] = Relay(port, UPSTREAM)
        atexit.register(_relays[port].stop)
    return _relays[port].url


def as_reached(port):
    """The scheme and the authority of an application in clear, as a program reaches it that was started for it."""
    if UPSTREAM == "unix":
        return "http", "localhost"
    return ("https", f"127.0.0.1:{_relays[str(port)].port}") if UPSTREAM == "https" else ("http", f"127.0.0.1:{port}")


def in_logs(port):
    """That application's server, as logs and metrics name it."""
    return f"127.0.0.1:{port}" if UPSTREAM == "http" else _relays[str(port)].url.removeprefix("https://")


# How clients reach the program: YETT_TEST_CLIENT=h2 puts nghttpx in front of it, which takes their HTTP/1.1 and speaks HTTP/2.
CLIENT = os.environ.get("YETT_TEST_CLIENT", "http/1.1")


class Translator(Process):
    """Takes HTTP/1.1, with TLS or without, and asks a port of the program over HTTP/2 of the same kind, changing nothing else."""

    def __init__(self, port, tls):
        self.port = free_port()
        front, back = ("", ";tls;sni=localhost") if tls else (";no-tls", "")
        super().__init__([
            "nghttpx", "--conf=/dev/null", "--no-via", "--no-add-x-forwarded-proto", "--no-location-rewrite", "--no-server-rewrite", "--insecure",
            "--frontend-read-timeout=1h", "--backend-read-timeout=1h", "--npn-list=http/1.1", "--errorlog-file=/dev/null",
            f"--frontend=127.0.0.1,{self.port}{front}", f"--backend=127.0.0.1,{port};;proto=h2{back}",
            *([certificates() / "leaf.key", certificates() / "leaf.crt"] if tls else [])])
        wait_until(self._answers, what="nghttpx")

    def _answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False


def asked_over_http2(config):
    """The configuration with HTTP/2 on all of its listeners, where that is wanted."""
    if CLIENT == "http/1.1" or isinstance(config, str):
        return config
    config = copy.deepcopy(config)
    for listener in config["listeners"]:
        listener["protocols"] = ["h2", "http/1.1"]
    return config


class Gateway(Process):
    """The program under test. `https`, `http` and `management` are base URLs."""

    def __init__(self, folder, config, env=None):
        self.folder = pathlib.Path(folder)
        self.config_file = self.folder / "yett.yaml"
        config = asked_over_http2(reached_otherwise(config))
        if not isinstance(config, str):
            config = yaml.safe_dump(config, sort_keys=False)
        self.config_file.write_text(config)
        if not (self.folder / "certs").exists():
            shutil.copytree(certificates(), self.folder / "certs")
        self.ca = str(self.folder / "certs/ca.crt")
        super().__init__(self.command(), cwd=self.folder, env=env, pass_fds=self.inherits())
        self.wait_for(r'"message":"ready"')
        self.tls_port = self._port("listening", "https")
        self.plain_port = self._port("listening", "http")
        self.management_port = self._port("management", "http")
        self.translators = []
        if CLIENT == "h2":
            self.tls_port, self.plain_port = self._translated(self.tls_port, True), self._translated(self.plain_port, False)
        self.https = f"https://localhost:{self.tls_port}"
        self.http = f"http://127.0.0.1:{self.plain_port}"
        self.management = f"http://127.0.0.1:{self.management_port}"

    def command(self):
        """What starts it; a test that has somebody else start it says so in a class of its own."""
        return [BINARY, "run", self.config_file]

    def inherits(self):
        """Descriptors that it is passed."""
        return ()

    def _translated(self, port, tls):
        if port:
            self.translators.append(Translator(port, tls))
        return self.translators[-1].port if port else None

    def stop(self, timeout=20):
        code = super().stop(timeout)
        for each in self.translators:
            each.stop()
        return code

    def _port(self, message, scheme):
        for entry in self.log(message=message):
            if entry["url"].startswith(scheme + "://"):
                return int(entry["url"].rsplit(":", 1)[1])
        return None

    def call(self, method, path, token=None, **more):
        headers = dict(more.pop("headers", {}))
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(method, self.https + path, headers=headers, verify=self.ca,
                                allow_redirects=False, timeout=20, **more)

    def register(self, email, password=PASSWORD):
        return self.call("POST", "/auth/register", json={"email": email, "password": password})

    def login(self, email, password=PASSWORD):
        return self.call("POST", "/auth/login", json={"email": email, "password": password})

    def user(self, email="ada@example.com"):
        """Registers and logs in; the login's JSON."""
        assert self.register(email).status_code == 201
        reply = self.login(email)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def mails(self, count=1):
        """The mails in the default outbox folder, oldest first, once there are `count`."""
        def look():
            files = sorted((self.folder / "var/outbox").glob("*.eml"))
            return files if len(files) >= count else None
        files = wait_until(look, what=f"{count} mails")
        return [email.message_from_bytes(f.read_bytes(), policy=email.policy.default) for f in files]

    def metrics(self):
        return requests.get(self.management + "/metrics", timeout=10).text

    def metric(self, name, **labels):
        """The sum of the samples of `name` whose labels include `labels`."""
        total, seen = 0.0, False
        for line in self.metrics().splitlines():
            found = re.match(rf"{re.escape(name)}(?:\{{(.*)\}})? (\S+)$", line)
            if found and all(f'{k}="{v}"' in (found.group(1) or "") for k, v in labels.items()):
                total, seen = total + float(found.group(2)), True
        return total if seen else None

    def await_metric(self, wanted, name, **labels):
        """A request is counted when its reply has gone, which the client may have seen before."""
        wait_until(lambda: (self.metric(name, **labels) or 0) == wanted, what=f"{name} of {wanted}")

    def raw(self, tls=False):
        return Raw(self, tls)

    def log(self, **members):
        """The JSON log lines whose members equal `members`."""
        found = []
        for line in list(self.lines):
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and all(entry.get(k) == v for k, v in members.items()):
                found.append(entry)
        return found


class Raw:
    """A socket for bytes that no client library would send."""

    def __init__(self, gateway, tls):
        port = gateway.tls_port if tls else gateway.plain_port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if tls:
            context = ssl.create_default_context(cafile=gateway.ca)
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")

    def send(self, data):
        self.socket.sendall(data)
        return self

    def end(self):
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def read_all(self, timeout=10):
        """Everything until the peer closes; a reset counts as a close."""
        self.socket.settimeout(timeout)
        data = b""
        try:
            while part := self.socket.recv(65536):
                data += part
        except (ConnectionResetError, ssl.SSLEOFError):
            pass
        return data

    def read_available(self, quiet=0.3):
        """Everything until the peer closes or says nothing for `quiet` seconds.
        The flag tells whether it closed."""
        data = b""
        self.socket.settimeout(quiet)
        while True:
            try:
                part = self.socket.recv(65536)
            except (socket.timeout, ssl.SSLWantReadError):
                return data, False
            except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                return data, True
            if not part:
                return data, True
            data += part

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Echo(Process):
    """The bundled sample application."""

    def __init__(self):
        super().__init__([BINARY, "echo", "--address", "127.0.0.1:0"])
        self.port = int(self.wait_for(r"127\.0\.0\.1:(\d+)")[0].group(1))


class ScriptedUpstream:
    """A TCP server that records what it is sent and answers by a function.

    `answer(request_bytes, connection)` is called for each complete head and returns
    bytes to send, or None to say nothing. `heads` holds every request head seen.
    """

    OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

    def __init__(self, answer=None):
        self.answer = answer or (lambda head, connection: self.OK)
        self.received = []
        self.heads = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = []
        self.stopping = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.stopping:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        data = b""
        try:
            while part := connection.recv(65536):
                with self.lock:
                    self.received.append(part)
                data += part
                data = self._consume(data, connection)
        except OSError:
            pass
        finally:
            connection.close()

    def _consume(self, data, connection):
        """Takes whole requests off the front, by the strictest reading of their framing."""
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head, rest = data[:end + 4], data[end + 4:]
            length = re.search(rb"(?im)^content-length:\s*(\d+)\s*$", head)
            chunked = re.search(rb"(?im)^transfer-encoding:\s*chunked\s*$", head)
            if chunked:
                done = re.search(rb"(?:^|\r\n)0\r\n\r\n", rest)
                if not done:
                    return data
                rest = rest[done.end():]
            elif length:
                if len(rest) < int(length.group(1)):
                    return data
                rest = rest[int(length.group(1)):]
            with self.lock:
                self.heads.append(head)
            reply = self.answer(head, connection)
            if reply is not None:
                connection.sendall(reply)
            data = rest
        return data

    @property
    def bytes(self):
        with self.lock:
            return b"".join(self.received)

    def stop(self):
        self.stopping = True
        # Whoever waits in accept() keeps a listener that is only closed, and takes one more.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for connection in self.connections:
            connection.close()


def header_values(head, name):
    """The values of a field in a raw head, names compared without case."""
    return [line.split(b":", 1)[1].strip() for line in head.split(b"\r\n")[1:]
            if line.split(b":", 1)[0].strip().lower() == name.lower().encode()]
