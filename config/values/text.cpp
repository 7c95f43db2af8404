#include "config/values/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

// Each pair of functions is one spelling, read and written: `show` of what `parse` gave is a text
// that `parse` takes for the same value, since the reference shows defaults that way and complaints
// show bounds. A quantity is a whole number and one unit. There is no "1h30m" and no 1.5GiB, which
// two readers would round in two ways; and no number without unit but 0, because half of the world
// would take it for seconds and the other half for milliseconds.
//
// Nothing here overflows: the number is compared with the most that the unit allows before it is
// multiplied.

namespace yett::config {
namespace {

struct unit
{
    std::string_view name;
    std::uint64_t worth;
};

// From small to large; durations in milliseconds.
constexpr std::array duration_units{unit{"ms", 1}, unit{"s", 1'000}, unit{"m", 60'000}, unit{"h", 3'600'000},
                                    unit{"d", 86'400'000}};
constexpr std::array size_units{unit{"B", 1}, unit{"KiB", 1 << 10}, unit{"MiB", 1 << 20}, unit{"GiB", 1 << 30}};

constexpr std::uint64_t longest = 36'500ull * 86'400'000;
constexpr std::uint64_t largest = 1ull << 40;

constexpr bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// What a quantity is called in complaints, and how far it goes.
struct quantity
{
    std::string_view what;
    std::string_view examples;
    std::span<unit const> units;
    std::uint64_t most;
};

constexpr quantity duration_quantity{"a duration", "ms, s, m, h, d, as in 30s or 15m", duration_units, longest};
constexpr quantity size_quantity{"a size", "B, KiB, MiB, GiB, as in 16KiB", size_units, largest};

std::string allowed(quantity const& q)
{
    return fmt::format("a whole number and one unit are allowed: {}", q.examples);
}

result<std::uint64_t> parse_quantity(std::string_view text, quantity const& q)
{
    auto const digits = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
    auto const name = text.substr(digits);
    if (digits == 0) return wrong(fmt::format("is not {}; {}", q.what, allowed(q)));
    auto const number = parse_count(text.substr(0, digits));
    if (!number) return number.error();
    if (name.empty()) return wrong(fmt::format("has no unit; {}", allowed(q)));
    auto const found = std::ranges::find(q.units, name, &unit::name);
    if (found == q.units.end()) return wrong(fmt::format("is not {}; {}", q.what, allowed(q)));
    if (*number > q.most / found->worth) return wrong("is too large");
    return *number * found->worth;
}

// The largest unit that leaves no remainder, so that 90 s are "90s" and 120 s "2m".
std::string show_quantity(std::uint64_t value, std::span<unit const> units)
{
    auto const fits = [&](unit const& u) { return value != 0 && value % u.worth == 0; };
    auto const best = std::find_if(units.rbegin(), units.rend(), fits);
    auto const& shown = best == units.rend() ? units.front() : *best;
    return fmt::format("{}{}", value / shown.worth, shown.name);
}

using limits::key_part;

constexpr std::array key_names{
    std::pair{std::string_view{"client"}, key_part::kind::client}, std::pair{std::string_view{"user"}, key_part::kind::user},
    std::pair{std::string_view{"account"}, key_part::kind::account}, std::pair{std::string_view{"token"}, key_part::kind::token},
    std::pair{std::string_view{"route"}, key_part::kind::route}};

bool is_token_character(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

std::optional<unsigned> parse_status(std::string_view text)
{
    auto const value = parse_count(text);
    if (!value || *value < 100 || *value > 599) return std::nullopt;
    return static_cast<unsigned>(*value);
}

std::string lower(std::string_view text)
{
    std::string out{text};
    for (auto& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

} // namespace

result<bool> parse_boolean(std::string_view text)
{
    if (text == "true" || text == "false") return text == "true";
    return wrong("is not a boolean; allowed: true, false");
}

std::string show_boolean(bool value)
{
    return value ? "true" : "false";
}

// A leading zero is octal to some and decimal to others.
result<std::uint64_t> parse_count(std::string_view text)
{
    if (text.empty() || !std::ranges::all_of(text, is_digit)) return wrong("is not a whole number");
    if (text.size() > 1 && text.front() == '0') return wrong("begins with a zero; write the number without it");
    std::uint64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return wrong("is too large");
    return value;
}

result<double> parse_fraction(std::string_view text)
{
    double value = -1;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || !(value >= 0 && value <= 1))
        return wrong("is not a fraction; a number from 0 to 1 is allowed, as in 0.01");
    return value;
}

result<milliseconds> parse_duration(std::string_view text)
{
    auto const value = parse_quantity(text, duration_quantity);
    if (!value) return value.error();
    return milliseconds{static_cast<milliseconds::rep>(*value)};
}

std::string show_duration(milliseconds value)
{
    return value == milliseconds{0} ? "0s" : show_quantity(static_cast<std::uint64_t>(value.count()), duration_units);
}

result<std::uint64_t> parse_size(std::string_view text)
{
    if (text == "0") return std::uint64_t{0};
    return parse_quantity(text, size_quantity);
}

std::string show_size(std::uint64_t value)
{
    return value == 0 ? "0" : show_quantity(value, size_units);
}

result<std::uint64_t> parse_byte_rate(std::string_view text)
{
    constexpr std::string_view each_second = "/s";
    if (text == "0") return std::uint64_t{0};
    auto const is_rate = text.ends_with(each_second);
    auto const size = parse_size(is_rate ? text.substr(0, text.size() - each_second.size()) : std::string_view{});
    if (!is_rate || !size || *size == 0) return wrong("is not a size a second; 0 is allowed, or as in 256B/s or 1KiB/s");
    return *size;
}

std::string show_byte_rate(std::uint64_t value)
{
    return value == 0 ? "0" : show_size(value) + "/s";
}

result<share> parse_share(std::string_view text)
{
    auto const of_hundred = text.ends_with('%');
    auto const amount = parse_count(of_hundred ? text.substr(0, text.size() - 1) : text);
    if (!amount || *amount == 0 || (of_hundred && *amount > 100))
        return wrong("is not a share; a number from 1 on or a percentage from 1% to 100% is allowed");
    return share{*amount, of_hundred};
}

std::string show_share(share const& value)
{
    return fmt::format("{}{}", value.amount, value.of_hundred ? "%" : "");
}

result<unsigned> parse_percentage(std::string_view text)
{
    auto const amount = text.ends_with('%') ? parse_count(text.substr(0, text.size() - 1)) : result<std::uint64_t>{wrong({})};
    if (!amount || *amount > 100) return wrong("is not a percentage; 0% to 100% is allowed");
    return static_cast<unsigned>(*amount);
}

std::string show_percentage(unsigned value)
{
    return fmt::format("{}%", value);
}

result<yett::upstream::status_range> parse_status_range(std::string_view text)
{
    auto const dash = text.find('-');
    auto const first = parse_status(text.substr(0, dash));
    auto const last = dash == text.npos ? first : parse_status(text.substr(dash + 1));
    if (!first || !last || *first > *last)
        return wrong("is no code of a reply; allowed are 100 to 599, alone or two with a dash, as in 200-299");
    return yett::upstream::status_range{*first, *last};
}

std::string show_status_range(yett::upstream::status_range const& value)
{
    return value.first == value.last ? std::to_string(value.first) : fmt::format("{}-{}", value.first, value.last);
}

result<std::string> parse_check_path(std::string_view text)
{
    auto const fits = [](char c) { return c > ' ' && c < '\x7f' && c != '#'; };
    if (!text.starts_with('/') || !std::ranges::all_of(text, fits))
        return wrong("is not a path; visible ASCII behind a slash is allowed, with a query if there is one, as in /healthz");
    return std::string{text};
}

// "100/s" is short for "100/1s".
result<rate> parse_rate(std::string_view text)
{
    auto const slash = text.find('/');
    auto const amount = parse_count(text.substr(0, slash));
    if (slash == text.npos || !amount || *amount == 0)
        return wrong("is not a rate; an amount, a slash and a period are allowed, as in 100/s or 5/15m");
    auto const rest = std::string{text.substr(slash + 1)};
    auto const period = parse_duration(rest.empty() || is_digit(rest.front()) ? rest : "1" + rest);
    if (!period || *period == milliseconds{0})
        return wrong("has no period behind the slash; a unit or a duration is allowed, as in 100/s or 5/15m");
    return rate{*amount, *period};
}

std::string show_rate(rate const& value)
{
    auto const period = show_duration(value.period);
    auto const one = period.size() > 1 && period.front() == '1' && !is_digit(period[1]);
    return fmt::format("{}/{}", value.amount, one ? period.substr(1) : period);
}

// Names of header fields have no case (RFC 9110 section 5.1), and a counter goes by one spelling.
result<limits::key_part> parse_limit_key(std::string_view text)
{
    constexpr std::string_view header = "header:";
    if (text.starts_with(header)) {
        auto const name = parse_header_name(text.substr(header.size()));
        if (!name) return name.error();
        return key_part{key_part::kind::header, lower(*name)};
    }
    for (auto const& [name, kind] : key_names)
        if (text == name) return key_part{kind, {}};
    return wrong("is not a key of limits; allowed: client, user, account, token, route, header:NAME");
}

std::string show_limit_key(limits::key_part const& value)
{
    for (auto const& [name, kind] : key_names)
        if (value.is == kind) return std::string{name};
    return "header:" + value.header;
}

result<std::string> parse_header_name(std::string_view text)
{
    if (text.empty() || !std::ranges::all_of(text, is_token_character))
        return wrong("is not the name of a header; letters, digits and - are allowed");
    return std::string{text};
}

} // namespace yett::config
