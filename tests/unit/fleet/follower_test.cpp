#include "gateway/fleet/follower.hpp"

#include "gateway/accounts/ports/revocation_feed.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/telemetry/log.hpp"
#include "gateway/tokens/completeness.hpp"
#include "gateway/tokens/revocations.hpp"

#include <doctest/doctest.h>

#include <deque>

using namespace yett;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};

boot_time current{};

boot_time fake_now() noexcept
{
    return current;
}

// A log whose looks end when the test says so.
class fake_log final : public accounts::revocation_feed
{
public:
    task<result<accounts::log_moment>> present() override
    {
        accounts::log_moment now{"0", noon};
        co_return now;
    }
    task<result<accounts::revocation_news>> since(std::string watermark) override
    {
        asked_since.push_back(watermark);
        co_await pending.wait();
        if (failure) co_return *failure;
        accounts::revocation_news news;
        news.entries = std::exchange(entries, {});
        news.until = {std::to_string(asked_since.size()), noon + seconds{static_cast<long>(asked_since.size())}};
        co_return news;
    }
    void listen(heard_by by) override { heard = std::move(by); }
    void stop_listening() override { heard = {}; }
    accounts::feed_activity activity() const override { return said; }

    std::vector<std::string> asked_since;
    waiter pending;
    std::optional<error> failure;
    std::vector<accounts::revocation> entries;
    heard_by heard;
    accounts::feed_activity said;
};

// Of a session_store nothing but the beginning is wanted here.
class fake_sessions final : public accounts::session_store
{
public:
    using accounts::session_store::list;
    task<result<accounts::admitted>> admit(accounts::arrival const&) override { co_return errc::internal; }
    task<result<accounts::session>> find(std::string_view) override { co_return errc::internal; }
    task<result<accounts::session>> find_by_family(std::string_view) override { co_return errc::internal; }
    task<result<accounts::rotated>> rotate(accounts::rotation const&) override { co_return errc::internal; }
    task<result<accounts::ended>> end(accounts::ending const&) override { co_return errc::internal; }
    task<result<void>> revoke(accounts::revocation const&) override { co_return errc::internal; }
    task<result<std::vector<accounts::session>>> list(std::string_view, accounts::session_page) override
    {
        co_return errc::internal;
    }
    task<result<std::vector<accounts::session>>> list_all(accounts::session_page const&) override { co_return errc::internal; }
    task<result<void>> load_revocations(wall_time, std::function<void(accounts::revocation const&)> each) override
    {
        ++loaded;
        for (auto const& one : kept) each(one);
        co_return result<void>{};
    }
    task<result<std::size_t>> sweep(wall_time, std::size_t) override { co_return errc::internal; }

    int loaded = 0;
    std::vector<accounts::revocation> kept;
};

accounts::revocation of_session(std::string id)
{
    return {accounts::revocation::kind::session, std::move(id), noon, noon + std::chrono::hours{1}};
}

struct node
{
    node() { current = boot_time{seconds{1000}}; }

    // Everything that is ready, without waiting for the time to come.
    void turn()
    {
        io.restart();
        io.poll();
    }
    void begin()
    {
        boost::asio::co_spawn(io, follower.begin(), boost::asio::detached);
        turn();
        follower.run();
        log.heard({});
        turn();
    }
    // The look that is under way comes to its end.
    void finish()
    {
        log.pending.wake();
        turn();
    }
    std::function<void(bool)> note()
    {
        return [this](bool fine) { answers.push_back(fine); };
    }
    bool knows(std::string_view session) const { return revoked.covers_session(session, noon); }

    boost::asio::io_context io;
    fake_log log;
    fake_sessions sessions;
    tokens::revocations revoked{"us"};
    tokens::completeness known;
    telemetry::log reports;
    fleet::follower follower{io, {log, sessions, revoked, known, reports, fake_now}};
    std::vector<bool> answers;
};

} // namespace

TEST_CASE("follower: everything is loaded at the start, and then what comes behind the watermark")
{
    node n;
    n.sessions.kept = {of_session("old")};
    n.begin();
    CHECK(n.knows("old"));
    REQUIRE(n.log.asked_since == std::vector<std::string>{"0"});
    n.log.entries = {of_session("new")};
    n.finish();
    CHECK(n.knows("new"));
    CHECK(n.follower.store_time() == noon + seconds{1});
    CHECK(n.sessions.loaded == 1);
    n.log.heard({});
    n.turn();
    CHECK(n.log.asked_since == std::vector<std::string>{"0", "1"});
}

TEST_CASE("follower: what is told is refused at once, and nobody takes it for all there is")
{
    node n;
    n.begin();
    n.finish();
    auto const known = n.known.at();
    current += seconds{3};
    n.log.heard({of_session("told"), of_session("told, too")});
    CHECK(n.knows("told"));
    CHECK(n.knows("told, too"));
    n.turn();
    CHECK(n.known.at() == known);
    CHECK(n.log.asked_since.size() == 1);
}

TEST_CASE("follower: what is known counts from when the look began")
{
    node n;
    n.begin();
    current += seconds{7};
    n.finish();
    CHECK(n.known.at() == boot_time{seconds{1000}});
    n.log.heard({});
    n.turn();
    current += seconds{2};
    n.finish();
    CHECK(n.known.at() == boot_time{seconds{1007}});
}

TEST_CASE("follower: a look that fails says so, and leaves what is known where it was")
{
    node n;
    n.begin();
    n.finish();
    current += seconds{9};
    n.follower.ask(n.note());
    n.turn();
    n.log.failure = our_error(errc::storage_unavailable);
    n.finish();
    CHECK(n.answers == std::vector<bool>{false});
    CHECK(n.known.at() == boot_time{seconds{1000}});
    CHECK(n.follower.read_figures().failures == 1);
    CHECK(n.follower.read_figures().age == seconds{9});
    // Whoever asks right after that is told the same, without another look.
    auto const looks = n.log.asked_since.size();
    n.follower.ask(n.note());
    n.turn();
    CHECK(n.answers == std::vector<bool>{false, false});
    CHECK(n.log.asked_since.size() == looks);
    current += milliseconds{100};
    n.follower.ask(n.note());
    n.turn();
    CHECK(n.log.asked_since.size() == looks + 1);
}

TEST_CASE("follower: a look that was under way while the process slept fails for itself alone")
{
    node n;
    n.begin();
    current += seconds{60};
    n.log.failure = our_error(errc::storage_unavailable);
    n.finish();
    n.log.failure.reset();
    n.follower.ask(n.note());
    n.turn();
    n.finish();
    CHECK(n.answers == std::vector<bool>{true});
    CHECK(n.known.at() == boot_time{seconds{1060}});
}

TEST_CASE("follower: one look answers all who asked before it began, and nobody who came later")
{
    node n;
    n.begin(); // the first look is under way
    n.follower.ask(n.note());
    n.follower.ask(n.note());
    n.turn();
    CHECK(n.log.asked_since.size() == 1);
    n.finish();
    CHECK(n.answers.empty());
    CHECK(n.log.asked_since.size() == 2);
    n.finish();
    CHECK(n.answers == std::vector<bool>{true, true});
    CHECK(n.log.asked_since.size() == 2);
}

TEST_CASE("follower: words that come during a look lead to one more")
{
    node n;
    n.begin();
    for (int i = 0; i < 5; ++i) n.log.heard({});
    n.turn();
    n.finish();
    CHECK(n.log.asked_since.size() == 2);
    n.finish();
    CHECK(n.log.asked_since.size() == 2);
}

TEST_CASE("follower: a log that never had the watermark is loaded anew")
{
    node n;
    n.begin();
    n.sessions.kept = {of_session("in the other database")};
    n.log.failure = error{errc::not_found};
    n.finish();
    CHECK(n.sessions.loaded == 2);
    CHECK(n.knows("in the other database"));
    CHECK(n.follower.read_figures().failures == 0);
}

TEST_CASE("follower: it stops after the look that is under way, and listens no more")
{
    node n;
    n.begin();
    CHECK(n.follower.is_looking());
    n.follower.stop();
    CHECK_FALSE(n.log.heard);
    n.turn();
    CHECK(n.follower.is_looking());
    n.finish();
    CHECK_FALSE(n.follower.is_looking());
    n.follower.ask(n.note());
    CHECK(n.answers == std::vector<bool>{false});
}
