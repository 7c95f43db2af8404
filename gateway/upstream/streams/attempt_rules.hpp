#pragma once

#include <cstdint>

namespace yett::upstream {

// What is known of an attempt that ended without a reply the client could be told.
struct lost_attempt
{
    bool on_kept_connection; // which had served others before
    bool server_ended_it;    // closed or broken; not by a deadline or by ourselves
    bool heard;              // a byte of a reply
    bool client_gone;
    bool request_at_hand;      // all of it, so that it can be sent once more
    bool method_is_idempotent; // to do it twice is to do it once
    bool anything_sent;
};

// What may follow such an attempt.
enum class next_attempt : std::uint8_t
{
    none,
    same_server, // on a new connection
    another_server,
};

// A request is sent twice only when the first time was nothing or nobody minds: not a byte of it left,
// or its method is idempotent. Everything else would let the application act twice (RFC 9110 section
// 9.2.2, RFC 9112 section 9.3.1). Where it goes then depends on what the end says of the server: a connection
// that was kept and died says that it was old, and anything else that another server is the better one.
constexpr next_attempt next_after(lost_attempt const& a) noexcept
{
    auto const harmless = a.method_is_idempotent || !a.anything_sent;
    if (a.client_gone || !a.request_at_hand || !harmless) return next_attempt::none;
    auto const died_of_age = a.on_kept_connection && a.server_ended_it && !a.heard;
    return died_of_age ? next_attempt::same_server : next_attempt::another_server;
}

// Replies that another server may spare the client: the application, or a proxy in front of it, failed
// there. Who says when to come again (Retry-After) means this request, and has answered it; 429 is about
// the client, wherever it asks.
constexpr bool is_failure_of_server(unsigned status, bool says_when_to_retry) noexcept
{
    return !says_when_to_retry && (status == 500 || status == 502 || status == 503 || status == 504);
}

// What is known of a connection when its attempt is over.
struct used_connection
{
    bool reply_is_whole;  // read and passed on to its end
    bool server_keeps_it; // by what the head of its reply says
    bool doubtful;        // an interim reply announced what cannot be
    bool bytes_behind;    // the reply's end, which belong to nobody
    bool request_is_out;  // the server has been told all of its body
};

// Only when nothing of this request can be left on it may another one use a connection. Doubt costs
// a connection; a mistake would hand one client's reply to another.
constexpr bool may_be_reused(used_connection const& c) noexcept
{
    return c.reply_is_whole && c.server_keeps_it && !c.doubtful && !c.bytes_behind && c.request_is_out;
}

} // namespace yett::upstream
