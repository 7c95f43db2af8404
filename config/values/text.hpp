#pragma once

#include "config/values/settings.hpp"
#include "gateway/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

// How values are spelled in a configuration file. Whatever a `parse_` takes, the `show_`
// beside it writes back. A failure is bad_request; its note continues the sentence that
// begins with the offending text (`"30" has no unit; …`) and repeats nothing of it.
namespace yett::config {

inline error wrong(std::string note)
{
    return our_error(errc::bad_request, std::move(note));
}

result<bool> parse_boolean(std::string_view text);
std::string show_boolean(bool value);

// Decimal digits alone: no sign, no leading zero (which some YAML readers take for octal).
result<std::uint64_t> parse_count(std::string_view text);

// Between 0 and 1, "0.01".
result<double> parse_fraction(std::string_view text);

// "250ms", "30s", "15m", "24h", "7d": one number, one unit; at most 36500 days.
result<milliseconds> parse_duration(std::string_view text);
std::string show_duration(milliseconds value);

// "512B", "16KiB", "10MiB", "1GiB"; "0" alone needs no unit. At most 1024GiB.
result<std::uint64_t> parse_size(std::string_view text);
std::string show_size(std::uint64_t value);

// "256B/s", "1KiB/s": a size in each second; "0" alone is none.
result<std::uint64_t> parse_byte_rate(std::string_view text);
std::string show_byte_rate(std::uint64_t value);

// "25%" or "64": so many of a hundred, or so many; never none.
result<share> parse_share(std::string_view text);
std::string show_share(share const& value);

// "0%" to "100%": so many of a hundred.
result<unsigned> parse_percentage(std::string_view text);
std::string show_percentage(unsigned value);

// "200" or "200-299": codes of replies, of three digits.
result<yett::upstream::status_range> parse_status_range(std::string_view text);
std::string show_status_range(yett::upstream::status_range const& value);

// What a GET may ask for: a path and perhaps a query, in visible ASCII.
result<std::string> parse_check_path(std::string_view text);

// "5/15m", "100/s": an amount of at least 1 in a period of at least 1 ms.
result<rate> parse_rate(std::string_view text);
std::string show_rate(rate const& value);

// "client", "user", "account", "token", "route", "header:NAME".
result<limits::key_part> parse_limit_key(std::string_view text);
std::string show_limit_key(limits::key_part const& value);

// A field name of RFC 9110 section 5.1, as it was written.
result<std::string> parse_header_name(std::string_view text);

} // namespace yett::config
