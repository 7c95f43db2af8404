#include "gateway/tokens/cache/token_store.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <list>
#include <queue>
#include <random>
#include <unordered_map>
#include <vector>

// Which tokens to keep: the hit ratio of the cache's own eviction beside the policies that
// one would name, on 100,000 users whose requests follow Zipf's law and a cache for a tenth
// of them. Belady knows the future; nobody can do better.
namespace yett::tokens {
namespace {

using stream = std::vector<std::uint64_t>;

constexpr std::size_t users = 100'000;
constexpr std::size_t requests = 3'000'000;
constexpr std::size_t room = users / 10;

std::uint64_t scrambled(std::uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

// With `once` every other request comes with a token that is never seen again.
stream zipf(bool once)
{
    std::vector<double> up_to(users);
    double sum = 0;
    for (std::size_t i = 0; i < users; ++i) up_to[i] = sum += 1.0 / static_cast<double>(i + 1);
    std::mt19937_64 random{7};
    std::uniform_real_distribution<double> draw{0, sum};
    stream made(requests);
    std::uint64_t fresh = 1 << 30;
    for (auto& each : made)
        each = once && random() % 2 ? fresh++
                                    : static_cast<std::uint64_t>(std::ranges::lower_bound(up_to, draw(random)) - up_to.begin());
    return made;
}

class lru
{
public:
    explicit lru(std::size_t capacity) : capacity_{capacity} {}
    bool use(std::uint64_t key)
    {
        if (auto const found = where_.find(key); found != where_.end()) {
            order_.splice(order_.begin(), order_, found->second);
            return true;
        }
        if (order_.size() == capacity_) drop(order_.back());
        order_.push_front(key);
        where_[key] = order_.begin();
        return false;
    }
    bool holds(std::uint64_t key) const { return where_.contains(key); }
    std::size_t size() const { return order_.size(); }
    std::uint64_t oldest() const { return order_.back(); }
    void drop(std::uint64_t key)
    {
        auto const found = where_.find(key);
        order_.erase(found->second);
        where_.erase(found);
    }

private:
    std::size_t capacity_;
    std::list<std::uint64_t> order_;
    std::unordered_map<std::uint64_t, std::list<std::uint64_t>::iterator> where_;
};

// Zhang et al., NSDI 2024.
class sieve
{
public:
    explicit sieve(std::size_t capacity) : capacity_{capacity}, hand_{order_.end()} {}
    bool use(std::uint64_t key)
    {
        if (auto const found = where_.find(key); found != where_.end()) return found->second->visited = true;
        if (order_.size() == capacity_) evict();
        order_.push_front({key, false});
        where_[key] = order_.begin();
        return false;
    }

private:
    struct entry
    {
        std::uint64_t key;
        bool visited;
    };
    void step() { hand_ = hand_ == order_.begin() ? std::prev(order_.end()) : std::prev(hand_); }
    void evict()
    {
        if (hand_ == order_.end()) hand_ = std::prev(order_.end());
        for (; hand_->visited; step()) hand_->visited = false;
        auto const gone = hand_;
        auto const was_first = gone == order_.begin();
        if (!was_first) --hand_;
        where_.erase(gone->key);
        order_.erase(gone);
        if (was_first) hand_ = order_.end();
    }
    std::size_t capacity_;
    std::list<entry> order_;
    std::list<entry>::iterator hand_;
    std::unordered_map<std::uint64_t, std::list<entry>::iterator> where_;
};

// Einziger et al., ACM ToS 2017: a window of 1 %, a segmented LRU of 20 and 80 %, and a
// sketch of frequencies that is halved every ten times the capacity.
class w_tiny_lfu
{
public:
    explicit w_tiny_lfu(std::size_t capacity)
        : window_room_{std::max<std::size_t>(1, capacity / 100)},
          main_room_{capacity - window_room_},
          protected_room_{main_room_ * 4 / 5},
          sample_{capacity * 10},
          sketch_(std::bit_ceil(capacity) * 4)
    {
    }
    bool use(std::uint64_t key)
    {
        count(key);
        if (window_.holds(key)) return window_.use(key);
        if (protected_.holds(key)) return protected_.use(key);
        if (probation_.holds(key)) {
            probation_.drop(key);
            protected_.use(key);
            if (protected_.size() > protected_room_) demote();
            return true;
        }
        window_.use(key);
        if (window_.size() > window_room_) admit();
        return false;
    }

private:
    static constexpr std::size_t endless = std::numeric_limits<std::size_t>::max();
    void demote()
    {
        auto const cold = protected_.oldest();
        protected_.drop(cold);
        probation_.use(cold);
    }
    void admit()
    {
        auto const candidate = window_.oldest();
        window_.drop(candidate);
        if (probation_.size() + protected_.size() < main_room_) return void(probation_.use(candidate));
        if (probation_.size() == 0) demote();
        auto const victim = probation_.oldest();
        if (frequency(candidate) <= frequency(victim)) return;
        probation_.drop(victim);
        probation_.use(candidate);
    }
    std::uint8_t& cell(std::uint64_t key, std::uint64_t row) { return sketch_[scrambled(key * 4 + row) % sketch_.size()]; }
    void count(std::uint64_t key)
    {
        for (std::uint64_t row = 0; row < 4; ++row)
            if (auto& c = cell(key, row); c < 15) ++c;
        if (++counted_ < sample_) return;
        for (auto& c : sketch_) c /= 2;
        counted_ /= 2;
    }
    std::uint8_t frequency(std::uint64_t key)
    {
        std::uint8_t least = 15;
        for (std::uint64_t row = 0; row < 4; ++row) least = std::min(least, cell(key, row));
        return least;
    }

    std::size_t window_room_, main_room_, protected_room_, sample_;
    std::size_t counted_ = 0;
    std::vector<std::uint8_t> sketch_;
    lru window_{endless}, probation_{endless}, protected_{endless};
};

// The cache's own store, with the bytes that hold so many usual records.
class ours
{
public:
    explicit ours(std::size_t) : store_{bytes, [](token_record const&) {}} {}
    bool use(std::uint64_t key)
    {
        digest128 const digest{key, 1};
        auto const hint = scrambled(key + 1);
        if (store_.find(hint, digest)) return true;
        if (auto* const made = store_.insert(hint, digest, 200, wall_time{})) made->end = wall_time{} + seconds{1};
        return false;
    }
    std::size_t entries() const { return store_.entries(); }

private:
    static constexpr std::size_t bytes = room * 330;
    token_store store_;
};

template<class Policy>
double hits_of(Policy& policy, stream const& all)
{
    std::size_t hits = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        bool const hit = policy.use(all[i]);
        if (i >= all.size() / 4) hits += hit;
    }
    return 100.0 * static_cast<double>(hits) / (static_cast<double>(all.size()) * 0.75);
}

// Keeps what is needed soonest.
double hits_of_belady(stream const& all)
{
    std::vector<std::size_t> next(all.size());
    std::unordered_map<std::uint64_t, std::size_t> seen;
    for (std::size_t i = all.size(); i-- > 0;) {
        auto const found = seen.find(all[i]);
        next[i] = found == seen.end() ? all.size() + i : found->second;
        seen[all[i]] = i;
    }
    std::unordered_map<std::uint64_t, std::size_t> kept;
    std::priority_queue<std::pair<std::size_t, std::uint64_t>> latest;
    std::size_t hits = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        auto const found = kept.find(all[i]);
        if (i >= all.size() / 4) hits += found != kept.end();
        kept[all[i]] = next[i];
        latest.emplace(next[i], all[i]);
        while (kept.size() > room) {
            auto const [when, key] = latest.top();
            latest.pop();
            if (auto const held = kept.find(key); held != kept.end() && held->second == when) kept.erase(held);
        }
    }
    return 100.0 * static_cast<double>(hits) / (static_cast<double>(all.size()) * 0.75);
}

template<class Policy>
void hit_ratio(benchmark::State& state)
{
    auto const all = zipf(state.range(0) != 0);
    double percent = 0;
    for (auto _ : state) {
        Policy policy{room};
        percent = hits_of(policy, all);
        if constexpr (std::is_same_v<Policy, ours>) state.counters["entries"] = static_cast<double>(policy.entries());
    }
    state.counters["percent"] = percent;
}
BENCHMARK(hit_ratio<ours>)->ArgName("once")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(hit_ratio<lru>)->ArgName("once")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(hit_ratio<sieve>)->ArgName("once")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);
BENCHMARK(hit_ratio<w_tiny_lfu>)->ArgName("once")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

void hit_ratio_belady(benchmark::State& state)
{
    auto const all = zipf(state.range(0) != 0);
    double percent = 0;
    for (auto _ : state) percent = hits_of_belady(all);
    state.counters["percent"] = percent;
}
BENCHMARK(hit_ratio_belady)->ArgName("once")->Arg(0)->Arg(1)->Iterations(1)->Unit(benchmark::kMillisecond);

} // namespace
} // namespace yett::tokens
