#include "gateway/storage/redis/revocation_stream.hpp"

#include "gateway/base/random.hpp"
#include "gateway/storage/redis/client/meaning.hpp"
#include "gateway/storage/redis/client/redis_client.hpp"
#include "gateway/storage/redis/stream_entries.hpp"
#include "gateway/storage/redis/stream_reader.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

#include <pthread.h>

// PostgreSQL knows what was revoked; this tells it sooner. An entry is written after its revocation was
// committed, and believed at once by whoever reads it, for nothing that was revoked ever comes back. Nobody
// believes the stream to be complete: what is known of others (tokens::completeness) is what was read from
// PostgreSQL, every second as before.
//
// Where it can be seen that an entry may have been missed, PostgreSQL is read at once instead of within the
// second: at the first look, when the server is another one or was started anew (its run id says so), and when
// the stream has lost its end or the entry that was read last. The order makes that
// safe: first it is noted where the stream ends, then the database is read. What is told later than the note
// is found in the stream, what was told earlier had been committed and is found in the database.

namespace yett::storage::redis {
namespace {

// What waits to be told while the loop is busy, at most; more is left to the database.
constexpr std::size_t most_untold = 10'000;

std::string name_of_node()
{
    return std::to_string(random_u64());
}

} // namespace

// Destroyed from the end: the thread first, then what lived on its loop, and the loop last.
struct revocation_stream::state
{
    state(redis_options with, std::string const& prefix) : how{std::move(with)}, key{prefix + ":{revocations}"} {}

    void tell_now();
    static task<void> say(state& all, std::vector<accounts::revocation> what);
    void note_answers(std::vector<resp_value> const& told);
    std::string trouble();

    redis_options const how;
    std::string const key;
    std::string const node = name_of_node();
    boost::asio::io_context loop{1};
    boost::asio::executor_work_guard<executor> keep{loop.get_executor()};
    redis_client client{loop.get_executor(), how};
    std::shared_ptr<stream_reader> reading;

    std::mutex guard; // of these
    std::vector<accounts::revocation> untold;
    std::optional<std::string> away; // of who listens: why nothing is read, empty until that is known
    std::string refused;             // why the last that was told was not taken; empty when it was
    std::function<void(std::vector<accounts::revocation> const&)> heard_by;

    struct counters
    {
        std::atomic<std::uint64_t> told{0};
        std::atomic<std::uint64_t> lost{0};
        std::atomic<std::uint64_t> heard{0};
        std::atomic<std::uint64_t> missed{0};
    };
    counters counted;
    std::jthread thread; // last: it uses the rest
};

revocation_stream::revocation_stream(redis_options how, std::string const& prefix)
    : state_{std::make_unique<state>(std::move(how), prefix)}
{
    state_->thread = std::jthread{[of = state_.get()] {
        pthread_setname_np(pthread_self(), "redis");
        of->loop.run();
    }};
}

// What is under way is given up: nobody waits for it.
revocation_stream::~revocation_stream()
{
    auto end = [of = state_.get()] {
        if (of->reading) of->reading->end();
        of->client.stop();
        of->loop.stop();
    };
    boost::asio::post(state_->loop, std::move(end));
    state_->thread.join();
}

void revocation_stream::tell(std::vector<accounts::revocation> what)
{
    if (what.empty()) return;
    std::lock_guard const lock{state_->guard};
    auto const first = state_->untold.empty();
    if (state_->untold.size() + what.size() > most_untold) {
        state_->counted.lost += what.size();
        return;
    }
    std::ranges::move(what, std::back_inserter(state_->untold));
    if (first) boost::asio::post(state_->loop, [of = state_.get()] { of->tell_now(); });
}

// However many were told since the loop last came by, all of them leave in one write.
void revocation_stream::state::tell_now()
{
    std::unique_lock lock{guard};
    auto waiting = std::exchange(untold, {});
    lock.unlock();
    boost::asio::co_spawn(loop, say(*this, std::move(waiting)), boost::asio::detached);
}

// What cannot be told now is not told later: the others will have read it from the database by then.
task<void> revocation_stream::state::say(state& all, std::vector<accounts::revocation> what)
{
    std::vector<command> entries;
    for (auto const& each : what) entries.push_back(add_entry(all.key, all.node, each));
    auto const done = co_await all.client.ask_all(std::move(entries));
    if (!done) all.counted.lost += what.size();
    else all.note_answers(*done);
}

// A server that is there and takes nothing (NOPERM, OOM) is told of like one that is away.
void revocation_stream::state::note_answers(std::vector<resp_value> const& told)
{
    std::string why;
    for (auto const& each : told) {
        ++(each.is_failure() ? counted.lost : counted.told);
        if (each.is_failure()) why = error_of(each.text).note();
    }
    std::lock_guard const lock{guard};
    refused = std::move(why);
}

void revocation_stream::listen(std::function<void(std::vector<accounts::revocation> const&)> heard)
{
    auto begin = [of = state_.get()] {
        if (of->reading) return;
        of->client.begin();
        stream_reader::listener_calls calls;
        calls.away = [of](std::optional<std::string> why) {
            std::lock_guard const lock{of->guard};
            // Who was found again may be another one, and take what the last one refused.
            if (!why) of->refused.clear();
            of->away = std::move(why);
        };
        calls.heard = [of](std::vector<accounts::revocation> const& what) {
            of->counted.heard += what.size();
            of->counted.missed += what.empty();
            std::lock_guard const lock{of->guard};
            if (of->heard_by) of->heard_by(what);
        };
        of->reading = std::make_shared<stream_reader>(of->loop.get_executor(), of->how, of->key, of->node, std::move(calls));
        of->reading->begin();
    };
    std::lock_guard const lock{state_->guard};
    state_->heard_by = std::move(heard);
    state_->away = "";
    boost::asio::post(state_->loop, std::move(begin));
}

void revocation_stream::stop_listening()
{
    std::lock_guard const lock{state_->guard};
    state_->heard_by = nullptr;
}

// Of whoever reads first, and then of whoever writes.
std::string revocation_stream::state::trouble()
{
    std::lock_guard const lock{guard};
    if (!away.value_or("").empty()) return *away;
    auto const unconnected = client.trouble();
    return unconnected.empty() ? refused : unconnected;
}

accounts::stream_activity revocation_stream::activity() const
{
    auto& of = *state_;
    std::unique_lock lock{of.guard};
    auto const works = !of.away && of.refused.empty() && of.client.activity().connected;
    lock.unlock();
    return {works, of.trouble(), of.counted.told, of.counted.lost, of.counted.heard, of.counted.missed};
}

} // namespace yett::storage::redis
