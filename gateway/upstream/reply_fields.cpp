#include "gateway/upstream/reply_fields.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/cookies.hpp"
#include "gateway/upstream/headers.hpp"
#include "gateway/upstream/nominations.hpp"

#include <algorithm>

namespace yett::upstream {
namespace {

using http::known;

bool ends_here(http::field const& f, header_plan const& plan) noexcept
{
    switch (f.id) {
    case known::connection:
    case known::content_length:
    case known::keep_alive:
    case known::proxy_authenticate:
    case known::proxy_connection:
    case known::te:
    case known::trailer:
    case known::transfer_encoding:
    case known::upgrade: return true;
    case known::set_cookie: return http::sets_one_of(f.value, plan.cookies());
    case known::other: return plan.is_ours(f.name) || http::ascii::equal_ignoring_case(f.name, "proxy-authentication-info");
    default: return false;
    }
}

bool is_replaced(http::field const& f, std::span<http::field const> added) noexcept
{
    auto const same = [&f](http::field const& ours) { return http::ascii::equal_ignoring_case(ours.name, f.name); };
    return f.id != known::set_cookie && std::any_of(added.begin(), added.end(), same);
}

} // namespace

std::optional<std::span<http::field const>> fields_for_client(std::span<http::field> array, std::size_t count,
                                                              header_plan const& plan,
                                                              std::span<http::field const> added) noexcept
{
    auto const nominated = nominations::of(array.first(count));
    if (!nominated) return std::nullopt;
    auto const received = array.first(count);
    auto const goes = [&](http::field const& f) {
        return ends_here(f, plan) || nominated->include(f.name) || is_replaced(f, added);
    };
    auto const end = std::remove_if(received.begin(), received.end(), goes);
    auto const kept = static_cast<std::size_t>(end - received.begin());
    array[kept] = {"Via", "1.1 yett", known::via};
    std::copy(added.begin(), added.end(), array.begin() + static_cast<std::ptrdiff_t>(kept + 1));
    return array.first(kept + 1 + added.size());
}

} // namespace yett::upstream
