#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/net/bodies/gathered_body.hpp"
#include "gateway/net/bodies/pace.hpp"
#include "gateway/net/bodies/request_body.hpp"
#include "gateway/net/http1_surroundings.hpp"
#include "gateway/net/reply_outlet.hpp"
#include "gateway/transport/buffer_pool.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace yett::net {

// One request of HTTP/1 and its reply.
class http1_exchange final : public http::exchange
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
    http::message_part body_at_hand() override;
    task<result<http::message_part>> gather_body(http::message_part so_far) override;
    void be_a_stream() noexcept override;
    void be_the_last() noexcept override { last_here_ = true; }
    void came_by_proxy(bool https) noexcept override;
    void limit_body(std::uint64_t bytes) noexcept override { body_.limit(bytes); }

    task<result<void>> begin(http::reply_head const& head, http::message_part part) override;
    task<result<void>> write(http::message_part part) override;
    void abort() noexcept override;

    bool begun() const noexcept override { return status_ != 0; }
    unsigned status() const noexcept override { return status_; }
    std::uint64_t bytes_in() const noexcept override { return body_.received() + tunnelled_in_; }
    std::uint64_t bytes_out() const noexcept override { return bytes_out_; }
    bool abandoned() const noexcept override { return gone_ || around_.stream.socket().broken(); }
    void on_abandoned(std::function<void()> notify) override;

    // For the connection.
    void client_is_gone();
    // The whole reply was written; once it is poured, it was handed to the socket.
    bool finished() const noexcept { return finished_ && !outlet_.failed(); }
    reply_outlet& outlet() noexcept { return outlet_; }
    bool keeps_alive() const noexcept { return keeps_alive_; }
    bool is_tunnel() const noexcept { return tunnel_; }
    bool body_complete() const noexcept { return body_.complete(); }
    // Reads the rest of a short body that nobody wanted. False when it does not come.
    task<bool> drain_body();
    // What lies behind the request; valid until the exchange dies.
    std::span<char> behind() const noexcept { return raw_; }

private:
    bool client_may_go_on() const noexcept;
    void become_tunnel() noexcept;
    http::message_part as_part(std::string_view bytes) const noexcept;
    result<std::string_view> next_part();
    result<void> read_at_hand();
    result<void> read_more();
    task<result<void>> gather_rest();
    milliseconds body_patience() const noexcept;
    task<result<void>> wait_for_body(milliseconds at_most);
    task<result<std::string_view>> read_through();
    result<std::string_view> next_through();
    struct framed
    {
        std::string_view part;
        std::string_view after;
    };
    result<std::string_view> account(std::string_view part, bool last);
    framed frame(std::string& out, std::string_view part, bool last) const;
    std::string take_scratch();
    task<result<void>> send_rest(std::string out, std::size_t done, framed beyond);
    error read_failed(error e);

    http1_surroundings around_;
    http::head head_;
    http::target target_;
    steady_time started_at_;
    std::span<char> raw_; // bytes read but not yet taken as body
    transport::buffer_pool::buffer body_buffer_;
    request_body body_;
    pace body_pace_;
    std::unique_ptr<gathered_body> gathered_;
    std::size_t read_at_most_; // at a time
    reply_outlet outlet_;
    std::function<void()> notify_;
    std::uint64_t left_out_ = 0; // of the reply's declared length
    std::uint64_t bytes_out_ = 0;
    std::uint64_t tunnelled_in_ = 0;
    unsigned status_ = 0;
    http::response_body reply_body_ = http::response_body::none;
    bool keeps_alive_ = false;
    bool continue_owed_;
    bool finished_ = false;
    bool gone_ = false;
    bool last_here_ = false; // what follows is not read as a request
    bool tunnel_ = false;    // 101 was answered
    bool stream_ = false;    // bodies pass as they come
    bool given_up_ = false;  // the client did not send its body in time
    std::string_view hsts_;  // what the reply says, unless it does itself
};

} // namespace yett::net
