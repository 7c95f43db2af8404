#include "gateway/limits/verifications/verification_budget.hpp"

#include "gateway/limits/limit_key.hpp"

#include <utility>

// A bucket is an ordinary counter in the table of all limits, where one that counts is never given to another network. When a
// flood comes from more networks than there is room for, those that find none count together, each limit for itself; that
// the networks of good clients are another limit keeps them out of that. Credentials take from where they began to:
// a network that becomes known meanwhile changes nothing for them.

namespace yett::limits {
namespace {

limit_spec apart(limit_spec of)
{
    of.name += ".known";
    return of;
}

key_bytes key_of(limit const& of, network const& from)
{
    subject who;
    who.client = from;
    key_bytes key;
    append_key(key, of, who);
    return key;
}

} // namespace

verification_budget::verification_budget(std::shared_ptr<memory_counters> counting, limit_spec const& of, std::uint64_t secret)
    : counting_{std::move(counting)},
      strangers_{of},
      acquaintances_{apart(of)},
      known_{secret}
{
}

limit const& verification_budget::bucket_of(network const& from, wall_time today) const noexcept
{
    return known_.knows(from, today) ? acquaintances_ : strangers_;
}

bool verification_budget::take(network const& from, verification_payment& paid, wall_time today, steady_time now) noexcept
{
    if (paid.count == verification_payment::most) return false;
    if (paid.count == 0) paid.from = &bucket_of(from, today);
    auto const key = key_of(*paid.from, from);
    auto const v = counting_->spend({paid.from, view(key), now});
    if (v.allowed) paid.stamps[paid.count++] = v.stamp;
    return v.allowed;
}

nanoseconds verification_budget::wait(network const& from, wall_time today, steady_time now) const noexcept
{
    auto const& bucket = bucket_of(from, today);
    auto const key = key_of(bucket, from);
    return counting_->peek({&bucket, view(key), now}).retry_after;
}

void verification_budget::give_back(network const& from, verification_payment& paid, steady_time now) noexcept
{
    if (paid.count == 0) return;
    auto const key = key_of(*paid.from, from);
    for (; paid.count > 0; --paid.count) counting_->give_back({paid.from, view(key), now}, paid.stamps[paid.count - 1]);
}

} // namespace yett::limits
