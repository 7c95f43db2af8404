#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/streams/http1_reply_reader.hpp"
#include "gateway/upstream/streams/http1_upload.hpp"
#include "gateway/upstream/streams/interim_replies.hpp"
#include "gateway/upstream/streams/request_terms.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// A request that has a connection of HTTP/1.1 to itself: the thin shell round `http1_reply_reader`, which
// knows what the bytes mean; this one waits, under deadlines. What its functions do is said at `request_stream`.
class http1_stream final
{
public:
    http1_stream(connection_ptr c, base::deadlines& deadlines, request_terms const& t);
    http1_stream(http1_stream const&) = delete;
    http1_stream& operator=(http1_stream const&) = delete;

    result<composed> compose(header_plan const& plan, composition const& c, http::message_part const& body);
    // It asks the server to close the connection.
    void compose(probe const& question);
    void carry(http::exchange& body, std::optional<std::uint64_t> left);
    task<result<bool>> ask(executor const& on);

    http::response_head const& head() const noexcept { return reader_.head(); }
    std::span<http::field> fields() noexcept { return connection_->fields(); }
    result<reply_part> at_hand();
    bool awaits_body() const noexcept;
    task<void> await_body(executor const& on);
    bool broke_off() noexcept;
    void expect();
    bool is_readable() { return connection_->readable(); }
    task<void> wait() { return connection_->wait_readable(); }
    result<reply_part> take();
    void reply_began() noexcept;

    void abandon() noexcept { connection_->shut(connection::ending::shut); }
    error why_ended(std::string_view server, bool client_gone) const;
    bool was_kept() const noexcept { return connection_->is_used(); }
    bool server_ended_it() const noexcept;
    bool heard() const noexcept { return reader_.heard(); }
    bool anything_sent() const noexcept { return connection_->sent() > 0; }
    bool leaves_nothing(bool whole) const noexcept;

    bool has_running_tasks() const noexcept { return upload_ && upload_->running(); }
    task<void> join();

private:
    result<bool> hear_head();
    task<void> wait_a_moment(executor const& on);
    bool is_over() const noexcept;
    result<void> pass_over(http::response_head const& interim);
    bool request_is_out() const noexcept { return !upload_ || upload_->complete(); }

    connection_ptr connection_;
    base::deadlines& deadlines_;
    milliseconds const reply_timeout_;
    milliseconds const idle_timeout_;
    http1_reply_reader reader_;
    interim_replies interim_;
    std::string_view opening_;             // of the body: what `ask` sends behind the head
    std::unique_ptr<http1_upload> upload_; // of a body that was not at hand: most requests have none
    std::uint64_t passed_ = 0;             // of the reply's body
    bool has_final_head_ = false;
    bool in_chunks_ = false; // that is one of several parts
    bool doubtful_ = false;  // an interim reply announced what cannot be
};

} // namespace yett::upstream
