#include "policies/host_pattern.hpp"

// Hosts of rules, exact or everything below a domain, as certificates have them but for any depth.
// Compared with a host that was folded to lower case and lost its final dot and its port already.
// `*.example.com` does not match `example.com`, and never matches in the middle of a label, or
// `evilexample.com` would be ours.

namespace yett::policies {
namespace {

constexpr std::size_t longest_name = 253; // RFC 1035 section 2.3.4, without the final dot
constexpr std::size_t longest_label = 63;

std::string folded(std::string_view text)
{
    std::string lower{text};
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

bool is_label(std::string_view label)
{
    if (label.empty() || label.size() > longest_label) return false;
    // The underscore is no letter of a host name, but names in private zones have it.
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-_";
    return label.find_first_not_of(letters) == label.npos;
}

bool is_name(std::string_view name)
{
    if (name.size() > longest_name) return false;
    while (true) {
        auto const dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == name.npos) return true;
        name.remove_prefix(dot + 1);
    }
}

bool is_bracketed_address(std::string_view text)
{
    if (text.size() < 4 || text.front() != '[' || text.back() != ']') return false;
    return text.substr(1, text.size() - 2).find_first_not_of("0123456789abcdef:.") == text.npos;
}

error wrong(std::string text)
{
    return our_error(errc::bad_request, std::move(text));
}

} // namespace

result<host_pattern> host_pattern::from(std::string_view text)
{
    host_pattern pattern;
    if (text.empty()) return pattern;
    pattern.kind_ = kind::exact;
    if (text == "*") return wrong("leave the host out to match every host");
    if (text.starts_with("*.")) {
        pattern.kind_ = kind::below;
        text.remove_prefix(2);
    }
    if (text.ends_with('.')) text.remove_suffix(1);
    pattern.name_ = folded(text);
    if (pattern.kind_ == kind::exact && is_bracketed_address(pattern.name_)) return pattern;
    if (pattern.name_.find('*') != std::string::npos) return wrong("'*' stands only at the front, as \"*.example.com\"");
    if (pattern.name_.find(':') != std::string::npos)
        return wrong("a host is matched without its port; IPv6 addresses have brackets");
    if (!is_name(pattern.name_)) return wrong("not a host name; names outside ASCII are written as \"xn--...\"");
    return pattern;
}

bool host_pattern::matches(std::string_view host) const noexcept
{
    if (kind_ == kind::any) return true;
    if (kind_ == kind::exact) return host == name_;
    if (host.size() <= name_.size() + 1 || !host.ends_with(name_)) return false;
    return host[host.size() - name_.size() - 1] == '.';
}

} // namespace yett::policies
