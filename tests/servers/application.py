#!/usr/bin/python3
"""A server that fails as it is told, as a process of its own: `application.py PORT RECORD`.

Each line on standard input is a mode, which is answered by the same line when it holds. RECORD gets one line for each request,
`METHOD ID`, as soon as so much of it has come that somebody could act on it: before it is answered, whatever the mode, and
before anything can end this process. An id is the last segment of a path.
"""

import asyncio
import json
import os
import random
import re
import socket
import struct
import sys

MODES = ("well", "slow", "failing", "refusing", "resetting")
REQUEST_LINE = re.compile(rb"([A-Z]+) /(?:[^ ]*/)?([^ /]+) HTTP/1\.1\r\n")
LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")
SLOW = (0.3, 4.0)                         # seconds, at least and at most


class Application:
    def __init__(self, port, record):
        self.port, self.mode, self.listener = port, "well", None
        self.record = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.connections = set()

    async def listen(self):
        self.listener = await asyncio.get_running_loop().create_server(lambda: Connection(self), "127.0.0.1", self.port, backlog=1024)

    async def turn(self, mode):
        self.mode = mode
        if mode == "refusing":
            self.listener.close()
            for each in list(self.connections):
                each.reset()
        elif not self.listener.is_serving():
            await self.listen()

    async def obey(self):
        """Until nobody says anything any more."""
        told = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
        print(f"listening on {self.port}", flush=True)
        while line := await told.readline():
            mode = line.decode().strip()
            await self.turn(mode)
            print(mode, flush=True)


class Connection(asyncio.Protocol):
    def __init__(self, application):
        self.application, self.transport = application, None
        self.came, self.seen = b"", False

    def connection_made(self, transport):
        self.transport = transport
        self.application.connections.add(self)

    def connection_lost(self, _):
        self.application.connections.discard(self)
        if self.came and not self.seen:
            self._note(b"PART -")         # less than a request line, which nobody can act on

    def reset(self):
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    def _note(self, line):
        os.write(self.application.record, line + b"\n")

    def data_received(self, data):
        self.came += data
        while line := REQUEST_LINE.match(self.came):
            method, number = line.groups()
            if not self.seen:
                self._note(method + b" " + number)
                self.seen = True
            end = self.came.find(b"\r\n\r\n")
            if end < 0:
                return
            end = self._end_of_body(self.came[:end], end + 4)
            if end is None or len(self.came) < end:
                return
            self.came, self.seen = self.came[end:], False
            self._answer(number.decode())

    def _end_of_body(self, head, behind):
        """None while nobody can say. Chunks are known by their last one: bodies here are of one letter."""
        if b"hunked" in head:
            last = self.came.find(b"\r\n0\r\n\r\n", behind)
            return last + 7 if last >= 0 else None
        found = LENGTH.search(head)
        return behind + (int(found.group(1)) if found else 0)

    def _answer(self, number):
        mode = self.application.mode
        if mode == "slow":
            asyncio.get_running_loop().call_later(random.uniform(*SLOW), self._reply, number, 200)
        elif mode == "resetting":
            self._reset_behind_head()
        else:
            self._reply(number, 500 if mode == "failing" else 200)

    def _reply(self, number, status):
        body = json.dumps({"id": number, "server": self.application.port}).encode()
        self.transport.write(b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))

    def _reset_behind_head(self):
        """By turns the head says how long the body is, and that it comes in chunks. The reset follows when the head has left."""
        framing = random.choice((b"Content-Length: 30", b"Transfer-Encoding: chunked"))
        self.transport.write(b"HTTP/1.1 200 -\r\nContent-Type: application/json\r\n%b\r\n\r\n" % framing)
        asyncio.get_running_loop().call_later(random.choice((0, 0.01)), self.reset)


async def main():
    application = Application(int(sys.argv[1]), sys.argv[2])
    await application.listen()
    await application.obey()

if __name__ == "__main__":
    asyncio.run(main())
