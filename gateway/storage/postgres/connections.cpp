#include "gateway/storage/postgres/connections.hpp"

#include "gateway/base/async/wait_until.hpp"
#include "gateway/base/random.hpp"
#include "gateway/storage/postgres/migrations.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

#include <pthread.h>

namespace yett::storage::postgres {

namespace {

constexpr std::size_t most_waiting = 4096;
constexpr seconds longest_wait{10};
// From when a piece of work has its connection; longer than a statement may take.
constexpr seconds longest_work{8};
constexpr int most_attempts = 5;

// A pause for who collided, so that they do not collide again.
milliseconds aside()
{
    return milliseconds{1 + static_cast<long>(random_u64() % 20)};
}

// Whoever asked gets it without the word that it may be tried again: it was.
error final_word(error const& why)
{
    return {why.code(), why.from(), why.note(), why.cause()};
}

} // namespace

options with_one_connection(options by)
{
    by.connections = 1;
    return by;
}

connections::connections(options by) : by_{std::move(by)}
{
    require_schema(*open_migrations(by_));
    thread_ = std::jthread{[this] {
        pthread_setname_np(pthread_self(), "postgres");
        loop_.run();
    }};
}

// The loop ends with the last work that is under way; each has a deadline.
connections::~connections()
{
    stopping_ = true;
    boost::asio::post(loop_, [this] {
        pool_.stop();
        keep_.reset();
    });
}

void connections::enqueue(std::unique_ptr<job> next)
{
    if (stopping_) return next->refuse(our_error(errc::stopping, "the connections to the database"));
    if (waiting_.fetch_add(1) >= most_waiting) {
        --waiting_;
        return next->refuse(our_error(errc::overloaded, "the queue for the database"));
    }
    next->asked_at = steady_now();
    auto begin = [this, one = std::move(next)]() mutable {
        boost::asio::co_spawn(loop_, serve(std::move(one)), boost::asio::detached);
    };
    boost::asio::post(loop_, std::move(begin));
}

// The job goes with the frame: it keeps its caller's event loop alive.
task<void> connections::serve(std::unique_ptr<job> next)
{
    auto const failure = co_await carry_out(*next);
    --waiting_;
    if (failure) next->refuse(final_word(*failure));
    else next->finish();
}

// Again and again, as long as the failure says that nothing was done.
task<std::optional<error>> connections::carry_out(job& one)
{
    tried last;
    auto const until = one.asked_at + one.within.value_or(longest_wait);
    auto const at = one.within ? pool::place::before_others : pool::place::behind_others;
    for (int i = 0; i < most_attempts; ++i) {
        if (i > 0) co_await wait_until(steady_now() + aside());
        if (i > 0 && one.within && steady_now() >= until) break;
        auto on = co_await pool_.borrow(until, at);
        if (!on) co_return on.error();
        last = co_await attempt(one, **on);
        pool_.give_back(std::move(*on));
        if (last.in_doubt) last.failure = co_await settle_doubt(*last.in_doubt);
        if (!last.failure || !last.failure->retryable()) break;
    }
    if (!last.failure && last.changed) commits_.fetch_add(1, std::memory_order_relaxed);
    co_return last.failure;
}

// Who cannot wait for long has time for two: the first connection may lead nowhere any more.
steady_time connections::deadline_of(job const& one)
{
    if (!one.within) return steady_now() + longest_work;
    return std::min(one.asked_at + *one.within, steady_now() + *one.within / 2);
}

task<connections::tried> connections::attempt(job& one, connection& on)
{
    tried done;
    database db{on, one.use, deadline_of(one)};
    done.failure = co_await one.execute(db);
    if (!done.failure) {
        auto const kept = co_await db.commit();
        if (!kept) done.failure = kept.error();
    }
    if (done.failure) co_await db.abandon();
    done.in_doubt = db.in_doubt();
    done.changed = db.changed();
    if (auto const& told = db.time()) clock_.note(told->asked, told->told, told->said);
    co_return done;
}

// Asks what became of a transaction whose commit was not acknowledged. One that is not over
// yet may be held by a server that has not noticed, so the question is put again for a
// while. What remains unknown is told as it is: it may have happened or not.
task<std::optional<error>> connections::settle_doubt(std::string const& name)
{
    auto const unknown = our_error(errc::storage_unavailable, "postgresql: a commit was not acknowledged");
    auto const until = steady_now() + longest_wait;
    for (milliseconds pause{20}; steady_now() < until; pause *= 2) {
        co_await wait_until(steady_now() + pause);
        auto on = co_await pool_.borrow(until);
        if (!on) continue;
        database db{**on, database::use::read, until};
        auto const told = co_await db.ask("SELECT coalesce(pg_xact_status(($1::text)::xid8), 'unknown')", name);
        pool_.give_back(std::move(*on));
        auto const became = told && !told->empty() ? told->front().text(0) : std::string{"in progress"};
        if (became == "committed") co_return std::nullopt;
        if (became == "aborted") co_return our_error(errc::storage_unavailable, unknown.note()).as_retryable();
        if (became == "unknown") break;
    }
    co_return unknown;
}

} // namespace yett::storage::postgres
