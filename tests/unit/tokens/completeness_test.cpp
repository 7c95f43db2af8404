#include "gateway/tokens/completeness.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;

namespace {

boot_time at(int ms)
{
    return boot_time{milliseconds{100'000 + ms}};
}

struct row
{
    char const* name;
    boot_time complete_at;
    boot_time now;
    int most;
    bool serve_unknown;
    bool in_vain;
    next_step wanted;
};

} // namespace

TEST_CASE("completeness: what becomes of a token, by how long others' revocations are not known")
{
    using enum next_step;
    for (auto const& each : {
             row{"known a moment ago", at(0), at(10), 5000, false, false, go_on},
             row{"known as long ago as anybody minds", at(0), at(5000), 5000, false, false, go_on},
             row{"a millisecond longer", at(0), at(5001), 5000, false, false, catch_up},
             row{"the same where unknown tokens are served: asking comes first", at(0), at(5001), 5000, true, false, catch_up},
             row{"asked in vain", at(0), at(5001), 5000, false, true, refuse},
             row{"asked in vain, and served all the same", at(0), at(5001), 5000, true, true, go_on},
             row{"asked in vain, but somebody else was answered meanwhile", at(4000), at(5001), 5000, false, true, go_on},
             row{"after a night's sleep", at(0), at(8 * 3600 * 1000), 5000, false, false, catch_up},
             row{"known later than this worker's clock says", at(20), at(0), 5000, false, false, go_on},
             row{"a longer patience", at(0), at(59'000), 60'000, false, false, go_on},
             row{"never known", boot_time{}, at(0), 5000, false, true, refuse},
         }) {
        CAPTURE(each.name);
        staleness_rules const rules{milliseconds{each.most}, each.serve_unknown};
        CHECK(step_for(each.complete_at, each.now, rules, each.in_vain) == each.wanted);
    }
}

TEST_CASE("completeness: an earlier moment takes nothing back")
{
    completeness known;
    CHECK(known.at() == boot_time{});
    known.reached(at(10));
    known.reached(at(5));
    CHECK(known.at() == at(10));
    known.reached(at(11));
    CHECK(known.at() == at(11));
}
