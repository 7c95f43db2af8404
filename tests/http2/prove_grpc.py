#!/usr/bin/python3
"""So many calls of real gRPC clients, for `./dev prove grpc`: each ends as it should, and no limit against attackers closes a connection."""

import concurrent.futures
import itertools
import os
import pathlib
import random
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import grpc  # noqa: E402
import grpc_parts  # noqa: E402
import harness  # noqa: E402
import servers  # noqa: E402

CHANNELS = 4
AT_ONCE = 16


def configuration(port):
    config = servers.configuration(port, logging={"access": "off", "audit": "off"})
    config["upstreams"] = {"app": {"servers": [f"h2c://127.0.0.1:{port}"]}}
    config["routes"] = [{"name": "all", "match": {"path": "/**"}, "access": "authenticated", "upstream": "app"}]
    return config


# Each says whether it ended as it should.
def unary(calls, dice):
    sent = dice.randbytes(dice.randrange(2000))
    return calls.echo(sent) == sent


def answers(calls, dice):
    count = dice.randrange(30)
    return list(calls.count(count)) == [b"%d" % number for number in range(count)]


def requests(calls, dice):
    sizes = [dice.randrange(3000) for _ in range(dice.randrange(20))]
    return calls.sum(bytes(size) for size in sizes) == sum(sizes)


def both(calls, dice):
    said = [dice.randbytes(100) for _ in range(dice.randrange(10))]
    return list(calls.chat(iter(said))) == [b"heard " + each for each in said]


def cancelled(calls, dice):
    call = calls.wait()
    next(call)
    call.cancel()
    return grpc_parts.code_of(lambda: call) is grpc.StatusCode.CANCELLED


def too_late(calls, dice):
    return grpc_parts.code_of(lambda: calls.wait(timeout=0.05)) is grpc.StatusCode.DEADLINE_EXCEEDED


KINDS = {unary: 60, answers: 12, requests: 12, both: 12, cancelled: 3, too_late: 1}


class Connections:
    """How often a channel lost the connection that it had."""

    def __init__(self, channel):
        self.lost, self.last, self.lock = 0, None, threading.Lock()
        channel.subscribe(self._changed)

    def _changed(self, state):
        with self.lock:
            self.lost += self.last is grpc.ChannelConnectivity.READY and state is not grpc.ChannelConnectivity.READY
            self.last = state


def call(calls, number, seed):
    dice = random.Random(f"{seed} {number}")
    kind = dice.choices(list(KINDS), KINDS.values())[0]
    try:
        return kind, "" if kind(calls, dice) else f"{kind.__name__} number {number} was answered wrongly"
    except grpc.RpcError as failed:
        return kind, f"{kind.__name__} number {number}: {failed.code()} {failed.details()}"


def try_all(program, rounds, seed):
    token = program.user()["access_token"]
    channels = [grpc_parts.secured(program.tls_port, program.ca, token) if number % 2 else grpc_parts.plain(program.plain_port, token) for number in range(CHANNELS)]
    watched = [Connections(each.channel) for each in channels]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        came = list(pool.map(lambda pair: call(pair[1], pair[0], seed), zip(range(rounds), itertools.cycle(channels))))
    seconds = time.monotonic() - began
    lost = sum(each.lost for each in watched)
    for each in channels:
        each.close()
    return came, lost, seconds


def main():
    rounds, seed = int(os.environ.get("YETT_PROOF_ROUNDS", "10000")), int(os.environ.get("YETT_PROOF_SEED", "1"))
    service = grpc_parts.Service()
    with tempfile.TemporaryDirectory(prefix="yett-grpc-") as folder, harness.Gateway(folder, configuration(service.port)) as program:
        came, lost, seconds = try_all(program, rounds, seed)
        faults = program.metric("yett_http2_faults_total") or 0
    service.stop()
    wrong = [words for _, words in came if words]
    figures = {f"calls of {kind.__name__.replace('_', ' ')}": sum(each is kind for each, _ in came) for kind in KINDS} | {
        "calls that ended otherwise than they should": len(wrong), "connections that channels lost": lost, "connections ended for a fault": int(faults),
        "calls a second": round(len(came) / seconds)}
    text = "".join(f"{name}: {value:,}\n" for name, value in figures.items())
    if file := os.environ.get("YETT_PROOF_FIGURES"):
        pathlib.Path(file).write_text(text)
    print(text + "\n".join(wrong[:20]))
    return 1 if wrong or lost or faults else 0


if __name__ == "__main__":
    sys.exit(main())
