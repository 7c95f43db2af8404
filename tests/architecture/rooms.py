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
        other = room_of(header)
        if other is None or other.name == self.name:
            return True
        allowed = self.entry_for(other)
        return allowed is not None and (not allowed or pathlib.PurePath(header).stem in allowed)

    def seen_rooms(self):
        """What it may include, as rooms: sub-rooms of a room that it sees whole from outside are among them."""
        for other in ROOMS:
            if other.name != self.name and self.entry_for(other) is not None:
                yield other

    def entry_for(self, other):
        """The headers of `other` that it may include; none in the list means all, None means it sees nothing of that room."""
        if other.name in self.sees:
            return self.sees[other.name]
        if "*" in self.sees and other.house() != self.house() and other.name != "gateway/main.cpp":
            return []
        parts = other.name.split("/")
        for above in ("/".join(parts[:count]) for count in range(len(parts) - 1, 0, -1)):
            inside = self.name == above or self.name.startswith(above + "/")
            if above in self.sees and not self.sees[above] and not inside:
                return []
        return None

    def house(self):
        """The room it was cut from, or itself; "*" stands for all rooms outside of it."""
        return "/".join(self.name.split("/")[:2])

    def sees_in_words(self):
        words = []
        for room, headers in self.sees.items():
            if room == "*":
                words.append("all outside of `app`")
                continue
            short = room.removeprefix("gateway/")
            words.append(short + (" (" + ", ".join(f"`{h}`" for h in headers) + ")" if headers else ""))
        return ", ".join(words) or "–"


ROOMS = [Room(entry) for entry in json.loads((pathlib.Path(__file__).parent / "rooms.json").read_text())["rooms"]]


def room_of(path):
    """The room a file lies in; sub-rooms are rooms of their own. None outside of all rooms."""
    fitting = [room for room in ROOMS if str(path) == room.name or str(path).startswith(room.name + "/")]
    return max(fitting, key=lambda room: len(room.name), default=None)


def cycle():
    """Rooms that see each other in a circle, or nothing. Static libraries in a circle do not link, and no reader finds an end of it."""
    done = set()

    def visit(room, way):
        if room.name in way:
            return way[way.index(room.name):] + [room.name]
        if room.name in done:
            return []
        circles = (visit(other, way + [room.name]) for other in room.seen_rooms())
        found = next((circle for circle in circles if circle), [])
        done.add(room.name)
        return found

    return next((circle for circle in (visit(room, []) for room in ROOMS) if circle), [])


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
