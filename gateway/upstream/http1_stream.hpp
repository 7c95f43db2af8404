#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/upstream/cluster/connection.hpp"
#include "gateway/upstream/http1_reply_reader.hpp"
#include "gateway/upstream/interim_replies.hpp"
#include "gateway/upstream/upload.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace yett::upstream {

// One request and its reply on one connection: the mirror of `http::exchange` at the application's
// side. A request goes in (`carry`, `ask`), a reply comes out (`head`, `take`): the thin shell round
// `http1_reply_reader`, which knows what the bytes mean; this one waits, under deadlines.
class http1_stream
{
public:
    struct terms
    {
        http::method asked;
        milliseconds reply_timeout; // from the end of the request to the head of the reply
        milliseconds idle_timeout;  // for each piece of progress of either body
        std::size_t reply_header_bytes;
        std::size_t reply_fields;
    };
    http1_stream(connection_ptr c, base::deadlines& deadlines, terms const& t);
    http1_stream(http1_stream const&) = delete;
    http1_stream& operator=(http1_stream const&) = delete;

    // The head of the request has room here, and is used again from request to request.
    std::string& head_buffer() noexcept { return connection_->head_buffer(); }

    // What `ask` sends is to be followed by the rest of a body: in chunks, or `left` bytes.
    void carry(http::exchange& body, bool chunked, std::uint64_t left);
    // Sends the request, or its begin, and waits for the head of the reply; interim ones are passed
    // over and put its deadline off (`interim_replies`). False when the connection ended before,
    // see `why_ended`; fails with upstream_broken when what came is no reply.
    task<result<bool>> ask(pieces text, executor const& on);

    http::response_head const& head() const noexcept { return reader_.head(); }
    // Where its fields are, with room for some more behind them.
    std::span<http::field> fields() noexcept { return connection_->fields(); }

    struct part
    {
        std::string_view data;                      // valid until the next wait
        bool last = false;                          // the reply ends with it
        bool cut = false;                           // the connection ended instead, see `why_ended`
        std::span<http::field const> trailers = {}; // of a last part, as long as the stream lives
    };
    // What there is of the body, without waiting. Fails with upstream_broken
    // for malformed chunks.
    result<part> at_hand();
    // Whether a body is to come, or may, and nothing of it is here.
    bool awaits_body() const noexcept;
    // As `wait`, for the first of it: where nothing says how long it is it may be long in coming, and is
    // waited for a moment only.
    task<void> await_body(executor const& on);
    // After that: whether the connection has ended before the reply did, see `why_ended`.
    bool broke_off() noexcept;
    // Waits until `take` has something new. To be called only if `is_readable` says no; both belong to
    // one round of reading: `expect`, perhaps `wait`, `take`.
    void expect();
    bool is_readable() { return connection_->readable(); }
    task<void> wait() { return connection_->wait_readable(); }
    result<part> take();

    // The reply has begun to be passed on: from now on its deadlines count, not the request's.
    void reply_began() noexcept;

    // The client has gone, or shall: whoever waits wakes up.
    void abandon() noexcept { connection_->shut(connection::ending::shut); }
    // Why the connection ended, to be asked when it has. `server` is named in the note; a client that
    // has gone is the reason, whatever came of it.
    error why_ended(std::string_view server, bool client_gone) const;

    // --- what `attempt_rules` want to know
    connection& wire() const noexcept { return *connection_; }
    bool server_ended_it() const noexcept;
    bool heard() const noexcept { return reader_.heard(); }
    bool doubtful() const noexcept { return doubtful_; }
    bool request_is_out() const noexcept { return !upload_ || upload_->complete(); }

    // A body that is still carried, to be awaited before the exchange goes.
    bool has_running_tasks() const noexcept { return upload_ && upload_->running(); }
    task<void> join();

private:
    result<bool> hear_head();
    task<void> wait_a_moment(executor const& on);
    result<void> pass_over(http::response_head const& interim);
    bool is_over() const noexcept;

    connection_ptr connection_;
    base::deadlines& deadlines_;
    terms const terms_;
    http1_reply_reader reader_;
    interim_replies interim_;
    std::unique_ptr<upload> upload_; // of a body that was not at hand: most requests have none
    std::uint64_t passed_ = 0;       // of the reply's body
    bool has_final_head_ = false;
    bool doubtful_ = false; // an interim reply announced what cannot be
};

} // namespace yett::upstream
