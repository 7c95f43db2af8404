#include "config/values/url_parts.hpp"

#include "config/values/text.hpp"

#include <charconv>

namespace yett::config {
namespace {

std::optional<std::string> unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        unsigned char byte = 0;
        auto const digits = text.substr(i + 1, 2);
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || read.ptr != digits.data() + 2 || byte == 0) return std::nullopt;
        plain += static_cast<char>(byte);
        i += 2;
    }
    return plain;
}

result<std::uint16_t> parse_port(std::string_view text)
{
    auto const number = parse_count(text);
    if (!number || *number == 0 || *number > 65'535) return wrong("has a port that is no number from 1 to 65535");
    return static_cast<std::uint16_t>(*number);
}

} // namespace

std::string_view take_until(std::string_view& rest, char mark)
{
    auto const end = rest.find(mark);
    auto const taken = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

result<std::string> plain(std::string_view text)
{
    auto got = unescaped(text);
    if (!got) return wrong("has a percent sign without two hexadecimal digits behind it; a percent sign itself is %25");
    return std::move(*got);
}

result<host_and_port> parse_host_and_port(std::string_view text)
{
    auto const bracketed = text.starts_with('[');
    auto const end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == text.npos) return wrong("has an opening bracket without a closing one");
    auto const name = plain(bracketed ? text.substr(1, end - 1) : text.substr(0, end));
    if (!name) return name.error();
    host_and_port found{*name, std::nullopt};
    auto const rest = end == text.npos ? std::string_view{} : text.substr(bracketed ? end + 1 : end);
    if (rest.empty()) return found;
    if (!rest.starts_with(':')) return wrong("has something else than a port behind a bracket");
    auto const port = parse_port(rest.substr(1));
    if (!port) return port.error();
    found.port = *port;
    return found;
}

} // namespace yett::config
