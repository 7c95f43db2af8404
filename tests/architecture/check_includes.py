#!/usr/bin/python3
"""Includes point downward: a room includes only what rooms.json lets it see."""

import sys

from rooms import ROOT, cycle, includes, room_of, sources

# Sockets and event loops, for the rooms that are said to need them.
OUTSIDE = ("boost/asio", "boost/beast", "sys/socket.h", "netinet/", "netdb.h")


def complaints():
    circle = cycle()
    if circle:
        yield "rooms.json: a circle: " + " → ".join(circle)
    for path in sources():
        room = room_of(path)
        if room is None:
            yield f"{path}: lies in no room of rooms.json"
            continue
        for line, quote, header in includes(path):
            where = f"{path}:{line}"
            if quote == '"' and not (ROOT / header).exists() and not (ROOT / (header + ".in")).exists():
                yield f"{where}: \"{header}\" is not spelled from the root of the repository"
            elif not room.may_include(header):
                yield f"{where}: {room.name} must not include {header}"
            elif not room.asio and header.startswith(OUTSIDE):
                yield f"{where}: {room.name} does no I/O of its own and must not include <{header}>"


def main():
    found = list(complaints())
    print("\n".join(found) if found else f"{len(sources())} files include only what they may")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
