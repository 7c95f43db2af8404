#pragma once

#include "gateway/http/head.hpp"
#include "gateway/http2/error_code.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace yett::http2 {

class engine;
class field_section;

using stream_id = std::int32_t;

// One request and its reply, as the engine of a connection sees it, at whichever end: what arrives is told, and what
// has to go out is taken from where it lies. Whoever derives from it owns it, and lets go of it only when `on_closed` was called
// or `engine::forget` was.
//
// The calls come out of `engine::receive` and `engine::gather`, from the midst of the library. Nothing may be done in them
// but to note what happened, to `reset`, and to say what was taken (`engine::taken`): whoever waits is woken behind them,
// from the event loop.
class stream
{
public:
    stream_id id() const noexcept { return id_; }
    // What is offered has not been taken in whole.
    bool has_unsent() const noexcept { return !unsent_.empty() || end_unsent_; }
    std::size_t unsent_bytes() const noexcept { return unsent_.size(); }
    // The engine knows of it: it was opened, and has not been closed.
    bool is_open() const noexcept { return open_; }

protected:
    stream() = default;
    stream(stream const&) = delete;
    stream& operator=(stream const&) = delete;
    virtual ~stream() = default;

    // --- what arrives

    // Of a request that was sent: a reply's head, or an interim one before it. `ends`: no body follows.
    // The section is lent; who wants to keep it swaps it for an empty one of his own.
    virtual void on_response(field_section&, bool /*ends*/) {}
    // A piece of the body, to be copied. It counts against the window until it is `engine::taken`.
    virtual void on_data(std::string_view bytes) = 0;
    // Behind the body; the message ends with it, and `on_end` follows.
    virtual void on_trailers(field_section&) = 0;
    // The message is complete.
    virtual void on_end() = 0;

    // --- what goes out

    // All that was offered has been gathered; the bytes need not stay where they are any longer.
    virtual void on_sent() = 0;

    // Over: in both directions (`no_error`), or by a reset, from either side. The last call; the engine forgets it.
    virtual void on_closed(error_code why) noexcept = 0;

private:
    friend class engine;

    std::string_view unsent_;
    std::span<http::field const> trailers_;
    std::size_t untaken_ = 0; // bytes that count against the windows
    stream_id id_ = 0;
    bool end_unsent_ = false; // the message ends behind `unsent_`, and that was not gathered yet
    bool deferred_ = false;   // the library does not ask until it is told that there is more
    bool open_ = false;
    bool reset_ = false;    // by us, though it may not have gone out
    bool has_head_ = false; // of the reply: it went out, at a server, or came, at a client; interim ones aside
};

} // namespace yett::http2
