#pragma once

#include "gateway/base/error.hpp"
#include "gateway/http2/error_code.hpp"

#include <cstdint>
#include <string_view>

namespace yett::upstream {

// How a request over HTTP/2 ended, of which the first reason counts.
struct http2_ending
{
    enum class kind : std::uint8_t
    {
        none,        // it has not
        complete,    // request and reply are over
        reset,       // by the server, with `code`, or by us because of what it sent
        refused,     // nothing of it was looked at: REFUSED_STREAM, or above the last stream of a GOAWAY
        lost,        // with its connection, which the server ended or broke
        silent,      // with its connection, which gave no sign of life
        timed_out,   // our deadline
        call_is_due, // the client's, of a gRPC call
        given_up,    // by us, for any other reason
    };
    kind is = kind::none;
    // Of a reset, as the server said it.
    http2::error_code code = http2::error_code::no_error;

    // True when the server ended it, and not a deadline or ourselves.
    bool is_servers() const noexcept
    {
        return is == kind::reset || is == kind::refused || is == kind::lost || is == kind::silent;
    }
};

// How a reset stream ended: one that was refused is told apart, since it may be sent again.
http2_ending ending_for(http2::error_code why) noexcept;

// What the request fails with. `server` is named in the note, `stage` says how far it had come, and `trouble` what is
// known of the connection besides.
error error_for(http2_ending const& how, std::string_view server, std::string_view stage, std::string_view trouble);

} // namespace yett::upstream
