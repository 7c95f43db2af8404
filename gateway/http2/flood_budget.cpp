#include "gateway/http2/flood_budget.hpp"

// The library knows limits for some of this and none for what it is made to do itself, and one of its limits counts what
// honest gRPC clients do; so all of it is counted here, and the library's own are set where they cannot be in the way.

namespace yett::http2 {

bool flood_budget::note(nuisance what, steady_time now) noexcept
{
    auto const count = counts_[static_cast<std::size_t>(what)].add(now);
    return count < (what == nuisance::idle ? most_idle : most);
}

void flood_budget::was_useful() noexcept
{
    counts_[static_cast<std::size_t>(nuisance::ping)].forget();
    counts_[static_cast<std::size_t>(nuisance::idle)].forget();
}

} // namespace yett::http2
