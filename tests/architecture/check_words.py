#!/usr/bin/python3
"""Words that must not stand in certain files.

Rules take the time, randomness and the environment as arguments: only gateway/base and
config ask the system. Times are written and read by gateway/base/text/rfc3339 alone, for whatever
else formats one asks the machine for its time zone sooner or later. And no file of the
repository names a path of somebody's machine.
"""

import re
import subprocess
import sys

from rooms import ROOT, sources

CALLS = re.compile(r"\b(system_clock|steady_clock|high_resolution_clock|utc_clock)::now\b|\b(secure_)?getenv\b|\brandom_device\b"
                   r"|\bclock_gettime\b|\bgettimeofday\b|\bstd::time\s*\(")
CALLERS = ("gateway/base/", "config/")
# In texts, too: SQLite has a strftime of its own, and fmt::format("{:%H:%M}", at) is local time.
CIVIL_TIME = re.compile(r"\b(localtime|gmtime|mktime|strftime|strptime|asctime|tzset|year_month_day|hh_mm_ss|zoned_time|current_zone"
                        r"|put_time|get_time)(_r|_s)?\b|\bctime(_r)?\s*\(|<fmt/chrono\.h>|\{\w*:[^{}\"]*%[A-Za-z]")
CALENDAR = "gateway/base/text/rfc3339.cpp"
FORBIDDEN_ANYWHERE = re.compile(r"\bvolatile\b|\busing namespace std;|\bstd::regex\b|\bTODO\b|\bFIXME\b")
# Written in pieces so that this file does not find itself.
MACHINE_PATHS = re.compile("|".join(["/wo" + "rk/", "/tmp/ye" + "tt/", "/home/" + r"[a-z]+/", "/ro" + "ot/"]))
UNESCAPED = re.compile(r"\{\{(\{|\s*&)")
ACTIVE = re.compile(r"<script|<style|\sstyle=|\son[a-z]+=|https?://", re.IGNORECASE)
BINARY = {".png", ".ico", ".woff2", ".db", ".gz", ".bin"}


def strip_comments_and_texts(line):
    return re.sub(r'"(\\.|[^"\\])*"', '""', line).split("//")[0]


def line_complaints(path, line):
    """What is wrong with one line of the file at `path`."""
    call = CALLS.search(strip_comments_and_texts(line))
    if call and not path.startswith(CALLERS):
        yield f"{call[0]} belongs to gateway/base or config"
    civil = CIVIL_TIME.search(re.sub(r"(^|\s)//.*", "", line))
    if civil and path != CALENDAR:
        yield f"{civil[0]}: times are written and read by gateway/base/text/rfc3339 alone"
    word = FORBIDDEN_ANYWHERE.search(line)
    if word:
        yield f"{word[0]} is not used here"


def code_complaints():
    for path in sources():
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
            for what in line_complaints(str(path), line):
                yield f"{path}:{number}: {what}"


def tracked_files():
    try:
        listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-z"], capture_output=True, check=True).stdout
        return [name for name in listed.decode().split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        skipped = ("build", "coverage", "node_modules", ".git", "var")
        every = (f.relative_to(ROOT) for f in ROOT.rglob("*") if f.is_file())
        return [str(f) for f in every if not f.parts[0].startswith(skipped)]


def path_complaints():
    for name in tracked_files():
        file = ROOT / name
        # Seeds of the fuzz targets are bytes, not text about anything.
        if not file.is_file() or file.suffix in BINARY or name.startswith("tests/fuzz/corpus/"):
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            found = MACHINE_PATHS.search(line)
            if found:
                yield f"{name}:{number}: names a path of one machine: {found[0]}"


def template_complaints():
    """In HTML every value is escaped, and no template brings script, style or another origin."""
    for folder in ("gateway/pages/templates", "gateway/mail/templates"):
        for file in sorted((ROOT / folder).rglob("*.html")):
            for number, line in enumerate(file.read_text().splitlines(), 1):
                for found in UNESCAPED.finditer(line):
                    yield f"{file.relative_to(ROOT)}:{number}: {found[0]} would not be escaped"
                for found in ACTIVE.finditer(line) if "pages" in folder else ():
                    yield f"{file.relative_to(ROOT)}:{number}: {found[0]} is not let in by the pages' policy"


def main():
    found = list(code_complaints()) + list(path_complaints()) + list(template_complaints())
    print("\n".join(found) if found else "no forbidden words")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
