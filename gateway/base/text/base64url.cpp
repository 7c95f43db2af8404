#include "gateway/base/text/base64url.hpp"

#include <array>
#include <cstdint>

// RFC 4648 section 5, one spelling for each value: no blanks, no padding where none is asked for,
// and no bits behind the last byte that could differ. Two texts for one value would be two entries
// in a cache and two names for a token.

namespace yett {
inline namespace base {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t invalid = 0xff;

constexpr auto values = [] {
    std::array<std::uint8_t, 256> table{};
    table.fill(invalid);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return table;
}();

constexpr int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

} // namespace

std::string base64url_encode(std::string_view bytes)
{
    std::string text;
    text.reserve((bytes.size() * 4 + 2) / 3);
    std::uint32_t pending = 0;
    int bits = 0;
    for (unsigned char const byte : bytes) {
        pending = pending << 8 | byte;
        for (bits += 8; bits >= 6; bits -= 6) text.push_back(alphabet[pending >> (bits - 6) & 63]);
    }
    if (bits > 0) text.push_back(alphabet[pending << (6 - bits) & 63]);
    return text;
}

std::optional<std::string> base64url_decode(std::string_view text)
{
    if (text.size() % 4 == 1) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() * 3 / 4);
    std::uint32_t pending = 0;
    int bits = 0;
    for (unsigned char const c : text) {
        auto const value = values[c];
        if (value == invalid) return std::nullopt;
        pending = pending << 6 | value;
        if (bits += 6; bits >= 8) bytes.push_back(static_cast<char>(pending >> (bits -= 8) & 255));
    }
    if ((pending & ((1u << bits) - 1)) != 0) return std::nullopt;
    return bytes;
}

// Padding may be left out altogether, or must be exactly what belongs there.
std::optional<std::string> base64url_decode_padded(std::string_view text)
{
    auto const data = text.substr(0, text.find('='));
    auto const padding = text.substr(data.size());
    if (padding.empty()) return base64url_decode(text);
    auto const over = data.size() % 4;
    if ((over == 2 && padding == "==") || (over == 3 && padding == "=")) return base64url_decode(data);
    return std::nullopt;
}

std::string hex_encode(std::string_view bytes)
{
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(bytes.size() * 2);
    for (unsigned char const byte : bytes) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

std::optional<std::string> hex_decode(std::string_view text)
{
    if (text.size() % 2 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        auto const high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high << 4 | low));
    }
    return bytes;
}

} // namespace base
} // namespace yett
