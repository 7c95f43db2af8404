#pragma once

#include "gateway/limits/counters.hpp"
#include "tests/unit/limits/limits.hpp"

#include <functional>

namespace yett::limits {

// Counters elsewhere that several programs ask; a cable that can be pulled, and lose answers.
class far_counters final : public counters
{
public:
    task<result<std::vector<limit_verdict>>> spend(std::span<charge const> what) override
    {
        ++asked;
        if (while_asked) while_asked();
        if (away || lost > 0) {
            if (lost > 0) --lost;
            co_return our_error(errc::storage_unavailable);
        }
        auto told = co_await counting_.spend(what);
        co_return std::move(told);
    }
    void settle(charge const& what, tick stamp, charge_end how) noexcept override
    {
        ++(how == charge_end::given_back ? given_back : confirmed);
        counting_.settle(what, stamp, how);
    }

    std::function<void()> while_asked; // what goes on meanwhile
    bool away = false;
    int lost = 0;
    int asked = 0; // round trips
    int given_back = 0;
    int confirmed = 0;

private:
    memory_counters counting_{options_of(8u << 20)};
};

} // namespace yett::limits
