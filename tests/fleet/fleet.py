"""Three nodes, one PostgreSQL, one Redis if wanted, a bad network between them, an application and a mail server."""

import pathlib
import time

import paths  # noqa: F401
import harness
from history import Letter
from network import Network
from node import FAKETIME, Node
from plan import NODES
from redis_store import RedisStore
from postgres_server import IN_A_URL, PostgresServer
from smtp_sink import Sink

KINDS = {"Confirm your address": "verify_address", "Your password": "password_changed"}     # by the beginning of the subject
WAITING = "SELECT recipient, kind FROM letters WHERE closed_at IS NULL AND NOT blank"
KIND_IN_THE_STORE = {"0": "verify_address", "3": "password_changed"}


class Mailbox(Sink):
    """Notes who sent what when: a node tells its name by EHLO."""

    def __init__(self):
        self.letters = []
        super().__init__()

    async def handle_DATA(self, server, session, envelope):
        at, answer = time.monotonic(), await super().handle_DATA(server, session, envelope)
        head = envelope.original_content.split(b"\r\n\r\n", 1)[0].decode()
        told = dict(line.split(": ", 1) for line in head.split("\r\n") if ": " in line)
        kind = next((kind for words, kind in KINDS.items() if told["Subject"].startswith(words)), "other")
        self.letters += [Letter(kind, to, told["Message-ID"], session.host_name, at) for to in envelope.rcpt_tos]
        self.mails.clear()
        return answer


def settings(name, application, database, mail, **more):
    made = harness.settings(
        application, workers=1, storage={"url": database, "connections": 6},
        mail={"url": f"smtp://127.0.0.1:{mail}/{name}", "public_url": "https://app.example.com", "from": "gate@example.com"},
        accounts={"sessions": {"per_user": 1000}, "api_keys": {"per_user": 1000}, "self_delete": True},
        passwords={"hashing": {"wait": "30s", "queue": 1000}},
        tokens={"algorithm": "ES256", "access_ttl": "1h", "refresh_grace": "5m"},
        listeners=[{"address": "127.0.0.1:0"}], logging={"access": "access.log", "audit": "audit.log", "format": "json"}, **more)
    del made["tokens"]["secret"]
    made["routes"].insert(0, {"name": "load", "match": {"path": "/load"}, "access": "authenticated", "upstream": "app"})
    return made


def with_limits(made):
    """Two of each kind that nobody fills, so that each request asks for them."""
    made["limits"].update({"rate": {"rate": "1000000/1m", "algorithm": "gcra", "key": ["client"]},
                           "window": {"rate": "2000/2s", "algorithm": "window", "key": ["user"]}})
    for each in made["routes"]:
        each["limits"] = ["rate", "window"]
    return made


class Fleet:
    """`direct` nodes speak to the database without the bad network between them. With `redis` they have one beside it, that of
    shared_state.url, and limits on all they forward; and they do not hear PostgreSQL's notifications, as behind a pooler."""

    def __init__(self, folder, clocks=True, direct=False, redis=False, **more):
        self.folder = pathlib.Path(folder)
        self.running = []
        self.clocks = clocks and bool(FAKETIME)
        try:
            self.postgres = self._begin(PostgresServer())
            self.database = self.postgres.make_database()
            self.application = self._begin(harness.Echo())
            self.mailbox = self._begin(Mailbox())
            self.redis = self._begin(RedisStore()) if redis else None
            self.network = self._begin(Network(self._links()))
            self.nodes = {name: self._begin(Node(name, self.folder / name, self._settings(name, direct, more), self.clocks)) for name in NODES}
        except BaseException:
            self.stop()
            raise

    def _begin(self, thing):
        self.running.append(thing)
        return thing

    def _links(self):
        links = {name: [f"{self.postgres.folder}/.s.PGSQL.5432"] for name in NODES}
        return links | {f"{name}.redis": self.redis.targets() for name in NODES if self.redis}

    def _settings(self, name, direct, more):
        url = self.postgres.url(self.database)
        if not direct:
            url = f"postgresql://yett:{IN_A_URL}@127.0.0.1:{self.network.ports[name][0]}/{self.database}?sslmode=disable"
        made = settings(name, self.application.port, url, self.mailbox.port, **more)
        if not self.redis:
            return made
        made["storage"]["prepared"] = False
        made["shared_state"] = {"url": self.redis.url_by(self.network.ports[f"{name}.redis"])}
        return with_limits(made)

    def waiting(self):
        """The letters that have not left."""
        rows = [line.split("|") for line in self.postgres.ask(self.database, WAITING).splitlines()]
        return [Letter(KIND_IN_THE_STORE.get(kind, "other"), to) for to, kind in rows]

    def stop(self):
        while self.running:
            self.running.pop().stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
