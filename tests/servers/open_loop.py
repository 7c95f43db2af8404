"""A client that asks at planned instants, whether or not the answers before have come: whoever is slow is asked all the same."""

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass

LENGTH = re.compile(rb"(?im)^content-length: *(\d+)")
PATIENCE = 30.0                           # seconds; what takes longer is no answer
IDLE = 10.0


@dataclass(frozen=True)
class Asked:
    method: str
    number: int
    planned: float                        # time.monotonic
    took: float                           # from the planned instant to the last byte
    status: int                           # 0: no whole reply, or somebody else's
    server: int                           # whose port says the reply
    trouble: str


class OpenLoop:
    """GET and POST by lot, each with a number of its own; half of the POSTs have a body in chunks."""

    def __init__(self, port, rate, seed):
        self.port, self.rate, self.chance = port, rate, random.Random(seed)
        self.asked, self.running, self.idle = [], set(), []
        self.stopping = False

    async def run(self):
        began = time.monotonic()
        number = 0
        while not self.stopping:
            planned = began + number / self.rate
            await asyncio.sleep(max(0.0, planned - time.monotonic()))
            number += 1
            one = asyncio.ensure_future(self._ask(self.chance.choice(("GET", "POST")), number, planned))
            self.running.add(one)
            one.add_done_callback(self.running.discard)
        while self.running:
            await asyncio.gather(*list(self.running))

    async def _ask(self, method, number, planned):
        status, server, trouble = 0, 0, ""
        try:
            status, server = await asyncio.wait_for(self._exchange(method, number), PATIENCE)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as broken:
            trouble = repr(broken)
        self.asked.append(Asked(method, number, planned, time.monotonic() - planned, status, server, trouble))

    async def _connection(self):
        """The one that was used last; those that nobody used for a while may be about to be closed."""
        while self.idle:
            since, reader, writer = self.idle.pop()
            if time.monotonic() - since < IDLE:
                return reader, writer
            writer.close()
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def _exchange(self, method, number):
        reader, writer = await self._connection()
        try:
            writer.write(self._request(method, number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = LENGTH.search(head)
            if not length:
                raise ValueError(f"a reply without a length: {head}")
            body = await reader.readexactly(int(length.group(1)))
        except BaseException:
            writer.close()
            raise
        if b"onnection: close" in head:
            writer.close()
        else:
            self.idle.append((time.monotonic(), reader, writer))
        status = int(head[9:12])
        said = json.loads(body) if status == 200 else {"id": str(number), "server": 0}
        if said["id"] != str(number):
            raise ValueError(f"{said} is the answer to another request than {number}")
        return status, said["server"]

    def _request(self, method, number):
        head = f"{method} /public/{number} HTTP/1.1\r\nHost: app.test\r\n".encode()
        if method == "GET":
            return head + b"\r\n"
        body = b"x" * self.chance.randint(1, 2000)
        if self.chance.random() < 0.5:
            return head + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
        return head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
