#include "gateway/base/public_suffix.hpp"

#include "gateway/base/ip.hpp"

#include <libpsl.h>

#include <algorithm>
#include <string>

namespace yett {
inline namespace base {
namespace {

// Read once and kept to the end of the process.
psl_ctx_t const* list()
{
    static psl_ctx_t const* const newest = psl_latest(nullptr);
    return newest ? newest : psl_builtin();
}

// As libpsl wants it.
std::string lower_without_dot(std::string_view name)
{
    if (name.ends_with('.')) name.remove_suffix(1);
    std::string text{name};
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

bool is_address(std::string_view name)
{
    return name.find(':') != name.npos || parse_ip(name).has_value();
}

} // namespace

bool is_public_suffix(std::string_view name)
{
    auto const text = lower_without_dot(name);
    return !text.empty() && !is_address(text) && psl_is_public_suffix(list(), text.c_str());
}

bool is_public_name(std::string_view name)
{
    auto const text = lower_without_dot(name);
    if (text.empty() || is_address(text) || !psl_registrable_domain(list(), text.c_str())) return false;
    auto const* const suffix = psl_unregistrable_domain(list(), text.c_str());
    return suffix && psl_is_public_suffix2(list(), suffix, PSL_TYPE_ANY | PSL_TYPE_NO_STAR_RULE);
}

} // namespace base
} // namespace yett
