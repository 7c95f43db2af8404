#!/usr/bin/python3
"""A network between nodes and their stores that can be made bad: one process, one link a node and store.

    proxy.py NAME=TARGET[,TARGET…]…

prints `NAME PORT…` for each link, a port for each of its targets. A target is the path of a socket, or a port of this machine.
`@PORT` is one that tells the node where the others are: in what comes from there each other target's port is replaced by the
link's own, so that nobody finds a way past the link. Lines on standard input change a link and are repeated when that is done:

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
    """All ways of one node to one store."""

    def __init__(self):
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


class Way:
    """To one target."""

    def __init__(self, link, target):
        self.link = link
        self.guides = target.startswith("@")
        self.target = target.lstrip("@")
        self.names = {}                   # ports as they are told: what the node is to read instead

    async def open(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def connect(self):
        if self.target.isdigit():
            return await asyncio.open_connection("127.0.0.1", int(self.target))
        return await asyncio.open_unix_connection(self.target)

    async def serve(self, node_reader, node_writer):
        if self.link.mode == "cut":
            reset(node_writer)
            return
        try:
            reader, writer = await self.connect()
        except OSError:
            reset(node_writer)
            return
        self.link.writers |= {node_writer, writer}
        try:
            await asyncio.gather(self.pump(node_reader, writer, True), self.pump(reader, node_writer, False))
        finally:
            self.link.writers -= {node_writer, writer}

    async def pump(self, reader, writer, from_node):
        """An end is passed on as an end, unless it is swallowed like everything else."""
        try:
            while data := await reader.read(65536):
                if self.link.delay:
                    await asyncio.sleep(self.link.delay)
                if not self.link.swallows(from_node):
                    writer.write(data if from_node else self.renamed(data))
                    await writer.drain()
            if not self.link.swallows(from_node):
                writer.close()
        except OSError:
            if not self.link.swallows(from_node):
                reset(writer)

    def renamed(self, data):
        """Ports have five digits each: nothing that counts bytes is upset."""
        for told, own in self.names.items():
            data = data.replace(told, own)
        return data


def reset(writer):
    """A reset instead of a farewell, unless there was one already."""
    held = writer.get_extra_info("socket")
    if held and held.fileno() >= 0 and held.family == socket.AF_INET:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def open_link(word):
    """(its name, the link, the ports of its ways)"""
    name, _, targets = word.partition("=")
    link = Link()
    ways = [Way(link, target) for target in targets.split(",")]
    ports = [await way.open() for way in ways]
    names = {way.target.encode(): str(port).encode() for way, port in zip(ways, ports) if not way.guides}
    for way in ways:
        way.names = names if way.guides else {}
    return name, link, ports


async def obey(links):
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(functools.partial(asyncio.StreamReaderProtocol, lines), sys.stdin)
    while line := (await lines.readline()).decode().split():
        name, mode, *more = line
        links[name].become(mode, *map(float, more))
        print(*line, flush=True)


async def main(words):
    links = {}
    for word in words:
        name, links[name], ports = await open_link(word)
        print(name, *ports, flush=True)
    await obey(links)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
