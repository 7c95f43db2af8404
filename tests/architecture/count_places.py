#!/usr/bin/python3
"""How many places one more setting, counter or error code takes: docs/architecture.md, "One more".

Adds a made-up one of each to a copy of the sources, compiles what was touched, and runs the real
reader, exposition and reply on it. A place is a run of new lines; where it stands is told.

    count_places.py COMPILER BUILD_FOLDER [FLAG ...]
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

from rooms import ROOT

SETTING = {
    "most": 3,
    "edits": [
        ("gateway/upstream/cluster/options.hpp", "    milliseconds reply_timeout{60000};", "    milliseconds dummy_timeout{7000};\n"),
        ("config/tables/table_upstreams.cpp", '            optional_part("health"',
         '            value("dummy_timeout", &u::dummy_timeout, duration<milliseconds>(seconds{1}, hours{1}), "Made up."),\n'),
        ("use.cpp", None, """#include "config/tables/table.hpp"
#include <iostream>
using namespace yett;
int main()
{
    config::environment const nowhere{};
    for (auto const* text : {"servers: http://a:1", "{ servers: http://a:1, dummy_timeout: 9s }", "dummy_timeot: 1s"}) {
        config::reading reader{"yett.yaml", nowhere};
        auto const written = config::read_document(text[0] == '{' ? "x: " + std::string{text} : "x: { " + std::string{text} + " }");
        config::upstream read;
        config::read_section(reader, {&written.root.children[0], "x"}, read, config::upstream_keys());
        upstream::exchange_options const& options = read; // what the room is given
        std::cout << options.dummy_timeout.count() << '\\n';
        for (auto const& each : reader.take_complaints()) std::cout << each.text << '\\n';
    }
    std::vector<config::row> rows;
    config::describe_section({}, "x", config::upstream_keys(), rows);
    for (auto const& row : rows)
        if (row.path == "x.dummy_timeout") std::cout << row.default_value << ' ' << row.allowed << ' ' << row.about << '\\n';
}
"""),
    ],
    "compiled": ["config/tables/table_upstreams.cpp", "use.cpp"],
    "says": ["7000", "9000", "is unknown; did you mean dummy_timeout?", "7s 1s to 1h Made up."],
}

COUNTER = {
    "most": 2,
    "edits": [
        ("gateway/telemetry/shard.hpp", "    token_cache_figures token_cache{in};\n", """    enum class dummy_end : unsigned char
    {
        good,
        bad,
        count_
    };
    friend constexpr words<dummy_end> words_of(dummy_end)
    {
        return {{{dummy_end::good, "well"}, {dummy_end::bad, "badly"}}};
    }
    shown<by<dummy_end>> dummies{in, {"yett_dummies_total", "Made up.", {"end"}}};
"""),
        ("use.cpp", None, """#include "gateway/telemetry/metrics.hpp"
#include <iostream>
int main()
{
    using namespace yett::telemetry;
    metrics all{2, {}};
    all.shard(1).dummies[shard::dummy_end::bad].add(3);
    std::cout << all.exposition();
}
"""),
    ],
    "compiled": ["gateway/telemetry/metrics.cpp", "gateway/telemetry/exposition.cpp", "use.cpp"],
    "says": ["# HELP yett_dummies_total Made up.", "# TYPE yett_dummies_total counter", 'yett_dummies_total{end="well"} 0',
             'yett_dummies_total{end="badly"} 3'],
}

ERROR = {
    "most": 3,
    "edits": [
        ("gateway/base/error.hpp", "    no_such_route = 1,\n", "    dummy,\n"),
        ("gateway/base/error.cpp", "    case errc::method_not_allowed:", '    case errc::dummy: return "dummy";\n'),
        ("gateway/http/bodies/problem.cpp", "    case errc::method_not_allowed:", '    case errc::dummy: return {418, "dummy", "Made up"};\n'),
        ("use.cpp", None, """#include "gateway/http/bodies/problem.hpp"
#include <iostream>
int main()
{
    auto const face = yett::http::face_of(yett::errc::dummy);
    std::cout << name_of(yett::errc::dummy) << ' ' << face.status << ' ' << face.title << '\\n';
}
"""),
    ],
    # Whoever raises it is no place of the code, and is left out.
    "free": 1,
    "compiled": ["gateway/base/error.cpp", "gateway/http/bodies/problem.cpp", "use.cpp"],
    "says": ["dummy 418 Made up"],
}


def add(folder, file, anchor, text):
    path = folder / file
    if anchor is None:
        path.write_text(text)
        return
    before = path.read_text()
    assert before.count(anchor) == 1, f"{file}: {anchor!r} is there {before.count(anchor)} times"
    at = before.index(anchor) + (len(anchor) if anchor.endswith("\n") else 0)
    path.write_text(before[:at] + text + before[at:])


def tried(what, compiler, build, flags):
    """What the program made of the copy says."""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for room in ("gateway", "config", "policies"):
            shutil.copytree(ROOT / room, folder / room)
        for edit in what["edits"]:
            add(folder, *edit)
        sources = [str(folder / each) for each in what["compiled"]]
        rooms = [str(each) for each in sorted(build.glob("lib*.a"))]  # what was not touched
        command = [compiler, "-std=c++20", "-O0", "-Wall", "-Werror", *flags, f"-I{folder}", *sources, "-o", str(folder / "tried"),
                   "-Wl,--start-group", *rooms, "-Wl,--end-group",
                   "-lprometheus-cpp-core", "-lfmt", "-lyaml-cpp", "-lssl", "-lcrypto", "-lpsl", "-lsodium"]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return subprocess.run([str(folder / "tried")], capture_output=True, text=True, check=True).stdout.splitlines()


def complaints(compiler, build, flags):
    for name, what in (("setting", SETTING), ("labelled counter", COUNTER), ("error code", ERROR)):
        places = len(what["edits"]) - what.get("free", 0)
        said = tried(what, compiler, build, flags)
        print(f"one more {name}: {places} places: " + ", ".join(file for file, _, _ in what["edits"][:places]))
        if places > what["most"]:
            yield f"a {name} takes {places} places, at most {what['most']} are wanted"
        for line in what["says"]:
            if line not in said:
                yield f"a {name}: nothing says {line!r}, but: {said[:20]}"


if __name__ == "__main__":
    wrong = list(complaints(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]))
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))
