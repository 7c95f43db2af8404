#pragma once

#include "gateway/base/result.hpp"

namespace yett::tokens {

// What somebody whom nobody knows yet may have checked: the one costly part of looking at a token is its signature. Asked
// for right before each check, and never for what is refused without one.
class check_budget
{
public:
    // One check more; what it fails with is what the token fails with, unchecked.
    virtual result<void> take() = 0;
    // One of those that were taken for this token held: all of them come back.
    virtual void give_back() noexcept = 0;

protected:
    ~check_budget() = default;
};

// For tokens that no stranger can choose: that we made ourselves a moment ago, or that held before.
check_budget& unlimited_checks() noexcept;

} // namespace yett::tokens
