#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Tables and scans for the bytes of HTTP. Locale-free; every index is an unsigned byte.
namespace yett::http::ascii {

// A byte may be of several kinds, each a bit, so that one look in a table answers for any of them.
enum char_kind : std::uint8_t
{
    token_char = 1,  // RFC 9110 section 5.6.2
    value_char = 2,  // of a field: visible, blank, tab and obs-text
    target_char = 4, // visible ASCII
    hex_char = 8,
    digit_char = 16,
    host_char = 32,   // letters, digits, '-', '_'
    cookie_char = 64, // cookie-octet, RFC 6265 section 4.1.1
};

// The table, made by the compiler from the ranges and lists of the RFCs.
constexpr std::array<std::uint8_t, 256> make_kinds()
{
    std::array<std::uint8_t, 256> kinds{};
    auto mark = [&](std::string_view chars, unsigned as) {
        for (char c : chars) kinds[static_cast<unsigned char>(c)] |= static_cast<std::uint8_t>(as);
    };
    for (unsigned c = 0x20; c < 0x100; ++c)
        if (c != 0x7f) kinds[c] |= value_char;
    kinds['\t'] |= value_char;
    for (unsigned c = 0x21; c < 0x7f; ++c) {
        kinds[c] |= target_char;
        if (c != '"' && c != ',' && c != ';' && c != '\\') kinds[c] |= cookie_char;
    }
    mark("0123456789", token_char | hex_char | digit_char | host_char);
    mark("abcdefABCDEF", hex_char);
    mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", token_char | host_char);
    mark("-_", host_char);
    mark("!#$%&'*+-.^_`|~", token_char);
    return kinds;
}
// 256 bytes, which stay in the processor's cache while heads are read.
inline constexpr auto kinds = make_kinds();

// Whether a byte is of that kind.
constexpr bool is(char c, char_kind k) noexcept
{
    return (kinds[static_cast<unsigned char>(c)] & k) != 0;
}
// Whether each byte is; true for nothing at all.
constexpr bool all(std::string_view text, char_kind k) noexcept
{
    for (char c : text)
        if (!is(c, k)) return false;
    return true;
}
// A method, a field's name, a parameter: at least one character (RFC 9110 section 5.6.2).
constexpr bool is_token(std::string_view text) noexcept
{
    return !text.empty() && all(text, token_char);
}

// ASCII alone, by table: tolower(3) asks the locale, and for a byte beyond 127 means something else
// in each.
constexpr std::array<char, 256> make_lower()
{
    std::array<char, 256> table{};
    for (unsigned c = 0; c < 256; ++c) table[c] = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return table;
}
inline constexpr auto lower_table = make_lower();

// Letters of ASCII; every other byte stays what it is.
constexpr char lower(char c) noexcept
{
    return lower_table[static_cast<unsigned char>(c)];
}
// Of names that have no case; both sides may have any.
constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept
{
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (lower(a[i]) != lower(b[i])) return false;
    return true;
}

// Of a hex_char; of anything else it is nonsense.
constexpr unsigned hex_value(char c) noexcept
{
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

// Digits and nothing else, without overflow of a signed 64-bit number: other programs
// keep lengths in one.
constexpr std::optional<std::uint64_t> to_number(std::string_view digits) noexcept
{
    if (digits.empty() || digits.size() > 19) return {};
    std::uint64_t value = 0;
    for (char c : digits) {
        if (!is(c, digit_char)) return {};
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (value > 0x7fff'ffff'ffff'ffffu) return {};
    return value;
}

// How many leading bytes are neither control bytes nor DEL, so that a scan stops at tabs,
// line ends and whatever does not belong there. Sixteen bytes at a time, or eight.
inline std::size_t plain_run(char const* from, char const* end) noexcept
{
    auto const* at = from;
#if defined(__SSE2__)
    auto const last_control = _mm_set1_epi8(0x1f);
    auto const del = _mm_set1_epi8(0x7f);
    for (; end - at >= 16; at += 16) {
        auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(at));
        auto const controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
        auto const hits = _mm_movemask_epi8(_mm_or_si128(controls, _mm_cmpeq_epi8(bytes, del)));
        if (hits != 0) return static_cast<std::size_t>(at - from + std::countr_zero(static_cast<unsigned>(hits)));
    }
#endif
    if constexpr (std::endian::native == std::endian::little) {
        constexpr std::uint64_t ones = 0x0101'0101'0101'0101u;
        constexpr std::uint64_t highs = ones * 0x80;
        for (; end - at >= 8; at += 8) {
            std::uint64_t word;
            std::memcpy(&word, at, 8);
            auto const not_del = word ^ (ones * 0x7f);
            // A borrow can flag bytes behind the first hit, never before it.
            auto const hits = (((word - ones * 0x20) & ~word) | ((not_del - ones) & ~not_del)) & highs;
            if (hits != 0) return static_cast<std::size_t>(at - from) + static_cast<std::size_t>(std::countr_zero(hits)) / 8;
        }
    }
    while (at != end && static_cast<unsigned char>(*at) >= 0x20 && *at != 0x7f) ++at;
    return static_cast<std::size_t>(at - from);
}

} // namespace yett::http::ascii
