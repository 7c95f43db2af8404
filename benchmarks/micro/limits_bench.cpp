#include "gateway/limits/limiter.hpp"
#include "gateway/limits/memory_counters.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace yett;
using namespace yett::limits;
using namespace std::chrono_literals;

limit_spec a_limit(counting_algorithm how, std::uint32_t amount)
{
    limit_spec spec;
    spec.name = "bench";
    spec.amount = amount;
    spec.period = 1s;
    spec.algorithm = how;
    return spec;
}

std::vector<subject> clients(std::size_t count)
{
    std::vector<subject> list(count);
    for (std::size_t i = 0; i < count; ++i)
        list[i].client =
            network::of("10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255));
    return list;
}

// From one client, and from as many as do not fit the processor's caches.
void spend(benchmark::State& state, counting_algorithm how, std::uint32_t amount)
{
    limiter const limits{std::make_shared<memory_counters>(memory_options{}), {a_limit(how, amount)}};
    std::vector<limit const*> const list{limits.named("bench")};
    auto const who = clients(static_cast<std::size_t>(state.range(0)));
    steady_time now{1h};
    std::size_t next = 0;
    for (auto _ : state) {
        now += 1us;
        benchmark::DoNotOptimize(limits.spend(list, who[next++ % who.size()], now).allowed());
    }
}

void limit_gcra(benchmark::State& state)
{
    spend(state, counting_algorithm::gcra, 2'000'000);
}

void limit_gcra_refused(benchmark::State& state)
{
    spend(state, counting_algorithm::gcra, 1);
}

void limit_window(benchmark::State& state)
{
    spend(state, counting_algorithm::window, 5);
}

void limit_client_address(benchmark::State& state)
{
    for (auto _ : state) benchmark::DoNotOptimize(network::of("2001:db8:1:2::1"));
}

} // namespace

BENCHMARK(limit_gcra)->Arg(1)->Arg(100'000);
BENCHMARK(limit_gcra_refused)->Arg(1)->Arg(100'000);
BENCHMARK(limit_window)->Arg(1)->Arg(100'000);
BENCHMARK(limit_client_address);
