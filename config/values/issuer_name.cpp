#include "config/values/issuer_name.hpp"

#include "config/values/text.hpp"

#include <algorithm>

// `NAME:sub` names a user of another issuer wherever one text does: in rules, limits, logs and
// headers. A name without a colon can be told from the subject behind it, whatever the subject
// holds, and a name of letters, digits and three signs is the same in every log and shell.

namespace yett::config {
namespace {

constexpr std::size_t most_name_bytes = 64;

bool fits_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

bool is_name(std::string_view text)
{
    return !text.empty() && text.size() <= most_name_bytes && std::ranges::all_of(text, fits_name);
}

bool fits_type(char c)
{
    return fits_name(c) || c == '+' || c == '/' || c == '!' || c == '#' || c == '$' || c == '&' || c == '^';
}

} // namespace

result<std::string> parse_issuer_name(std::string_view text)
{
    if (!is_name(text)) return wrong("is no name of an issuer; letters, digits, '.', '_' and '-' are allowed, 64 at most");
    return std::string{text};
}

// An `iss` need not be a URL (RFC 7519 section 4.1.1): Google's was once `accounts.google.com`,
// hence the part before a slash.
std::string default_issuer_name(std::string_view iss)
{
    if (auto const scheme = iss.find("://"); scheme != iss.npos) {
        iss.remove_prefix(scheme + 3);
        iss = iss.substr(0, iss.find_first_of("/?#"));
        iss = iss.substr(0, iss.find(':'));
    } else {
        iss = iss.substr(0, iss.find('/'));
    }
    return is_name(iss) ? folded_name(iss) : std::string{};
}

std::string folded_name(std::string_view name)
{
    std::string folded{name};
    std::ranges::transform(folded, folded.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return folded;
}

result<std::string> parse_token_type(std::string_view text)
{
    if (text.empty() || text.size() > most_name_bytes || !std::ranges::all_of(text, fits_type))
        return wrong("is no type of a token; allowed: a media type as JWT or at+jwt, none for a token without one");
    return std::string{text};
}

} // namespace yett::config
