#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace yett::http {

enum class spelling : std::uint8_t
{
    canonical,
    other,   // means something, but is to be rewritten
    refused, // two readers could take it differently
};

struct path_finding
{
    spelling how = spelling::canonical;
    bool encoded_slash = false;
};

// Judges a path that begins with a slash, in one scan. `target` says what is refused.
path_finding inspect_path(std::string_view path) noexcept;

// The canonical spelling of a path that `inspect_path` calls `other` (RFC 3986 section
// 6.2.2). The outcome has to be inspected again: decoding can bring something to light.
std::string respelled(std::string_view path);

} // namespace yett::http
