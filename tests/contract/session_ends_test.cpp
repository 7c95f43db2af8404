#include "gateway/accounts/ports/session_ends.hpp"
#include "tests/contract/adapters.hpp"

#include <algorithm>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

constexpr wall_time later = noon + seconds{100};

revocation row(std::string const& id, wall_time at = later)
{
    return {revocation::kind::session_end, id, at, noon + std::chrono::hours{24 * 30}};
}

// What became of a session of that user that began then; the user exists.
std::optional<wall_time> when_ended(opened const& store, std::string const& user, std::string const& id, wall_time began = noon)
{
    auto one = some_session(some_user(user), id);
    one.created_at = began;
    auto const fates = run(store.stores.ends->judge({one}));
    REQUIRE(fates);
    REQUIRE(fates->size() == 1);
    CHECK(fates->front().has_owner);
    return fates->front().ended_at;
}

void write(opened const& store, std::vector<revocation> const& all)
{
    REQUIRE(run(store.stores.ends->write(all)));
}

} // namespace

TEST_CASE("session_ends: each kind of row ends what it names, and nothing else")
{
    struct situation
    {
        char const* what;
        std::string row;
        bool ends_a1, ends_a2, ends_young, ends_otto;
    };
    std::vector<situation> const situations{
        {"a session", "s:a1", true, false, false, false},
        {"a session that nobody has", "s:a", false, false, false, false},
        {"all of a user that began before", "u:id-of-anna", true, true, false, false},
        {"all of a user but one", "u:id-of-anna:a2", true, false, false, false},
        {"all of a user but one that is gone", "u:id-of-anna:a9", true, true, false, false},
        {"a user whose id begins alike", "u:id-of-ann", false, false, false, false},
        {"a user whose id goes on", "u:id-of-anna2", false, false, false, false},
        {"everybody's that began before", "*", true, true, false, true},
    };
    for (auto const& each : situations)
        on_every_store([&](opened const& store) {
            CAPTURE(each.what);
            for (auto const* const name : {"anna", "otto"}) REQUIRE(run(store.users().add(some_user(name))));
            write(store, {row(each.row)});
            CHECK(when_ended(store, "anna", "a1").has_value() == each.ends_a1);
            CHECK(when_ended(store, "anna", "a2").has_value() == each.ends_a2);
            CHECK(when_ended(store, "anna", "a3", later).has_value() == each.ends_young);
            CHECK(when_ended(store, "otto", "o1").has_value() == each.ends_otto);
        });
}

TEST_CASE("session_ends: what names a session ends it whenever it began, and the first end counts")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.users().add(some_user("anna"))));
        write(store, {row("s:a1", later), row("u:id-of-anna", later + seconds{10}), row("*", later + seconds{20})});
        CHECK(when_ended(store, "anna", "a1", later + seconds{60}) == later);
        CHECK(when_ended(store, "anna", "a1") == later);
        CHECK(when_ended(store, "anna", "a2") == later + seconds{10});
        CHECK(when_ended(store, "anna", "a2", later + seconds{10}) == later + seconds{20});
        CHECK_FALSE(when_ended(store, "anna", "a2", later + seconds{20}));
    });
}

TEST_CASE("session_ends: fates come in the order of the sessions, and say who has no owner")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.users().add(some_user("anna"))));
        write(store, {row("s:a2")});
        std::vector<session> all;
        for (auto const* const id : {"a3", "a2", "a1"}) all.push_back(some_session(some_user("anna"), id));
        all.insert(all.begin() + 1, some_session(some_user("nobody"), "n1"));
        auto const fates = run(store.stores.ends->judge(all));
        REQUIRE(fates);
        REQUIRE(fates->size() == 4);
        CHECK((*fates)[0].has_owner);
        CHECK_FALSE((*fates)[1].has_owner);
        CHECK_FALSE((*fates)[0].ended_at);
        CHECK((*fates)[2].ended_at == later);
        CHECK_FALSE((*fates)[3].ended_at);
        CHECK(run(store.stores.ends->judge({}))->empty());
    });
}

TEST_CASE("session_ends: verifiers are told of all but these, and a second word extends the first")
{
    on_every_store([](opened const& store) {
        write(store, {{revocation::kind::session, "a1", later, noon + seconds{900}}, row("s:a1")});
        write(store, {row("s:a1", later - seconds{50})});
        std::vector<revocation> told;
        REQUIRE(run(store.sessions().load_revocations(noon, [&](revocation const& each) { told.push_back(each); })));
        REQUIRE(told.size() == 1);
        CHECK(told.front().what == revocation::kind::session);
        session_ends_page page;
        page.limit = 10;
        auto const kept = run(store.stores.ends->list(page));
        REQUIRE(kept);
        REQUIRE(kept->size() == 1);
        CHECK(kept->front().what == revocation::kind::session_end);
        CHECK(kept->front().at == later);
        CHECK(kept->front().until == row("s:a1").until);
    });
}

TEST_CASE("session_ends: pages show each row once, and only what happened later than was asked for")
{
    on_every_store([](opened const& store) {
        std::vector<revocation> all;
        for (int i = 0; i < 7; ++i) all.push_back(row("s:a" + std::to_string(i), later + seconds{i}));
        write(store, all);
        session_ends_page page;
        page.limit = 2;
        page.since = later + seconds{1};
        std::vector<std::string> seen;
        for (auto part = run(store.stores.ends->list(page)); part && !part->empty(); part = run(store.stores.ends->list(page))) {
            for (auto const& each : *part) seen.push_back(each.id);
            page.after = part->back().id;
        }
        CHECK(seen == std::vector<std::string>{"s:a2", "s:a3", "s:a4", "s:a5", "s:a6"});
    });
}

TEST_CASE("session_ends: an id says what it is about, and is taken apart again")
{
    struct situation
    {
        std::string id, user, session;
    };
    std::vector<situation> const situations{
        {end_of_session("a1"), "", "a1"},
        {end_of_user("anna"), "anna", ""},
        {end_of_user("anna", "a1"), "anna", "a1"},
        {std::string{end_of_everybody}, "", ""},
        {"", "", ""},
    };
    for (auto const& each : situations) {
        CAPTURE(each.id);
        auto const found = target_of(each.id);
        CHECK(found.user_id == each.user);
        CHECK(found.session_id == each.session);
    }
    auto const range = ends_but_one("anna");
    CHECK(range.first < end_of_user("anna", "a1"));
    CHECK(end_of_user("anna", "a1") < range.second);
    CHECK(end_of_user("anna") < range.first);
    CHECK_FALSE((range.first < end_of_user("anna2") && end_of_user("anna2") < range.second));
    CHECK_FALSE((range.first < end_of_user("anna2", "a1") && end_of_user("anna2", "a1") < range.second));
}
