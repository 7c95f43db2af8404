"""A client's connections to the nodes. Whoever gives up resets, so that the node learns of it."""

import base64
import contextlib
import dataclasses
import http.client
import json
import socket
import struct
import time

IDLE = 5.0                                # seconds after which a connection is not used again: the node may be closing it


@dataclasses.dataclass(frozen=True, slots=True)
class Answer:
    start: float
    end: float
    status: int = 0                       # 0: none came
    body: dict = dataclasses.field(default_factory=dict)
    retry_after: bool = False

    @property
    def code(self):
        return str(self.body.get("code", ""))


class Wire:
    """To one node, one request at a time."""

    def __init__(self, node):
        self.node = node
        self.connection, self.generation, self.used = None, 0, 0.0

    def ask(self, method, path, body=None, headers=None, timeout=5.0):
        start = time.monotonic()
        try:
            self.connect(timeout)
            self.connection.request(method, path, None if body is None else json.dumps(body),
                                    {"Content-Type": "application/json", **(headers or {})})
            reply = self.connection.getresponse()
            text = reply.read()
        except (OSError, http.client.HTTPException):
            self.reset()
            time.sleep(0.02)              # a node that is down would be asked in a circle
            return Answer(start, time.monotonic())
        end = self.used = time.monotonic()
        if reply.will_close:
            self.reset()
        return Answer(start, end, reply.status, _read(text), "Retry-After" in reply.headers)

    def connect(self, timeout):
        if self.connection and (self.generation != self.node.generation or time.monotonic() - self.used > IDLE):
            self.reset()
        if not self.connection:
            self.generation, port = self.node.generation, self.node.port
            if port is None:
                raise ConnectionRefusedError
            self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
            self.connection.connect()
            self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection.sock.settimeout(timeout)

    def reset(self):
        if self.connection and self.connection.sock:
            with contextlib.suppress(OSError):
                self.connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if self.connection:
            self.connection.close()
        self.connection = None


def _read(text):
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def session_of(access_token):
    """The `sid` of a token of ours."""
    body = access_token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["sid"]
