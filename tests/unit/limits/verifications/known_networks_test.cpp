#include "gateway/limits/verifications/known_networks.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include <thread>
#include <vector>

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

namespace {

wall_time at(seconds since)
{
    return from_unix(1'800'000'000) + since;
}

network from(std::string_view address)
{
    return network::of(address);
}

} // namespace

TEST_CASE("known networks: a network is known for a minute after somebody there was proved")
{
    struct row
    {
        char const* what;
        std::vector<seconds> proved;
        seconds asked;
        bool known;
    };
    for (auto const& each : {
             row{"nobody ever", {}, 0s, false},
             row{"just now", {0s}, 0s, true},
             row{"within the minute", {0s}, 59s, true},
             row{"to its last second", {0s}, 60s, true},
             row{"and no longer", {0s}, 61s, false},
             row{"a week later", {0s}, 604'800s, false},
             row{"the last time counts", {0s, 50s}, 110s, true},
             row{"and not the first", {0s, 50s}, 111s, false},
             row{"the clock was set back", {0s}, -1s, false},
             row{"and somebody came since", {0s, -3600s}, -3599s, true},
         }) {
        INFO(std::string{each.what});
        known_networks networks{7};
        for (auto const when : each.proved) networks.note(from("192.0.2.7"), at(when));
        CHECK(networks.knows(from("192.0.2.7"), at(each.asked)) == each.known);
    }
}

TEST_CASE("known networks: who counts as one")
{
    struct row
    {
        char const* proved;
        char const* asked;
        bool known;
    };
    for (auto const& each : {
             row{"192.0.2.7", "192.0.2.7", true},
             row{"192.0.2.7", "::ffff:192.0.2.7", true},
             row{"192.0.2.7", "192.0.2.8", false},
             row{"192.0.2.7", "c000:207::1", false}, // the same bits in another family
             row{"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
             row{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
             row{"a socket", "a socket", true},
             row{"a socket", "0.0.0.0", false},
         }) {
        CAPTURE(each.proved);
        CAPTURE(each.asked);
        known_networks networks{7};
        networks.note(from(each.proved), at(0s));
        CHECK(networks.knows(from(each.asked), at(0s)) == each.known);
    }
}

TEST_CASE("known networks: a crowd displaces those that were silent for longest, and the table does not grow")
{
    known_networks networks{7};
    auto const one_of = [](int n) { return from(fmt::format("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)); };
    for (int n = 0; n < 20'000; ++n) networks.note(one_of(n), at(0s));
    for (int n = 20'000; n < 220'000; ++n) networks.note(one_of(n), at(1s));
    int early = 0, late = 0;
    for (int n = 0; n < 20'000; ++n) early += networks.knows(one_of(n), at(2s));
    for (int n = 20'000; n < 220'000; ++n) late += networks.knows(one_of(n), at(2s));
    CHECK(early < 50); // by chance
    CHECK(late > 30'000);
    CHECK(late < 34'000);

    // Who was displaced is known again as soon as somebody comes, and stays so for those who come behind.
    networks.note(one_of(0), at(3s));
    CHECK(networks.knows(one_of(0), at(3s)));
}

TEST_CASE("known networks: which networks share a set is a secret")
{
    auto const left_of_first = [](std::uint64_t secret) {
        known_networks networks{secret};
        networks.note(from("192.0.2.1"), at(0s));
        int n = 0;
        while (networks.knows(from("192.0.2.1"), at(1s)) && n < 200'000)
            networks.note(from(fmt::format("10.{}.{}.{}", n >> 16, n >> 8 & 255, n & 255)), at(1s)), ++n;
        return n;
    };
    CHECK(left_of_first(1) != left_of_first(2));
}

TEST_CASE("known networks: workers note and look at one time")
{
    known_networks networks{7};
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w)
        workers.emplace_back([&networks] {
            for (int n = 0; n < 20'000; ++n) {
                networks.note(from("192.0.2.7"), at(seconds{n / 1000}));
                (void)networks.knows(from("192.0.2.8"), at(0s));
            }
        });
    for (auto& each : workers) each.join();
    CHECK(networks.knows(from("192.0.2.7"), at(79s)));
    CHECK_FALSE(networks.knows(from("192.0.2.8"), at(19s)));
}
