#include "gateway/upstream/reply_fields.hpp"

#include "gateway/http/ascii.hpp"
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
    case known::other: return plan.is_ours(f.name) || http::ascii::equal_ignoring_case(f.name, "proxy-authentication-info");
    default: return false;
    }
}

} // namespace

std::optional<std::span<http::field const>> fields_for_client(std::span<http::field> array, std::size_t count,
                                                              header_plan const& plan) noexcept
{
    auto const nominated = nominations::of(array.first(count));
    if (!nominated)
        return std::nullopt;
    auto const received = array.first(count);
    auto const end = std::remove_if(received.begin(), received.end(),
                                    [&](http::field const& f) { return ends_here(f, plan) || nominated->include(f.name); });
    auto const kept = static_cast<std::size_t>(end - received.begin());
    array[kept] = {"Via", "1.1 yett", known::via};
    return array.first(kept + 1);
}

} // namespace yett::upstream
