#!/usr/bin/python3
"""Lines executed by the tests, by room, out of gcovr's JSON summary. Exit 1 below a threshold."""

import collections
import json
import sys

from rooms import room_of

OVERALL = 90.0
THRESHOLDS = {"policies": 97.0, "gateway/http": 97.0, "gateway/tokens": 97.0, "gateway/limits": 97.0, "config": 97.0}


def threshold(room):
    """A sub-room has to reach what the room it was cut from has to."""
    return next((wanted for above, wanted in THRESHOLDS.items() if room == above or room.startswith(above + "/")), None)


def main():
    with open(sys.argv[1]) as file:
        files = json.load(file)["files"]
    lines, covered = collections.Counter(), collections.Counter()
    for entry in files:
        room = room_of(entry["filename"])
        if room is None:
            continue
        for name in (room.name, "overall"):
            lines[name] += entry["line_total"]
            covered[name] += entry["line_covered"]
    failed = False
    print(f"{'room':<26}{'lines':>8}{'covered':>9}{'%':>8}{'wanted':>8}")
    for name in sorted(lines, key=lambda n: (n == "overall", n)):
        percent = 100.0 * covered[name] / max(lines[name], 1)
        wanted = OVERALL if name == "overall" else threshold(name)
        low = wanted is not None and percent < wanted
        failed = failed or low
        print(f"{name:<26}{lines[name]:>8}{covered[name]:>9}{percent:>8.1f}{wanted or '':>8}{'  too low' if low else ''}")
    for entry in sorted(files, key=lambda e: e["line_covered"] - e["line_total"])[:10]:
        missing = entry["line_total"] - entry["line_covered"]
        if missing:
            print(f"  {missing:>5} lines not executed in {entry['filename']}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
