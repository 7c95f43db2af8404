#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::http {

// How a path is spelled, beside the way in which Yett forwards it.
enum class spelling : std::uint8_t
{
    canonical,
    other,   // means something, but is to be rewritten
    refused, // no reader can be trusted with it
};

// What servers are known to read in different ways.
enum class doubt : std::uint8_t
{
    double_escape = 1, // %25 in front of two hexadecimal digits
    segment_end = 2,   // dots and blanks at a segment's end; %20, %3B, %3F, %23
    stream = 4,        // "::" and ":$", escaped or not
    // Only a rule that says so lets these through.
    empty_segment = 8, // "//"
    parameter = 16,    // ';'
    backslash = 32,    // %5C
    raw_bytes = 64,    // UTF-8 that is not escaped
};

// A set of them, nearly always empty.
class path_doubts
{
public:
    constexpr bool any() const noexcept { return bits_ != 0; }
    constexpr bool has(doubt d) const noexcept { return (bits_ & static_cast<std::uint8_t>(d)) != 0; }
    // Whether there is one that not every rule lets through.
    constexpr bool needs_leave() const noexcept { return bits_ >= static_cast<std::uint8_t>(doubt::empty_segment); }
    constexpr void add(doubt d) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(d)); }
    constexpr void add(path_doubts other) noexcept { bits_ = static_cast<std::uint8_t>(bits_ | other.bits_); }

private:
    std::uint8_t bits_ = 0;
};

// What one scan of a path found.
struct path_finding
{
    spelling how = spelling::canonical;
    bool encoded_slash = false;
    path_doubts doubts{};
};

// Judges a path that begins with a slash, in one scan. Refused are malformed escapes,
// control bytes in any form, '\', '#', raw bytes that are no UTF-8, overlong UTF-8, and dot
// segments beside an encoded slash.
path_finding inspect_path(std::string_view path) noexcept;

// The next two make the canonical spelling of a path that was not refused (RFC 3986 section
// 6.2.2), in this order. The outcome has to be inspected again: decoding can bring
// something to light.
std::string with_canonical_escapes(std::string_view path);

struct undotted
{
    std::string path;
    bool changed = false;
    bool left_the_root = false; // a ".." had nothing to go up from
};
// RFC 3986 section 5.2.4, and says whether that tried to leave the root.
undotted without_dot_segments(std::string path);

// Whether an escape of two hexadecimal digits stands there.
bool has_escape_at(std::string_view text, std::size_t at) noexcept;

} // namespace yett::http
