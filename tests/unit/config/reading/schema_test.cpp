#include "config/reading/schema.hpp"
#include "tests/unit/config/world.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;

namespace {

// What a room takes, what belongs to a part of it, and what configuration alone knows beside them.
struct room_options
{
    std::uint64_t most = 7;
    bool report_only = false;
};
struct part_options
{
    std::uint64_t depth = 3;
};
struct owner : room_options
{
    part_options part;
    std::string note = "none";
};

section<room_options> const& room_keys()
{
    static section<room_options> const keys{{value("most", &room_options::most, count<std::uint64_t>(1, 9), "At most.")}, {}};
    return keys;
}

section<owner> const& owner_keys()
{
    static auto const depth_as_text = stored_as<part_options, std::string>{
        [](part_options const& from) { return std::string(from.depth, 'x'); },
        [](part_options& into, std::string got) { into.depth = got.size(); },
    };
    static section<owner> const keys{
        {
            value("mode", &room_options::report_only, one_of<bool>({{"enforce", false}, {"report_only", true}}), "How."),
            group("room", room_keys()),
            inside(&owner::part, value("depth", depth_as_text, text(), "How deep.")),
            value("note", &owner::note, text(), "Said."),
        },
        {},
    };
    return keys;
}

struct outcome
{
    owner read;
    std::string complaints;
    std::map<std::string, reading::entry> entries;
};

outcome read_from(std::string const& yaml)
{
    tests::world const nowhere;
    auto const around = nowhere.environment();
    reading r{"yett.yaml", around};
    auto const written = read_document(yaml);
    outcome out;
    read_section(r, {&written.root, {}}, out.read, owner_keys());
    for (auto const& each : r.take_complaints()) out.complaints += each.path + ": " + each.text + "\n";
    out.entries = r.entries();
    return out;
}

} // namespace

TEST_CASE("schema: what nothing was said about is as the room has it, and is told so")
{
    auto const out = read_from("note: hello\n");
    CHECK(out.complaints.empty());
    CHECK(out.read.note == "hello");
    CHECK(out.read.most == 7);
    CHECK_FALSE(out.read.report_only);
    CHECK(out.read.part.depth == 3);
    CHECK(out.entries.at("mode").value == "enforce");
    CHECK_FALSE(out.entries.at("mode").given);
    CHECK(out.entries.at("room.most").value == "7");
    CHECK(out.entries.at("depth").value == "xxx");
}

TEST_CASE("schema: a key of a base, of a group and of a part goes where it belongs")
{
    auto const out = read_from("mode: report_only\nroom: { most: 9 }\ndepth: xxxxx\n");
    CHECK(out.complaints.empty());
    CHECK(out.read.report_only);
    CHECK(out.read.most == 9);
    CHECK(out.read.part.depth == 5);
    CHECK(out.entries.at("room.most").given);
}

TEST_CASE("schema: their complaints name the whole path, and keep what was there")
{
    struct row
    {
        char const* yaml;
        char const* complaint;
    };
    row const rows[] = {
        {"room: { most: 10 }\n", "room.most: \"10\" is out of range; 1 to 9 is allowed\n"},
        {"room: { mst: 1 }\n", "room.mst: is unknown; did you mean most?\n"},
        {"mode: maybe\n", "mode: \"maybe\" is unknown; allowed: enforce, report_only\n"},
        {"depth: \"\"\n", "depth: \"\" is empty\n"},
        {"most: 1\n", "most: is unknown; did you mean mode?\n"},
    };
    for (auto const& [yaml, complaint] : rows) {
        CAPTURE(yaml);
        auto const out = read_from(yaml);
        CHECK(out.complaints == complaint);
        CHECK(out.read.most == 7);
        CHECK(out.read.part.depth == 3);
    }
}

TEST_CASE("schema: the reference shows the defaults of the room")
{
    std::vector<row> rows;
    describe_section({}, "owner", owner_keys(), rows);
    REQUIRE(rows.size() == 4);
    CHECK(rows[0].path == "owner.mode");
    CHECK(rows[0].default_value == "enforce");
    CHECK(rows[1].path == "owner.room.most");
    CHECK(rows[1].default_value == "7");
    CHECK(rows[1].about == "At most.");
    CHECK(rows[2].path == "owner.depth");
    CHECK(rows[2].default_value == "xxx");
}
