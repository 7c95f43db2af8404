#include "gateway/app/parts/shown_url.hpp"

#include <algorithm>

namespace yett::app {
namespace {

// Of "postgresql://user:password@host/name", up to the last @: one inside a password is a mistake
// of whoever wrote it, and must not show the rest.
std::string without_password(std::string_view place)
{
    auto const scheme = place.find("://");
    auto const end = place.rfind('@');
    if (scheme == place.npos || end == place.npos) return std::string{place};
    auto const user = place.substr(0, end);
    return std::string{user.substr(0, std::min(user.find(':', scheme + 3), user.size()))} + std::string{place.substr(end)};
}

// A name that is spelled with escapes may be any name.
bool may_be_shown(std::string_view parameter)
{
    auto const name = parameter.substr(0, parameter.find('='));
    return name.find("password") == name.npos && name.find('%') == name.npos;
}

std::string without_secrets(std::string_view query)
{
    std::string kept;
    while (!query.empty()) {
        auto const end = std::min(query.find('&'), query.size());
        auto const each = query.substr(0, end);
        if (may_be_shown(each)) kept += (kept.empty() ? '?' : '&') + std::string{each};
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return kept;
}

} // namespace

std::string shown_url(std::string_view url)
{
    auto const question = std::min(url.find('?'), url.size());
    auto const query = url.substr(std::min(question + 1, url.size()));
    return without_password(url.substr(0, question)) + without_secrets(query);
}

std::string shown_store(config::storage const& s)
{
    if (s.kind == config::storage_kind::sqlite) return "sqlite:" + s.file.string();
    return shown_url(s.url.reveal());
}

} // namespace yett::app
