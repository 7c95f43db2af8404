#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/recycled.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http2/field_section.hpp"
#include "gateway/http2/stream.hpp"
#include "gateway/net/bodies/pace.hpp"
#include "gateway/net/bodies/reply_body.hpp"
#include "gateway/net/http2/http2_body.hpp"

#include <functional>
#include <span>
#include <vector>

namespace yett::net {

class http2_session;

// One request of HTTP/2 and its reply. It outlives its stream where that ends first: by a reset, or with the connection.
class http2_exchange final : public http::exchange, public http2::stream, public recycled<http2_exchange>
{
public:
    // The head points into the section, which it takes over.
    http2_exchange(http2_session& home, http2::field_section&& section, http::head const& head, http::target&& where);
    ~http2_exchange() override;
    http2_exchange(http2_exchange const&) = delete;
    http2_exchange& operator=(http2_exchange const&) = delete;

    http::head const& request() const noexcept override { return head_; }
    http::target const& where() const noexcept override { return target_; }
    http::peer const& from() const noexcept override;
    steady_time started_at() const noexcept override { return started_at_; }

    task<result<http::message_part>> read_body() override;
    http::message_part body_at_hand() override;
    task<result<http::message_part>> gather_body(http::message_part so_far) override;
    void be_a_stream() noexcept override;
    void came_by_proxy(bool https) noexcept override;
    void limit_body(std::uint64_t bytes) noexcept override { body_.limit(bytes); }

    task<result<void>> begin(http::reply_head const& head, http::message_part part) override;
    task<result<void>> write(http::message_part part) override;
    void abort() noexcept override;

    bool begun() const noexcept override { return status_ != 0; }
    unsigned status() const noexcept override { return status_; }
    std::uint64_t bytes_in() const noexcept override { return body_.received(); }
    std::uint64_t bytes_out() const noexcept override { return reply_.bytes(); }
    bool abandoned() const noexcept override { return gone_; }
    void on_abandoned(std::function<void()> notify) override;

    // For the connection: its client has left, or reset the stream. Tells whoever asked to be told.
    void client_is_gone();
    // The reply is out as a whole, or given up.
    bool finished() const noexcept { return reply_.complete(); }
    // The request has come as a whole.
    bool body_complete() const noexcept { return body_.complete(); }
    // What it took over, for the next one.
    http2::field_section& section() noexcept { return section_; }

private:
    // What is awaited of the client, one way: woken by what happens, or by its deadline.
    struct direction
    {
        direction(std::function<void()> expired, std::uint64_t least) : late{std::move(expired)}, speed{least} {}
        waiter changed;
        deadlines::entry late;
        pace speed;
        bool timed_out = false;
    };

    void on_data(std::string_view bytes) override;
    void on_trailers(http2::field_section& section) override;
    void on_end() override;
    void on_sent() override;
    void on_closed(http2::error_code why) noexcept override;

    void pass_on_taken();
    task<result<void>> wait_for_body(milliseconds at_most = milliseconds::max());
    task<result<void>> send(std::string_view bytes, bool last, std::span<http::field const> trailers);
    task<result<void>> wait_until_sent();
    // Waits for a change, at most as long as the client may be silent.
    milliseconds patience(direction const& on) const noexcept;
    task<void> wait(direction& on, milliseconds at_most);
    void expired(direction& on);
    bool wants_trailers() const noexcept;
    std::span<http::field const> trailers_for_client(http::message_part const& part);
    void give_up(http2::error_code why) noexcept;
    error lost() const;

    http2_session& home_;
    http2::field_section section_;
    http::head head_;
    http::target target_;
    steady_time started_at_;
    http2_body body_;
    reply_body reply_;
    direction reading_;
    direction writing_;
    std::function<void()> notify_;
    std::vector<http::field> trailers_; // of the reply
    std::string_view hsts_;             // what the reply says, unless it does itself
    unsigned status_ = 0;               // 0: no reply was begun
    bool gone_ = false;
};

} // namespace yett::net
