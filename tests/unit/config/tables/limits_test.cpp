#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using limits::key_part;
using arrives = arrival<limit>;

constexpr auto base = "rate: 5/15m\n";

} // namespace

TEST_CASE("limit keys: what is written arrives")
{
    check_arrivals<limit>(limit_keys(), "",
                          {
                              arrives{"rate: 100/s",
                                      [](limit const& l) {
                                          return rate_of(l) == rate{100, 1s} && l.burst == 100;
                                      }},
                              arrives{"rate: 5/15m",
                                      [](limit const& l) {
                                          return rate_of(l) == rate{5, 15min} && l.burst == 5;
                                      }},
                              arrives{"rate: 1000000000/d", [](limit const& l) { return l.amount == 1'000'000'000; }},
                          });
    check_arrivals<limit>(
        limit_keys(), base,
        {
            arrives{"burst: 20", [](limit const& l) { return l.burst == 20 && l.amount == 5; }},
            arrives{"algorithm: gcra", [](limit const& l) { return l.algorithm == limits::counting_algorithm::gcra; }},
            arrives{"algorithm: window",
                    [](limit const& l) { return l.algorithm == limits::counting_algorithm::window && l.burst == 5; }},
            arrives{"algorithm: backoff", [](limit const& l) { return l.algorithm == limits::counting_algorithm::backoff; }},
            arrives{"key: client",
                    [](limit const& l) {
                        return l.keys == std::vector{key_part{key_part::kind::client, {}}};
                    }},
            arrives{"key: user", [](limit const& l) { return l.keys.front().is == key_part::kind::user; }},
            arrives{"key: account", [](limit const& l) { return l.keys.front().is == key_part::kind::account; }},
            arrives{"key: token", [](limit const& l) { return l.keys.front().is == key_part::kind::token; }},
            arrives{"key: [route, \"header:X-Partner\"]",
                    [](limit const& l) {
                        return l.keys[1] == key_part{key_part::kind::header, "x-partner"};
                    }},
            arrives{"count: requests", [](limit const& l) { return l.counts == limits::counted_events::requests; }},
            arrives{"count: failures", [](limit const& l) { return l.counts == limits::counted_events::failures; }},
            arrives{"mode: enforce", [](limit const& l) { return !l.report_only; }},
            arrives{"mode: report_only", [](limit const& l) { return l.report_only; }},
        });
}

TEST_CASE("limit keys: bounds and what does not go together")
{
    check_bounds(limit_keys(), base, {{"burst: $", "1", "0", "1000000000", "1000000001", "1 to 1000000000"}});
    check_refusals(limit_keys(), "",
                   {
                       {"mode: enforce", "rate: is missing and has no default\n"},
                       {"rate: 1000000001/d", "rate: is more than 1000000000 at a time\n"},
                       {"rate: 18446744073709551615/d", "rate: is more than 1000000000 at a time\n"},
                   });
    check_refusals(limit_keys(), base,
                   {
                       {"algorithm: window\nburst: 5", "burst: belongs to algorithm: gcra\n"},
                       {"algorithm: backoff\nburst: 5", "burst: belongs to algorithm: gcra\n"},
                       {"algorithm: leaky", "algorithm: \"leaky\" is unknown; allowed: gcra, window, backoff\n"},
                       {"count: replies", "count: \"replies\" is unknown; allowed: requests, failures\n"},
                       {"key: []", "key: is an empty list; at least one entry is wanted\n"},
                   });
}

TEST_CASE("limit keys: what is too much for 32 bits is not made to fit in silence")
{
    auto const out = read_as(limit_keys(), "rate: 4294967297/d\n");
    CHECK_MESSAGE(out.value.amount > 1'000'000'000, "a remainder of 1 would have passed");
    CHECK(out.complaints == "rate: is more than 1000000000 at a time\n");
}

} // namespace yett::config
