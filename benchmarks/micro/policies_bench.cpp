#include "policies/compile.hpp"
#include "policies/decide.hpp"

#include <benchmark/benchmark.h>

namespace {

using namespace yett;
using namespace yett::policies;

constexpr auto now = wall_time{std::chrono::seconds{1'700'000'000}};

// A third exact, a third with a name in the middle, a third open-ended, and the usual last one.
route_table table_of(std::size_t count)
{
    std::vector<route_spec> specs;
    for (std::size_t i = 0; i + 1 < count; ++i) {
        auto const service = "/api/v1/service" + std::to_string(i);
        route_spec spec;
        spec.name = std::to_string(i);
        spec.match.path = i % 3 == 0 ? service : i % 3 == 1 ? service + "/{id}/posts" : service + "/**";
        specs.push_back(std::move(spec));
    }
    route_spec last;
    last.name = "last";
    last.match.path = "/**";
    specs.push_back(std::move(last));
    return std::move(*compile(std::move(specs)).table);
}

// Requests for rules all over the table.
std::vector<std::string> paths_for(std::size_t count)
{
    std::vector<std::string> paths;
    for (std::size_t n = 0; n < 64; ++n) {
        auto const i = n * (count - 1) / 64;
        auto const service = "/api/v1/service" + std::to_string(i);
        paths.push_back(i % 3 == 0 ? service : i % 3 == 1 ? service + "/4711/posts" : service + "/some/where");
    }
    return paths;
}

void route_match(benchmark::State& state)
{
    auto const count = static_cast<std::size_t>(state.range(0));
    auto const table = table_of(count);
    auto const paths = paths_for(count);
    std::size_t next = 0;
    for (auto _ : state) benchmark::DoNotOptimize(table.find({"GET", "app.example.com", paths[next++ % paths.size()]}).get());
}

void route_match_last(benchmark::State& state)
{
    auto const table = table_of(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state) benchmark::DoNotOptimize(table.find({"GET", "app.example.com", "/index.html"}).get());
}

identity_ptr somebody()
{
    identity who;
    who.subject = "0192f3a0-7a5e-7c3d-9f10-1c2d3e4f5a6b";
    who.email = "somebody@example.com";
    who.roles = {"user", "editor", "admin"};
    who.scopes = {"read", "write"};
    who.authenticated_at = now;
    return std::make_shared<identity const>(std::move(who));
}

void decide_by(benchmark::State& state, access_spec access)
{
    route_spec spec;
    spec.name = "rule";
    spec.match.path = "/**";
    spec.access = std::move(access);
    auto const made = compile({spec});
    auto const who = somebody();
    question const asked{"GET", "app.example.com", "/index.html"};
    for (auto _ : state) {
        auto const decided = decide(made.table->routes()[0], who, asked, now);
        benchmark::DoNotOptimize(decided.outcome.has_value());
    }
}

void decide_authenticated(benchmark::State& state)
{
    decide_by(state, {});
}

void decide_roles(benchmark::State& state)
{
    access_spec access;
    access.is = access_spec::kind::roles;
    access.values = {"admin", "ops", "support"};
    access.recent_login = std::chrono::minutes{15};
    decide_by(state, access);
}

void decide_emails(benchmark::State& state)
{
    access_spec access;
    access.is = access_spec::kind::emails;
    access.values = {"*@example.com"};
    decide_by(state, access);
}

} // namespace

BENCHMARK(route_match)->RangeMultiplier(10)->Range(10, 10'000);
BENCHMARK(route_match_last)->RangeMultiplier(10)->Range(10, 10'000);
BENCHMARK(decide_authenticated);
BENCHMARK(decide_roles);
BENCHMARK(decide_emails);
