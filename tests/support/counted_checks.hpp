#pragma once

#include "gateway/tokens/check_budget.hpp"

namespace yett::tests {

// A budget of so many checks, which tells what was asked of it.
class counted_checks final : public tokens::check_budget
{
public:
    explicit counted_checks(int so_many) : left{so_many} {}

    result<void> take() override
    {
        ++asked;
        if (left == 0) return client_error(errc::rate_limited, "nothing is left");
        --left;
        ++taken_;
        return {};
    }
    void give_back() noexcept override { left += taken_, taken_ = 0; }
    // Another token begins.
    void begin() { taken_ = asked = 0; }

    int left;
    int asked = 0;

private:
    int taken_ = 0;
};

} // namespace yett::tests
