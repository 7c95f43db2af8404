#pragma once

#include "gateway/upstream/balancing/options.hpp"

#include <cstdint>

namespace yett::upstream {

// What the answers to health checks of one server came to so far. Pure: it counts answers, and time is
// the asker's affair.
//
// A server is well until it was asked, and the first answer decides by itself, as with HAProxy: who
// starts in front of a dead server should not need three intervals to see it.
class health_record
{
public:
    enum class news : unsigned char
    {
        none,
        failed,    // it was well, and is not any more
        recovered, // it was not, and is
        steadied,  // it was well all the time, and has answered well often enough since it last did not
    };

    news heard(bool well, health_check const& rules) noexcept
    {
        auto const first = in_a_row_ == 0;
        in_a_row_ = !first && well == last_ ? in_a_row_ + 1 : 1;
        last_ = well;
        if (well) return in_a_row_ == rules.healthy_after ? came_back() : news::none;
        auto const enough = first || in_a_row_ >= rules.unhealthy_after;
        if (!enough || !well_) return news::none;
        well_ = false;
        return news::failed;
    }
    bool is_well() const noexcept { return well_; }

private:
    news came_back() noexcept
    {
        auto const was_well = well_;
        well_ = true;
        return was_well ? news::steadied : news::recovered;
    }

    std::uint64_t in_a_row_ = 0; // answers of one kind; 0: it was never asked
    bool last_ = true;
    bool well_ = true;
};

} // namespace yett::upstream
