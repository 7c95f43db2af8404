#include "gateway/upstream/balancing/balancer.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

using namespace yett::upstream;

namespace {

using member = balancer::member;
using candidate = balancer::candidate;
using counts = std::vector<std::size_t>;

std::vector<member> members_of(std::vector<unsigned> const& weights)
{
    std::vector<member> all;
    for (std::size_t i = 0; i < weights.size(); ++i) all.push_back({"10.0.0." + std::to_string(i + 1) + ":80", weights[i]});
    return all;
}

std::vector<candidate> up(std::vector<unsigned> const& weights)
{
    std::vector<candidate> all;
    for (auto const each : weights) all.push_back({each * 100, 0});
    return all;
}

// How many of so many requests, each over before the next, come to each server.
counts spread(balancer& b, std::vector<candidate> const& among, std::size_t requests)
{
    counts got(among.size());
    for (std::size_t i = 0; i < requests; ++i) ++got[*b.choose(among, i * 0x9e3779b97f4a7c15)];
    return got;
}

bool is_near(std::size_t got, double wanted, double part)
{
    return std::abs(static_cast<double>(got) - wanted) <= part * wanted;
}

balancer of(balance how, std::vector<unsigned> const& weights, std::uint64_t seed = 0)
{
    return {how, members_of(weights), seed};
}

} // namespace

TEST_CASE("round robin: smooth and weighted, as nginx describes it")
{
    auto b = of(balance::round_robin, {5, 1, 1});
    auto const among = up({5, 1, 1});
    counts order;
    for (int i = 0; i < 14; ++i) order.push_back(*b.choose(among, 0));
    CHECK(order == counts{0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0});
}

TEST_CASE("round robin: whole periods are spread as the weights say, wherever a worker begins")
{
    struct
    {
        std::vector<unsigned> weights;
        std::size_t requests;
        counts wanted;
    } const rows[] = {
        {{1, 1, 1}, 3000, {1000, 1000, 1000}},
        {{3, 2, 1}, 3000, {1500, 1000, 500}},
        {{1}, 10, {10}},
        {{1000, 1}, 1001, {1000, 1}},
        {{7, 1, 2, 5}, 1500, {700, 100, 200, 500}},
    };
    for (auto const& row : rows)
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            auto b = of(balance::round_robin, row.weights, seed * 0x9e3779b97f4a7c15);
            CHECK(spread(b, up(row.weights), row.requests) == row.wanted);
        }
}

TEST_CASE("round robin: eight workers, each from its own beginning, spread 3,000 requests within five per cent")
{
    counts together(3);
    for (std::uint64_t worker = 0; worker < 8; ++worker) {
        auto b = of(balance::round_robin, {3, 2, 1}, worker * 77777);
        auto const got = spread(b, up({3, 2, 1}), 375);
        for (std::size_t i = 0; i < 3; ++i) together[i] += got[i];
    }
    CHECK(is_near(together[0], 1500, 0.05));
    CHECK(is_near(together[1], 1000, 0.05));
    CHECK(is_near(together[2], 500, 0.05));
}

TEST_CASE("round robin: workers do not all begin with the same server")
{
    counts first(4);
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        auto b = of(balance::round_robin, {1, 1, 1, 1}, seed);
        ++first[*b.choose(up({1, 1, 1, 1}), 0)];
    }
    CHECK(first == counts{10, 10, 10, 10});
}

TEST_CASE("round robin: who is away gets nothing, and takes no revenge for it afterwards")
{
    auto b = of(balance::round_robin, {1, 1, 1});
    auto among = up({1, 1, 1});
    among[1].weight = 0;
    CHECK(spread(b, among, 100) == counts{50, 0, 50});
    among[1].weight = 100;
    auto const after = spread(b, among, 30);
    CHECK(after == counts{10, 10, 10});
}

TEST_CASE("round robin: a server that begins with a tenth of its weight gets a tenth of its requests")
{
    auto b = of(balance::round_robin, {1, 1});
    std::vector<candidate> const among{{100, 0}, {10, 0}};
    CHECK(spread(b, among, 110) == counts{100, 10});
}

TEST_CASE("every way: nobody is chosen where nobody is to be asked, and the only one where there is one")
{
    for (auto const how : {balance::round_robin, balance::least_requests, balance::consistent_hash}) {
        auto b = of(how, {1, 1, 1}, 7);
        std::vector<candidate> among{{0, 0}, {0, 5}, {0, 0}};
        CHECK_FALSE(b.choose(among, 1).has_value());
        CHECK_FALSE(b.choose(among, 2).has_value());
        among[1].weight = 1;
        among[1].in_flight = 100000;
        for (std::uint64_t key = 0; key < 20; ++key) CHECK(b.choose(among, key) == 1u);
    }
}

TEST_CASE("least requests: while nothing is in flight the weights decide")
{
    auto b = of(balance::least_requests, {3, 2, 1}, 42);
    auto const got = spread(b, up({3, 2, 1}), 30000);
    CHECK(is_near(got[0], 15000, 0.05));
    CHECK(is_near(got[1], 10000, 0.05));
    CHECK(is_near(got[2], 5000, 0.05));
}

TEST_CASE("least requests: of two, the one with fewer in flight for its weight")
{
    struct
    {
        std::vector<candidate> among;
        std::size_t wanted;
    } const rows[] = {
        {{{100, 3}, {100, 2}}, 1}, {{{100, 2}, {100, 3}}, 0}, {{{200, 3}, {100, 2}}, 0},
        {{{200, 5}, {100, 2}}, 1}, {{{10, 1}, {100, 5}}, 1},  {{{0, 0}, {100, 99}}, 1},
    };
    for (auto const& row : rows) {
        auto b = of(balance::least_requests, {1, 1}, 9);
        for (int i = 0; i < 20; ++i) CHECK(b.choose(row.among, 0) == row.wanted);
    }
}

TEST_CASE("least requests: the busiest of three is never taken, and of the others the weights decide")
{
    auto b = of(balance::least_requests, {1, 1, 1}, 1);
    std::vector<candidate> const among{{100, 9}, {100, 1}, {100, 1}};
    auto const got = spread(b, among, 6000);
    CHECK(got[0] == 0);
    CHECK(is_near(got[1], 3000, 0.1));
}

TEST_CASE("consistent hash: a key stays, and the keys are spread by weight")
{
    auto b = of(balance::consistent_hash, {3, 2, 1});
    auto const among = up({3, 2, 1});
    auto const got = spread(b, among, 12000);
    CHECK(spread(b, among, 12000) == got);
    CHECK(is_near(got[0], 6000, 0.05));
    CHECK(is_near(got[1], 4000, 0.05));
    CHECK(is_near(got[2], 2000, 0.08));
}

TEST_CASE("consistent hash: the order of the servers and of what is asked does not matter")
{
    auto all = members_of({1, 1, 1, 1});
    balancer one{balance::consistent_hash, all, 3};
    std::ranges::reverse(all);
    balancer other{balance::consistent_hash, all, 12345};
    for (std::uint64_t key = 0; key < 500; ++key)
        CHECK(*one.choose(up({1, 1, 1, 1}), key) == 3 - *other.choose(up({1, 1, 1, 1}), key));
}

TEST_CASE("consistent hash: who goes moves only its own keys, and gets them all back")
{
    auto b = of(balance::consistent_hash, {1, 1, 1, 1, 1});
    auto const whole = up({1, 1, 1, 1, 1});
    auto without = whole;
    without[2].weight = 0;
    counts moved_to(5);
    for (std::uint64_t key = 0; key < 5000; ++key) {
        auto const before = *b.choose(whole, key);
        auto const after = *b.choose(without, key);
        if (before != 2) CHECK(after == before);
        else ++moved_to[after];
        CHECK(*b.choose(whole, key) == before);
    }
    CHECK(moved_to[2] == 0);
    for (auto const i : {0, 1, 3, 4}) CHECK(is_near(moved_to[static_cast<std::size_t>(i)], 250, 0.25));
}

TEST_CASE("consistent hash: a weight that grows takes keys and gives none away")
{
    auto b = of(balance::consistent_hash, {1, 1, 1});
    auto small = up({1, 1, 1});
    auto const whole = small;
    small[0].weight = 10;
    for (std::uint64_t key = 0; key < 3000; ++key)
        if (auto const now = *b.choose(whole, key); now != 0) CHECK(*b.choose(small, key) == now);
}

TEST_CASE("consistent hash: nobody has more than a quarter above its share, however popular one key is")
{
    auto b = of(balance::consistent_hash, {1, 1, 2});
    auto among = up({1, 1, 2});
    for (int i = 0; i < 4000; ++i) ++among[*b.choose(among, 4711)].in_flight;
    CHECK(among[0].in_flight <= 1250);
    CHECK(among[1].in_flight <= 1250);
    CHECK(among[2].in_flight <= 2500);
}

TEST_CASE("consistent hash: a few requests of one browser at once stay together")
{
    auto b = of(balance::consistent_hash, {1, 1, 1});
    auto among = up({1, 1, 1});
    auto const home = *b.choose(among, 99);
    for (std::uint32_t i = 0; i < balancer::unbounded_below; ++i) {
        CHECK(*b.choose(among, 99) == home);
        ++among[home].in_flight;
    }
    CHECK(*b.choose(among, 99) != home);
}

TEST_CASE("consistent hash: the bound of a server")
{
    struct
    {
        std::uint64_t load;
        std::uint32_t weight;
        std::uint64_t all;
        std::uint64_t bound;
    } const rows[] = {
        {1, 100, 300, 8}, {100, 100, 400, 32}, {100, 200, 400, 63}, {100, 100, 100, 125}, {7, 100, 100, 9}, {1000, 1, 1000, 8},
    };
    for (auto const& row : rows) CHECK(balancer::bound(row.load, row.weight, row.all) == row.bound);
}
