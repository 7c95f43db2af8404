#include "gateway/limits/limit_reservations.hpp"

namespace yett::limits {

limit_reservation::~limit_reservation()
{
    if (by_ != nullptr) by_->end(*this);
}

limit_reservation limit_reservations::reserve(turn const&, limit const& of, std::string_view key, steady_time now)
{
    auto const at = open_.try_emplace({of.fingerprint(), std::string{key}}).first;
    auto const until = now + of.period();
    at->second.insert(until);
    return {*this, at, until};
}

bool limit_reservations::has_reserved(turn const&, limit const& of, std::string_view key, steady_time now) const
{
    auto const at = open_.find({of.fingerprint(), std::string{key}});
    return at != open_.end() && now < *at->second.rbegin();
}

void limit_reservations::end(limit_reservation const& one)
{
    turn const mine{mutex_};
    auto& all = one.of_->second;
    all.erase(all.find(one.until_));
    if (all.empty()) open_.erase(one.of_);
}

} // namespace yett::limits
