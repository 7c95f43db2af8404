#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http2/error_code.hpp"
#include "gateway/http2/field_section.hpp"
#include "gateway/http2/flood_budget.hpp"
#include "gateway/http2/stream.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct nghttp2_session;

namespace yett::http2 {

// What a connection says of itself in its first SETTINGS, and how much it puts up with.
struct engine_options
{
    enum class role : std::uint8_t
    {
        server,
        client,
    };
    role as = role::server;
    field_section::limits fields{};               // of heads
    std::uint32_t streams = 100;                  // that the peer may have open at once
    std::uint32_t stream_window = 64 * 1024 - 1;  // of a body, before anything of it was taken
    std::uint32_t connection_window = 512 * 1024; // of all bodies together
    bool extended_connect = false;                // RFC 8441; a server offers it
};

// What is told of a connection as a whole; the same rules hold as for `stream`.
class engine_events
{
public:
    // A request, at a server. Null refuses it: its stream was reset, or will not be served (REFUSED_STREAM).
    // The section is lent, and `ends` says that no body follows.
    virtual stream* on_request(stream_id, field_section&, bool /*ends*/) { return nullptr; }
    // A field section that is no message, or a request that cannot be one: its stream was reset. `why` is a fixed text.
    virtual void on_malformed(stream_id, field_section const&, std::string_view /*why*/) {}
    // The peer's SETTINGS were taken in: how many streams may be open, and whether it knows the extended CONNECT.
    virtual void on_settings() {}
    // No stream above `last` was or will be looked at, and none is to be opened. Those above it are closed with
    // REFUSED_STREAM right after this.
    virtual void on_goaway(stream_id /*last*/, error_code) {}
    virtual void on_ping_answered() {}

protected:
    ~engine_events() = default;
};

// HTTP/2 without a socket (RFC 9113), around libnghttp2, for either end of a connection: bytes that arrived go in, bytes
// to be sent come out, and streams are told what happened. Time is a parameter.
//
// Flow control goes from end to end: a window is opened again when whoever got the bytes says that they are
// passed on (`taken`), and what is to be sent stays where it lies until the peer has room for it.
class engine
{
public:
    // Its first SETTINGS are ready to be gathered. Throws std::bad_alloc.
    engine(engine_options const& options, engine_events& events);
    ~engine();
    engine(engine const&) = delete;
    engine& operator=(engine const&) = delete;

    // --- bytes

    // Takes in what arrived. Fails, once and for all, when the connection is to end: with bad_request when the peer does not
    // speak HTTP/2 as we do, with rate_limited when it floods. What says so to it (GOAWAY) is still to be gathered.
    result<void> receive(std::string_view bytes, steady_time now);
    // Appends what there is to be sent until `out` holds `enough`, or a frame more. Not from within a call of `stream`.
    // False when nothing is left that could be sent now.
    bool gather(std::string& out, std::size_t enough);
    // Something is ready to be sent.
    bool has_output() const noexcept;
    // The rest of a field section is to come, and nothing else may.
    bool is_in_section() const noexcept { return in_section_; }
    // Nothing more can come of it: a GOAWAY was sent or received, and no stream is left.
    bool is_over() const noexcept;

    // --- streams

    // Begins a request, at a client. Pseudo-header fields come first among the fields; names may have any case. `ends`: without
    // a body. Fails with overloaded, retryable, when the peer allows no more streams (see `may_open`).
    result<void> request(stream& s, std::span<http::field const> fields, bool ends);
    // How many more requests the peer would take now; 0 after a GOAWAY as well.
    std::size_t may_open() const noexcept;

    // An interim reply, and the reply, at a server. ":status" comes first.
    void interim(stream& s, std::span<http::field const> fields);
    void reply(stream& s, std::span<http::field const> fields, bool ends);
    // What of its body follows: it stays where it is until `on_sent`. `last` ends the message, with trailers if there are any, whose
    // names and values are copied when they are gathered. One offer at a time.
    void offer(stream& s, std::string_view bytes, bool last, std::span<http::field const> trailers = {});

    // So much of what `on_data` gave was passed on: the peer may send as much again.
    void taken(stream& s, std::size_t bytes);
    // Its body is taken as it comes: so much of it may be on its way at once.
    void widen(stream& s, std::uint32_t window);
    // Ends a stream at once; `on_closed` follows when that is gathered. What was offered is forgotten.
    void reset(stream& s, error_code why);
    // Whoever it belongs to goes first: nothing of it is told or taken any more. It is reset where something that was offered has
    // not been gathered; where more may come, reset it before.
    void forget(stream& s) noexcept;
    std::size_t open_streams() const noexcept { return open_; }
    // Bytes that the peer would take of it now, its own window and the connection's.
    std::size_t window_of(stream const& s) const noexcept;

    // --- the connection

    // Says that it will end soon, without refusing what is on its way; `drain` some time later refuses what is not
    // begun yet. Streams go on to their end.
    void announce_end();
    void drain();
    // Ends it with that reason. Streams are told nothing more: whoever owns them lets go of them.
    void terminate(error_code why);
    // What the GOAWAY said that was sent or received last; nothing while there was none.
    std::optional<error_code> goodbye() const noexcept { return goodbye_; }
    void ping();
    bool peer_extended_connect() const noexcept;
    bool is_draining() const noexcept { return draining_; }

    // What the library calls; only `engine.cpp` knows it.
    struct callbacks;

private:
    friend struct callbacks;
    struct deleter
    {
        void operator()(nghttp2_session* session) const noexcept;
    };

    void note(nuisance what) noexcept;
    void end_flood() noexcept;
    void submit_settings();
    // What became of one field section, and of a stream.
    void section_ended(stream_id id, bool of_request, bool ends);
    void response_came(stream& s, bool ends);
    void trailers_came(stream& s);
    void malformed(stream_id id, char const* why);
    void frame_came(std::uint8_t type, bool is_answer, bool is_known, stream* on);
    void was_gathered(stream& s, std::size_t bytes);

    engine_options const options_;
    engine_events& events_;
    std::unique_ptr<nghttp2_session, deleter> session_;
    field_section arriving_; // sections do not interleave
    flood_budget budget_;
    steady_time now_{};
    std::string* out_ = nullptr; // while something is gathered
    std::size_t open_ = 0;
    std::size_t enough_ = 0;
    std::size_t unanswered_pings_ = 0;
    std::optional<error_code> goodbye_;
    bool flooded_ = false;
    bool draining_ = false;
    bool in_section_ = false;
};

} // namespace yett::http2
