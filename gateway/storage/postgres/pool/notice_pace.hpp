#pragma once

#include "gateway/base/clock.hpp"

#include <optional>

namespace yett::storage::postgres {

// When to tell others that there is news: the first at once, then at most 20 times a second,
// however often it is wanted. One notification tells of everything before it.
class notice_pace
{
public:
    static constexpr milliseconds least{50};

    // There is news; whoever was not told yet has to be.
    void want() noexcept { wanted_ = true; }

    // When the next one goes out; nothing while there is nothing to tell.
    std::optional<steady_time> due() const noexcept;
    bool is_due(steady_time now) const noexcept;

    // One is on its way. What is wanted from now on wants another.
    void begin(steady_time now) noexcept;

private:
    bool wanted_ = false;
    steady_time not_before_{};
};

} // namespace yett::storage::postgres
