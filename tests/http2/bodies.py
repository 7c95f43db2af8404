"""Large bodies over HTTP/2 by curl, and how much the program grows meanwhile."""

import subprocess

from floods import Memory

MIB = 1 << 20
OPTIONS = ["--silent", "--show-error", "--http2", "--fail", "--output", "/dev/null"]


def curl(program, path, *more, stdin=None):
    told = subprocess.run(["curl", *OPTIONS, "--cacert", program.ca, "--write-out", "%{http_version} %{size_download} %{size_upload}",
                           *more, program.https + path], check=True, capture_output=True, text=True, stdin=stdin).stdout.split()
    assert told[0] == "2", f"HTTP/{told[0]}"
    return int(told[1]), int(told[2])


def download(program, size):
    return curl(program, f"/bytes/{size}")[0]


def upload(program, size):
    """Of a length that nobody knows before its end."""
    with subprocess.Popen(["head", "-c", str(size), "/dev/zero"], stdout=subprocess.PIPE) as source:
        return curl(program, "/upload", "--request", "POST", "--upload-file", "-", stdin=source.stdout)[1]


TRANSFERS = {"down": download, "up": upload}


def growth_kib(program, transfer, size):
    """Of a program that has done the same in small before."""
    assert transfer(program, 16 * MIB) == 16 * MIB
    with Memory(program) as memory:
        assert transfer(program, size) == size, "not all of it passed"
    return memory.growth
