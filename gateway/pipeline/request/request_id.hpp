#pragma once

#include "gateway/base/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace yett::http {
class head;
} // namespace yett::http

namespace yett::pipeline {

// What a request is known by in logs and replies. It lies in itself: each request has one.
class request_id_text
{
public:
    static constexpr std::size_t longest = 128;

    request_id_text() = default;
    // At most so long; what is longer is cut.
    request_id_text(std::string_view text) noexcept;
    request_id_text(char const* text) noexcept : request_id_text{std::string_view{text}} {}

    operator std::string_view() const noexcept { return {text_.data(), size_}; }
    friend bool operator==(request_id_text const& a, std::string_view b) noexcept { return std::string_view{a} == b; }

private:
    std::array<char, longest> text_; // only as far as `size_`
    std::uint8_t size_ = 0;
};

// The one a trusted proxy gave it, when it is 1 to 128 characters of [A-Za-z0-9._:-], else a new UUIDv7.
request_id_text request_id_of(http::head const& head, bool trusted, wall_time now);
// A new one.
request_id_text new_request_id(wall_time now);

} // namespace yett::pipeline
