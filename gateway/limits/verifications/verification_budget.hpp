#pragma once

#include "gateway/limits/limit.hpp"
#include "gateway/limits/memory_counters.hpp"
#include "gateway/limits/verifications/known_networks.hpp"

#include <array>
#include <memory>

namespace yett::limits {

// What was taken for one credential.
struct verification_payment
{
    static constexpr std::size_t most = 4; // as many keys as are tried for one token

    limit const* from = nullptr; // the bucket; null: nothing was taken
    std::array<tick, most> stamps{};
    std::size_t count = 0;
};

// How much work strangers may cause before anybody knows whether they are somebody: checks of signatures, and questions to
// others about what they show. Each takes one from the bucket of its client's network, and what holds gives it back, so
// that a bucket counts what was in vain.
//
// A network where somebody was proved within the last minute has a bucket of its own kind: strangers who come from so many
// networks that their buckets have to be shared share none with it.
//
// Always counted in this program: what a check costs, it costs here, and to ask elsewhere would cost more. One for all
// workers; from any thread.
class verification_budget
{
public:
    // `of` is limits.verifications, which counts by client; of `counting` it has the cells of two limits. `secret`: see known_networks.
    verification_budget(std::shared_ptr<memory_counters> counting, limit_spec const& of, std::uint64_t secret);

    // One more for a credential that comes from there, for which `paid` was taken so far. False where the bucket is
    // empty, or where more is asked for than any credential needs.
    bool take(network const& from, verification_payment& paid, wall_time today, steady_time now) noexcept;
    // How long until there is one for a credential that comes from there.
    nanoseconds wait(network const& from, wall_time today, steady_time now) const noexcept;
    // It held: all comes back that was taken for it.
    void give_back(network const& from, verification_payment& paid, steady_time now) noexcept;

    // Somebody who comes from there was proved, by whatever they showed.
    void note_proved(network const& from, wall_time now) noexcept { known_.note(from, now); }

private:
    limit const& bucket_of(network const& from, wall_time today) const noexcept;

    std::shared_ptr<memory_counters> counting_;
    limit strangers_;
    limit acquaintances_; // the bucket apart
    known_networks known_;
};

} // namespace yett::limits
