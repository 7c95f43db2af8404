#!/usr/bin/python3
"""Every header compiles on its own, without the precompiled ones.

    check_headers.py COMPILER STAMPS [compiler option...]

STAMPS is a folder that remembers which headers were good in which state, so that a
second run looks only at what changed. No more than sixty of those are looked at, others
for each state of the tree, so that all have their turn; with YETT_HEADERS=all, all are.
"""

import concurrent.futures
import hashlib
import os
import pathlib
import random
import subprocess
import sys

from rooms import ROOT, includes, sources


def state_of(header, known):
    """A digest of the header and of all headers of ours it includes."""
    if header not in known:
        known[header] = ""
        parts = [(ROOT / header).read_bytes()]
        for _, quote, name in includes(header):
            if quote == '"' and (ROOT / name).exists():
                parts.append(state_of(pathlib.Path(name), known).encode())
        known[header] = hashlib.sha256(b"\0".join(parts)).hexdigest()
    return known[header]


def compile_alone(compiler, options, header):
    command = [compiler, "-std=c++20", "-fsyntax-only", f"-I{ROOT}", *options, "-x", "c++", "-"]
    done = subprocess.run(command, input=f'#include "{header}"\n', capture_output=True, text=True)
    return "" if done.returncode == 0 else f"{header}:\n{done.stderr}"


def turn_of(headers, stamp_of):
    """Those that this state of the tree draws."""
    if os.environ.get("YETT_HEADERS") == "all":
        return headers
    state = "".join(sorted(stamp.name for stamp in stamp_of.values()))
    return random.Random(state).sample(headers, min(60, len(headers)))


def main():
    compiler, stamps, options = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]
    stamps.mkdir(parents=True, exist_ok=True)
    headers = [path for path in sources() if path.suffix == ".hpp"]
    known = {}
    stamp_of = {h: stamps / hashlib.sha256(f"{compiler} {options} {h} {state_of(h, known)}".encode()).hexdigest() for h in headers}
    to_do = turn_of([h for h in headers if not stamp_of[h].exists()], stamp_of)
    failures = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, failure in zip(to_do, pool.map(lambda h: compile_alone(compiler, options, h), to_do)):
            if failure:
                failures.append(failure)
            else:
                stamp_of[header].touch()
    for old in set(stamps.iterdir()) - set(stamp_of.values()):
        old.unlink()
    print("\n".join(failures) if failures else f"{len(headers)} headers compile alone, {len(to_do)} looked at now")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
