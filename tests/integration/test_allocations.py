"""A request whose token is known costs no allocation: what it needs is there already, from the one before.

`allocations.cpp` stands before the allocator and records what workers ask of it.
"""

import collections
import mmap
import os
import pathlib
import re
import struct
import subprocess

import pytest

import harness
from harness import Gateway, settings

LIBRARY = os.environ.get("YETT_ALLOCATIONS_LIBRARY", str(pathlib.Path(harness.BINARY).parent / "liballocations.so"))
CALLERS, ROWS = 30, 4096
ROW = struct.Struct(f"<{1 + CALLERS}Q")
REQUESTS = 500

pytestmark = pytest.mark.skipif(not os.path.exists(LIBRARY), reason="a sanitizer is the allocator")


class Recorder:
    """The page that the program shares with us."""

    def __init__(self, file):
        file.write_bytes(bytes(16 + ROWS * ROW.size))
        with open(file, "r+b") as opened:
            self.page = mmap.mmap(opened.fileno(), 0)

    def record(self, on):
        self.page[0:8] = struct.pack("<Q", on)

    def rows(self):
        (count,) = struct.unpack_from("<Q", self.page, 8)
        return [ROW.unpack_from(self.page, 16 + n * ROW.size) for n in range(min(count, ROWS))]

    def clear(self):
        self.page[8:16] = bytes(8)


def callers(pid, rows, most=6):
    """What stood in the way of each kind of allocation, for whoever has to find out."""
    where = next(line.split() for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines() if line.endswith("/yett"))
    base = int(where[0].split("-")[0], 16)
    end = max(int(line.split("-")[1].split()[0], 16) for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines()
              if line.endswith("/yett"))
    told = []
    for row, count in collections.Counter(rows).most_common(most):
        ours = [hex(at - base - 1) for at in row[1:] if base <= at < end]
        names = subprocess.run(["addr2line", "-Cfpse", harness.BINARY, *ours], capture_output=True, text=True).stdout
        told.append(f"{count} times {row[0]} bytes:\n{names}")
    return "\n".join(told)


@pytest.fixture
def counted(start, tmp_path, echo):
    recorder = Recorder(tmp_path / "allocations")
    program = start(Gateway(tmp_path, settings(echo.port), env={"LD_PRELOAD": LIBRARY, "YETT_ALLOCATIONS": str(tmp_path / "allocations")}))
    return program, recorder


def asks(method, path, token, body=b""):
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return (f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nUser-Agent: a\r\nAccept: */*\r\n"
            f"Cookie: theme=dark\r\n{length}\r\n").encode() + body


def reply_on(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 "), head
    length = int(next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")).split(b":")[1])
    while len(body) < length:
        body += connection.recv(65536)
    assert len(body) == length


@pytest.mark.parametrize("tls", [True, False])
@pytest.mark.parametrize("method, path, body", [("GET", "/hello", b""), ("POST", "/hello", b"x" * 1000)])
def test_a_request_with_a_known_token_allocates_nothing(counted, tls, method, path, body):
    program, recorder = counted
    token = program.user()["access_token"]
    with program.raw(tls) as raw:
        def ask(times):
            for _ in range(times):
                raw.send(asks(method, path, token, body))
                reply_on(raw.socket)
        ask(50)
        recorder.record(1)
        ask(REQUESTS)
        recorder.record(0)
    rows = recorder.rows()
    # A few times a second a worker does something else; what is a request's own shows in each of them.
    assert len(rows) < REQUESTS / 10, callers(program.pid, rows)


def test_what_is_recorded_are_requests_of_workers(counted):
    """A new user is no cached request."""
    program, recorder = counted
    recorder.record(1)
    program.user("ben@example.com")
    recorder.record(0)
    assert len(recorder.rows()) > 10 and recorder.rows()[0][1] != 0
    assert "worker" not in callers(program.pid, recorder.rows()[:0])


def test_objects_are_mimallocs_and_what_c_libraries_have_is_not():
    """The loader takes `malloc` from the library that is named first (docs/adr/0035)."""
    told = subprocess.run(["readelf", "-d", harness.BINARY], capture_output=True, text=True, check=True).stdout
    needed = [name.split(".so")[0] for name in re.findall(r"NEEDED.*\[(.*)\]", told)]
    assert needed.index("libc") < needed.index("libmimalloc")
