#include "config/reading/unsupported.hpp"

#include "config/reading/reading.hpp"

#include <fmt/format.h>

// The format is complete from the first version on, so that files written for a later build mean
// the same in this one or are refused; a key that was ignored would be a promise that nobody keeps.
// A row matches what was written (`given`), never a default. Patterns know "*" for any text, dots
// and brackets included: "servers*" is the list itself and each element of it.

namespace yett::config {
namespace {

constexpr unsupported rows[] = {
    {"upstreams.*.servers*", "h2c:*", "http://HOST:PORT, https://HOST:PORT, unix:/PATH"},
    {"tracing.otlp_url", "*", ""},
    {"tracing.sample", "*", ""},
};

bool matches(std::string_view text, std::string_view pattern)
{
    if (pattern.empty()) return text.empty();
    if (pattern.front() != '*') return text.starts_with(pattern.front()) && matches(text.substr(1), pattern.substr(1));
    return matches(text, pattern.substr(1)) || (!text.empty() && matches(text.substr(1), pattern));
}

bool applies(unsupported const& row, std::string const& path, reading::entry const& e)
{
    return e.given && matches(path, row.path) && matches(e.value, row.value);
}

std::string text_for(unsupported const& row, reading::entry const& e)
{
    auto const what = row.value == "*" ? std::string{} : fmt::format("{} ", in_quotes(e.written));
    auto const* const before = row.instead.empty() ? "" : "; allowed: ";
    return fmt::format("{}is not supported by this build{}{}", what, before, row.instead);
}

} // namespace

std::span<unsupported const> unsupported_features()
{
    return rows;
}

void refuse_unsupported(reading& r)
{
    for (auto const& [path, e] : r.entries())
        for (auto const& row : rows)
            if (applies(row, path, e)) r.complain(e.at, path, text_for(row, e));
}

} // namespace yett::config
