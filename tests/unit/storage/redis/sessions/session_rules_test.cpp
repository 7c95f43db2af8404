#include "gateway/storage/redis/sessions/session_rules.hpp"

#include "gateway/accounts/ports/session_ends.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::accounts;
using namespace yett::storage::redis;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};
constexpr milliseconds longest = std::chrono::hours{24 * 30};

session used_at(std::string const& id, int seen, wall_time began = noon - seconds{60})
{
    session s;
    s.id = id;
    s.user_id = "anna";
    s.created_at = began;
    s.last_seen = noon + seconds{seen};
    s.idle_until = noon + std::chrono::hours{24};
    s.expires_at = noon + longest;
    s.access_until = noon + seconds{900};
    return s;
}

std::vector<std::string> ids_of(std::vector<session> const& all)
{
    std::vector<std::string> ids;
    for (auto const& each : all) ids.push_back(each.id);
    return ids;
}

// "kind id at until", moments in seconds from noon.
std::vector<std::string> shown(std::vector<revocation> const& rows)
{
    std::vector<std::string> lines;
    for (auto const& each : rows)
        lines.push_back(std::to_string(static_cast<int>(each.what)) + " " + each.id + " " +
                        std::to_string((each.at - noon).count() / 1000) + " " +
                        std::to_string((each.until - noon).count() / 1000));
    return lines;
}

using lines = std::vector<std::string>;
auto const month = std::to_string(longest.count() / 1000);
auto const month_later = std::to_string(longest.count() / 1000 + 100);

} // namespace

TEST_CASE("session rules: of too many those used longest ago end, of two the older, and never the one that came")
{
    auto const came = used_at("c", 0, noon);
    auto over = used_at("x", 0);
    over.idle_until = noon;
    auto gone = used_at("y", 0);
    gone.ended_at = noon - seconds{1};
    std::vector<session> const open{came, over, gone, used_at("a3", 50), used_at("a2", 10), used_at("a1", 10), used_at("a4", 40)};
    struct situation
    {
        std::size_t most;
        lines ends;
    };
    std::vector<situation> const situations{
        {6, {}}, {5, {}}, {4, {"a1"}}, {3, {"a1", "a2"}}, {1, {"a1", "a2", "a4", "a3"}}, {0, {"a1", "a2", "a4", "a3"}},
    };
    for (auto const& each : situations) {
        CAPTURE(each.most);
        CHECK(ids_of(surplus_beside(open, came, each.most)) == each.ends);
    }
}

TEST_CASE("session rules: a session's end is two rows, of which one lasts as long as the session")
{
    auto ended = used_at("a2", 0);
    ended.ended_at = noon + seconds{7};
    auto const done = ends_of({used_at("a1", 0), ended}, noon + seconds{100});
    CHECK(done.told.sessions == 1);
    CHECK(shown(done.told.revocations) == lines{"0 a1 100 900", "0 a2 7 900"});
    CHECK(shown(done.rows) == lines{"0 a1 100 900", "5 s:a1 100 " + month, "0 a2 7 900", "5 s:a2 7 " + month});
}

TEST_CASE("session rules: the end of all is one row that lasts, whatever is known of them")
{
    ending asked;
    asked.user_id = "anna";
    asked.now = noon + seconds{100};
    asked.until = noon + seconds{1000};
    auto const none = ends_of_all({}, asked, longest);
    CHECK(none.told.sessions == 0);
    CHECK(shown(none.told.revocations) == lines{"1 anna 100 1000"});
    CHECK(shown(none.rows) == lines{"5 u:anna 100 " + month_later, "1 anna 100 1000"});

    auto const two = ends_of_all({used_at("a1", 0), used_at("a2", 0)}, asked, longest);
    CHECK(two.told.sessions == 2);
    CHECK(shown(two.told.revocations) == lines{"0 a1 100 900", "0 a2 100 900", "1 anna 100 1000"});
    CHECK(shown(two.rows) == lines{"0 a1 100 900", "0 a2 100 900", "5 u:anna 100 " + month_later, "1 anna 100 1000"});
}

TEST_CASE("session rules: what nobody could look at ends for as long as any session may last")
{
    ending asked;
    asked.user_id = "anna";
    asked.session_id = "a1";
    asked.now = noon + seconds{100};
    asked.until = noon + seconds{1000};
    auto const done = end_of_unseen(asked, longest);
    CHECK(done.told.sessions == 0);
    CHECK(shown(done.told.revocations) == lines{"0 a1 100 1000"});
    CHECK(shown(done.rows) == lines{"0 a1 100 1000", "5 s:a1 100 " + month_later});
}

TEST_CASE("session rules: who stays is spared by name, and the user's tokens stay good")
{
    ending asked;
    asked.user_id = "anna";
    asked.except = "a2";
    asked.now = noon + seconds{100};
    auto const done = ends_of_all({used_at("a1", 0), used_at("a2", 0)}, asked, longest);
    CHECK(done.told.sessions == 1);
    CHECK(shown(done.told.revocations) == lines{"0 a1 100 900"});
    CHECK(shown(done.rows) == lines{"0 a1 100 900", "5 u:anna:a2 100 " + month_later});
}

TEST_CASE("session rules: where not even who stays is known, the tokens of everybody are refused")
{
    ending asked;
    asked.user_id = "anna";
    asked.except = "a2";
    asked.now = noon + seconds{100};
    asked.until = noon + seconds{1000};
    auto const none = ends_of_all({}, asked, longest);
    CHECK(none.told.sessions == 0);
    CHECK(shown(none.told.revocations) == lines{"1 anna 100 1000"});
    CHECK(shown(none.rows) == lines{"5 u:anna:a2 100 " + month_later, "1 anna 100 1000"});
    auto const another = ends_of_all({used_at("a1", 0)}, asked, longest);
    CHECK(shown(another.told.revocations) == lines{"0 a1 100 900", "1 anna 100 1000"});
}

TEST_CASE("session rules: who began in the moment of the end has a row of its own")
{
    ending asked;
    asked.user_id = "anna";
    asked.now = noon + seconds{100};
    asked.until = noon + seconds{1000};
    auto const young = used_at("a1", 0, asked.now);
    auto const done = ends_of_all({young, used_at("a2", 0, asked.now - milliseconds{1})}, asked, longest);
    CHECK(shown(done.rows) ==
          lines{"0 a1 100 900", "5 s:a1 100 " + month, "0 a2 100 900", "5 u:anna 100 " + month_later, "1 anna 100 1000"});
}
