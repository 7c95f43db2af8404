"""The application behind: HTTP/1.1, one reply for each of a few paths, and a record of what it was asked."""

import asyncio
import json
import re
import socket
import threading


class Application:
    """`/fields` tells what came, `/echo` says it again, `/bytes/N`, `/slow/MILLISECONDS`, `/deaf` never reads, `/trailers` ends in some."""

    def __init__(self):
        self.heads, self.loop = [], asyncio.new_event_loop()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        # What nobody reads shows soon, for buffers are small.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self._serve, sock=self.listener, limit=1 << 17))
        self.loop.run_forever()

    def stop(self):
        self.loop.call_soon_threadsafe(self._end)
        self.thread.join(5)
        self.listener.close()

    def _end(self):
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.call_soon(self.loop.stop)

    async def _serve(self, reader, writer):
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass        # who asked is gone, in the middle of a body or before one
        finally:
            if not self.loop.is_closed():
                writer.close()

    async def _answer(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        self.heads.append(head)
        method, path = head.split(b" ", 2)[:2]
        path = path.split(b"?")[0]
        if method == b"CONNECT":
            writer.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            return False
        if path == b"/deaf":
            await asyncio.sleep(60)
            return False
        if path.startswith(b"/slow/"):
            await asyncio.sleep(int(path[6:]) / 1000)
        body = await self._body(head, reader, path)
        if path == b"/trailers":
            writer.write(b"HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-sum: 2\r\n\r\n")
        else:
            said = self._said(path, head, body)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + (b"" if method == b"HEAD" else said))
        await writer.drain()
        return True

    async def _body(self, head, reader, path):
        """The octets for who wants them back, else their number."""
        keeps, kept, count = path in (b"/echo", b"/fields"), b"", 0
        async for part in parts_of(head, reader):
            count += len(part)
            kept += part if keeps else b""
        return kept if keeps else count

    def _said(self, path, head, body):
        if path == b"/echo":
            return body
        if path == b"/fields":
            lines = [line.decode("latin-1") for line in head.split(b"\r\n")[:-2]]
            return json.dumps({"line": lines[0], "fields": [line.split(": ", 1) for line in lines[1:]], "body": len(body)}).encode()
        if found := re.fullmatch(rb"/bytes/(\d+)", path):
            return bytes(int(found[1]))
        return b"ok %d" % body


async def parts_of(head, reader):
    if re.search(rb"(?im)^transfer-encoding:\s*chunked", head):
        while size := int((await reader.readline()).split(b";")[0], 16):
            yield await reader.readexactly(size)
            await reader.readexactly(2)
        while (await reader.readline()).strip():
            pass
    elif found := re.search(rb"(?im)^content-length:\s*(\d+)", head):
        left = int(found[1])
        while left:
            part = await reader.readexactly(min(left, 1 << 16))
            left -= len(part)
            yield part
