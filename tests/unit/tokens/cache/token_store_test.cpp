#include "gateway/tokens/cache/token_store.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <set>
#include <vector>

using namespace yett;
using namespace yett::tokens;

namespace {

constexpr wall_time now{};
constexpr std::size_t identity_bytes = 170;

std::uint64_t scrambled(std::uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// A store whose tokens are numbers.
class numbers
{
public:
    explicit numbers(std::size_t bytes) : store_{bytes, [this](token_record const& gone) { gone_.insert(gone.digest[0]); }} {}

    // True when it was there already.
    bool use(std::uint64_t number)
    {
        digest128 const digest{number, 0};
        auto const hint = scrambled(number + 1);
        if (store_.find(hint, digest)) return true;
        if (auto* const made = store_.insert(hint, digest, identity_bytes, now)) made->end = now + seconds{1};
        return false;
    }
    bool holds(std::uint64_t number) { return store_.find(scrambled(number + 1), {number, 0}) != nullptr; }
    token_store& store() { return store_; }
    std::set<std::uint64_t> const& gone() const { return gone_; }

private:
    std::set<std::uint64_t> gone_;
    token_store store_;
};

std::vector<std::uint64_t> zipf(std::size_t users, std::size_t requests, bool every_other_once)
{
    std::vector<double> upto(users);
    double sum = 0;
    for (std::size_t i = 0; i < users; ++i) upto[i] = sum += 1.0 / static_cast<double>(i + 1);
    std::mt19937_64 random{7};
    std::uniform_real_distribution<double> draw{0, sum};
    std::vector<std::uint64_t> stream(requests);
    std::uint64_t once = 1 << 30;
    for (auto& number : stream)
        number = every_other_once && random() % 2
                     ? once++
                     : static_cast<std::uint64_t>(std::ranges::lower_bound(upto, draw(random)) - upto.begin());
    return stream;
}

} // namespace

TEST_CASE("token store: what was used twice outlives everything that was used once")
{
    numbers all{256 << 10};
    for (int round = 0; round < 3; ++round)
        for (std::uint64_t i = 0; i < 100; ++i) all.use(i);
    for (std::uint64_t i = 1000; i < 20'000; ++i) all.use(i);
    for (std::uint64_t i = 0; i < 100; ++i) CHECK(all.holds(i));
    CHECK(all.store().bytes() <= 256 << 10);
    CHECK(all.gone().size() == all.store().evictions());
}

TEST_CASE("token store: the main queue gives up what is not used any more")
{
    numbers all{256 << 10};
    for (std::uint64_t i = 0; i < 5'000; ++i)
        for (int use = 0; use < 4; ++use) all.use(i);
    CHECK(all.store().evictions() > 3'000);
    CHECK_FALSE(all.holds(0));
    CHECK(all.holds(4'999));
    CHECK(all.store().bytes() <= 256 << 10);
}

TEST_CASE("token store: what comes back soon after it had to go is proven at once")
{
    numbers all{256 << 10};
    std::uint64_t next = 0;
    while (all.store().evictions() == 0) all.use(next++);
    auto const fresh = next++;
    all.use(fresh);
    while (!all.gone().contains(fresh)) all.use(next++);
    all.use(fresh);
    for (int flood = 0; flood < 2'000; ++flood) all.use(next++);
    CHECK_MESSAGE(all.holds(fresh), "a flood through the small queue does not reach it");
}

TEST_CASE("token store: records of every size are found, and removed ones are not")
{
    numbers all{1 << 20};
    for (std::uint64_t i = 0; i < 1000; ++i) all.store().insert(scrambled(i), {i, 1}, i % 400, now)->end = now + seconds{1};
    for (std::uint64_t i = 0; i < 1000; i += 3) all.store().remove(*all.store().find(scrambled(i), {i, 1}));
    for (std::uint64_t i = 0; i < 1000; ++i) {
        auto const* const found = all.store().find(scrambled(i), {i, 1});
        CHECK((found != nullptr) == (i % 3 != 0));
        if (found) CHECK(found->digest[0] == i);
        CHECK_FALSE(all.store().find(scrambled(i), {i, 2}));
    }
    CHECK(all.store().entries() == 666);
    CHECK(all.store().insert(1, {}, 1 << 20, now) == nullptr);
}

TEST_CASE("token store: on a Zipf stream it is within three points of the best fixed choice, one-time tokens or not")
{
    constexpr std::size_t users = 20'000;
    for (bool const every_other_once : {false, true}) {
        numbers all{(users / 10) * 330 + 48 * 1024};
        auto const stream = zipf(users, 400'000, every_other_once);
        std::size_t hits = 0;
        for (std::size_t i = 0; i < stream.size(); ++i) {
            bool const hit = all.use(stream[i]);
            if (i >= stream.size() / 4) hits += hit;
        }
        auto const ratio = 100.0 * static_cast<double>(hits) / (static_cast<double>(stream.size()) * 0.75);
        // Whoever knows the probabilities keeps the likeliest, which is the best without knowing the future.
        auto const harmonic = [](double n) { return std::log(n) + 0.5772; };
        auto const best =
            100.0 * harmonic(static_cast<double>(all.store().entries())) / harmonic(users) / (every_other_once ? 2 : 1);
        MESSAGE("hit ratio ", ratio, " %, best fixed choice ", best, " %, entries ", all.store().entries());
        CHECK(ratio >= best - 3);
    }
}
