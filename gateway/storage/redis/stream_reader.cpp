#include "gateway/storage/redis/stream_reader.hpp"

#include "gateway/base/async/back_off.hpp"
#include "gateway/storage/redis/client/meaning.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

// A reader waits on a connection of its own: one that blocks for the next entry would hold up whatever else
// is asked. It waits two seconds at most, and then looks whether the server is what it was.
// Where it looks it first notes the end of the stream and then has the database read, never the other way
// round: what is told in between would be passed over.

namespace yett::storage::redis {
namespace {

constexpr seconds longest_wait{2};
// What one XREAD may take until the server is given up.
constexpr seconds patience = longest_wait + seconds{2};

error gone(char const* why)
{
    return our_error(errc::storage_unavailable, why);
}

} // namespace

stream_reader::stream_reader(executor on, redis_options const& how, std::string key, std::string node, listener_calls calls)
    : on_{on},
      read_login_{how.read_login},
      dialer_{on, how.read_login},
      next_{on},
      key_{std::move(key)},
      node_{std::move(node)},
      calls_{std::move(calls)}
{
}

void stream_reader::begin()
{
    auto attending = [](std::shared_ptr<stream_reader> self) -> task<void> { co_await self->attend(); };
    boost::asio::co_spawn(on_, attending(shared_from_this()), boost::asio::detached);
}

void stream_reader::end()
{
    ended_ = true;
    calls_ = {[](auto const&) {}, [](auto const&) {}};
    watch_.reset();
    dialer_.stop();
    if (reading_) reading_->end(gone("stopping"));
    next_.skip();
}

task<void> stream_reader::attend()
{
    unsigned failures = 0;
    while (!ended_) {
        co_await next_.wait(pause_after(failures, 0.5));
        if (ended_) co_return;
        auto made = co_await dialer_.dial();
        auto followed = false;
        if (made) followed = co_await follow(*made);
        else calls_.away(made.error().note());
        if (made) (*made)->end(gone("done"));
        failures = followed ? 1 : failures + 1;
    }
}

void stream_reader::watch_sentinels()
{
    if (watch_ || ended_ || dialer_.master_name().empty()) return;
    watch_.emplace(on_, read_login_, [this] {
        if (reading_) reading_->end(gone("another server is the master"));
    });
}

// Whether the connection was of any use.
task<bool> stream_reader::follow(connection_ptr on)
{
    reading_ = on;
    watch_sentinels();
    auto fine = co_await look(on);
    auto const began = fine.has_value();
    if (began) calls_.away(std::nullopt);
    while (fine && !ended_) {
        auto const came = co_await read(on);
        if (!came) fine = came.error();
        // Nothing for a while, or as much as may come at once: something may have happened to the stream.
        else if (*came == 0 || *came == read_at_once) fine = co_await look(on);
    }
    if (!fine) calls_.away(fine.error().note());
    reading_ = nullptr;
    co_return began;
}

// Where the server and its stream are, and whether that is where we left them.
task<result<void>> stream_reader::look(connection_ptr on)
{
    std::vector<command> questions;
    questions.emplace_back("ROLE");
    questions.emplace_back("INFO", "server");
    questions.emplace_back("XRANGE", key_, "-", "+", "COUNT", 1);
    questions.emplace_back("XREVRANGE", key_, "+", "-", "COUNT", 1);
    auto const told = co_await on->exchange(questions, steady_now() + patience);
    if (!told) co_return told.error();
    auto const& answers = *told;
    for (auto const& each : answers)
        if (each.is_failure()) co_return error_of(each.text);
    if (!is_master(answers[0])) co_return gone("redis: the server takes no writes any more");
    stream_bounds const present{run_id_in(answers[1].text), id_in(answers[2]), id_in(answers[3])};
    if (!may_have_missed(seen_, present)) co_return result<void>{};
    seen_ = {present.run_id, present.last};
    calls_.heard({});
    co_return result<void>{};
}

// How many came.
task<result<std::size_t>> stream_reader::read(connection_ptr on)
{
    milliseconds const wait = longest_wait;
    command const next{"XREAD", "COUNT", read_at_once, "BLOCK", wait.count(), "STREAMS", key_, seen_.last};
    std::span const alone{&next, 1};
    auto const told = co_await on->exchange(alone, steady_now() + patience);
    if (!told) co_return told.error();
    if (told->front().is_failure()) co_return error_of(told->front().text);
    auto const entries = read_entries(told->front());
    if (!entries.empty()) seen_.last = entries.back().id;
    hear(entries);
    co_return entries.size();
}

void stream_reader::hear(std::vector<stream_entry> const& entries)
{
    std::vector<accounts::revocation> of_others;
    for (auto const& each : entries)
        if (each.told && each.node != node_) of_others.push_back(*each.told);
    if (!of_others.empty()) calls_.heard(of_others);
}

} // namespace yett::storage::redis
