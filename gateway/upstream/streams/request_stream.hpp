#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/upstream/headers/header_plan.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::upstream {

// One request and its reply on a connection to a server, whatever is spoken there: the mirror of
// `http::exchange` at the application's side. A request goes in (`compose`, `carry`, `ask`), a reply comes
// out (`head`, `take`).
//
// Who ends it before its reply was read leaves it to the destructor, or to whoever has the connection, to
// see that nothing of it reaches another request.
class request_stream
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
    // A question of our own, on nobody's behalf.
    struct probe
    {
        std::string_view path;
        std::string_view host;
    };
    struct part
    {
        std::string_view data;                      // valid until the next wait
        bool last = false;                          // the reply ends with it
        bool cut = false;                           // the reply ended in its midst, see `why_ended`
        std::span<http::field const> trailers = {}; // of a last part, as long as the stream lives
    };

    request_stream() = default;
    virtual ~request_stream() = default;
    request_stream(request_stream const&) = delete;
    request_stream& operator=(request_stream const&) = delete;

    // --- the request

    // Writes its head by the rules; `ask` sends it, and what is given here of its body. All of that lives
    // until then. Fails as `header_plan::apply` does.
    virtual result<composed> compose(header_plan const& plan, composition const& c, http::message_part const& body) = 0;
    virtual void compose(probe const& question) = 0;
    // What `ask` sends is to be followed by the rest of a body: `left` bytes, or as many as come.
    virtual void carry(http::exchange& body, std::optional<std::uint64_t> left) = 0;
    // Sends the request, or its begin, and waits for the head of the reply; interim ones are passed
    // over and put its deadline off (`interim_replies`). False when it ended before, see `why_ended`;
    // fails with upstream_broken when what came is no reply.
    virtual task<result<bool>> ask(executor const& on) = 0;

    // --- the reply

    virtual http::response_head const& head() const noexcept = 0;
    // Where its fields are, with room for some more behind them.
    virtual std::span<http::field> fields() noexcept = 0;
    // What there is of the body, without waiting. Fails with upstream_broken where it is malformed.
    virtual result<part> at_hand() = 0;
    // Whether a body is to come, or may, and nothing of it is here.
    virtual bool awaits_body() const noexcept = 0;
    // As `wait`, for the first of it: where nothing says how long it is it may be long in coming, and is
    // waited for a moment only.
    virtual task<void> await_body(executor const& on) = 0;
    // After that: whether it has ended before the reply did, see `why_ended`.
    virtual bool broke_off() noexcept = 0;
    // Waits until `take` has something new. To be called only if `is_readable` says no; both belong to
    // one round of reading: `expect`, perhaps `wait`, `take`. Who expects more has done with what it took.
    virtual void expect() = 0;
    virtual bool is_readable() = 0;
    virtual task<void> wait() = 0;
    virtual result<part> take() = 0;
    // It has begun to be passed on: from now on its deadlines count, not the request's.
    virtual void reply_began() noexcept = 0;

    // --- its end

    // The client has gone, or shall: whoever waits wakes up.
    virtual void abandon() noexcept = 0;
    // Why it ended, to be asked when it has. `server` is named in the note; a client that has gone is the
    // reason, whatever came of it.
    virtual error why_ended(std::string_view server, bool client_gone) const = 0;
    // What `attempt_rules` want to know of an end: whether its connection had served others before, whether
    // the server ended it, whether a byte of a reply was heard, whether anything of the request was sent.
    virtual bool was_kept() const noexcept = 0;
    virtual bool server_ended_it() const noexcept = 0;
    virtual bool heard() const noexcept = 0;
    virtual bool anything_sent() const noexcept = 0;
    // Whether nothing of it is left on its connection. `whole`: its reply was passed on to the end.
    virtual bool leaves_nothing(bool whole) const noexcept = 0;

    // A body that is still carried, to be awaited before the exchange goes.
    virtual bool has_running_tasks() const noexcept = 0;
    virtual task<void> join() = 0;
};

// What a request fails with when its client has gone.
error client_went_away();

// What is said in a probe, to a sink of `field_sink`'s kinds.
template<field_sink Sink>
void write_probe(request_stream::probe const& question, Sink& to)
{
    auto const mark = question.path.find('?');
    request_start start{"GET", question.path.substr(0, mark), {}, question.host};
    if (mark != std::string_view::npos) start.query = question.path.substr(mark + 1);
    to.start(start);
    to.field("User-Agent", "yett-health");
    to.field("Accept", "*/*");
}

} // namespace yett::upstream
