#include "gateway/mail/encoding.hpp"

#include "gateway/base/text/rfc3339.hpp"

#include <openssl/evp.h>

#include <fmt/format.h>

#include <algorithm>

namespace yett::mail {

namespace {

constexpr std::size_t longest_line = 76;
// A multiple of three whose word fits into a line of 76 behind the name of its field.
constexpr std::size_t bytes_per_word = 39;
// Room for the name of the field before it: RFC 5322 wants lines of at most 78.
constexpr std::size_t longest_plain = 64;

bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f;
}

std::string base64(std::string_view bytes)
{
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    auto* const to = reinterpret_cast<unsigned char*>(text.data());
    auto const* const from = reinterpret_cast<unsigned char const*>(bytes.data());
    text.resize(static_cast<std::size_t>(EVP_EncodeBlock(to, from, static_cast<int>(bytes.size()))));
    return text;
}

// How much of the text goes into one word: whole characters only.
std::size_t word_length(std::string_view text)
{
    auto length = std::min(bytes_per_word, text.size());
    while (length < text.size() && length > 1 && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80) --length;
    return length;
}

std::string encoded_words(std::string_view text)
{
    std::string words;
    while (!text.empty()) {
        auto const length = word_length(text);
        if (!words.empty()) words += "\r\n ";
        words.append("=?utf-8?B?").append(base64(text.substr(0, length))).append("?=");
        text.remove_prefix(length);
    }
    return words;
}

// How a byte is written, knowing what comes before and after it on its line.
std::string spelled(std::string_view line, std::size_t at)
{
    auto const c = line[at];
    auto const last = at + 1 == line.size();
    auto const risky = at == 0 && (c == '.' || line.starts_with("From "));
    auto const blank = c == ' ' || c == '\t';
    if ((is_plain(c) && c != '=' && !risky && !(blank && last)) || (c == '\t' && !last)) return {c};
    return fmt::format("={:02X}", static_cast<unsigned char>(c));
}

void append_line(std::string& to, std::string_view line)
{
    std::size_t used = 0;
    for (std::size_t i = 0; i < line.size(); ++i) {
        auto next = spelled(line, i);
        auto const room = i + 1 == line.size() ? longest_line : longest_line - 1;
        if (used + next.size() > room) {
            to += "=\r\n";
            used = 0;
            next = spelled(line.substr(i), 0);
        }
        to += next;
        used += next.size();
    }
}

} // namespace

std::string header_text(std::string_view utf8)
{
    auto const plain = utf8.size() <= longest_plain && std::ranges::all_of(utf8, is_plain) && utf8.find("=?") == utf8.npos &&
                       !utf8.starts_with(' ') && !utf8.ends_with(' ');
    return plain ? std::string{utf8} : encoded_words(utf8);
}

std::string display_name(std::string_view utf8)
{
    if (utf8.size() > longest_plain || !std::ranges::all_of(utf8, is_plain)) return encoded_words(utf8);
    std::string quoted{'"'};
    for (auto const c : utf8) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

std::string quoted_printable(std::string_view text)
{
    std::string encoded;
    encoded.reserve(text.size() + text.size() / 8);
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto line = text.substr(0, end);
        if (end != text.npos && line.ends_with('\r')) line.remove_suffix(1);
        append_line(encoded, line);
        if (end != text.npos) encoded += "\r\n";
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return encoded;
}

std::string mail_date(wall_time at)
{
    return utc_text(at, "%a, %d %b %Y %H:%M:%S +0000");
}

} // namespace yett::mail
