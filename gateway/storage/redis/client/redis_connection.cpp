#include "gateway/storage/redis/client/redis_connection.hpp"

#include "gateway/base/async/wait_until.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <array>

// Redis answers in the order of the questions, so one connection serves everybody and a queue says whom an
// answer is for. The price: nobody can be skipped. An answer that is late holds up all behind it, and who gave
// up waiting would be taken for the receiver of the next one; therefore the first late answer ends the
// connection, and all who wait on it fail together.
//
// Questions are gathered until the loop has run whatever else was ready, and leave in one write. What is asked
// while an earlier write waits for the socket leaves with the next one.
//
// A coroutine that waits here holds the connection and its own `asker`, and is itself held by the handler in
// there alone: no asker goes while the queue points to it, and end() is what breaks the circle. Whoever made
// the connection ends it, therefore, while the loop is still there.

namespace yett::storage::redis {
namespace {

// Small ones for the answers as a rule, large ones for what fills them, and for what leaves.
constexpr std::size_t small_bytes = 4096;
constexpr std::size_t large_bytes = std::size_t{32} * 1024;
// A server that hangs up says why before it does (an alert of TLS, a failure), which is read within this time
// after nothing could be sent any more.
constexpr milliseconds last_words{100};

error broke(std::string const& why)
{
    return our_error(errc::storage_unavailable, "redis: " + why);
}

} // namespace

redis_connection::redis_connection(executor on, make_stream const& over)
    : on_{on},
      small_{small_bytes},
      large_{large_bytes},
      stream_{over(small_, large_)},
      late_{on}
{
}

redis_connection::~redis_connection() = default;

void redis_connection::begin()
{
    receive();
}

// --- asking

task<result<std::vector<resp_value>>> redis_connection::exchange(std::span<command const> all, steady_time deadline)
{
    if (ended_) co_return error{*ended_}.as_retryable();
    auto const self = shared_from_this();
    for (auto const& each : all) each.write_to(gathered_);
    asker here{all.size(), deadline};
    askers_.push_back(&here);
    guard_deadline();
    send_soon();
    co_await here.waiting.wait();
    if (here.told.size() == here.wanted) co_return std::move(here.told);
    if (here.sent) co_return *ended_;
    co_return error{*ended_}.as_retryable();
}

void redis_connection::send_soon()
{
    if (std::exchange(sending_, true)) return;
    boost::asio::post(on_, [self = shared_from_this()] { self->send(); });
}

void redis_connection::send()
{
    if (ended_) return;
    leaving_.swap(gathered_);
    for (auto each = askers_.rbegin(); each != askers_.rend() && !(*each)->sent; ++each) (*each)->sent = true;
    auto const rest = stream_->write_now(leaving_);
    if (rest.empty() && stream_->settled()) return sent();
    auto waiting = [](std::shared_ptr<redis_connection> self, std::string_view what) -> task<void> {
        auto const outcome = co_await self->stream_->write(what);
        if (outcome) co_return self->sent();
        co_await wait_until(steady_now() + last_words);
        self->lose(broke("the connection broke while something was sent"));
    };
    boost::asio::co_spawn(on_, waiting(shared_from_this(), rest), boost::asio::detached);
}

void redis_connection::sent()
{
    leaving_.clear();
    sending_ = false;
    if (!gathered_.empty()) send_soon();
}

// --- answers

void redis_connection::receive()
{
    stream_->socket().fill_then([self = shared_from_this()] { self->received(); });
}

// What came before the end still answers those who asked for it.
void redis_connection::received()
{
    if (ended_) return;
    auto const taken = take_in();
    auto const handed = hand_out();
    if (ended_) return;
    if (!handed) return lose(broke(handed.error().note()));
    if (!taken) return lose(broke(taken.error().note().empty() ? "the server hung up" : taken.error().note()));
    if (stream_->socket().ended() != errc{}) return lose(broke("the server hung up"));
    receive();
}

result<void> redis_connection::take_in()
{
    std::array<char, 16384> bytes;
    for (;;) {
        auto const came = stream_->read_now(bytes);
        if (!came) return came.error();
        if (*came == 0) return {};
        auto const fed = reader_.feed({bytes.data(), *came});
        if (!fed) return fed;
    }
}

// Whoever is woken may ask the next question, or end all of it.
result<void> redis_connection::hand_out()
{
    while (!ended_) {
        auto next = reader_.next();
        if (!next) return next.error();
        if (!*next) return {};
        if (askers_.empty() && !unasked_) return upstream_error(errc::upstream_broken, "an answer that nobody asked for");
        if (askers_.empty()) unasked_(std::move(**next));
        else tell_first(std::move(**next));
    }
    return {};
}

void redis_connection::tell_first(resp_value what)
{
    auto& first = *askers_.front();
    first.told.push_back(std::move(what));
    if (first.told.size() < first.wanted) return;
    askers_.pop_front();
    first.waiting.wake();
}

// --- ends

// One timer for all: the first in the queue is the first to be late. It is set again when it rings, and not
// with each question, which is why it may ring for one that was answered long ago.
void redis_connection::guard_deadline()
{
    if (askers_.empty() || askers_.front()->deadline >= rings_at_) return;
    rings_at_ = askers_.front()->deadline;
    late_.expires_at(rings_at_);
    late_.async_wait([self = shared_from_this()](boost::system::error_code replaced) {
        if (!replaced) self->look_at_deadline();
    });
}

void redis_connection::look_at_deadline()
{
    rings_at_ = steady_time::max();
    if (ended_) return;
    if (!askers_.empty() && askers_.front()->deadline <= steady_now()) return lose(broke("no answer in time"));
    guard_deadline();
}

void redis_connection::lose(error const& why)
{
    if (ended_) return;
    end(why);
    if (lost_) lost_(why);
}

void redis_connection::end(error const& why)
{
    if (ended_) return;
    ended_ = why;
    stream_->say_goodbye();
    stream_->socket().close();
    late_.cancel();
    for (auto* each : std::exchange(askers_, {})) each->waiting.wake_later(on_);
}

} // namespace yett::storage::redis
