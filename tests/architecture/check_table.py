#!/usr/bin/python3
"""The table of rooms in docs/architecture.md is the one of rooms.json (--write puts it there), and what the page names is there."""

import re
import sys

from rooms import ROOT, table

DOCUMENT = ROOT / "docs/architecture.md"
TABLE = re.compile(r"^\| Room \|.*\n(\|.*\n)+", re.MULTILINE)
NAMED = re.compile(r"`((?:\w+/)+\w+(?:\.\w+)?)`")


def is_there(name):
    """A file with its ending or, as the tables have them, without; gateway/ may be left out."""
    places = [ROOT / name, ROOT / "gateway" / name]
    return any(place.exists() or place.with_suffix(".hpp").exists() or place.with_suffix(".cpp").exists() for place in places)


def main():
    text = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    written = TABLE.search(text)
    if not written:
        print("docs/architecture.md has no table of rooms")
        return 1
    if "--write" in sys.argv:
        DOCUMENT.write_text(text[:written.start()] + table() + text[written.end():])
        return 0
    if written[0] != table():
        print("docs/architecture.md is stale: tests/architecture/check_table.py --write")
        return 1
    missing = sorted({name for name in NAMED.findall(text) if not is_there(name)})
    for name in missing:
        print(f"docs/architecture.md names {name}, which is not there")
    if not missing:
        print("docs/architecture.md is up to date")
    return bool(missing)


if __name__ == "__main__":
    sys.exit(main())
