#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/chunks.hpp"
#include "gateway/http/head.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace yett::net {

// Takes the framing off a request's body, and knows how much is still to come.
class request_body
{
public:
    request_body(http::head const& head, std::uint64_t limit);

    // The next part that lies within `raw`, which then begins behind it; empty when more
    // bytes are needed or nothing is left. Fails, for good, with bad_request or body_too_large.
    result<std::string_view> take(std::span<char>& raw);
    // No limit is 0. A declared length above it is refused before anything is read.
    void limit(std::uint64_t bytes) noexcept { limit_ = bytes; }
    result<void> check_declared() const;

    bool complete() const noexcept { return complete_; }
    // What stood behind a complete body in chunks.
    std::span<http::field const> trailers() const noexcept { return chunks_.trailers(); }
    // How many bytes may be read, at most `room`. Where a body in chunks ends is seen when it is read, so that at most `behind`
    // bytes may come of what follows it; of what follows another body none does.
    std::size_t wanted(std::size_t room, std::size_t behind) const noexcept;
    std::uint64_t received() const noexcept { return received_; }
    // True when the rest is so short that reading it costs less than a new connection.
    bool is_short() const noexcept;

private:
    result<std::string_view> counted(std::string_view part);

    http::chunk_decoder chunks_;
    std::uint64_t left_; // of a declared length
    std::uint64_t declared_;
    std::uint64_t limit_;
    std::uint64_t received_ = 0;
    bool chunked_;
    bool complete_;
    bool too_large_ = false;
};

} // namespace yett::net
