#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/http2/stream.hpp"
#include "gateway/upstream/cluster/http2_connection.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/http2_head_sink.hpp"
#include "gateway/upstream/streams/http2_ending.hpp"
#include "gateway/upstream/streams/http2_reply.hpp"
#include "gateway/upstream/streams/http2_upload.hpp"
#include "gateway/upstream/streams/interim_replies.hpp"
#include "gateway/upstream/streams/request_terms.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// A request that has a stream on a connection of HTTP/2. Its end is its own: who goes before it resets the stream
// (CANCEL), and the connection lives on. The windows of its reply are opened as the client takes it, and the body
// leaves as the server opens those of the request.
//
// A gRPC call has its client's deadline besides ours; the earlier one counts. What its functions do is said at
// `request_stream`.
class http2_stream final : private http2::stream, private http2_connection::guest
{
public:
    http2_stream(http2_connection_ptr at, base::deadlines& deadlines, request_terms const& t);
    ~http2_stream() override;

    // Fails with not_implemented for a WebSocket as well.
    result<composed> compose(header_plan const& plan, composition const& c, http::message_part const& body);
    void compose(probe const& question);
    void carry(http::exchange& body, std::optional<std::uint64_t> left);
    task<result<bool>> ask(executor const& on);

    http::response_head const& head() const noexcept { return reply_.head(); }
    std::span<http::field> fields() noexcept { return reply_.fields(); }
    result<reply_part> at_hand() { return reply_.next(); }
    bool awaits_body() const noexcept { return reply_.awaits_body(); }
    task<void> await_body(executor const& on);
    bool broke_off() noexcept;
    void expect();
    bool is_readable() { return reply_.has_news() || is_over(); }
    task<void> wait() { return reader_.wait(); }
    result<reply_part> take();
    void reply_began() noexcept;

    void abandon() noexcept { give_up({http2_ending::kind::given_up}); }
    error why_ended(std::string_view server, bool client_gone) const;
    // A stream that was refused says no more of its server than a kept connection that was closed.
    bool was_kept() const noexcept { return was_kept_ || ended_.is == http2_ending::kind::refused; }
    bool server_ended_it() const noexcept { return ended_.is_servers(); }
    bool heard() const noexcept { return reply_.heard(); }
    bool anything_sent() const noexcept { return opened_ && ended_.is != http2_ending::kind::refused; }

    bool has_running_tasks() const noexcept { return upload_ && upload_->running(); }
    task<void> join();

    // --- for its upload

    // Nothing more will be sent or heard, see `why_ended`.
    bool is_over() const noexcept { return ended_.is != http2_ending::kind::none; }
    bool is_sending() const noexcept { return has_unsent(); }
    auto const& loop() const noexcept { return at_->executor(); }
    // The next bytes of the body, one piece at a time; they stay where they are until nothing is being sent any more.
    void send(std::string_view bytes, bool last);
    // Nothing follows: a reply may be expected.
    void await_reply() noexcept;
    // We end it, and say so to the server. Only the first reason counts.
    void give_up(http2_ending why) noexcept;

private:
    // Opens the stream and sends what there is.
    void begin();
    task<void> wait_a_moment();
    // Notes the reason, if it is the first, and wakes everybody.
    void end(http2_ending how) noexcept;
    void wake() noexcept;

    // --- http2::stream: only noted
    void on_response(http2::field_section& section, bool ends) override;
    void on_data(std::string_view bytes) override;
    void on_trailers(http2::field_section& section) override { reply_.take_trailers(section); }
    void on_end() override;
    void on_sent() override;
    void on_closed(http2::error_code why) noexcept override;

    // --- http2_connection::guest
    void connection_ended() noexcept override;
    void drop_waiters() noexcept override;

    // What is sent when it begins.
    struct opening
    {
        http2_head_sink head;
        http::message_part body{};                 // what there is of it
        std::optional<milliseconds> call_within{}; // what a gRPC client allows
    };

    http2_connection_ptr at_;
    base::deadlines& deadlines_;
    request_terms const terms_;
    opening opening_;
    std::unique_ptr<http2_upload> upload_; // of the rest of the body
    http2_reply reply_;
    interim_replies interim_;
    // What came is no reply.
    std::optional<error> fault_;
    waiter reader_;
    base::deadlines::entry deadline_;
    base::deadlines::entry call_deadline_;
    http2_ending ended_;
    bool opened_ = false;
    // The connection had served others.
    bool const was_kept_;
};

} // namespace yett::upstream
