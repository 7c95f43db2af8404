#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/response_head.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// The opening handshake of RFC 6455 and its frames, as far as somebody in between has to
// know them.
namespace yett::http::websocket {

// Whether a request asks for a WebSocket. What asks for another protocol, by another
// version of HTTP or not at all is an ordinary request, and nobody is told of its Upgrade.
//
// Fails with bad_request when it asks for one, but not exactly as section 4.2.1 wants it:
// GET without a body, Upgrade naming nothing else, Connection naming Upgrade, one
// Sec-WebSocket-Key of 16 bytes, one Sec-WebSocket-Version, and none of them taken back by
// Connection. A handshake that is right but for that version is to be told the one that is
// spoken here, which is 13 (section 4.4).
enum class asked : std::uint8_t
{
    something_else,
    websocket,
    another_version,
};
result<asked> is_asked_for(head const& request);

// The key of a request for which is_asked_for said yes.
std::string_view key_of(head const& request) noexcept;

// What Sec-WebSocket-Accept has to be for that key (section 4.2.2).
std::string accept_for(std::string_view key);

// Whether a 101 is the answer to a request with that key. A client would notice another one
// itself, but by then bytes that nobody framed would flow.
bool is_accepted(response_head const& reply, std::string_view key);

// Codes of close frames (section 7.4).
enum class close_code : std::uint16_t
{
    going_away = 1001,
    session_ended = 4001, // ours: the session that let the client in is over
};

// A close frame as a server sends it: not masked, without a reason in words.
std::array<char, 4> close_frame(close_code code) noexcept;

// Walks along the frames of one direction (section 5.2) and knows where the next one
// begins; the bytes pass by and are not kept.
class frames
{
public:
    // Takes bytes up to the end of the frame they are in; returns how many.
    std::size_t follow(std::string_view bytes) noexcept;
    // Takes all of them.
    void follow_all(std::string_view bytes) noexcept;

    // True where another frame may be put in between.
    bool at_boundary() const noexcept { return have_ == 0; }
    // True behind a close frame: nothing may follow.
    bool closed() const noexcept { return closed_; }

private:
    void take(unsigned char byte) noexcept;
    void measure() noexcept;

    std::array<unsigned char, 14> header_{};
    unsigned have_ = 0; // bytes of the header
    unsigned need_ = 2;
    std::uint64_t left_ = 0; // bytes of the payload
    bool closed_ = false;
};

} // namespace yett::http::websocket
