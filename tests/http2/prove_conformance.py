#!/usr/bin/python3
"""The large size of the table of RFC 9113 and RFC 7541, for `./dev prove http2-conformance`.

Every row at Yett, nginx and nghttpx, plain and with TLS, so many times. Yett has to meet each of them each time; what both others see
otherwise has to name the words of the RFC that it rests on.
"""

import collections
import os
import pathlib
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "integration")]

import application  # noqa: E402
import case  # noqa: E402
import frames  # noqa: E402
import sections  # noqa: E402
import servers  # noqa: E402

NAMES = ("Yett", "nginx", "nghttpx")


class Row:
    """What came of one row at each server: the words of each time that it was not met."""

    def __init__(self, of):
        self.of, self.missed = of, collections.defaultdict(list)

    def cell(self, name):
        return f"**{self.missed[name][0]}**" if self.missed[name] else "met"

    def is_missed_by_both_others(self):
        return bool(self.missed["nginx"] and self.missed["nghttpx"])

    def is_missed_by_any(self):
        return any(self.missed.values())


def try_all(running, rounds):
    rows = {}
    for _ in range(rounds):
        for tls in (False, True):
            for each in sections.all_cases(frames.Requests("https" if tls else "http")):
                row = rows.setdefault(each.name, Row(each))
                for name, server in running.items():
                    met, happened = judged(each, server, tls)
                    if not met:
                        row.missed[name].append(happened)
    return list(rows.values())


def judged(each, server, tls):
    """Whoever sends what nobody can read has not met the row either."""
    try:
        return case.judge(each, server, tls)
    except (OSError, AssertionError, ValueError) as broken:
        return False, f"{type(broken).__name__} {broken}"


def table(rows):
    lines = ["", "| Section | What is asked | " + " | ".join(NAMES) + " | What it rests on, where others see it otherwise |", "|---" * (3 + len(NAMES)) + "|"]
    for row in rows:
        words = row.of.rests_on if row.is_missed_by_any() else ""
        lines.append("| " + " | ".join([row.of.section, row.of.asks, *map(row.cell, NAMES), words]) + " |")
    return "\n".join(lines) + "\n"


def figures(rows):
    yield "rows", len(rows)
    for name in NAMES:
        yield f"rows that {name} meets", sum(not row.missed[name] for row in rows)
    yield "rows that both others see otherwise", sum(map(Row.is_missed_by_both_others, rows))


def complaints(rows):
    for row in rows:
        if row.missed["Yett"]:
            yield f"{row.of.name} {row.missed['Yett'][0]}"
        if row.is_missed_by_both_others() and not row.of.rests_on:
            yield f"{row.of.name} is seen otherwise by both others, and names no words"


def write(variable, text):
    if file := os.environ.get(variable):
        pathlib.Path(file).write_text(text)


def main():
    behind, running = application.Application(), {}
    try:
        with tempfile.TemporaryDirectory(prefix="yett-http2-") as folder:
            running = {"Yett": servers.yett(folder, behind.port), "nginx": servers.Nginx(behind.port), "nghttpx": servers.Nghttpx(behind.port)}
            rows = try_all(running, int(os.environ.get("YETT_PROOF_ROUNDS", "1")))
    finally:
        for each in (*running.values(), behind):
            each.stop()
    write("YETT_PROOF_FIGURES", "".join(f"{name}: {value}\n" for name, value in figures(rows)))
    write("YETT_PROOF_TABLE", table(rows))
    found = list(complaints(rows))
    print("\n".join([f"{name}: {value}" for name, value in figures(rows)] + found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
