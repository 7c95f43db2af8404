#include "gateway/telemetry/line.hpp"

#include "gateway/base/text/rfc3339.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

// One line of a log, built in place in a text that is kept: after the first lines hardly anything
// is allocated. What stands in a line comes from anybody, so both forms are closed. JSON escapes
// what it must, replaces what is no UTF-8 (a reader would drop the whole line) and writes the
// control characters beyond ASCII as escapes, for a terminal obeys them. Plain text escapes
// everything but visible ASCII, and quotes what holds a blank, a quote or an equals sign, so that
// words can be told apart again.
//
// Empty texts are left out. A number is always there, for zero means something.

namespace yett::telemetry {
namespace {

using byte = unsigned char;

constexpr auto plain_json = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x7f; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}();

// Length of the well-formed UTF-8 sequence at the front (Unicode 15, table 3-7), 0 if there is none.
std::size_t utf8_length(std::string_view text) noexcept
{
    auto const at = [&](std::size_t i) { return i < text.size() ? static_cast<byte>(text[i]) : byte{0}; };
    auto const tail = [&](std::size_t i) { return (at(i) & 0xc0) == 0x80; };
    auto const first = at(0);
    auto const second = at(1);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        auto const overlong = first == 0xe0 && second < 0xa0;
        auto const surrogate = first == 0xed && second > 0x9f;
        return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        auto const overlong = first == 0xf0 && second < 0x90;
        auto const too_large = first == 0xf4 && second > 0x8f;
        return tail(1) && tail(2) && tail(3) && !overlong && !too_large ? 4 : 0;
    }
    return 0;
}

void append_escape(std::string& out, byte c)
{
    constexpr auto digits = "0123456789abcdef";
    switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default:
        out += "\\u00";
        out += digits[c >> 4];
        out += digits[c & 15];
    }
}

// Appends one character or what stands for it, and says how many bytes that took from the text.
std::size_t append_one(std::string& out, std::string_view text)
{
    auto const c = static_cast<byte>(text.front());
    if (c < 0x80) {
        append_escape(out, c);
        return 1;
    }
    auto const length = utf8_length(text);
    // U+0080 to U+009F steer terminals just as the ASCII controls do.
    if (length == 2 && c == 0xc2 && static_cast<byte>(text[1]) < 0xa0) {
        append_escape(out, static_cast<byte>(text[1]));
        return 2;
    }
    if (length == 0) out += "\xef\xbf\xbd";
    out.append(text.substr(0, length));
    return std::max<std::size_t>(length, 1);
}

// Cuts without leaving half a character behind.
std::string_view shortened(std::string_view text, std::size_t at_most)
{
    if (text.size() <= at_most) return text;
    auto end = at_most;
    for (int back = 0; back < 3 && end > 0 && (static_cast<byte>(text[end]) & 0xc0) == 0x80; ++back) --end;
    return text.substr(0, end);
}

template<class Number>
void append_digits(std::string& out, Number value)
{
    fmt::format_int const digits{value};
    out.append(digits.data(), digits.size());
}

void append_padded(std::string& out, unsigned value, unsigned digits)
{
    unsigned scale = 1;
    for (unsigned i = 1; i < digits; ++i) scale *= 10;
    for (; scale > 0; scale /= 10) out += static_cast<char>('0' + value / scale % 10);
}

} // namespace

void append_json(std::string& out, std::string_view text)
{
    out += '"';
    while (!text.empty()) {
        std::size_t run = 0;
        while (run < text.size() && plain_json[static_cast<byte>(text[run])]) ++run;
        out.append(text.substr(0, run));
        text.remove_prefix(run);
        if (!text.empty()) text.remove_prefix(append_one(out, text));
    }
    out += '"';
}

void append_plain(std::string& out, std::string_view text)
{
    constexpr auto digits = "0123456789abcdef";
    auto const quoted = text.empty() || text.find_first_of(" \"=") != text.npos;
    if (quoted) out += '"';
    for (auto const character : text) {
        auto const c = static_cast<byte>(character);
        auto const plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
        if (plain) {
            out += character;
            continue;
        }
        out += "\\x";
        out += digits[c >> 4];
        out += digits[c & 15];
    }
    if (quoted) out += '"';
}

// The second's text is kept: a thousand lines of one second write it once.
void line::begin(wall_time at)
{
    auto const second = std::chrono::floor<seconds>(at);
    if (second.time_since_epoch().count() != second_) {
        second_ = second.time_since_epoch().count();
        utc_text(at, "%Y-%m-%dT%H:%M:%S").copy(stamp_, sizeof stamp_ - 1);
    }
    text_.clear();
    text_ += format_ == line_format::json ? "{\"time\":\"" : "";
    text_ += stamp_;
    text_ += '.';
    append_padded(text_, static_cast<unsigned>((at - second).count()), 3);
    text_ += format_ == line_format::json ? "Z\"" : "Z";
}

void line::name(std::string_view n)
{
    if (format_ == line_format::json) {
        text_ += ",\"";
        text_ += n;
        text_ += "\":";
        return;
    }
    text_ += ' ';
    text_ += n;
    text_ += '=';
}

void line::value(std::string_view v)
{
    format_ == line_format::json ? append_json(text_, v) : append_plain(text_, v);
}

void line::add(std::string_view n, std::string_view v)
{
    if (v.empty()) return;
    name(n);
    value(v);
}

void line::add(std::string_view n, std::string_view v, std::size_t at_most)
{
    add(n, shortened(v, at_most));
}

void line::add(std::string_view n, std::uint64_t v)
{
    name(n);
    append_digits(text_, v);
}

void line::add_signed(std::string_view n, std::int64_t v)
{
    name(n);
    append_digits(text_, v);
}

void line::add_milliseconds(std::string_view n, std::chrono::nanoseconds v)
{
    name(n);
    auto const micro = static_cast<std::uint64_t>(std::max<std::int64_t>(v.count(), 0)) / 1000;
    append_digits(text_, micro / 1000);
    text_ += '.';
    append_padded(text_, static_cast<unsigned>(micro % 1000), 3);
}

void line::add_number(std::string_view n, double v)
{
    name(n);
    // JSON knows neither infinity nor NaN.
    if (!std::isfinite(v)) {
        text_ += "null";
        return;
    }
    fmt::format_to(std::back_inserter(text_), "{}", v);
}

void line::add_flag(std::string_view n, bool v)
{
    name(n);
    text_ += v ? "true" : "false";
}

// In plain text the fields everybody knows stand without a name, and a dash holds the place of what
// is missing.
void line::add_bare(std::string_view n, std::string_view v, std::size_t at_most)
{
    if (format_ == line_format::json) return add(n, v, at_most);
    text_ += ' ';
    append_plain(text_, v.empty() ? std::string_view{"-"} : shortened(v, at_most));
}

std::string_view line::end()
{
    text_ += format_ == line_format::json ? "}\n" : "\n";
    return text_;
}

} // namespace yett::telemetry
