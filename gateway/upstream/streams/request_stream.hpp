#pragma once

#include "gateway/upstream/cluster/reservation.hpp"
#include "gateway/upstream/streams/http1_stream.hpp"
#include "gateway/upstream/streams/http2_stream.hpp"
#include "gateway/upstream/streams/request_terms.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// One request and its reply on a connection that was taken for it, whatever is spoken there: the mirror of
// `http::exchange` at the application's side. A request goes in (`compose`, `carry`, `ask`), a reply comes
// out (`head`, `take`).
//
// One of HTTP/1.1 lies in here and is called by its name, so that the way of most requests has neither an allocation
// nor a virtual call. Both kinds have the same functions.
//
// Who ends it before its reply was read leaves it to the destructor, or to whoever has the connection, to
// see that nothing of it reaches another request.
class request_stream
{
public:
    request_stream(reservation const& taken, base::deadlines& deadlines, request_terms const& t);
    request_stream(request_stream const&) = delete;
    request_stream& operator=(request_stream const&) = delete;

    // --- the request

    // Writes its head by the rules; `ask` sends it, and what is given here of its body. All of that lives
    // until then. Fails as `header_plan::apply` does.
    result<composed> compose(header_plan const& plan, composition const& c, http::message_part const& body)
    {
        return alone_ ? alone_->compose(plan, c, body) : shared_->compose(plan, c, body);
    }
    void compose(probe const& question) { return alone_ ? alone_->compose(question) : shared_->compose(question); }
    // What `ask` sends is to be followed by the rest of a body: `left` bytes, or as many as come.
    void carry(http::exchange& body, std::optional<std::uint64_t> left)
    {
        return alone_ ? alone_->carry(body, left) : shared_->carry(body, left);
    }
    // Sends the request, or its begin, and waits for the head of the reply; interim ones are passed
    // over and put its deadline off (`interim_replies`). False when it ended before, see `why_ended`;
    // fails with upstream_broken when what came is no reply.
    task<result<bool>> ask(executor const& on) { return alone_ ? alone_->ask(on) : shared_->ask(on); }

    // --- the reply

    http::response_head const& head() const noexcept { return alone_ ? alone_->head() : shared_->head(); }
    // Where its fields are, with room for some more behind them.
    std::span<http::field> fields() noexcept { return alone_ ? alone_->fields() : shared_->fields(); }
    // What there is of the body, without waiting. Fails with upstream_broken where it is malformed.
    result<reply_part> at_hand() { return alone_ ? alone_->at_hand() : shared_->at_hand(); }
    // Whether a body is to come, or may, and nothing of it is here.
    bool awaits_body() const noexcept { return alone_ ? alone_->awaits_body() : shared_->awaits_body(); }
    // As `wait`, for the first of it: where nothing says how long it is it may be long in coming, and is
    // waited for a moment only.
    task<void> await_body(executor const& on) { return alone_ ? alone_->await_body(on) : shared_->await_body(on); }
    // After that: whether it has ended before the reply did, see `why_ended`.
    bool broke_off() noexcept { return alone_ ? alone_->broke_off() : shared_->broke_off(); }
    // Waits until `take` has something new. To be called only if `is_readable` says no; both belong to
    // one round of reading: `expect`, perhaps `wait`, `take`. Who expects more has done with what it took.
    void expect() { return alone_ ? alone_->expect() : shared_->expect(); }
    bool is_readable() { return alone_ ? alone_->is_readable() : shared_->is_readable(); }
    task<void> wait() { return alone_ ? alone_->wait() : shared_->wait(); }
    result<reply_part> take() { return alone_ ? alone_->take() : shared_->take(); }
    // It has begun to be passed on: from now on its deadlines count, not the request's.
    void reply_began() noexcept { return alone_ ? alone_->reply_began() : shared_->reply_began(); }

    // --- its end

    // The client has gone, or shall: whoever waits wakes up.
    void abandon() noexcept { return alone_ ? alone_->abandon() : shared_->abandon(); }
    // Why it ended, to be asked when it has. `server` is named in the note; a client that has gone is the
    // reason, whatever came of it.
    error why_ended(std::string_view server, bool client_gone) const
    {
        return alone_ ? alone_->why_ended(server, client_gone) : shared_->why_ended(server, client_gone);
    }
    // What `attempt_rules` want to know of an end: whether its connection had served others before, whether
    // the server ended it, whether a byte of a reply was heard, whether anything of the request was sent.
    bool was_kept() const noexcept { return alone_ ? alone_->was_kept() : shared_->was_kept(); }
    bool server_ended_it() const noexcept { return alone_ ? alone_->server_ended_it() : shared_->server_ended_it(); }
    bool heard() const noexcept { return alone_ ? alone_->heard() : shared_->heard(); }
    bool anything_sent() const noexcept { return alone_ ? alone_->anything_sent() : shared_->anything_sent(); }
    // Whether nothing of it is left on a connection that it had to itself. `whole`: its reply was passed on to the end.
    bool leaves_nothing(bool whole) const noexcept { return alone_ && alone_->leaves_nothing(whole); }

    // A body that is still carried, to be awaited before the exchange goes.
    bool has_running_tasks() const noexcept { return alone_ ? alone_->has_running_tasks() : shared_->has_running_tasks(); }
    task<void> join() { return alone_ ? alone_->join() : shared_->join(); }

private:
    std::optional<http1_stream> alone_;
    std::unique_ptr<http2_stream> shared_; // else: on a connection that others share
};

} // namespace yett::upstream
