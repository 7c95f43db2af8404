#include "gateway/telemetry/family.hpp"

#include <algorithm>

namespace yett::telemetry {

// The same row again is the next slot of the same figure.
family_list::entry& family_list::place_of(family const& about, entrance const& in, cell_reader const& read)
{
    auto const is_it = [&](entry const& e) {
        return e.about.name == about.name && e.about.only == about.only && e.about.labels == about.labels;
    };
    auto const known = std::find_if(entries_.begin(), entries_.end(), is_it);
    if (known != entries_.end()) return *known;
    return entries_.emplace_back(entry{about, in.where, in.each, read, {}});
}

} // namespace yett::telemetry
