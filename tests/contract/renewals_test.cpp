#include "gateway/pipeline/authentication/renewals.hpp"

#include "gateway/accounts/ports/session_store.hpp"
#include "gateway/accounts/sessions/refresh.hpp"
#include "gateway/base/identity.hpp"
#include "tests/contract/front_desk.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <mutex>
#include <set>

using namespace yett;
using namespace yett::accounts;
using namespace yett::tests;
using pipeline::renewals;

namespace {

constexpr milliseconds longest_reply{60'000};

// What many requests on one worker were told.
struct told
{
    std::set<std::string> access;
    std::set<std::string> refresh;
    int renewed = 0;
    int shared = 0;
    int refused = 0;
    int left_alone = 0;
    std::optional<errc> why;

    void note(std::optional<renewals::renewal> const& got)
    {
        if (!got) ++left_alone;
        if (got && !got->given) {
            ++refused;
            why = got->given.error().code();
        }
        if (!got || !got->given) return;
        ++(got->shared ? shared : renewed);
        access.emplace((*got->given)->access_token.reveal());
        refresh.emplace((*got->given)->refresh_token.reveal());
    }
};

// One worker: its event loop, its clock and its renewals.
struct worker
{
    explicit worker(front_desk& desk) : at{desk.services}, all{{at, io.get_executor(), longest_reply}}
    {
        at.now = [this] { return time; };
    }

    task<void> one(std::string token, bool needed, wall_time now)
    {
        renewals::request asked{token, {"192.0.2.7", "test"}, needed};
        auto const got = co_await all.renew(std::move(asked), now);
        seen.note(got);
    }
    told const& ask(std::string const& token, int times, wall_time now, bool needed = true)
    {
        time = now;
        for (int i = 0; i < times; ++i) boost::asio::co_spawn(io, one(token, needed, now), boost::asio::detached);
        io.run();
        io.restart();
        return seen;
    }

    boost::asio::io_context io{1};
    wall_time time = noon; // of the store
    accounts::account_services at;
    renewals all;
    told seen;
};

std::string sign_in(front_desk& desk)
{
    desk.add_user("anna@example.com", good_password);
    return std::string{desk.log_in("anna@example.com", good_password)->refresh_token.reveal()};
}

} // namespace

TEST_CASE("renewals: a token is near its end in the last quarter of its life")
{
    identity who;
    who.session = "s";
    who.issued_at = noon;
    who.expires_at = noon + seconds{100};
    CHECK_FALSE(pipeline::is_near_end(who, noon));
    CHECK_FALSE(pipeline::is_near_end(who, noon + seconds{75}));
    CHECK(pipeline::is_near_end(who, noon + seconds{76}));
    CHECK(pipeline::is_near_end(who, noon + seconds{101}));
    who.session.clear();
    CHECK_FALSE(pipeline::is_near_end(who, noon + seconds{99}));
}

TEST_CASE("renewals: however many requests ask, one goes to the store and all get the same tokens")
{
    on_every_desk([](front_desk& desk) {
        worker w{desk};
        auto const& seen = w.ask(sign_in(desk), 200, noon);
        CHECK(seen.renewed == 1);
        CHECK(seen.shared == 199);
        CHECK(seen.access.size() == 1);
        CHECK(seen.refresh.size() == 1);
    });
}

TEST_CASE("renewals: a request that comes a moment later gets the same, one that comes late the same successor")
{
    on_every_desk([](front_desk& desk) {
        worker w{desk};
        auto const token = sign_in(desk);
        w.ask(token, 1, noon);
        w.ask(token, 1, noon + seconds{5});
        CHECK(w.seen.renewed == 1);
        CHECK(w.seen.shared == 1);
        w.ask(token, 1, noon + seconds{6});
        CHECK(w.seen.renewed == 2);
        CHECK(w.seen.access.size() == 2);
        CHECK(w.seen.refresh.size() == 1);
    });
}

TEST_CASE("renewals: a session outlives a reply that never arrived, for as long as replies may take")
{
    on_every_desk([](front_desk& desk) {
        worker w{desk};
        auto const token = sign_in(desk);
        w.ask(token, 1, noon);
        w.ask(token, 1, noon + seconds{70});
        CHECK(w.seen.renewed == 2);
        CHECK(w.seen.refresh.size() == 1);
        w.ask(token, 1, noon + seconds{76});
        CHECK(w.seen.refused == 1);
        CHECK(w.seen.why == errc::refresh_reused);
        CHECK(desk.audit.count("refresh_reused") == 1);
    });
}

TEST_CASE("renewals: who only may be renewed does not wait for who is at it")
{
    on_every_desk([](front_desk& desk) {
        worker w{desk};
        auto const token = sign_in(desk);
        w.ask(token, 50, noon, false);
        CHECK(w.seen.renewed == 1);
        CHECK(w.seen.renewed + w.seen.left_alone + w.seen.shared == 50);
        w.ask(token, 1, noon, false);
        CHECK(w.seen.refresh.size() == 1);
    });
}

TEST_CASE("renewals: a failure is told to everybody who waits, and the next request asks again")
{
    on_every_desk([](front_desk& desk) {
        worker w{desk};
        auto const token = sign_in(desk);
        auto const owner = run(desk.store.users().find_by_email("anna@example.com"));
        REQUIRE(owner);
        user_change disabled;
        disabled.disabled = true;
        REQUIRE(run(desk.store.users().change(owner->id, disabled)));
        w.ask(token, 20, noon);
        CHECK(w.seen.refused == 20);
        CHECK(w.seen.why == errc::token_invalid);
        w.ask("yr1_nothing", 1, noon);
        CHECK(w.seen.refused == 21);
        CHECK(w.seen.renewed + w.seen.shared == 0);
    });
}

TEST_CASE("renewals: workers that share only the store give out one successor")
{
    on_every_desk([](front_desk& desk) {
        for (int round = 0; round < 20; ++round) {
            auto const email = "anna" + std::to_string(round) + "@example.com";
            desk.add_user(email, good_password);
            auto const token = std::string{desk.log_in(email, good_password)->refresh_token.reveal()};
            std::vector<told> all(4);
            {
                std::vector<std::jthread> threads;
                for (auto& each : all)
                    threads.emplace_back([&desk, &token, &each] {
                        worker w{desk};
                        each = w.ask(token, 10, noon);
                    });
            }
            std::set<std::string> successors;
            for (auto const& each : all) {
                CHECK(each.renewed == 1);
                CHECK(each.shared == 9);
                successors.insert(each.refresh.begin(), each.refresh.end());
            }
            CHECK(successors.size() == 1);
        }
        CHECK(desk.audit.count("refresh_reused") == 0);
    });
}
