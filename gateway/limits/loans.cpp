#include "gateway/limits/loans.hpp"

namespace yett::limits {

loan::~loan()
{
    if (by_ != nullptr) by_->end(*this);
}

loan loans::lend(turn const&, limit const& of, std::string_view key, steady_time now)
{
    auto const at = open_.try_emplace({of.fingerprint(), std::string{key}}).first;
    auto const until = now + of.period();
    at->second.insert(until);
    return {*this, at, until};
}

bool loans::has_lent(turn const&, limit const& of, std::string_view key, steady_time now) const
{
    auto const at = open_.find({of.fingerprint(), std::string{key}});
    return at != open_.end() && now < *at->second.rbegin();
}

void loans::end(loan const& one)
{
    turn const mine{mutex_};
    auto& all = one.of_->second;
    all.erase(all.find(one.until_));
    if (all.empty()) open_.erase(one.of_);
}

} // namespace yett::limits
