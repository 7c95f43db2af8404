#include "gateway/http/fields/basic_credentials.hpp"

#include "gateway/http/ascii.hpp"

#include <cstdint>

namespace yett::http {
namespace {

constexpr std::string_view scheme = "basic";

// Sextets of both alphabets; -1 for everything else, which is skipped.
int sextet(char c) noexcept
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    return c == '/' || c == '_' ? 63 : -1;
}

} // namespace

std::string decode_loosely(std::string_view text)
{
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    int bits = 0;
    for (char const c : text) {
        auto const value = sextet(c);
        if (value < 0) continue;
        pending = pending << 6 | static_cast<std::uint32_t>(value);
        if (bits += 6; bits >= 8) bytes.push_back(static_cast<char>(pending >> (bits -= 8) & 255));
    }
    return bytes;
}

std::optional<basic_credentials> read_basic(std::string_view authorization)
{
    if (authorization.size() <= scheme.size()) return std::nullopt;
    if (!ascii::equal_ignoring_case(authorization.substr(0, scheme.size()), scheme)) return std::nullopt;
    auto const blank = authorization[scheme.size()];
    if (blank != ' ' && blank != '\t') return std::nullopt;
    auto const text = decode_loosely(authorization.substr(scheme.size() + 1));
    auto const colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    return basic_credentials{text.substr(0, colon), text.substr(colon + 1)};
}

} // namespace yett::http
