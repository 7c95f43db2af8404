"""The ready configurations of config/samples/profiles, started as an operator would.

A test changes what belongs to the machine alone: ports, certificates, the store's URL, where logs go. What a profile
promises stays as it is written in its file.
"""

import itertools
import pathlib
import shutil
import sys

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import harness  # noqa: E402
from harness import lasts  # noqa: E402, F401

FOLDER = harness.ROOT / "config/samples/profiles"
PASSWORD = harness.PASSWORD
SECRET = "a shared secret for acceptance tests, long enough"
addresses = (f"198.51.{n // 250 % 250}.{n % 250 + 1}" for n in itertools.count())


def sample(name):
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text())


def adapted(name, url, upstream_port, sessions=None):
    """The profile on this machine. Every client has an address of its own, which a proxy here would name."""
    config = sample(name)
    config["workers"] = 2
    config["listeners"] = [{"address": "127.0.0.1:0", "tls": {"certificates": [{"chain_file": "certs/leaf.crt", "key_file": "certs/leaf.key"}]}}]
    config["management"] = {"address": "127.0.0.1:0", "socket": "yett.sock"}
    config["upstreams"]["app"]["servers"] = [f"http://127.0.0.1:{upstream_port}"]
    config["trusted_proxies"] = ["127.0.0.1"]
    config["storage"] = {"url": url}
    if sessions:
        config["sessions"] = {"url": sessions}
    config.setdefault("passwords", {})["hashing"] = {"wait": "60s"}    # a busy machine may take its time
    config["logging"] = {"format": "json"}
    return config


class Profile(harness.Gateway):
    """The program with one of the profiles."""

    def __init__(self, name, store, upstream_port, folder):
        config = adapted(name, store.url, upstream_port, store.sessions)
        self.prefix = config["accounts"]["prefix"]
        self.store = store
        super().__init__(folder, config, env={"JWT_SECRET_KEY": SECRET})

    def person(self, email=None):
        return Person(self, email)


class Person:
    """Somebody at a machine of their own, with the cookies of one browser."""

    def __init__(self, gateway, email):
        self.gateway, self.email = gateway, email
        self.address = next(addresses)
        self.cookies = {}

    def ask(self, method, path, token=None, **more):
        headers = {"X-Forwarded-For": self.address, "Origin": self.gateway.https, **more.pop("headers", {})}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        reply = self.gateway.call(method, path, token, headers=headers, **more)
        for line in reply.raw.headers.getlist("Set-Cookie"):
            name, _, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in line:
                del self.cookies[name]
        return reply

    def post(self, endpoint, body=None, token=None, **more):
        """To one of the account endpoints."""
        return self.ask("POST", f"{self.gateway.prefix}/{endpoint}", token, json=body or {}, **more)

    def register(self, password=PASSWORD):
        return self.post("register", {"email": self.email, "password": password})

    def login(self, password=PASSWORD):
        return self.post("login", {"email": self.email, "password": password})

    def enters(self, token):
        """Whether the application hears from whoever shows this token, and no cookie beside it."""
        status = self.gateway.call("GET", "/api/hello", token, headers={"X-Forwarded-For": self.address}).status_code
        assert status in (200, 401), status
        return status == 200

    def signed_in(self):
        """Registers and logs in; the tokens."""
        assert self.register().status_code == 201
        reply = self.login()
        assert reply.status_code == 200, reply.text
        return reply.json()


def cookie_named(reply, name):
    """The one Set-Cookie of that name: its value, its age, its other attributes."""
    [line] = [each for each in reply.raw.headers.getlist("Set-Cookie") if each.startswith(name + "=")]
    value, *attributes = line[len(name) + 1:].split("; ")
    [age] = [int(each[8:]) for each in attributes if each.startswith("Max-Age=")]
    return value, age, {each for each in attributes if not each.startswith("Max-Age=")}


def checked(name, folder):
    """What `yett check` says of the file as it is delivered."""
    shutil.copy(FOLDER / f"{name}.yaml", folder)
    shutil.copytree(harness.certificates(), folder / "certs/dev")
    return harness.subprocess.run([harness.BINARY, "check", folder / f"{name}.yaml"], capture_output=True, text=True, cwd=folder,
                                  env={**harness.os.environ, "JWT_SECRET_KEY": SECRET})
