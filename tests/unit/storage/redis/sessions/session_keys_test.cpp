#include "gateway/storage/redis/sessions/session_keys.hpp"

#include "gateway/storage/redis/sessions/session_fields.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::redis;

namespace {

// What a cluster would choose the server by.
std::string tag_of(std::string_view key)
{
    auto const open = key.find('{');
    return std::string{key.substr(open + 1, key.find('}') - open - 1)};
}

resp_value text(std::string const& of)
{
    resp_value made;
    made.what = resp_value::kind::text;
    made.text = of;
    return made;
}

resp_value hash(std::vector<std::string> const& words)
{
    resp_value made;
    made.what = resp_value::kind::list;
    for (auto const& each : words) made.items.push_back(text(each));
    return made;
}

std::vector<std::string> const whole{"id",        "s1",  "user",       "u1",   "family",     "f", "current",      "c",
                                     "previous",  "",    "salt",       "\xff", "rotated_at", "7", "created_at",   "1",
                                     "last_seen", "2",   "idle_until", "3",    "expires_at", "4", "access_until", "5",
                                     "address",   "::1", "agent",      "",     "remembered", "0", "claimed_at",   "9"};

} // namespace

TEST_CASE("session keys: what belongs to a user has one hash tag, whatever the session")
{
    CHECK(tag_of(session_key("u1", "s1")) == "u1");
    CHECK(tag_of(open_key("u1")) == "u1");
    CHECK(tag_of(marks_key("u1")) == "u1");
    CHECK(tag_of(all_key) == tag_of(due_key));
    CHECK(key_of({"u1", "s1"}) == "yett:{u1}:session:s1");
}

TEST_CASE("session keys: a place is found again in what names it")
{
    session_place const at{"u1", "s1"};
    CHECK(member_of(at) == "s1 u1");
    CHECK(read_member("s1 u1").user_id == "u1");
    CHECK(read_member("s1 u1").session_id == "s1");
    CHECK(read_family_target(target_of_family(at)).user_id == "u1");
    CHECK(read_family_target(target_of_family(at)).session_id == "s1");
    CHECK(read_member("s1").user_id.empty());
}

TEST_CASE("session fields: a hash is read whole, and a field that nobody knows does no harm")
{
    auto const found = read_session(hash(whole));
    REQUIRE(found);
    CHECK(found->id == "s1");
    CHECK(found->user_id == "u1");
    CHECK(found->family == "f");
    CHECK(found->previous_hash.empty());
    CHECK(found->successor_salt == "\xff");
    CHECK(found->rotated_at == wall_time{milliseconds{7}});
    CHECK(found->access_until == wall_time{milliseconds{5}});
    CHECK_FALSE(found->ended_at);
    CHECK_FALSE(found->remembered);
    CHECK(found->from.address == "::1");
}

TEST_CASE("session fields: what lacks something is no session")
{
    CHECK_FALSE(read_session(hash({})));
    for (std::size_t i = 0; i < whole.size(); i += 2) {
        auto const& name = whole[i];
        auto words = whole;
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(i), words.begin() + static_cast<std::ptrdiff_t>(i) + 2);
        CAPTURE(name);
        auto const needed =
            name == "id" || name == "user" || name.ends_with("_at") || name.ends_with("_until") || name == "last_seen";
        CHECK(read_session(hash(words)).has_value() == !(needed && name != "claimed_at"));
    }
    auto words = whole;
    words[13] = "seven";
    CHECK_FALSE(read_session(hash(words)));
}
