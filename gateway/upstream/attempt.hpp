#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/upstream/cluster/dependencies.hpp"
#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/forward_options.hpp"
#include "gateway/upstream/headers/reply_fields.hpp"
#include "gateway/upstream/streams/request_stream.hpp"
#include "gateway/upstream/tunnel.hpp"

#include <memory>
#include <optional>
#include <span>

namespace yett::upstream {

class course;
class forwarding;

// One try to have a request answered by one server: what is sent and what is passed back, on a
// connection that was taken before. It does not try twice; whether another attempt follows is in the
// error it fails with.
class attempt
{
public:
    attempt(forwarding& request, course& way, reservation taken, forward_options const& options, dependencies const& around);
    ~attempt() { release(); }
    attempt(attempt const&) = delete;
    attempt& operator=(attempt const&) = delete;

    // From the request's head to the last byte of the reply. Fails with an error that is `retryable`
    // when the request may be sent again and is to be: its course has turned to where that is.
    task<result<void>> run();

    // Ends what still runs on behalf of the exchange. To be awaited after `run`.
    bool has_running_tasks() const noexcept { return stream_.has_running_tasks() || (tunnel_ && tunnel_->running()); }
    task<void> join() { return tunnel_ ? tunnel_->join() : stream_.join(); }

    // The client has gone, or shall: whoever waits for the server wakes up.
    void abandon() noexcept { stream_.abandon(); }
    // The reply was read and passed on to its end.
    bool is_whole() const noexcept { return whole_; }
    bool is_tunnel() const noexcept { return tunnel_ != nullptr; }
    bool end_tunnel(errc why) noexcept { return tunnel_->end(why); }
    // Its connection had served others before.
    bool was_kept() const noexcept { return stream_.was_kept(); }
    // Its connection serves one client alone.
    bool is_bound() const noexcept { return reserved_.is_bound(); }

private:
    // Writes the head for the server.
    result<void> compose();
    // Starts the upload of what is left of the body.
    void carry_body();
    void note_reply(steady_time sent_at);
    // Whether another server may do better than what this one has replied.
    bool is_turned_down() const;
    result<void> turn_down();
    // Whether the head is kept back until the body has begun: as long as nothing was passed on another
    // server may still answer.
    bool is_kept_back() const;
    // The reply's head as the client gets it, but for its length.
    result<http::reply_head> head_for_client(std::span<http::field const> added);
    // What the client is told first, in one write: the head, and what there is of the body.
    struct opening
    {
        http::reply_head head;
        reply_part part;
    };
    result<opening> open_reply();
    // Passes parts down until the reply has ended, at the pace of the client.
    task<result<void>> relay_rest();
    bool is_wanted_switch() const;
    task<result<void>> switch_protocols();

    // What the end of the connection means here.
    error why_ended() const;
    // The failure, `retryable` where another attempt follows.
    error lost(error why);
    void release() noexcept;

    forwarding& request_;
    course& way_; // where it is, until it leads on to another attempt
    forward_options const& options_;
    dependencies const& around_;
    reservation reserved_;
    request_stream stream_;
    std::optional<reply_for_client> told_; // of the reply
    std::unique_ptr<tunnel> tunnel_;
    bool whole_ = false;
};

} // namespace yett::upstream
