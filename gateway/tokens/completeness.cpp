#include "gateway/tokens/completeness.hpp"

namespace yett::tokens {

void completeness::reached(boot_time at) noexcept
{
    auto const wanted = at.time_since_epoch().count();
    auto known = at_.load(std::memory_order_relaxed);
    while (known < wanted && !at_.compare_exchange_weak(known, wanted, std::memory_order_release, std::memory_order_relaxed)) {}
}

next_step step_for(boot_time complete_at, boot_time now, staleness_rules const& rules, bool in_vain) noexcept
{
    if (now - complete_at <= rules.most) return next_step::go_on;
    if (!in_vain) return next_step::catch_up;
    return rules.serve_unknown ? next_step::go_on : next_step::refuse;
}

} // namespace yett::tokens
