#include "gateway/limits/loans.hpp"

namespace yett::limits {

loan::~loan()
{
    if (by_ != nullptr) by_->end(of_);
}

loan loans::lend(turn const&, limit const& of, std::string_view key)
{
    auto const at = open_.try_emplace({of.fingerprint(), std::string{key}}, 0).first;
    ++at->second;
    return {*this, at};
}

bool loans::has_lent(turn const&, limit const& of, std::string_view key) const
{
    return open_.contains({of.fingerprint(), std::string{key}});
}

void loans::end(loan::open_loans::iterator of)
{
    turn const mine{mutex_};
    if (--of->second == 0) open_.erase(of);
}

} // namespace yett::limits
