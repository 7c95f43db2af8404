#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/streams/http1_reply_reader.hpp"
#include "gateway/upstream/streams/http1_upload.hpp"
#include "gateway/upstream/streams/interim_replies.hpp"
#include "gateway/upstream/streams/request_stream.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace yett::upstream {

// A request that has a connection of HTTP/1.1 to itself: the thin shell round `http1_reply_reader`, which
// knows what the bytes mean; this one waits, under deadlines.
class http1_stream final : public request_stream
{
public:
    http1_stream(connection_ptr c, base::deadlines& deadlines, terms const& t);

    result<composed> compose(header_plan const& plan, composition const& c, http::message_part const& body) override;
    // It asks the server to close the connection.
    void compose(probe const& question) override;
    void carry(http::exchange& body, std::optional<std::uint64_t> left) override;
    task<result<bool>> ask(executor const& on) override;

    http::response_head const& head() const noexcept override { return reader_.head(); }
    std::span<http::field> fields() noexcept override { return connection_->fields(); }
    result<part> at_hand() override;
    bool awaits_body() const noexcept override;
    task<void> await_body(executor const& on) override;
    bool broke_off() noexcept override;
    void expect() override;
    bool is_readable() override { return connection_->readable(); }
    task<void> wait() override { return connection_->wait_readable(); }
    result<part> take() override;
    void reply_began() noexcept override;

    void abandon() noexcept override { connection_->shut(connection::ending::shut); }
    error why_ended(std::string_view server, bool client_gone) const override;
    bool was_kept() const noexcept override { return connection_->is_used(); }
    bool server_ended_it() const noexcept override;
    bool heard() const noexcept override { return reader_.heard(); }
    bool anything_sent() const noexcept override { return connection_->sent() > 0; }
    bool leaves_nothing(bool whole) const noexcept override;

    bool has_running_tasks() const noexcept override { return upload_ && upload_->running(); }
    task<void> join() override;

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
