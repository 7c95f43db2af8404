"""Two of three servers fail in one way after the other behind one gateway, while clients ask; and what was promised of that."""

import asyncio
import collections
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import paths  # noqa: F401
import harness
from open_loop import OpenLoop

FAULTS = ("killed", "paused", "slow", "failing", "refusing", "resetting")
HEALTH = {"path": "/healthz", "interval": "1s", "timeout": "500ms", "healthy_after": 2, "unhealthy_after": 2}
RECOVERY = 3.0                            # seconds: healthy_after + 1 intervals
LOOK = 0.1                                # between two looks at the metrics
QUARTERS = 4                              # of slow start, whose shares are compared


@dataclass(frozen=True)
class Pace:
    rate: int                             # requests a second; the rest in seconds
    calm: float                           # before a fault
    fault: float
    slow_start: float
    after: float                          # with all of its share

    @property
    def around(self):
        return self.calm + self.fault + RECOVERY + self.slow_start + self.after


def quiet_port(chance):
    """One that no outgoing connection is given while nobody listens there."""
    while True:
        port = chance.randint(15_000, 30_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Server:
    """application.py as a process. All of its lives write to one record."""

    def __init__(self, port, record):
        self.port, self.record = port, record
        self.start()

    def start(self):
        program = Path(__file__).with_name("application.py")
        self.process = harness.Process([sys.executable, program, self.port, self.record], stdin=subprocess.PIPE)
        self.process.wait_for(rf"^listening on {self.port}$")

    def turn(self, mode):
        told = len(self.process.lines)
        self.process.popen.stdin.write(mode + "\n")
        self.process.popen.stdin.flush()
        harness.wait_until(lambda: mode in self.process.lines[told:], what=f"{self.port} to be {mode}")

    def fail(self, fault):
        if fault == "killed":
            self.process.kill()
        elif fault == "paused":
            self.process.popen.send_signal(signal.SIGSTOP)
        else:
            self.turn(fault)

    def mend(self, fault):
        if fault == "killed":
            self.start()
        elif fault == "paused":
            self.process.popen.send_signal(signal.SIGCONT)
        else:
            self.turn("well")

    def seen(self):
        """How often a request came of which something could be acted on, by `METHOD ID`."""
        return collections.Counter(self.record.read_text().splitlines())

    def stop(self):
        self.process.popen.send_signal(signal.SIGCONT)
        self.process.stop()


@dataclass
class Episode:
    """One fault of two servers, as it went; moments are those of time.monotonic."""
    fault: str
    ports: tuple
    began: float
    mended: float = 0.0
    recovered: dict = field(default_factory=dict)   # port: when it was given requests again
    over: float = 0.0

    def recovery(self):
        return max(max(0.0, at - self.mended) for at in self.recovered.values())


class Trial:
    def __init__(self, folder, pace, seed):
        self.pace, self.chance = pace, random.Random(seed)
        self.servers = [Server(quiet_port(self.chance), Path(folder) / f"record{number}") for number in range(3)]
        self.gateway = harness.Gateway(folder, self._settings())
        self.clients = OpenLoop(self.gateway.plain_port, pace.rate, seed)
        self.episodes = []

    def _settings(self):
        made = harness.settings(1)
        made["upstreams"]["app"] = {
            "servers": [f"http://127.0.0.1:{each.port}" for each in self.servers], "health": HEALTH, "ejection": {},
            "slow_start": f"{int(1000 * self.pace.slow_start)}ms", "reply_timeout": "2s", "connect_timeout": "1s"}
        made["logging"]["access"] = "off"
        return made

    def stop(self):
        self.gateway.stop()
        for each in self.servers:
            each.stop()

    async def run(self, faults):
        asking = asyncio.ensure_future(self.clients.run())
        for fault in faults:
            await self._episode(fault)
        self.clients.stopping = True
        await asking

    async def _episode(self, fault):
        await asyncio.sleep(self.pace.calm)
        two = self.chance.sample(self.servers, 2)
        one = Episode(fault, tuple(each.port for each in two), time.monotonic())
        await asyncio.gather(*(asyncio.to_thread(each.fail, fault) for each in two))
        await asyncio.sleep(self.pace.fault)
        await asyncio.gather(*(asyncio.to_thread(each.mend, fault) for each in two))
        one.mended = time.monotonic()
        while len(one.recovered) < 2 and time.monotonic() - one.mended < 10 * RECOVERY:
            up = await asyncio.to_thread(self._up)
            one.recovered.update({port: time.monotonic() for port in one.ports if up[port] and port not in one.recovered})
            await asyncio.sleep(LOOK)
        await asyncio.sleep(self.pace.slow_start + self.pace.after)
        one.over = time.monotonic()
        self.episodes.append(one)

    def _up(self):
        said = [line for line in self.gateway.metrics().splitlines() if line.startswith("yett_upstream_server_up{")]
        return {each.port: any(f'"127.0.0.1:{each.port}"' in line and line.endswith(" 1") for line in said) for each in self.servers}

    # --- what came of it
    def failed_reads(self):
        return [each for each in self.clients.asked if each.method == "GET" and each.status != 200]

    def acted_on(self):
        """How often each request could be acted on, all servers together."""
        return sum((each.seen() for each in self.servers), collections.Counter())

    def sent_twice(self):
        return [name for name, times in self.acted_on().items() if name.startswith("POST ") and times > 1]

    def lost_writes(self):
        """POSTs that were answered with 200 and that no server knows of."""
        seen = self.acted_on()
        return [each for each in self.clients.asked if each.method == "POST" and each.status == 200 and not seen[f"POST {each.number}"]]

    def shares(self, episode):
        """What part of the answers came from one of the recovered servers, on average: for each quarter of slow start, and behind it."""
        back = max(episode.recovered.values())
        step = self.pace.slow_start / QUARTERS
        spans = [(back + at * step, back + (at + 1) * step) for at in range(QUARTERS)] + [(back + self.pace.slow_start, episode.over)]
        return [self._share(episode.ports, *span) for span in spans]

    def _share(self, ports, begin, end):
        by = collections.Counter(each.server for each in self.clients.asked if each.status == 200 and begin <= each.planned < end)
        return sum(by[port] for port in ports) / len(ports) / max(1, sum(by.values()))

    def written(self, episode):
        """What part of the POSTs of a fault was answered with 200."""
        all_of_it = [each.status == 200 for each in self.clients.asked
                     if each.method == "POST" and episode.began <= each.planned < episode.mended]
        return statistics.mean(all_of_it) if all_of_it else 0.0

    def slowest(self, episode, share=0.99):
        """The time within which so many of a fault's GETs were answered."""
        took = sorted(each.took for each in self.clients.asked if each.method == "GET" and episode.began <= each.planned < episode.mended)
        return took[int(share * (len(took) - 1))]
