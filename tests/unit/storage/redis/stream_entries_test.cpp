#include "gateway/storage/redis/stream_entries.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::redis;
using accounts::revocation;

namespace {

using kind = resp_value::kind;

resp_value text(std::string said)
{
    return {kind::text, 0, std::move(said), {}};
}

resp_value list(std::vector<resp_value> items)
{
    return {kind::list, 0, "", std::move(items)};
}

// What XREAD answers where somebody wrote these names and values.
resp_value entry(std::string id, std::vector<std::string> const& words)
{
    std::vector<resp_value> fields;
    for (auto const& each : words) fields.push_back(text(each));
    return list({text(std::move(id)), list(std::move(fields))});
}

resp_value answer(std::vector<resp_value> entries)
{
    return list({list({text("key"), list(std::move(entries))})});
}

std::string spelled(std::optional<revocation> const& r)
{
    if (!r) return "nothing";
    return std::to_string(static_cast<int>(r->what)) + "|" + r->id + "|" + std::to_string(r->at.time_since_epoch().count()) +
           "|" + std::to_string(r->until.time_since_epoch().count());
}

wall_time at(long long milliseconds_since_1970)
{
    return wall_time{milliseconds{milliseconds_since_1970}};
}

} // namespace

TEST_CASE("stream entries: what is written of a revocation, of each kind")
{
    struct row
    {
        revocation told;
        char const* words;
    };
    row const rows[]{
        {{revocation::kind::session, "s1", at(5), at(70)}, "session s1 5 70"},
        {{revocation::kind::subject, "u1", at(5), at(70)}, "subject u1 5 70"},
        {{revocation::kind::token, "t1", at(5), at(70)}, "token t1 5 70"},
        {{revocation::kind::key, "k1", at(5), at(70)}, "key k1 5 70"},
        {{revocation::kind::everybody, "", at(5), at(70)}, "everybody  5 70"},
    };
    for (auto const& r : rows) {
        std::string written;
        add_entry("k", "n", r.told).write_to(written);
        std::string expected;
        std::string const words = r.words;
        auto const first = words.find(' ');
        auto const second = words.find(' ', first + 1);
        auto const third = words.find(' ', second + 1);
        command{"XADD",   "k",
                "MAXLEN", "~",
                10000,    "*",
                "node",   "n",
                "kind",   words.substr(0, first),
                "id",     words.substr(first + 1, second - first - 1),
                "at",     words.substr(second + 1, third - second - 1),
                "until",  words.substr(third + 1)}
            .write_to(expected);
        CHECK(written == expected);
    }
}

TEST_CASE("stream entries: what is read, and what is no revocation")
{
    struct row
    {
        std::vector<std::string> words;
        char const* read;
    };
    row const rows[]{
        {{"node", "n", "kind", "session", "id", "s1", "at", "5", "until", "70"}, "0|s1|5|70"},
        {{"until", "70", "at", "-5", "id", "u1", "kind", "subject"}, "1|u1|-5|70"},
        {{"kind", "token", "id", "t1", "at", "5", "until", "70", "more", "later"}, "2|t1|5|70"},
        {{"kind", "key", "id", "k1", "at", "5", "until", "70"}, "3|k1|5|70"},
        {{"kind", "everybody", "id", "", "at", "5", "until", "70"}, "4||5|70"},
        {{"kind", "everybody", "at", "5", "until", "70"}, "4||5|70"},
        {{"kind", "everybody", "id", "x", "at", "5", "until", "70"}, "nothing"},
        {{"kind", "session", "id", "", "at", "5", "until", "70"}, "nothing"},
        {{"kind", "tenant", "id", "x", "at", "5", "until", "70"}, "nothing"},
        {{"kind", "session", "id", "x", "at", "soon", "until", "70"}, "nothing"},
        {{"kind", "session", "id", "x", "at", "5"}, "nothing"},
        {{"kind", "session", "id", "x", "at", "5", "until"}, "nothing"},
        {{"kind"}, "nothing"},
        {{}, "nothing"},
    };
    for (auto const& r : rows) {
        auto const read = read_entries(answer({entry("7-1", r.words)}));
        REQUIRE(read.size() == 1);
        CHECK(read[0].id == "7-1");
        CHECK(spelled(read[0].told) == r.read);
    }
}

TEST_CASE("stream entries: several of them in their order, who told them, and what is no answer")
{
    auto const read = read_entries(answer({entry("7-1", {"node", "a"}), entry("7-2", {"node", "b"})}));
    REQUIRE(read.size() == 2);
    CHECK(read[0].node == "a");
    CHECK(read[1].node == "b");
    CHECK(read[1].id == "7-2");
    CHECK(read_entries(resp_value{}).empty());
    CHECK(read_entries(list({text("key")})).empty());
    CHECK(read_entries(list({list({text("key"), text("x")})})).empty());
    CHECK(read_entries(answer({text("x"), list({text("7-1")})})).empty());
}

TEST_CASE("stream entries: where a stream begins and ends, and whose it is")
{
    CHECK(id_in(list({entry("7-1", {"node", "a"})})) == "7-1");
    CHECK(id_in(list({})) == "0-0");
    CHECK(id_in(resp_value{}) == "0-0");
    CHECK(run_id_in("# Server\r\nredis_version:7.0.15\r\nrun_id:abc123\r\ntcp_port:1\r\n") == "abc123");
    CHECK(run_id_in("# Server\nrun_id:abc") == "abc");
    CHECK(run_id_in("# Server\r\n") == "");
}

TEST_CASE("stream positions: when something may have been missed")
{
    struct row
    {
        char const* what;
        stream_position known;
        stream_bounds present;
        bool missed;
    };
    row const rows[]{
        {"the first look", {"", ""}, {"r", "5-0", "9-0"}, true},
        {"the first look at an empty stream", {"", ""}, {"r", "0-0", "0-0"}, true},
        {"nothing new", {"r", "9-0"}, {"r", "5-0", "9-0"}, false},
        {"something new", {"r", "9-0"}, {"r", "5-0", "9-1"}, false},
        {"ours is the first that is left", {"r", "5-0"}, {"r", "5-0", "9-0"}, false},
        {"ours was trimmed away", {"r", "4-7"}, {"r", "5-0", "9-0"}, true},
        {"another server", {"r", "9-0"}, {"s", "5-0", "9-0"}, true},
        {"a server that does not say who it is", {"r", "9-0"}, {"", "5-0", "9-0"}, true},
        {"emptied", {"r", "9-0"}, {"r", "0-0", "0-0"}, true},
        {"an earlier end", {"r", "9-0"}, {"r", "5-0", "8-9"}, true},
        {"still empty", {"r", "0-0"}, {"r", "0-0", "0-0"}, false},
        {"the first of all entries came while nobody read", {"r", "0-0"}, {"r", "5-0", "5-0"}, true},
        {"numbers, and no text", {"r", "10-0"}, {"r", "9-0", "10-2"}, false},
        {"the second number counts", {"r", "9-2"}, {"r", "9-10", "9-11"}, true},
    };
    for (auto const& r : rows) {
        CAPTURE(r.what);
        CHECK(may_have_missed(r.known, r.present) == r.missed);
    }
}
