#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/response_head.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::net {

// The body of one reply as HTTP/1.1 frames it (RFC 9112 section 6): holds it to what its head promised, and knows
// what surrounds its parts. Does no I/O.
class reply_body
{
public:
    // Once, when the head was written: how the body follows it, and how long it is where that is declared.
    void begin(http::response_body follows, std::uint64_t length) noexcept;

    // What of the next part is to be sent: all of it, or nothing where the reply has no body (HEAD, 204, 304). `last`:
    // the body ends with it. Fails (ourselves, internal) when it would make the body longer or shorter than declared;
    // then the reply cannot be saved.
    result<std::string_view> admit(std::string_view part, bool last);

    // What is sent behind the bytes that `frame` appended.
    struct framed
    {
        std::string_view part;  // too large to be worth a copy; empty: it was appended
        std::string_view after; // static text that follows it
    };
    // Appends a part that was admitted, with the chunk's line and end where there are chunks.
    framed frame(std::string& out, std::string_view part, bool last) const;

    // The last part was admitted and nothing is known to have gone wrong with it.
    bool complete() const noexcept { return complete_; }
    // It could not be sent after all.
    void break_off() noexcept { complete_ = false; }
    // Bytes of the body, without its framing.
    std::uint64_t bytes() const noexcept { return bytes_; }

private:
    std::uint64_t left_ = 0; // of a declared length
    std::uint64_t bytes_ = 0;
    http::response_body follows_ = http::response_body::none;
    bool complete_ = false;
};

} // namespace yett::net
