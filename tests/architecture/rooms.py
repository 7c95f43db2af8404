"""The rooms of the source and what they may include, as written in rooms.json."""

import json
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]')


class Room:
    def __init__(self, entry):
        self.name = entry["room"]
        self.does = entry["does"]
        self.asio = entry.get("asio", False)
        # Other rooms, each with the headers that may be seen of it; none means all.
        self.sees = {}
        for text in entry["sees"]:
            room, _, headers = text.partition(":")
            self.sees[room] = headers.split()

    def may_include(self, header):
        if "*" in self.sees:
            return True
        other = room_of(header)
        if other is None or other.name == self.name:
            return True
        if other.name not in self.sees:
            return False
        allowed = self.sees[other.name]
        return not allowed or pathlib.PurePath(header).stem in allowed

    def sees_in_words(self):
        if "*" in self.sees:
            return "all"
        words = []
        for room, headers in self.sees.items():
            short = room.removeprefix("gateway/")
            words.append(short + (" (" + ", ".join(f"`{h}`" for h in headers) + ")" if headers else ""))
        return ", ".join(words) or "–"


ROOMS = [Room(entry) for entry in json.loads((pathlib.Path(__file__).parent / "rooms.json").read_text())["rooms"]]


def room_of(path):
    """The room a file lies in; sub-rooms are rooms of their own. None outside of all rooms."""
    fitting = [room for room in ROOMS if str(path) == room.name or str(path).startswith(room.name + "/")]
    return max(fitting, key=lambda room: len(room.name), default=None)


def sources():
    """Every C++ file of the program, relative to the root."""
    files = []
    for folder in ("gateway", "policies", "config"):
        files += [f.relative_to(ROOT) for f in (ROOT / folder).rglob("*") if f.suffix in (".hpp", ".cpp")]
    return sorted(files)


def includes(path):
    """(line, quote, header) of each include."""
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1], match[2]


def table():
    """The table of docs/architecture.md."""
    lines = ["| Room | Single responsibility | May include |", "|---|---|---|"]
    lines += [f"| `{room.name}` | {room.does} | {room.sees_in_words()} |" for room in ROOMS]
    return "\n".join(lines) + "\n"
