#pragma once

namespace yett::upstream {

// What is known of an attempt that failed before a reply's head was read.
struct lost_attempt
{
    bool on_kept_connection; // which had served others before
    bool server_ended_it;    // closed or broken; not by a deadline or by ourselves
    bool heard;              // a byte of a reply
    bool client_gone;
    bool request_at_hand; // all of it, so that it can be sent once more
    bool method_is_safe;  // to do it twice is to do it once
    bool anything_sent;
};

// A request is sent twice only when the first time was nothing: the connection had been kept and died
// of its age, and either nobody minds or not a byte of it left. Everything else would let the
// application act twice (RFC 9110 section 9.2.2, RFC 9112 section 9.3.1).
constexpr bool may_be_sent_again(lost_attempt const& a) noexcept
{
    auto const died_of_age = a.on_kept_connection && a.server_ended_it && !a.heard;
    return died_of_age && !a.client_gone && a.request_at_hand && (a.method_is_safe || !a.anything_sent);
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
