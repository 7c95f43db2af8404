#pragma once

#include "gateway/base/clock.hpp"

#include <optional>
#include <vector>

namespace yett::limits {

// How many programs count together, of what is heard of them from time to time.
//
// A larger number counts at once, a smaller one when nothing larger was heard for `patience`: a place where programs
// meet that has just forgotten all of them names who came back first alone, and who believed that would take the whole of each
// limit for its share. Too large a number makes shares too small, and never lets too many through.
//
// Belongs to one thread.
class node_count
{
public:
    static constexpr seconds patience{15};

    // Somebody was told that there are `count`, at `now`, which does not go back.
    void hear(unsigned count, steady_time now);
    // What counts since then; one until somebody was told of more.
    unsigned value() const noexcept;

private:
    struct told
    {
        unsigned count;
        std::optional<steady_time> until; // none: the last that was heard
    };

    std::vector<told> told_; // each larger than those behind it, and older
};

} // namespace yett::limits
