#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/base/error.hpp"
#include "gateway/tokens/token_digest.hpp"

#include <array>
#include <optional>
#include <vector>

namespace yett::tokens {

// Refusals that cost a signature check, remembered for a moment: 512 of them, 20 KiB, apart
// from everything else. A flood of forged tokens turns this table over and nothing more.
//
// What was refused by a clock that was ahead is forgotten when the clock is put right: a refusal
// counts from when it was remembered to that moment's end, and not before.
class recent_failures
{
public:
    explicit recent_failures(seconds moment) : moment_{moment}, rows_(row_count) {}

    // Only of the same verifier: other rules may say something else.
    std::optional<errc> find(digest128 const& digest, std::uint64_t verifier_generation, wall_time now) const noexcept;
    void remember(digest128 const& digest, std::uint64_t verifier_generation, errc code, wall_time now) noexcept;

    static constexpr std::size_t bytes() noexcept { return row_count * sizeof(row); }

private:
    // A refusal; `until` in the past is a free place.
    struct failure
    {
        digest128 digest{};
        std::uint64_t verifier_generation = 0;
        wall_time until{};
        errc code{};
    };
    using row = std::array<failure, 4>;
    static constexpr std::size_t row_count = 128;

    seconds moment_;
    std::vector<row> rows_;
};

} // namespace yett::tokens
