#include "gateway/telemetry/access_log.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <benchmark/benchmark.h>

namespace yett::telemetry {
namespace {

access_record usual_request()
{
    access_record r;
    r.at = from_unix(1'800'000'000);
    r.request_id = "0190f5a2-7c1e-7b3a-9d4e-2f6a8b0c1d2e";
    r.client_ip = "192.0.2.123";
    r.peer_ip = "10.0.0.1";
    r.method = "GET";
    r.host = "app.example.com";
    r.path = "/api/v1/projects/1234/items";
    r.protocol = "HTTP/1.1";
    r.status = 200;
    r.duration = std::chrono::microseconds{1234};
    r.bytes_out = 512;
    r.route = "everything";
    r.upstream = "app";
    r.upstream_status = 200;
    r.upstream_duration = std::chrono::microseconds{1100};
    r.subject = "0190f5a2-7c1e-7b3a-9d4e-2f6a8b0c1d2e";
    r.session = "0190f5a2-7c1e-7b3a-9d4e-000000000000";
    r.auth = "ok";
    r.decision = "permitted";
    r.user_agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
    return r;
}

void format_access_line(benchmark::State& state)
{
    auto const sink = log_sink::open("/dev/null");
    access_log log{**sink, line_format::json};
    auto const r = usual_request();
    for (auto _ : state) log.write(r);
}
BENCHMARK(format_access_line);

void count_a_request(benchmark::State& state)
{
    metrics m{1, {}};
    auto& mine = m.shard(0);
    for (auto _ : state) {
        auto& route = mine.routes[1];
        route.requests[status_class::success].add();
        route.decisions[policy_decision::permitted].add();
        route.bytes_out.add(512);
        route.duration.observe(std::chrono::microseconds{1234});
        mine.auth_ok.add();
        mine.token_cache.hits.add();
        benchmark::ClobberMemory();
    }
}
BENCHMARK(count_a_request);

void scrape(benchmark::State& state)
{
    metrics m{2, {}};
    for (int i = 0; i < 10; ++i) m.route("route-" + std::to_string(i));
    for (auto _ : state) benchmark::DoNotOptimize(m.exposition());
}
BENCHMARK(scrape);

} // namespace
} // namespace yett::telemetry
