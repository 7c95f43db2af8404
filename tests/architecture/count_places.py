#!/usr/bin/python3
"""How many places one more setting, counter, error code or endpoint takes: docs/architecture.md, "One more".

Adds a made-up one of each to one copy of the sources, compiles what was touched, all at once and by
ccache where there is one, and runs the real reader, exposition, reply and table of rules on it. A
place is a run of new lines; where it stands is told.

    count_places.py COMPILER BUILD_FOLDER [FLAG ...]
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from rooms import ROOT

SETTING = {
    "most": 3,
    "uses": "whoever asks for it",
    "edits": [
        ("gateway/upstream/cluster/options.hpp", "    milliseconds reply_timeout{60000};", "    milliseconds dummy_timeout{7000};\n"),
        ("config/tables/table_upstreams.cpp", '            optional_part("health"',
         '            value("dummy_timeout", &u::dummy_timeout, duration<milliseconds>(seconds{1}, hours{1}), "Made up."),\n'),
        ("use_setting.cpp", None, """#include "config/tables/table.hpp"
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
    "compiled": ["config/tables/table_upstreams.cpp", "use_setting.cpp"],
    "says": ["7000", "9000", "is unknown; did you mean dummy_timeout?", "7s 1s to 1h Made up."],
}

COUNTER = {
    "most": 2,
    "uses": "whoever counts",
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
        ("use_counter.cpp", None, """#include "gateway/telemetry/metrics.hpp"
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
    "compiled": ["gateway/telemetry/metrics.cpp", "gateway/telemetry/exposition.cpp", "use_counter.cpp"],
    "says": ["# HELP yett_dummies_total Made up.", "# TYPE yett_dummies_total counter", 'yett_dummies_total{end="well"} 0',
             'yett_dummies_total{end="badly"} 3'],
}

ERROR = {
    "most": 3,
    "edits": [
        # Behind all others: what is not compiled anew goes on meaning the same by theirs.
        ("gateway/base/error.hpp", "    link_expired, // public as token_expired, which that of an access token is not\n", "    dummy,\n"),
        ("gateway/base/error.cpp", "    case errc::method_not_allowed:", '    case errc::dummy: return "dummy";\n'),
        ("gateway/http/bodies/problem.cpp", "    case errc::method_not_allowed:", '    case errc::dummy: return {418, "dummy", "Made up"};\n'),
        ("use_error.cpp", None, """#include "gateway/http/bodies/problem.hpp"
#include <iostream>
int main()
{
    auto const face = yett::http::public_error_of(yett::errc::dummy);
    std::cout << name_of(yett::errc::dummy) << ' ' << face.status << ' ' << face.title << '\\n';
}
"""),
    ],
    # Whoever raises it is no place of the code.
    "compiled": ["gateway/base/error.cpp", "gateway/http/bodies/problem.cpp", "use_error.cpp"],
    "says": ["dummy 418 Made up"],
}

ENDPOINT = {
    "most": 4,
    "edits": [
        ("gateway/pipeline/endpoints/endpoints.cpp", '    {.name = "other_sessions",',
         """    {.name = "dummies", .method = "GET", .path = "/dummies/{id}", .allows = authenticated, .limits = {"verify"},
     .answer = list_dummies, .operation = operation::sessions},
"""),
        ("gateway/pipeline/endpoints/handlers.hpp", "task<result<http::reply>> list_sessions(call& c);\n",
         "task<result<http::reply>> list_dummies(call& c);\n"),
        ("gateway/pipeline/endpoints/account.cpp", "task<result<http::reply>> end_session(call& c)\n{", """task<result<http::reply>> list_dummies(call& c)
{
    auto who = session_of(c);
    if (!who) co_return who.error();
    co_return no_content();
}

"""),
        ("use_endpoint.cpp", None, """#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/endpoints/auth_routes.hpp"
#include "policies/compile.hpp"
#include <iostream>
using namespace yett;
int main()
{
    auto const* const row = pipeline::endpoint_named("dummies");
    if (row && row->answer && row->operation == telemetry::account_operation::sessions) std::cout << "it is counted\\n";
    auto const rules = policies::compile(pipeline::auth_routes({"/auth", "/api/auth"}, true));
    for (auto const* path : {"/auth/dummies/7", "/api/auth/dummies/7"}) {
        auto const found = rules.table->find({"GET", "h", path});
        std::cout << found->target() << ' ' << found->limits().at(0) << ' ' << (found->access().credentials() == policies::credential_use::required) << '\\n';
    }
    std::cout << rules.table->find({"POST", "h", "/auth/dummies/7"})->target() << '\\n';
}
"""),
    ],
    # The use case in `accounts` is another matter.
    "compiled": ["gateway/pipeline/endpoints/endpoints.cpp", "gateway/pipeline/endpoints/account.cpp", "use_endpoint.cpp"],
    "says": ["it is counted", "dummies verify 1", "nothing"],
}

ALL = {"setting": SETTING, "labelled counter": COUNTER, "error code": ERROR, "endpoint": ENDPOINT}
LIBRARIES = [f"-l{name}" for name in ("prometheus-cpp-core", "fmt", "yaml-cpp", "ssl", "crypto", "psl", "sodium", "idn2", "unistring", "zxcvbn",
                                      "crypt", "highwayhash", "curl", "sqlite3", "pq", "hiredis", "re2")]


def add(folder, file, anchor, text):
    path = folder / file
    if anchor is None:
        path.write_text(text)
        return
    before = path.read_text()
    assert before.count(anchor) == 1, f"{file}: {anchor!r} is there {before.count(anchor)} times"
    at = before.index(anchor) + (len(anchor) if anchor.endswith("\n") else 0)
    path.write_text(before[:at] + text + before[at:])


def places_of(what):
    """The edits that whoever adds one would make; what only tries it is none."""
    return [edit for edit in what["edits"] if edit[1] is not None]


def run(command, folder):
    # Paths are told from the folder of the copy, so that the next run finds what this one compiled.
    around = {**os.environ, "CCACHE_BASEDIR": str(folder), "CCACHE_NOHASHDIR": "1"}
    done = subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def compile_all(compiler, flags, sources, folder):
    cached = [shutil.which("ccache")] if shutil.which("ccache") else []
    command = [*cached, compiler, "-std=c++20", "-O0", "-g0", "-Wall", "-Werror", *flags, "-I."]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        for _ in workers.map(lambda source: run([*command, "-c", source, "-o", f"{source}.o"], folder), sources):
            pass


def link(compiler, build, sources, program, folder):
    rooms = [str(each) for each in sorted(build.glob("lib*.a"))]  # what was not touched
    quick = ["-fuse-ld=mold"] if shutil.which("mold") else []
    run([compiler, *quick, *(f"{source}.o" for source in sources), "-o", program, "-Wl,--start-group", *rooms, "-Wl,--end-group",
         *LIBRARIES], folder)


def tried(compiler, build, flags):
    """{name: lines that the program made of the copy says}"""
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        for room in ("gateway", "config", "policies"):
            shutil.copytree(ROOT / room, folder / room)
        for what in ALL.values():
            for edit in what["edits"]:
                add(folder, *edit)
        compile_all(compiler, flags, [source for what in ALL.values() for source in what["compiled"]], folder)
        said = {}
        for name, what in ALL.items():
            link(compiler, build.resolve(), what["compiled"], "tried", folder)
            said[name] = run(["./tried"], folder).splitlines()
        return said


def complaints(compiler, build, flags):
    said = tried(compiler, build, flags)
    for name, what in ALL.items():
        places = [file for file, _, _ in places_of(what)] + ([what["uses"]] if "uses" in what else [])
        print(f"one more {name}: {len(places)} places: " + ", ".join(places))
        if len(places) > what["most"]:
            yield f"one more {name} takes {len(places)} places, at most {what['most']} are wanted"
        for line in what["says"]:
            if line not in said[name]:
                yield f"a {name}: nothing says {line!r}, but: {said[name][:20]}"


if __name__ == "__main__":
    wrong = list(complaints(sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3:]))
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))
