#!/usr/bin/python3
"""A network between nodes and their database that can be made bad: one process, one link a node.

    proxy.py FOLDER NAME…

prints `NAME PORT` for each link; each leads to the PostgreSQL whose socket is in FOLDER. Lines on standard input change a link
and are repeated when that is done:

    NAME pass             the usual
    NAME delay SECONDS    every piece is late by so much, each way
    NAME cut              connections are reset, new ones as well
    NAME half_open        nothing passes, nobody is told
    NAME deaf             what the node says passes, what it should hear does not

A link that was silent resets its connections when it is mended: their streams have holes.
"""

import asyncio
import functools
import socket
import struct
import sys

SILENT = ("half_open", "deaf")


class Link:
    def __init__(self, target):
        self.target = target
        self.mode, self.delay = "pass", 0.0
        self.writers = set()

    def become(self, mode, delay=0.0):
        broken = mode == "cut" or self.mode in SILENT
        self.mode, self.delay = mode, delay
        if broken:
            self.reset()

    def reset(self):
        for writer in list(self.writers):
            reset(writer)

    def swallows(self, from_node):
        return self.mode == "half_open" or (self.mode == "deaf" and not from_node)

    async def serve(self, node_reader, node_writer):
        if self.mode == "cut":
            reset(node_writer)
            return
        try:
            reader, writer = await asyncio.open_unix_connection(self.target)
        except OSError:
            reset(node_writer)
            return
        self.writers |= {node_writer, writer}
        try:
            await asyncio.gather(self.pump(node_reader, writer, True), self.pump(reader, node_writer, False))
        finally:
            self.writers -= {node_writer, writer}

    async def pump(self, reader, writer, from_node):
        """An end is passed on as an end, unless it is swallowed like everything else."""
        try:
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                if not self.swallows(from_node):
                    writer.write(data)
                    await writer.drain()
            if not self.swallows(from_node):
                writer.close()
        except OSError:
            if not self.swallows(from_node):
                reset(writer)


def reset(writer):
    """A reset instead of a farewell, unless there was one already."""
    held = writer.get_extra_info("socket")
    if held and held.fileno() >= 0 and held.family == socket.AF_INET:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def obey(links):
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(functools.partial(asyncio.StreamReaderProtocol, lines), sys.stdin)
    while line := (await lines.readline()).decode().split():
        name, mode, *more = line
        links[name].become(mode, *map(float, more))
        print(*line, flush=True)


async def main(folder, names):
    links = {name: Link(f"{folder}/.s.PGSQL.5432") for name in names}
    servers = [await asyncio.start_server(link.serve, "127.0.0.1", 0) for link in links.values()]
    for name, server in zip(links, servers):
        print(name, server.sockets[0].getsockname()[1], flush=True)
    await obey(links)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
