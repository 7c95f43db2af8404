#!/usr/bin/python3
"""The table of rooms in docs/architecture.md is the one of rooms.json. --write puts it there."""

import re
import sys

from rooms import ROOT, table

DOCUMENT = ROOT / "docs/architecture.md"
TABLE = re.compile(r"^\| Room \|.*\n(\|.*\n)+", re.MULTILINE)


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
    print("docs/architecture.md is up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main())
