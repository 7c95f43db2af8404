#include "gateway/tokens/cache/recent_failures.hpp"

#include <algorithm>

namespace yett::tokens {

std::optional<errc> recent_failures::find(digest128 const& digest, std::uint64_t verifier_generation,
                                          wall_time now) const noexcept
{
    for (auto const& entry : rows_[digest[0] % row_count])
        if (entry.digest == digest && entry.verifier_generation == verifier_generation && now < entry.until &&
            now >= entry.until - moment_)
            return entry.code;
    return std::nullopt;
}

void recent_failures::remember(digest128 const& digest, std::uint64_t verifier_generation, errc code, wall_time now) noexcept
{
    auto const soonest = std::ranges::min_element(rows_[digest[0] % row_count], {}, &failure::until);
    *soonest = {digest, verifier_generation, now + moment_, code};
}

} // namespace yett::tokens
