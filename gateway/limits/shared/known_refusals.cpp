#include "gateway/limits/shared/known_refusals.hpp"

#include <algorithm>

namespace yett::limits {

void known_refusals::remember(charge const& what, limit_verdict const& refusal)
{
    if (refusal.allowed || refusal.held) return;
    auto const of = hash_of(secret_, what);
    auto const until = what.now + std::min(refusal.retry_after, longest);
    places_[of.low % places] = {of, until, what.now + refusal.retry_after, what.now + refusal.reset};
}

std::optional<limit_verdict> known_refusals::find(charge const& what) const
{
    auto const of = hash_of(secret_, what);
    auto const& here = places_[of.low % places];
    if (here.of != of || what.now >= here.until) return std::nullopt;
    limit_verdict v{};
    v.reset = here.reset_at - what.now;
    v.retry_after = here.room_at - what.now;
    return v;
}

} // namespace yett::limits
