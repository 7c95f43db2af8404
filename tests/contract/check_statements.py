#!/usr/bin/python3
"""What this program says to its store is kept, for the programs after it.

    check_statements.py HEARD FOLDER

HEARD is what the contract suite wrote down, FOLDER holds a statements-N.sql for each schema N.
"""

import pathlib
import sys


def complaint(heard, kept):
    """What is missing in the file that keeps the statements; None when nothing is."""
    if not kept.exists():
        return f"{kept} is not there"
    missing = set(heard.read_text().splitlines()) - set(kept.read_text().splitlines())
    if missing:
        return f"{kept} lacks\n" + "\n".join(sorted(missing))
    return None


def main():
    heard, folder = map(pathlib.Path, sys.argv[1:])
    schema = heard.read_text().splitlines()[0].removeprefix("-- schema ")
    wrong = complaint(heard, folder / f"statements-{schema}.sql")
    if wrong:
        print(f"{wrong}\nunless schema {schema} is released: cp {heard} {folder}/statements-{schema}.sql")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
