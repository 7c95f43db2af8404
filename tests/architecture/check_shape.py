#!/usr/bin/python3
"""The size of things: classes, rooms, words and comments, each with the bound that docs/architecture.md gives.

What lies beyond a bound today stands in shape.json with its reason, and the number it must not grow
beyond. An entry that is not needed any more is a complaint, too, so that the list only gets shorter.
"""

import collections
import json
import pathlib
import subprocess
import sys

from rooms import ROOMS, ROOT, room_of, sources

MOST_MEMBERS = 14       # of a class; app puts the program together and is left out
MOST_DEPENDENCIES = 6   # references and pointers in one bundle
MOST_FILES = 30         # of a room
LEAST_COMMENTS = {".hpp": 22.0, ".cpp": 6.0}  # per cent of lines that are not blank
ALLOWED = json.loads((pathlib.Path(__file__).parent / "shape.json").read_text())


def tags():
    command = ["ctags", "--languages=C++", "--kinds-C++=mcsge", "--fields=+nzt", "--output-format=json", "--sort=no", "-f", "-"]
    done = subprocess.run(command + [str(s) for s in sources()], cwd=ROOT, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def is_dependency(tag):
    return tag.get("typeref", "").rstrip().endswith(("&", "*"))


def members_by_type(found):
    """{(room, type): [member]}; static and constexpr members are no state."""
    by_type = collections.defaultdict(list)
    for tag in found:
        if tag["kind"] != "member" or tag.get("scopeKind") not in ("class", "struct"):
            continue
        if "static " in tag["pattern"] or "constexpr" in tag["pattern"]:
            continue
        by_type[room_of(tag["path"]).name, tag["scope"].removeprefix("yett::")].append(tag)
    return by_type


def large_classes(by_type):
    return {f"{name} ({room})": len(members) for (room, name), members in by_type.items()
            if room != "gateway/app" and len(members) > MOST_MEMBERS}


def large_bundles(by_type):
    counts = {f"{name} ({room})": sum(map(is_dependency, members)) for (room, name), members in by_type.items()}
    return {name: count for name, count in counts.items() if count > MOST_DEPENDENCIES}


def large_rooms():
    counts = collections.Counter(room_of(path).name for path in sources())
    return {room: count for room, count in counts.items() if count > MOST_FILES}


def homonyms(found):
    """Types that a reader meets by their bare name: of a header, and inside of no other type."""
    rooms = collections.defaultdict(set)
    for tag in found:
        is_type = tag["kind"] in ("class", "struct", "enum") and not tag["name"].startswith("__anon")
        if is_type and tag["path"].endswith(".hpp") and tag.get("scopeKind", "namespace") == "namespace":
            rooms[tag["name"]].add(room_of(tag["path"]).name)
    return {name: len(where) for name, where in rooms.items() if len(where) > 1}


def comment_share(suffix):
    comments = lines = 0
    for path in sources():
        if path.suffix != suffix:
            continue
        for line in (ROOT / path).read_text().splitlines():
            text = line.strip()
            lines += bool(text)
            comments += text.startswith(("//", "/*", "*"))
    return 100.0 * comments / lines


def complaints():
    found = tags()
    by_type = members_by_type(found)
    measured = {
        "data members": (large_classes(by_type), MOST_MEMBERS),
        "dependencies": (large_bundles(by_type), MOST_DEPENDENCIES),
        "files": (large_rooms(), MOST_FILES),
        "rooms with a type of that name": (homonyms(found), 1),
    }
    for what, (beyond, bound) in measured.items():
        allowed = ALLOWED[what]
        for name, count in sorted(beyond.items()):
            most = allowed.get(name, {"most": bound})["most"]
            if count > most:
                yield f"{name}: {count} {what}, {most} are allowed"
        for name in sorted(set(allowed) - set(beyond)):
            yield f"{name}: within the bound of {bound} {what}; its line in shape.json can go"
    for suffix, bound in LEAST_COMMENTS.items():
        share = comment_share(suffix)
        least = ALLOWED["comments"].get(suffix, {"least": bound})["least"]
        if share < least:
            yield f"*{suffix}: {share:.1f} % of the lines are comments, {least} % are wanted"
        if suffix in ALLOWED["comments"] and share >= bound:
            yield f"*{suffix}: {bound} % of the lines are comments; its line in shape.json can go"


if __name__ == "__main__":
    wrong = list(complaints())
    print("\n".join(wrong) or "nothing grew beyond its bounds")
    sys.exit(bool(wrong))
