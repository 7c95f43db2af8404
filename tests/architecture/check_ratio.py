#!/usr/bin/python3
"""Lines of unit tests for each line of code, where decisions are made: docs/architecture.md, rule 9.

A room's tests are those in the folder of its name below tests/unit. Blank lines and comments count on neither
side, so that nobody pays for explaining. What contract suites, integration tests and fuzzers show is not
counted: a rule is proved here by rows of a table, and not by a journey that happens to pass it.

A room that is not there yet stands in ratio.json with what it has reached, and may not fall behind that.
"""

import json
import pathlib
import sys

from rooms import ROOMS, ROOT, room_of, sources

WANTED = 1.0
SAFE = 1.05  # where an entry of ratio.json has to go; between the two it may stay, so that a few lines do not decide
WITH_SUB_ROOMS = ["policies", "config", "gateway/http", "gateway/tokens", "gateway/limits", "gateway/pipeline"]
EACH_ALONE = [room.name for room in ROOMS if room.name.startswith("gateway/pipeline")]
ALLOWED = json.loads((pathlib.Path(__file__).parent / "ratio.json").read_text())


def lines_of(path):
    lines = (line.strip() for line in path.read_text().splitlines())
    return sum(bool(line) and not line.startswith(("//", "/*", "*")) for line in lines)


def lines_by_room():
    """{room: [lines of code, lines of its unit tests]}"""
    counted = {room.name: [0, 0] for room in ROOMS}
    for path in sources():
        counted[room_of(path).name][0] += lines_of(ROOT / path)
    tests = ROOT / "tests" / "unit"
    for path in tests.rglob("*.[ch]pp"):
        folder = str(path.parent.relative_to(tests))
        room = room_of(folder) or room_of(f"gateway/{folder}")
        counted[room.name][1] += lines_of(path)
    return counted


def ratios():
    counted = lines_by_room()
    houses = {f"{house} and its sub-rooms": [name for name in counted if name == house or name.startswith(house + "/")]
              for house in WITH_SUB_ROOMS}
    for what, rooms in {**houses, **{room: [room] for room in EACH_ALONE}}.items():
        code, tests = (sum(counted[room][side] for room in rooms) for side in (0, 1))
        yield what, tests / code


def complaints(measured):
    for what, ratio in measured.items():
        least = ALLOWED.get(what, {"least": WANTED})["least"]
        if ratio < least:
            yield f"{what}: {ratio:.2f} lines of unit tests for each line of code, {least} are wanted"
        if ratio >= SAFE and what in ALLOWED:
            yield f"{what}: has reached {SAFE}; its line in ratio.json can go"
    for what in sorted(set(ALLOWED) - set(measured)):
        yield f"{what}: is no room that is counted; its line in ratio.json can go"


if __name__ == "__main__":
    found = dict(ratios())
    wrong = list(complaints(found))
    print("\n".join(f"{ratio:5.2f}  {what}" for what, ratio in sorted(found.items(), key=lambda each: each[1])))
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))
