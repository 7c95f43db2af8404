#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/net/bodies/gathered_body.hpp"
#include "gateway/net/bodies/pace.hpp"
#include "gateway/net/bodies/request_body.hpp"
#include "gateway/net/http1_surroundings.hpp"
#include "gateway/transport/buffer_pool.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string_view>

namespace yett::net {

class http1_exchange;

// Reads what a client sends behind the head of its request: the body, as `http::exchange` gives it on, and after 101
// whatever comes. Bytes that are given out are valid until the next call.
//
// Failures to read are peer_broke_off for a body that ended before it was complete, timed_out for one that did not come
// in time, stopping when the connection is to end, and bad_request or body_too_large for what was sent.
class body_reader
{
public:
    // `behind` is what was read beyond the head already. The other two outlive it.
    body_reader(http1_exchange& of, http1_surroundings const& around, std::span<char> behind);
    body_reader(body_reader const&) = delete;
    body_reader& operator=(body_reader const&) = delete;

    // --- the body; see http::exchange
    task<result<http::message_part>> read();
    http::message_part at_hand();
    task<result<http::message_part>> gather(http::message_part so_far);
    void limit(std::uint64_t bytes) noexcept { body_.limit(bytes); }
    // It may take its time from now on, and is not gathered.
    void be_a_stream() noexcept;
    // Reads the rest of a short one that nobody wanted. False when it does not come.
    task<bool> drain();
    bool complete() const noexcept { return body_.complete(); }
    // Whether what is left of it is certain to come and short, so that waiting for it costs less than a new connection.
    bool may_be_drained() const noexcept;

    // --- a tunnel
    // The next bytes, those that came behind the request first; empty at the client's end.
    task<result<std::string_view>> read_through();

    std::uint64_t bytes() const noexcept { return body_.received() + tunnelled_; }
    // What was read beyond a complete body: the next request.
    std::span<char> behind() const noexcept { return raw_; }

private:
    http::message_part as_part(std::string_view bytes) const noexcept;
    result<std::string_view> next_part();
    result<void> read_at_hand();
    result<void> read_more();
    task<result<void>> gather_rest();
    milliseconds patience() const noexcept;
    task<result<void>> wait(milliseconds at_most);
    result<std::string_view> next_through();
    error read_failed(error e);

    http1_exchange& of_;
    http1_surroundings const& around_;
    std::span<char> raw_; // bytes read but not yet taken as body
    transport::buffer_pool::buffer buffer_;
    request_body body_;
    pace pace_;
    std::unique_ptr<gathered_body> gathered_;
    static constexpr auto unbounded = std::numeric_limits<std::size_t>::max();
    std::size_t read_at_most_ = unbounded; // at a time
    std::uint64_t tunnelled_ = 0;
    bool continue_owed_;
    bool stream_ = false;   // it passes as it comes
    bool given_up_ = false; // it did not come in time
};

} // namespace yett::net
