#pragma once

#include "gateway/base/recycled.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/net/bodies/reply_body.hpp"
#include "gateway/net/body_reader.hpp"
#include "gateway/net/http1_surroundings.hpp"
#include "gateway/net/reply_outlet.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace yett::net {

// One request of HTTP/1 and its reply: what the two know of each other. Reading is done by `body_reader`, framing by
// `reply_body`, and bytes leave through `reply_outlet`.
class http1_exchange final : public http::exchange, public recycled<http1_exchange>
{
public:
    // `behind` is what was read beyond the head: body, or the next request.
    http1_exchange(http1_surroundings around, http::head head, http::target&& where, std::span<char> behind);
    http1_exchange(http1_exchange const&) = delete;
    http1_exchange& operator=(http1_exchange const&) = delete;

    http::head const& request() const noexcept override { return head_; }
    http::target const& where() const noexcept override { return target_; }
    http::peer const& from() const noexcept override { return around_.peer; }
    steady_time started_at() const noexcept override { return started_at_; }

    task<result<http::message_part>> read_body() override;
    http::message_part body_at_hand() override { return incoming_.at_hand(); }
    task<result<http::message_part>> gather_body(http::message_part so_far) override { return incoming_.gather(so_far); }
    void be_a_stream() noexcept override;
    void be_the_last() noexcept override { last_here_ = true; }
    void came_by_proxy(bool https) noexcept override;
    void limit_body(std::uint64_t bytes) noexcept override { incoming_.limit(bytes); }

    task<result<void>> begin(http::reply_head const& head, http::message_part part) override;
    task<result<void>> write(http::message_part part) override;
    void abort(errc why) noexcept override;

    bool begun() const noexcept override { return status_ != 0; }
    unsigned status() const noexcept override { return status_; }
    std::uint64_t bytes_in() const noexcept override { return incoming_.bytes(); }
    std::uint64_t bytes_out() const noexcept override { return reply_.bytes(); }
    bool abandoned() const noexcept override { return gone_ || around_.stream.socket().broken(); }
    void on_abandoned(std::function<void()> notify) override;

    // For the connection.
    void client_is_gone();
    // The whole reply was written; once it is poured, it was handed to the socket.
    bool finished() const noexcept { return reply_.complete() && !outlet_.failed(); }
    reply_outlet& outlet() noexcept { return outlet_; }
    bool keeps_alive() const noexcept { return keeps_alive_; }
    bool is_tunnel() const noexcept { return tunnel_; }
    bool body_complete() const noexcept { return incoming_.complete(); }
    // See body_reader.
    task<bool> drain_body() { return incoming_.drain(); }
    // What lies behind the request; valid until the exchange dies.
    std::span<char> behind() const noexcept { return incoming_.behind(); }

private:
    task<result<http::message_part>> read_tunnel();
    bool client_may_go_on() const noexcept;
    void become_tunnel() noexcept;
    result<std::string_view> admit(http::message_part const& part);
    std::string take_scratch();
    task<result<void>> send_rest(std::string out, std::size_t done, reply_body::framed beyond);

    http1_surroundings around_;
    http::head head_;
    http::target target_;
    steady_time started_at_;
    body_reader incoming_;
    reply_outlet outlet_;
    reply_body reply_;
    std::function<void()> notify_;
    unsigned status_ = 0; // 0: no reply was begun
    bool keeps_alive_ = false;
    bool gone_ = false;
    bool last_here_ = false; // what follows is not read as a request
    bool tunnel_ = false;    // 101 was answered
    std::string_view hsts_;  // what the reply says, unless it does itself
};

} // namespace yett::net
