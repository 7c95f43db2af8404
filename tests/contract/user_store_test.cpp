#include "tests/contract/adapters.hpp"

#include <atomic>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

TEST_CASE("user_store: what was added is found by id and by address, unchanged")
{
    on_every_store([](opened const& store) {
        auto anna = some_user("anna");
        anna.email = "Anna@example.com";
        anna.roles = {"admin", "with \"quotes\" and \n lines", "ä"};
        anna.verified = true;
        anna.disabled = true;
        anna.password_changed_at = noon + milliseconds{1};
        REQUIRE(run(store.users().add(anna)));
        for (auto const& found : {run(store.users().find(anna.id)), run(store.users().find_by_email(anna.email_key))}) {
            REQUIRE(found);
            CHECK(found->id == anna.id);
            CHECK(found->email == anna.email);
            CHECK(found->email_key == anna.email_key);
            CHECK(found->password_hash == anna.password_hash);
            CHECK(found->roles == anna.roles);
            CHECK(found->verified);
            CHECK(found->disabled);
            CHECK(found->created_at == anna.created_at);
            CHECK(found->password_changed_at == anna.password_changed_at);
        }
    });
}

TEST_CASE("user_store: a user without roles and password is kept as such")
{
    on_every_store([](opened const& store) {
        auto anna = some_user("anna");
        anna.password_hash.clear();
        REQUIRE(run(store.users().add(anna)));
        auto const found = run(store.users().find(anna.id));
        REQUIRE(found);
        CHECK(found->password_hash.empty());
        CHECK(found->roles.empty());
        CHECK_FALSE(found->verified);
    });
}

TEST_CASE("user_store: nobody is not_found, by any name")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.users().add(some_user("anna"))));
        user_change const nothing;
        CHECK(run(store.users().find("")).error() == errc::not_found);
        CHECK(run(store.users().find("id-of-ann")).error() == errc::not_found);
        CHECK(run(store.users().find("' OR 1=1 --")).error() == errc::not_found);
        CHECK(run(store.users().find(std::string_view{"id-of-anna\0x", 12})).error() == errc::not_found);
        CHECK(run(store.users().find_by_email("ANNA@example.com")).error() == errc::not_found);
        CHECK(run(store.users().change("nobody", nothing)).error() == errc::not_found);
        CHECK(run(store.users().change_password("nobody", {})).error() == errc::not_found);
    });
}

TEST_CASE("user_store: a second user with the address or the id is a conflict and changes nothing")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto other = some_user("otto");
        other.email_key = anna.email_key;
        CHECK(run(store.users().add(other)).error() == errc::conflict);
        CHECK(run(store.users().find(other.id)).error() == errc::not_found);
        auto twin = some_user("otto");
        twin.id = anna.id;
        CHECK(run(store.users().add(twin)).error() == errc::conflict);
        CHECK(run(store.users().find(anna.id))->email == anna.email);
    });
}

TEST_CASE("user_store: a password is replaced only by someone who saw the one in place")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        password_change change;
        change.expected_hash = anna.password_hash;
        change.new_hash = "second";
        change.changed_at = noon + seconds{5};
        REQUIRE(run(store.users().change_password(anna.id, change)));
        CHECK(run(store.users().change_password(anna.id, change)).error() == errc::conflict);
        auto found = run(store.users().find(anna.id));
        CHECK(found->password_hash == "second");
        CHECK(found->password_changed_at == noon + seconds{5});

        password_change rehash;
        rehash.expected_hash = "second";
        rehash.new_hash = "third";
        REQUIRE(run(store.users().change_password(anna.id, rehash)));
        found = run(store.users().find(anna.id));
        CHECK(found->password_hash == "third");
        CHECK(found->password_changed_at == noon + seconds{5});
    });
}

TEST_CASE("user_store: a change touches what it names and nothing else")
{
    on_every_store([](opened const& store) {
        auto anna = some_user("anna");
        anna.roles = {"editor"};
        REQUIRE(run(store.users().add(anna)));
        user_change verified;
        verified.verified = true;
        auto after = run(store.users().change(anna.id, verified));
        REQUIRE(after);
        CHECK(after->verified);
        CHECK_FALSE(after->disabled);
        CHECK(after->roles == anna.roles);
        user_change rest;
        rest.disabled = true;
        rest.roles = std::vector<std::string>{};
        REQUIRE(run(store.users().change(anna.id, rest)));
        after = run(store.users().find(anna.id));
        CHECK(after->verified);
        CHECK(after->disabled);
        CHECK(after->roles.empty());
        CHECK(after->password_hash == anna.password_hash);
    });
}

TEST_CASE("user_store: of many registrations of one address at once exactly one succeeds")
{
    on_every_store([](opened const& store) {
        for (int round = 0; round < 20; ++round) {
            std::atomic<int> added{0}, conflicts{0};
            auto const each = [&](int number) -> task<void> {
                auto mine = some_user("round" + std::to_string(round));
                mine.id += "-" + std::to_string(number);
                auto const done = co_await store.users().add(mine);
                added += done.has_value();
                conflicts += !done && done.error() == errc::conflict;
            };
            run_on_workers(4, 5, each);
            CHECK(added == 1);
            CHECK(conflicts == 19);
        }
    });
}

TEST_CASE("user_store: a failing write does not take its neighbours with it")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.users().add(some_user("taken"))));
        std::atomic<int> added{0};
        auto const each = [&](int number) -> task<void> {
            auto const mine = some_user(number % 3 == 0 ? "taken" : "n" + std::to_string(number));
            auto const done = co_await store.users().add(mine);
            added += done.has_value();
        };
        run_on_workers(4, 30, each);
        CHECK(added == 80);
        for (int number = 0; number < 120; ++number)
            if (number % 3 != 0) CHECK(run(store.users().find("id-of-n" + std::to_string(number))));
    });
}

TEST_CASE("user_store: what was acknowledged is read at once, by another thread too")
{
    on_every_store([](opened const& store) {
        std::atomic<int> missing{0};
        auto const each = [&](int number) -> task<void> {
            auto const mine = some_user("u" + std::to_string(number));
            auto const added = co_await store.users().add(mine);
            auto const found = co_await store.users().find_by_email(mine.email_key);
            missing += !added || !found;
        };
        run_on_workers(4, 50, each);
        CHECK(missing == 0);
    });
}

TEST_CASE("user_store: a caller resumes on its own thread")
{
    on_every_store([](opened const& store) {
        std::atomic<int> strayed{0};
        auto const each = [&](int number) -> task<void> {
            auto const home = std::this_thread::get_id();
            auto const mine = some_user("u" + std::to_string(number));
            co_await store.users().add(mine);
            strayed += std::this_thread::get_id() != home;
            co_await store.users().find(mine.id);
            strayed += std::this_thread::get_id() != home;
        };
        run_on_workers(3, 10, each);
        CHECK(strayed == 0);
    });
}

TEST_CASE("user_store: pages show every user once, in the order of their ids")
{
    on_every_store([](opened const& store) {
        for (auto const* const name : {"d", "a", "e", "c", "b"}) REQUIRE(run(store.users().add(some_user(name))));
        std::vector<std::string> seen;
        user_page asked;
        asked.limit = 2;
        for (;;) {
            auto const page = run(store.users().list(asked));
            REQUIRE(page);
            CHECK(page->size() <= 2);
            if (page->empty()) break;
            for (auto const& each : *page) seen.push_back(each.id);
            asked.after = page->back().id;
        }
        CHECK(seen == std::vector<std::string>{"id-of-a", "id-of-b", "id-of-c", "id-of-d", "id-of-e"});
        asked.after = "id-of-bb";
        CHECK(run(store.users().list(asked))->front().password_hash == "hash-of-c");
    });
}

TEST_CASE("user_store: users are counted by what became of them")
{
    on_every_store([](opened const& store) {
        CHECK(run(store.users().count())->all == 0);
        auto anna = some_user("anna");
        anna.verified = true;
        auto otto = some_user("otto");
        otto.disabled = true;
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.users().add(otto)));
        auto const counted = run(store.users().count());
        REQUIRE(counted);
        CHECK(counted->all == 2);
        CHECK(counted->disabled == 1);
        CHECK(counted->unverified == 1);
    });
}

TEST_CASE("user_store: a removed user is gone with all sessions, and the address is free again")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        auto const otto = some_user("otto");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.users().add(otto)));
        REQUIRE(run(store.sessions().add(some_session(anna, "s1"))));
        REQUIRE(run(store.sessions().add(some_session(otto, "s2"))));
        REQUIRE(run(store.users().remove(anna.id)));
        CHECK(run(store.users().remove(anna.id)).error() == errc::not_found);
        CHECK(run(store.users().find(anna.id)).error() == errc::not_found);
        CHECK(run(store.users().find_by_email(anna.email_key)).error() == errc::not_found);
        CHECK(run(store.sessions().find("s1")).error() == errc::not_found);
        CHECK(run(store.sessions().find_by_family("family-of-s1")).error() == errc::not_found);
        CHECK(run(store.sessions().find("s2")));
        CHECK(run(store.users().add(anna)));
    });
}

TEST_CASE("user_store: of many added together those that exist are left out, and the rest comes in")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.users().add(some_user("b"))));
        auto other_address = some_user("e");
        other_address.id = "id-of-b";
        std::vector<user> const many{some_user("a"), some_user("b"), some_user("c"), some_user("c"), other_address};
        auto const added = run(store.users().add_all(many));
        REQUIRE(added);
        CHECK(*added == std::vector<bool>{true, false, true, false, false});
        CHECK(run(store.users().count())->all == 3);
        CHECK(run(store.users().find_by_email("e@example.com")).error() == errc::not_found);
        CHECK(*run(store.users().add_all(many)) == std::vector<bool>(5, false));
        CHECK(run(store.users().add_all({}))->empty());
    });
}
