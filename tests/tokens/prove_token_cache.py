#!/usr/bin/python3
"""Run by `./dev prove token-cache`: so many distinct valid tokens, each in a request of its own through the gateway, and what its cache
of verified tokens took: by its own figure, and by the resident memory of the process. Once with room for a few of them, once for all.

The tokens are what the gateway's own login makes, signed with its own key (HS256), but for the names in them. A client's connection
belongs to one worker, and a token is shown over the same connection each time, so that it is asked of the cache that has it.
"""

import base64
import contextlib
import hmac
import json
import multiprocessing
import pathlib
import socket
import sys
import tempfile
import threading
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "integration"), str(TESTS / "fleet")]

import harness
import proof

CLIENTS = 2                               # processes
CONNECTIONS = 8                           # of each
BATCH = 25                                # requests on a connection before their replies are read
BODY = b"here"
AGAIN = 100                               # rounds over all connections whose tokens are shown once more in the end
ENOUGH = 512                              # bytes of room for each token, with which none is let go
MIB = 1 << 20
ROOMS = {"64MiB": 64 * MIB, "1GiB": 1024 * MIB}


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class Tokens:
    """Token number so and so, the same each time."""

    def __init__(self, real):
        header, payload, _ = real.split(".")
        self.header = header.encode()
        self.claims = json.loads(base64.urlsafe_b64decode(payload + "=="))

    def text(self, number):
        uuid = f"0197a2c5-7f00-7000-8000-{number:012x}"
        claims = {**self.claims, "sub": uuid, "email": f"someone{number}@example.com", "sid": "1" + uuid[1:], "jti": "2" + uuid[1:]}
        if "user_id" in claims:
            claims["user_id"] = uuid
        signed = self.header + b"." + encoded(json.dumps(claims, separators=(",", ":")).encode())
        return signed + b"." + encoded(hmac.digest(harness.SECRET.encode(), signed, "sha256"))


def show(port, tokens, numbers, again=0):
    """Each in a request, and those of the last rounds once more over the same connections; how many were let in."""
    rounds = list(range(numbers.start, numbers.stop, CONNECTIONS * BATCH))
    let_in = 0
    with contextlib.ExitStack() as open_ones:
        sockets = [open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(CONNECTIONS)]
        for at in rounds + rounds[len(rounds) - again:]:
            asked = []
            for each, one in enumerate(sockets):
                mine = range(at + each * BATCH, min(at + (each + 1) * BATCH, numbers.stop))
                one.sendall(b"".join(b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %b\r\n\r\n" % tokens.text(n) for n in mine))
                asked.append(len(mine))
            let_in += sum(replies(one, count) for one, count in zip(sockets, asked))
    return let_in


def replies(one, count):
    """Waits for so many; how many are the rule's own."""
    came = b""
    while came.count(b"HTTP/1.1 ") < count or (count and not came.endswith(BODY)):
        part = one.recv(1 << 18)
        if not part:
            raise EOFError(came[-500:])
        came += part
        if b"HTTP/1.1 4" in came or b"HTTP/1.1 5" in came:
            raise ValueError(came[:2000])
    return came.count(b"\r\n\r\n" + BODY)


class Watch(threading.Thread):
    """The most that was seen, looked at several times a second; the beginning is what is here before any token."""

    def __init__(self, gateway):
        super().__init__(daemon=True)
        self.gateway, self.running = gateway, True
        self.cached = self.resident = 0
        self.before = gateway.rss_kib() * 1024

    def run(self):
        while self.running:
            self.cached = max(self.cached, self.gateway.metric("yett_token_cache_bytes") or 0)
            self.resident = max(self.resident, self.gateway.rss_kib() * 1024)
            time.sleep(0.2)

    def stop(self):
        self.running = False
        self.join()


def settings(room):
    made = harness.settings(1)
    made["tokens"] |= {"cache": {"bytes": room}, "access_ttl": "1h"}
    made["routes"] = [{"name": "here", "match": {"path": "/**"}, "access": "authenticated", "respond": {"body": BODY.decode()}}]
    made["logging"]["access"] = "off"
    return made


def shares(first, last):
    """For each client its numbers."""
    size = -(-(last - first) // (CLIENTS * CONNECTIONS * BATCH)) * CONNECTIONS * BATCH
    return [range(first + each * size, min(first + (each + 1) * size, last)) for each in range(CLIENTS)]


def fill(gateway, many, again, pool):
    """All of them, the last ones twice; what was let in, the watch, and how long it took."""
    tokens = Tokens(gateway.user()["access_token"])
    # Buffers and whatever else the first requests bring, ahead of the measure.
    pool.starmap(show, [(gateway.plain_port, tokens, span) for span in shares(1 << 40, (1 << 40) + 2000)])
    watch = Watch(gateway)
    watch.start()
    began = time.monotonic()
    let_in = sum(pool.starmap(show, [(gateway.plain_port, tokens, span, again) for span in shares(0, many)]))
    took = time.monotonic() - began
    time.sleep(1)                         # what workers count is told now and then
    watch.stop()
    return let_in, watch, took


def one_room(room, bound, many, pool):
    """Writes the figures of one size; what did not hold."""
    again = min(AGAIN, many // (CLIENTS * CONNECTIONS * BATCH))
    shown = many + again * CLIENTS * CONNECTIONS * BATCH
    with tempfile.TemporaryDirectory(prefix="yett-cache-") as folder, harness.Gateway(folder, settings(room)) as gateway:
        let_in, watch, took = fill(gateway, many, again, pool)
        hits, entries, evictions = (int(gateway.metric(f"yett_token_cache_{name}") or 0) for name in ("hits_total", "entries", "evictions_total"))
    grown = watch.resident - watch.before
    proof.figure(f"{room}: requests that were let in", f"{let_in:,} of {shown:,}, {shown / took:,.0f} a second")
    proof.figure(f"{room}: of the last tokens, shown twice, known", f"{hits:,} of {shown - many:,}")
    proof.figure(f"{room}: tokens kept, and let go for others", f"{entries:,}, {evictions:,}")
    proof.figure(f"{room}: yett_token_cache_bytes at most", f"{watch.cached / MIB:.1f} MiB of {bound / MIB:.0f}")
    proof.figure(f"{room}: resident memory grew by at most", f"{grown / MIB:.1f} MiB of {bound / MIB:.0f}")
    return [f"{room}: {what}" for what, is_bad in {
        "a good token was refused": let_in != shown,
        "tokens were forgotten": bound >= ENOUGH * many and hits < shown - many,
        "the cache by its figure": watch.cached > bound or not watch.cached,
        "the process by its memory": grown > bound}.items() if is_bad]


def main():
    many = proof.rounds(20_000)
    with multiprocessing.Pool(CLIENTS) as pool:
        wrong = [each for room, bound in ROOMS.items() for each in one_room(room, bound, many, pool)]
    if wrong:
        proof.figure("did not hold", ", ".join(wrong))
    return proof.BROKEN if wrong else proof.HELD


if __name__ == "__main__":
    sys.exit(main())
