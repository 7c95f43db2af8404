#include "gateway/limits/counters.hpp"

#include <algorithm>

namespace yett::limits {

nanoseconds loan_of(limit const& of) noexcept
{
    return of.counts_failures() ? std::min(of.period(), longest_loan) : nanoseconds{};
}

} // namespace yett::limits
