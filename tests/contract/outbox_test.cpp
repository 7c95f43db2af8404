#include "tests/contract/adapters.hpp"

#include <atomic>
#include <set>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;

namespace {

constexpr auto lease = seconds{75};

letter some_letter(std::string const& id)
{
    letter made;
    made.id = id;
    made.kind = letter_kind::reset_password;
    made.to = "anna@example.com";
    made.languages = "de-AT, de;q=0.9";
    made.token = secret{"token-of-" + id};
    made.from = {"192.0.2.1", "Firefox"};
    made.posted_at = noon;
    made.until = noon + std::chrono::hours{1};
    return made;
}

result<claimed_letter> claim(opened const& store, wall_time now = noon)
{
    return run(store.letters().claim(now, now + lease));
}

std::size_t waiting(opened const& store, letter_kind kind = letter_kind::reset_password)
{
    return run(store.letters().read_figures())->waiting[static_cast<std::size_t>(kind)];
}

} // namespace

TEST_CASE("outbox: a letter is handed out as it was posted")
{
    on_every_store([](opened const& store) {
        auto const posted = some_letter("1");
        REQUIRE(run(store.letters().post(posted)));
        auto const got = claim(store);
        REQUIRE(got);
        CHECK(got->attempt == 1);
        CHECK(got->letter.id == posted.id);
        CHECK(got->letter.kind == posted.kind);
        CHECK(got->letter.to == posted.to);
        CHECK(got->letter.languages == posted.languages);
        CHECK(got->letter.token == posted.token);
        CHECK(got->letter.from.address == posted.from.address);
        CHECK(got->letter.from.agent == posted.from.agent);
        CHECK(got->letter.posted_at == posted.posted_at);
        CHECK(got->letter.until == posted.until);
        CHECK_FALSE(got->letter.blank);
    });
}

TEST_CASE("outbox: every kind of letter, and the one for nobody, survives the store")
{
    on_every_store([](opened const& store) {
        for (std::size_t i = 0; i < static_cast<std::size_t>(letter_kind::count_); ++i) {
            auto posted = some_letter(std::to_string(i));
            posted.kind = static_cast<letter_kind>(i);
            posted.blank = i % 2 == 1;
            REQUIRE(run(store.letters().post(posted)));
            auto const got = claim(store);
            REQUIRE(got);
            CHECK(got->letter.kind == posted.kind);
            CHECK(got->letter.blank == posted.blank);
        }
    });
}

TEST_CASE("outbox: a long list of languages is cut, not refused")
{
    on_every_store([](opened const& store) {
        auto posted = some_letter("1");
        posted.languages = std::string(5000, 'x');
        REQUIRE(run(store.letters().post(posted)));
        CHECK(claim(store)->letter.languages.size() == longest_languages);
    });
}

TEST_CASE("outbox: what waits the longest goes first, and nothing goes before it is due")
{
    on_every_store([](opened const& store) {
        auto later = some_letter("a");
        later.posted_at = noon + seconds{2};
        REQUIRE(run(store.letters().post(later)));
        REQUIRE(run(store.letters().post(some_letter("b"))));
        CHECK(claim(store, noon - milliseconds{1}).error() == errc::not_found);
        CHECK(claim(store)->letter.id == "b");
        CHECK(claim(store).error() == errc::not_found);
        CHECK(claim(store, noon + seconds{2})->letter.id == "a");
    });
}

TEST_CASE("outbox: the same id posted again is one letter, also after it was sent")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.letters().post(some_letter("1"))));
        auto other = some_letter("1");
        other.to = "mallory@example.com";
        REQUIRE(run(store.letters().post(other)));
        auto const got = claim(store);
        REQUIRE(got);
        CHECK(got->letter.to == "anna@example.com");
        CHECK(claim(store).error() == errc::not_found);
        REQUIRE(run(store.letters().close("1", letter_end::sent, noon)));
        REQUIRE(run(store.letters().post(other)));
        CHECK(claim(store, noon + std::chrono::hours{1}).error() == errc::not_found);
    });
}

TEST_CASE("outbox: a letter whose postman died is handed out again when the lease ends, not before")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.letters().post(some_letter("1"))));
        REQUIRE(claim(store));
        CHECK(claim(store, noon + lease - milliseconds{1}).error() == errc::not_found);
        auto const again = claim(store, noon + lease);
        REQUIRE(again);
        CHECK(again->attempt == 2);
        CHECK(again->letter.token == secret{"token-of-1"});
    });
}

TEST_CASE("outbox: a postponed letter waits for its time")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.letters().post(some_letter("1"))));
        REQUIRE(run(store.letters().postpone("1", claim(store)->attempt, noon + seconds{5})));
        CHECK(claim(store, noon + seconds{4}).error() == errc::not_found);
        CHECK(claim(store, noon + seconds{5})->attempt == 2);
    });
}

TEST_CASE("outbox: a postman whose lease is over cannot put the letter back for another")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.letters().post(some_letter("1"))));
        auto const late = claim(store);
        auto const now = claim(store, noon + lease);
        REQUIRE(now);
        CHECK(run(store.letters().postpone("1", late->attempt, noon)).error() == errc::conflict);
        CHECK(claim(store, noon + lease).error() == errc::not_found);
        CHECK(run(store.letters().postpone("2", 1, noon)).error() == errc::conflict);
        REQUIRE(run(store.letters().close("1", letter_end::sent, noon)));
        CHECK(run(store.letters().postpone("1", now->attempt, noon)).error() == errc::conflict);
    });
}

TEST_CASE("outbox: whoever sent a letter may close it, lease or not, and the first word counts")
{
    on_every_store([](opened const& store) {
        REQUIRE(run(store.letters().post(some_letter("1"))));
        REQUIRE(claim(store));
        REQUIRE(claim(store, noon + lease));
        CHECK(run(store.letters().close("1", letter_end::sent, noon)));
        CHECK(run(store.letters().close("1", letter_end::given_up, noon)));
        CHECK(run(store.letters().close("2", letter_end::sent, noon)).error() == errc::not_found);
        CHECK(claim(store, noon + 10 * lease).error() == errc::not_found);
    });
}

TEST_CASE("outbox: the figures tell what waits, by kind, and since when; nobody's letters are no mail")
{
    on_every_store([](opened const& store) {
        CHECK_FALSE(run(store.letters().read_figures())->oldest);
        auto old = some_letter("old");
        old.kind = letter_kind::new_device;
        old.posted_at = noon - seconds{30};
        auto blank = some_letter("blank");
        blank.blank = true;
        blank.posted_at = noon - seconds{60};
        for (auto const& each : {old, blank, some_letter("1"), some_letter("2")}) REQUIRE(run(store.letters().post(each)));
        CHECK(waiting(store) == 2);
        CHECK(waiting(store, letter_kind::new_device) == 1);
        CHECK(run(store.letters().read_figures())->oldest == noon - seconds{30});
        REQUIRE(run(store.letters().close("old", letter_end::given_up, noon)));
        REQUIRE(claim(store, noon - seconds{60})->letter.blank);
        REQUIRE(claim(store));
        CHECK(waiting(store) == 2);
        CHECK(waiting(store, letter_kind::new_device) == 0);
        CHECK(run(store.letters().read_figures())->oldest == noon);
    });
}

TEST_CASE("outbox: marks are forgotten after their time, waiting letters never")
{
    on_every_store([](opened const& store) {
        for (auto const* id : {"1", "2", "3", "4"}) REQUIRE(run(store.letters().post(some_letter(id))));
        REQUIRE(run(store.letters().close("1", letter_end::sent, noon)));
        REQUIRE(run(store.letters().close("2", letter_end::given_up, noon)));
        REQUIRE(run(store.letters().close("3", letter_end::sent, noon + seconds{1})));
        CHECK(run(store.letters().sweep(noon, 10)).value() == 0);
        CHECK(run(store.letters().sweep(noon + milliseconds{1}, 1)).value() == 1);
        CHECK(run(store.letters().sweep(noon + milliseconds{1}, 10)).value() == 1);
        CHECK(run(store.letters().sweep(noon + std::chrono::hours{9999}, 10)).value() == 1);
        CHECK(claim(store, noon)->letter.id == "4");
    });
}

TEST_CASE("outbox: of many postmen at once each letter finds exactly one")
{
    on_every_store([](opened const& store) {
        constexpr int letters = 64;
        for (int i = 0; i < letters; ++i) {
            auto one = some_letter(std::to_string(i));
            one.to = one.id + "@example.com";
            REQUIRE(run(store.letters().post(one)));
        }
        std::mutex mutex;
        std::multiset<std::string> got;
        auto const carry = [&](int) -> task<void> {
            for (;;) {
                auto const mine = co_await store.letters().claim(noon, noon + lease);
                if (!mine) co_return;
                std::lock_guard const lock{mutex};
                got.insert(mine->letter.id);
            }
        };
        run_on_workers(4, 4, carry);
        CHECK(got.size() == letters);
        CHECK(std::set<std::string>(got.begin(), got.end()).size() == letters);
    });
}

TEST_CASE("outbox: so many letters of a kind wait for one reader, and more are not kept")
{
    on_every_store([](opened const& store) {
        auto const post = [&](std::string const& id, letter_kind kind, std::string const& to, bool blank = false) {
            auto l = some_letter(id);
            l.kind = kind;
            l.to = to;
            l.blank = blank;
            REQUIRE(run(store.letters().post(l)));
        };
        for (std::size_t i = 0; i < most_waiting + 5; ++i)
            post("a" + std::to_string(i), letter_kind::new_device, "anna@example.com");
        CHECK(waiting(store, letter_kind::new_device) == most_waiting);
        post("b", letter_kind::new_device, "otto@example.com");
        post("c", letter_kind::refresh_reused, "anna@example.com");
        CHECK(waiting(store, letter_kind::new_device) == most_waiting + 1);
        CHECK(waiting(store, letter_kind::refresh_reused) == 1);
        for (std::size_t i = 0; i < most_waiting + 5; ++i) post("n" + std::to_string(i), letter_kind::reset_password, "", true);
        post("last", letter_kind::reset_password, "anna@example.com");
        CHECK(waiting(store) == 1); // nobody's take no room

        auto const first = claim(store);
        REQUIRE(first);
        REQUIRE(run(store.letters().close(first->letter.id, letter_end::sent, noon)));
        auto const kind = first->letter.kind;
        post("again", kind, first->letter.to);
        if (kind == letter_kind::new_device) CHECK(waiting(store, kind) == most_waiting + 1);
    });
}
