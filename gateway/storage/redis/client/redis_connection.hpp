#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/storage/redis/client/command.hpp"
#include "gateway/storage/redis/client/resp_reader.hpp"
#include "gateway/transport/buffer_pool.hpp"
#include "gateway/transport/byte_stream.hpp"

#include <boost/asio/basic_waitable_timer.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace yett::storage::redis {

// One connection to one server, for as many coroutines of its loop as like. What they ask within one turn
// of the loop leaves in one write; the answers come in the order of the questions.
//
// It ends once and for good: when the server closes it or breaks the protocol, when an answer is late, since
// all that follow would wait behind it, or by end(), which its maker calls before the loop goes. Whoever waits then fails with storage_unavailable.
class redis_connection final : public std::enable_shared_from_this<redis_connection>
{
public:
    // Owns the memory that `stream` lends, which is why it comes as a maker.
    using make_stream =
        std::function<std::unique_ptr<transport::byte_stream>(transport::buffer_pool& small, transport::buffer_pool& large)>;

    redis_connection(executor on, make_stream const& over);
    ~redis_connection();
    redis_connection(redis_connection const&) = delete;
    redis_connection& operator=(redis_connection const&) = delete;

    transport::byte_stream& stream() noexcept { return *stream_; }
    // Begins to read; once, after whatever had to be said first (TLS).
    void begin();

    // The answers to all of them, at least one. Fails as a whole when the connection ends first, retryable when nothing
    // had been sent. Of several callers none may have a deadline earlier than one who came before.
    task<result<std::vector<resp_value>>> exchange(std::span<command const> all, steady_time deadline);

    // What the server says unasked goes there; without it that breaks the protocol.
    void hear_unasked(std::function<void(resp_value)> by) { unasked_ = std::move(by); }

    // Called when it has ended, from within whatever ended it, but never from end().
    void when_lost(std::function<void(error const&)> lost) { lost_ = std::move(lost); }
    void end(error const& why);
    std::optional<error> const& ended() const noexcept { return ended_; }

private:
    using timer = boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                                    boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

    // Who waits; lives in the coroutine that does.
    struct asker
    {
        std::size_t wanted;
        steady_time deadline;
        bool sent = false; // or on its way
        std::vector<resp_value> told{};
        waiter waiting{};
    };

    void send_soon();
    void send();
    void sent();
    void receive();
    void received();
    result<void> take_in();
    result<void> hand_out();
    void tell_first(resp_value what);
    void guard_deadline();
    void look_at_deadline();
    void lose(error const& why);

    executor on_;
    transport::buffer_pool small_;
    transport::buffer_pool large_;
    std::unique_ptr<transport::byte_stream> stream_;
    resp_reader reader_;
    std::string gathered_;      // asked, and not on its way
    std::string leaving_;       // on its way
    std::deque<asker*> askers_; // the one that waits longest first
    timer late_;
    std::function<void(resp_value)> unasked_;
    std::function<void(error const&)> lost_;
    std::optional<error> ended_;
    bool sending_ = false;                      // or about to
    steady_time rings_at_ = steady_time::max(); // `late_`, if it is set at all
};

} // namespace yett::storage::redis
