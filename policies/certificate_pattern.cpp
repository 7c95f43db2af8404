#include "policies/certificate_pattern.hpp"

#include <algorithm>

// Authorities write names with care, yet not for us: a pattern with a star is the operator's guess of all
// names that will ever fit it. What could be read in another way than it looks never fits one. A URI with
// an empty segment, with dots for a segment, with a query or a fragment is matched by its whole text alone,
// and a DNS name that holds a star by none.

namespace yett::policies {
namespace {

constexpr std::size_t longest_pattern = 2048; // of a SPIFFE ID

char folded(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_same_folded(std::string_view a, std::string_view b) noexcept
{
    return std::ranges::equal(a, b, {}, folded, folded);
}

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), folded);
    return out;
}

error wrong(std::string text)
{
    return our_error(errc::bad_request, std::move(text));
}

bool is_printable(std::string_view text) noexcept
{
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

// Behind "scheme://authority"; of a URI without an authority, behind "scheme:".
std::size_t path_begin(std::string_view uri) noexcept
{
    auto const colon = uri.find(':');
    if (colon == uri.npos) return uri.size();
    if (uri.substr(colon, 3) != "://") return colon + 1;
    return std::min(uri.find_first_of("/?#", colon + 3), uri.size());
}

// Takes the first segment off a path, and the slash behind it.
std::string_view take_segment(std::string_view& path) noexcept
{
    auto const end = std::min(path.find('/'), path.size());
    auto const segment = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    return segment;
}

// Whether every server reads the same segments in it.
bool is_plain(std::string_view path) noexcept
{
    if (path.empty() || path.ends_with('/') || path.find_first_of("?#") != path.npos) return false;
    while (!path.empty())
        if (auto const segment = take_segment(path); segment.empty() || segment == "." || segment == "..") return false;
    return true;
}

bool fits_segments(std::string_view path, std::string_view pattern) noexcept
{
    while (!pattern.empty()) {
        if (pattern == "**") return !path.empty();
        if (path.empty()) return false;
        auto const wanted = take_segment(pattern);
        auto const segment = take_segment(path);
        if (wanted != "*" && wanted != segment) return false;
    }
    return path.empty();
}

// RFC 3986 section 3.1. What has a colon and no scheme is an address or a port.
bool has_scheme(std::string_view text) noexcept
{
    auto const is_letter = [](char c) { return folded(c) >= 'a' && folded(c) <= 'z'; };
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    auto const fits = [&](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
    auto const scheme = text.substr(0, text.find(':'));
    auto const rest = text.substr(scheme.size() + 1);
    return !scheme.empty() && is_letter(scheme.front()) && std::ranges::all_of(scheme, fits) &&
           !std::ranges::all_of(rest, is_digit);
}

result<void> check_uri(std::string_view text)
{
    if (!has_scheme(text)) return wrong("'" + std::string{text} + "' is no URI; names and addresses stand without a port");
    auto const begin = path_begin(text);
    if (text.substr(0, begin).find('*') != text.npos)
        return wrong("'*' stands only in the path of a URI, \"spiffe://domain/ns/*\"");
    auto path = text.substr(begin);
    auto const segmented = path.starts_with('/');
    while (!path.empty()) {
        auto const segment = take_segment(path);
        auto const stars = segment == "*" || (segment == "**" && path.empty() && text.ends_with("/**"));
        if (!(stars && segmented) && segment.find('*') != segment.npos)
            return wrong("'*' stands for a whole segment of a URI's path, and \"**\" at its end for everything below");
    }
    return {};
}

result<void> check_address(std::string_view text)
{
    auto const at = text.find('@');
    auto const star = text.starts_with("*@") ? text.find('*', 1) : text.find('*');
    if (at == 0 || at + 1 == text.size() || text.find('@', at + 1) != text.npos || star != text.npos)
        return wrong("'" + std::string{text} + "' is neither an address nor \"*@domain\"");
    return {};
}

} // namespace

result<certificate_pattern> certificate_pattern::from(std::string_view text)
{
    certificate_pattern made;
    if (text == "*") return made;
    if (text.empty() || text.size() > longest_pattern || !is_printable(text)) return wrong("no certificate has such a name");
    if (text.find(':') != text.npos) {
        if (auto fine = check_uri(text); !fine) return fine.error();
        made.kind_ = kind::uri;
        auto const begin = path_begin(text);
        made.text_ = lower(text.substr(0, begin)).append(text.substr(begin));
        return made;
    }
    if (text.find('@') != text.npos) {
        if (auto fine = check_address(text); !fine) return fine.error();
        made.kind_ = text.starts_with("*@") ? kind::domain : kind::email;
        made.text_ = lower(text.substr(made.kind_ == kind::domain ? 2 : 0));
        return made;
    }
    auto host = host_pattern::from(text);
    if (!host) return host.error();
    made.kind_ = kind::dns;
    made.host_ = std::move(*host);
    return made;
}

bool certificate_pattern::matches(client_certificate const& shown) const noexcept
{
    auto const fits_host = [this](std::string_view name) { return name.find('*') == name.npos && host_.matches(name); };
    switch (kind_) {
    case kind::any: return true;
    case kind::uri: return std::ranges::any_of(shown.uris, [this](auto const& name) { return fits_uri(name); });
    case kind::dns: return std::ranges::any_of(shown.dns, fits_host);
    case kind::email:
    case kind::domain: return std::ranges::any_of(shown.emails, [this](auto const& name) { return fits_address(name); });
    }
    return false;
}

bool certificate_pattern::fits_uri(std::string_view name) const noexcept
{
    auto const begin = path_begin(text_);
    if (path_begin(name) != begin || !is_same_folded(name.substr(0, begin), std::string_view{text_}.substr(0, begin)))
        return false;
    auto pattern = std::string_view{text_}.substr(begin);
    auto path = name.substr(begin);
    if (pattern.find('*') == pattern.npos) return path == pattern;
    if (!path.starts_with('/') || !pattern.starts_with('/')) return false;
    path.remove_prefix(1);
    pattern.remove_prefix(1);
    return is_plain(path) && fits_segments(path, pattern);
}

// With two at-signs it is a matter of taste where the domain begins: it has none.
bool certificate_pattern::fits_address(std::string_view name) const noexcept
{
    auto const at = name.find('@');
    if (at == name.npos || at == 0 || name.find('@', at + 1) != name.npos) return false;
    return is_same_folded(kind_ == kind::domain ? name.substr(at + 1) : name, text_);
}

} // namespace yett::policies
