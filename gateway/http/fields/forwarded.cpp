#include "gateway/http/fields/forwarded.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"

#include <algorithm>

namespace yett::http {
namespace {

bool is_blank(char c) noexcept
{
    return c == ' ' || c == '\t';
}

// Reads one field from its left end.
class reader
{
public:
    explicit reader(std::string_view text) noexcept : rest_{text} {}

    bool at_end() noexcept
    {
        skip_blanks();
        return rest_.empty();
    }
    bool at_delimiter() noexcept { return at_end() || rest_.front() == ',' || rest_.front() == ';'; }
    bool take(char c) noexcept
    {
        skip_blanks();
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string_view name() noexcept
    {
        skip_blanks();
        return take_while([](char c) { return ascii::is(c, ascii::token_char); });
    }
    std::optional<std::string_view> value() noexcept
    {
        if (rest_.starts_with('"')) return quoted();
        auto const text = take_while([](char c) { return !is_blank(c) && c != ',' && c != ';' && c != '"' && c != '\\'; });
        return text.empty() ? std::nullopt : std::optional{text};
    }

private:
    void skip_blanks() noexcept
    {
        while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    }
    template<class Fits>
    std::string_view take_while(Fits fits) noexcept
    {
        auto const end = std::find_if_not(rest_.begin(), rest_.end(), fits);
        auto const taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
        rest_.remove_prefix(taken.size());
        return taken;
    }
    // What is escaped stays so: neither an address nor a protocol has a character that has to be.
    std::optional<std::string_view> quoted() noexcept
    {
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '\\') ++i;
            else if (rest_[i] == '"') {
                auto const text = rest_.substr(1, i - 1);
                rest_.remove_prefix(i + 1);
                return text;
            }
        }
        return std::nullopt;
    }

    std::string_view rest_;
};

struct pair
{
    std::string_view name;
    std::string_view value;
};

std::optional<pair> read_pair(reader& from) noexcept
{
    auto const name = from.name();
    if (name.empty() || !from.take('=')) return std::nullopt;
    auto const value = from.value();
    return value ? std::optional{pair{name, *value}} : std::nullopt;
}

// False when the element has it already.
bool note(forwarded_element& element, pair const& p) noexcept
{
    auto const named = [&p](std::string_view name) { return ascii::equal_ignoring_case(p.name, name); };
    auto* const place = named("for") ? &element.node : named("proto") ? &element.proto : named("host") ? &element.host : nullptr;
    if (!place) return true;
    if (place->data()) return false;
    *place = p.value;
    return true;
}

// Up to the comma behind it.
bool read_element(reader& from, forwarded_element& into)
{
    for (;;) {
        while (from.take(';')) {}
        if (from.at_end() || from.take(',')) return true;
        auto const p = read_pair(from);
        if (!p || !note(into, *p) || !from.at_delimiter()) return false;
    }
}

bool is_port_char(char c) noexcept
{
    return ascii::is(c, ascii::host_char) || c == '.';
}

// What stands behind an address: nothing, or a colon and a number or an obfuscated port.
bool is_port(std::string_view text) noexcept
{
    if (text.empty()) return true;
    if (text.front() != ':') return false;
    text.remove_prefix(1);
    if (text.starts_with('_')) return std::ranges::all_of(text, is_port_char);
    return text.size() <= 5 && ascii::all(text, ascii::digit_char);
}

std::string_view unquoted(std::string_view text) noexcept
{
    auto const quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string_view without_zone(std::string_view address) noexcept
{
    return address.substr(0, address.find('%'));
}

} // namespace

std::optional<std::vector<forwarded_element>> parse_forwarded(std::string_view value)
{
    std::vector<forwarded_element> elements;
    for (reader from{value}; !from.at_end();)
        if (!from.take(',') && !read_element(from, elements.emplace_back())) return std::nullopt;
    return elements;
}

std::optional<ip_address> parse_node(std::string_view text) noexcept
{
    text = unquoted(trimmed(text));
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == text.npos || !is_port(text.substr(end + 1))) return std::nullopt;
        return parse_ip(without_zone(text.substr(1, end - 1)));
    }
    // A single colon is no part of an IPv6 address.
    auto const colon = std::min(text.find(':'), text.size());
    if (text.find(':', colon + 1) != text.npos) return parse_ip(without_zone(text));
    return is_port(text.substr(colon)) ? parse_ip(text.substr(0, colon)) : std::nullopt;
}

} // namespace yett::http
