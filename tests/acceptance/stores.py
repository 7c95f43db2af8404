"""The stores on which each profile runs, and what a test may look up in them behind the program's back."""

import contextlib
import sqlite3

import profiles  # noqa: F401
from postgres_server import PostgresServer
from redis_server import RedisServer

NAMES = ["memory:", "sqlite:var/yett.db", "postgresql:"]
IN_REDIS = ", sessions in redis:"    # behind a name: its sessions are there


class Memory:
    url, keeps = "memory:", False

    def __init__(self, folder):
        pass


class Sqlite:
    url, keeps = "sqlite:var/yett.db", True
    tables = "SELECT name FROM sqlite_master WHERE type = 'table'"

    def __init__(self, folder):
        self.folder = folder / "var"

    def ask(self, sql):
        """The first column of the rows."""
        with contextlib.closing(sqlite3.connect(self.folder / "yett.db")) as store:
            return [row[0] for row in store.execute(sql)]

    def everything(self):
        return b"".join(file.read_bytes() for file in self.folder.glob("yett.db*"))


class Postgres:
    keeps = True
    tables = "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"

    def __init__(self, server):
        self.server, self.database = server, server.make_database()
        self.url = server.url(self.database)

    def ask(self, sql):
        return self.server.ask(self.database, sql).splitlines()

    def everything(self):
        return self.server.dump(self.database)


class Stores:
    """Makes empty ones, and starts each server when it is first wanted."""

    def __init__(self):
        self.server = self.redis = None

    def make(self, name, folder):
        store = self.make_one(name.removesuffix(IN_REDIS), folder)
        store.sessions, store.all_of_sessions = None, getattr(store, "everything", None)
        if name.endswith(IN_REDIS):
            self.redis = self.redis or RedisServer()
            self.redis.ask("FLUSHALL")
            store.sessions, store.all_of_sessions = self.redis.url, self.everything_in_redis
        return store

    def everything_in_redis(self):
        keys = self.redis.ask("KEYS", "*").split("\n")
        return "\n".join([*keys, *(self.redis.ask("HGETALL", key) for key in keys if ":session:" in key)]).encode()

    def make_one(self, name, folder):
        if name == "memory:":
            return Memory(folder)
        if name == Sqlite.url:
            return Sqlite(folder)
        self.server = self.server or PostgresServer()
        return Postgres(self.server)

    def stop(self):
        for each in (self.server, self.redis):
            if each:
                each.stop()
