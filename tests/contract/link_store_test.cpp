#include "gateway/accounts/ports/link_store.hpp"

#include "tests/contract/adapters.hpp"

#include <atomic>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

// POSIX has a function of that name.
using accounts::link;

link some_link(std::string const& hash, std::string const& user_id, link_purpose purpose = link_purpose::reset_password)
{
    link made;
    made.hash = hash;
    made.purpose = purpose;
    made.user_id = user_id;
    made.email_key = "anna@example.com";
    made.password_hash = "pending";
    made.roles = {"editor", "a \"quoted\" one"};
    made.created_at = noon;
    made.expires_at = noon + seconds{3600};
    return made;
}

letter some_letter(std::string const& id)
{
    letter made;
    made.id = id;
    made.kind = letter_kind::reset_password;
    made.to = "anna@example.com";
    made.posted_at = noon;
    return made;
}

account_transaction making(link const& made)
{
    account_transaction all;
    all.made = made;
    return all;
}

account_transaction spending_of(std::string const& hash, wall_time now = noon)
{
    account_transaction all;
    all.spent = link_use{hash, link_purpose::reset_password, now};
    return all;
}

account_update new_password(std::string const& user_id, std::string const& hash)
{
    account_update change;
    change.user_id = user_id;
    change.password_hash = hash;
    change.now = noon + seconds{5};
    return change;
}

bool has_letter(opened const& store)
{
    return run(store.letters().claim(noon + seconds{60}, noon + seconds{61})).has_value();
}

} // namespace

TEST_CASE("links: what was made is found as it was, by its hash alone")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto const made = some_link("h1", anna.id);
        REQUIRE(run(store.links().commit(making(made))));
        auto const found = run(store.links().find("h1"));
        REQUIRE(found);
        CHECK(found->purpose == made.purpose);
        CHECK(found->user_id == anna.id);
        CHECK(found->email_key == made.email_key);
        CHECK(found->password_hash == made.password_hash);
        CHECK(found->roles == made.roles);
        CHECK(found->created_at == made.created_at);
        CHECK(found->expires_at == made.expires_at);
        CHECK(run(store.links().find("h2")).error() == errc::not_found);
    });
}

TEST_CASE("links: a link of nobody's is kept, one of a user who does not exist is not")
{
    on_every_store([](opened const& store) {
        CHECK(run(store.links().commit(making(some_link("h1", "")))));
        CHECK(run(store.links().find("h1"))->user_id.empty());
        auto all = making(some_link("h2", "nobody"));
        all.posted = some_letter("l1");
        CHECK(run(store.links().commit(all)).error() == errc::not_found);
        CHECK_FALSE(has_letter(store));
    });
}

TEST_CASE("links: one is spent once, for its purpose, in time")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.links().commit(making(some_link("h1", anna.id)))));
        auto wrong = spending_of("h1");
        wrong.spent->purpose = link_purpose::verify_address;
        CHECK(run(store.links().commit(wrong)).error() == errc::link_invalid);
        CHECK(run(store.links().commit(spending_of("h1", noon + seconds{3600}))).error() == errc::link_expired);
        CHECK(run(store.links().commit(spending_of("h1", noon + seconds{3599}))));
        CHECK(run(store.links().commit(spending_of("h1"))).error() == errc::link_invalid);
        CHECK(run(store.links().commit(spending_of("h2"))).error() == errc::link_invalid);
    });
}

TEST_CASE("links: of many who spend one at once one succeeds, and only what that one wanted happens")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        for (int round = 0; round < 20; ++round) {
            auto const hash = "h" + std::to_string(round);
            REQUIRE(run(store.links().commit(making(some_link(hash, anna.id)))));
            std::atomic<int> won{0}, lost{0}, winner{-1};
            auto const each = [&](int number) -> task<void> {
                auto all = spending_of(hash);
                all.amended = new_password(anna.id, "of " + std::to_string(number));
                auto const done = co_await store.links().commit(all);
                won += done.has_value();
                if (done) winner = number;
                lost += !done && done.error() == errc::link_invalid;
            };
            run_on_workers(4, 8, each);
            CHECK(won == 1);
            CHECK(lost == 31);
            CHECK(run(store.users().find(anna.id))->password_hash == "of " + std::to_string(winner.load()));
        }
    });
}

TEST_CASE("links: an amendment changes the account and voids every other link of it")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        auto const bert = some_user("bert");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.users().add(bert)));
        for (auto const* hash : {"h1", "h2"}) REQUIRE(run(store.links().commit(making(some_link(hash, anna.id)))));
        REQUIRE(run(store.links().commit(making(some_link("h3", bert.id)))));
        auto all = spending_of("h1");
        all.amended = new_password(anna.id, "new");
        all.amended->verified = true;
        all.posted = some_letter("l1");
        REQUIRE(run(store.links().commit(all)));
        auto const after = run(store.users().find(anna.id));
        CHECK(after->password_hash == "new");
        CHECK(after->verified);
        CHECK(after->password_changed_at == noon + seconds{5});
        CHECK(run(store.links().find("h2")).error() == errc::not_found);
        CHECK(run(store.links().find("h3")));
        CHECK(has_letter(store));
    });
}

TEST_CASE("links: without a new password the old one stays, and nobody loses a proof")
{
    on_every_store([](opened const& store) {
        auto anna = some_user("anna");
        anna.verified = true;
        REQUIRE(run(store.users().add(anna)));
        account_transaction all;
        all.amended = new_password(anna.id, "");
        REQUIRE(run(store.links().commit(all)));
        auto const after = run(store.users().find(anna.id));
        CHECK(after->password_hash == anna.password_hash);
        CHECK(after->password_changed_at == anna.password_changed_at);
        CHECK(after->verified);
    });
}

TEST_CASE("links: what fails leaves everything as it was")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.links().commit(making(some_link("h1", anna.id)))));

        auto taken = spending_of("h1");
        taken.added = anna;
        taken.added->id = "another";
        taken.posted = some_letter("l1");
        CHECK(run(store.links().commit(taken)).error() == errc::conflict);

        auto changed = spending_of("h1");
        changed.amended = new_password(anna.id, "new");
        changed.amended->expected_hash = "not this one";
        changed.posted = some_letter("l2");
        CHECK(run(store.links().commit(changed)).error() == errc::conflict);

        auto gone = spending_of("h1");
        gone.amended = new_password("nobody", "new");
        CHECK(run(store.links().commit(gone)).error() == errc::not_found);

        CHECK(run(store.links().find("h1")));
        CHECK(run(store.users().find(anna.id))->password_hash == anna.password_hash);
        CHECK_FALSE(has_letter(store));
    });
}

TEST_CASE("links: a user, a link and a letter come into being together")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        auto all = making(some_link("h1", anna.id, link_purpose::verify_address));
        all.added = anna;
        all.posted = some_letter("l1");
        REQUIRE(run(store.links().commit(all)));
        CHECK(run(store.users().find_by_email(anna.email_key))->id == anna.id);
        CHECK(run(store.links().find("h1"))->user_id == anna.id);
        CHECK(has_letter(store));
    });
}

TEST_CASE("links: the password of the newest good one of an account and purpose is found")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto const find = [&](std::string const& id, wall_time now) {
            auto const found = run(store.links().find_newest_password(id, link_purpose::reset_password, now));
            return found ? *found : std::string{name_of(found.error().code())};
        };
        CHECK(find(anna.id, noon) == "not_found");
        for (int i = 0; i < 3; ++i) {
            auto made = some_link("h" + std::to_string(i), anna.id);
            made.created_at = noon + seconds{i};
            made.expires_at = noon + seconds{100 - i};
            made.password_hash = i == 0 ? "" : "p" + std::to_string(i);
            REQUIRE(run(store.links().commit(making(made))));
        }
        REQUIRE(run(store.links().commit(making(some_link("other", anna.id, link_purpose::verify_address)))));
        REQUIRE(run(store.links().commit(making(some_link("nobody's", "")))));
        CHECK(find(anna.id, noon) == "p2");
        CHECK(find(anna.id, noon + seconds{98}) == "p1");
        CHECK(find(anna.id, noon + seconds{99}).empty());
        CHECK(find(anna.id, noon + seconds{100}) == "not_found");
        CHECK(find("", noon) == "not_found");
    });
}

TEST_CASE("links: sweeping forgets old ones, a few at a time")
{
    on_every_store([](opened const& store) {
        for (int i = 0; i < 5; ++i) {
            auto made = some_link("h" + std::to_string(i), "");
            made.expires_at = noon + seconds{i};
            REQUIRE(run(store.links().commit(making(made))));
        }
        CHECK(run(store.links().sweep(noon + seconds{3}, 2)).value() == 2);
        CHECK(run(store.links().sweep(noon + seconds{3}, 10)).value() == 1);
        CHECK(run(store.links().find("h3")));
        CHECK(run(store.links().find("h4")));
    });
}

TEST_CASE("sessions: a login is recognised by its marks, the last 64 of each user")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        int sessions = 0;
        auto const meet = [&](std::vector<std::string> marks, int when) {
            arrival seen;
            seen.session = some_session(anna, "s" + std::to_string(++sessions));
            seen.session.created_at = noon + seconds{when};
            seen.marks = std::move(marks);
            return run(store.sessions().admit(seen))->known;
        };
        CHECK(meet({"a", "n"}, 0) == device_status::first);
        CHECK(meet({"a", "n"}, 0) == device_status::familiar);
        CHECK(meet({"b", "n"}, 1) == device_status::strange);
        CHECK(meet({"b", "n"}, 1) == device_status::familiar);
        CHECK(meet({"a", "m"}, 2) == device_status::strange);
        for (int i = 0; i < 64; ++i) meet({"x" + std::to_string(i)}, 10 + i);
        CHECK(meet({"x63"}, 100) == device_status::familiar);
        CHECK(meet({"a"}, 101) == device_status::strange);
        arrival of_nobody;
        of_nobody.session = some_session(some_user("nobody"), "s");
        of_nobody.marks = {"a"};
        CHECK(run(store.sessions().admit(of_nobody)).error() == errc::not_found);
    });
}

TEST_CASE("links: they go with their user, and the marks of logins with the end of what sessions there may be")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        REQUIRE(run(store.links().commit(making(some_link("h1", anna.id)))));
        arrival seen;
        seen.session = some_session(anna, "s");
        seen.marks = {"a"};
        REQUIRE(run(store.sessions().admit(seen)));
        REQUIRE(run(store.users().remove(anna.id)));
        ending all;
        all.user_id = anna.id;
        all.now = all.until = noon;
        REQUIRE(run(store.sessions().end(all)));
        CHECK(run(store.links().find("h1")).error() == errc::not_found);
        REQUIRE(run(store.users().add(anna)));
        seen.session = some_session(anna, "t");
        auto const again = run(store.sessions().admit(seen));
        REQUIRE_MESSAGE(again, describe(again.error()));
        CHECK(again->known == device_status::first);
    });
}

TEST_CASE("links: an account has so many of a purpose, and the oldest is void")
{
    on_every_store([](opened const& store) {
        auto const anna = some_user("anna");
        REQUIRE(run(store.users().add(anna)));
        auto const made = [&](std::string const& hash, link_purpose purpose, int at) {
            auto one = some_link(hash, anna.id, purpose);
            one.created_at = noon + seconds{at};
            REQUIRE(run(store.links().commit(making(one))));
        };
        made("other", link_purpose::verify_address, 0);
        for (int i = 0; i < static_cast<int>(most_links) + 3; ++i) made("h" + std::to_string(i), link_purpose::reset_password, i);
        for (int i = 0; i < static_cast<int>(most_links) + 3; ++i)
            CHECK(run(store.links().find("h" + std::to_string(i))).has_value() == (i >= 3));
        CHECK(run(store.links().find("other")));
    });
}
