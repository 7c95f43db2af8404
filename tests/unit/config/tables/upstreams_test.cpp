#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using arrives = arrival<upstream>;
using told = yett::upstream::proxy_header_version;

constexpr auto base = "servers: http://a:1\n";

} // namespace

TEST_CASE("upstream keys: what is written arrives in the options of the room it is for")
{
    check_arrivals<upstream>(
        upstream_keys(), "",
        {
            arrives{"servers: http://a:1", [](upstream const& u) { return u.servers.size() == 1 && u.servers[0].host == "a"; }},
            arrives{"servers: [http://a:1, http://b:2]", [](upstream const& u) { return u.servers[1].port == 2; }},
            arrives{"servers: https://a:1", [](upstream const& u) { return u.servers[0].scheme == upstream_scheme::https; }},
            arrives{"servers: h2c://a:1", [](upstream const& u) { return u.servers[0].scheme == upstream_scheme::h2c; }},
            arrives{"servers: unix:/run/app", [](upstream const& u) { return u.servers[0].host == "/run/app"; }},
            arrives{"servers: [http://a:1, { url: http://b:2, weight: 3 }]",
                    [](upstream const& u) {
                        return u.servers[0].weight == 1 && u.servers[1].host == "b" && u.servers[1].weight == 3;
                    }},
            arrives{"servers: [{ weight: 3, url: http://b:2 }]",
                    [](upstream const& u) { return u.servers[0].port == 2 && u.servers[0].weight == 3; }},
            arrives{"servers: [{ url: http://b:2 }]", [](upstream const& u) { return u.servers[0].weight == 1; }},
            arrives{"servers: \"http://[::1]:8080\"", [](upstream const& u) { return u.servers[0].host == "::1"; }},
        });
    check_arrivals<upstream>(
        upstream_keys(), base,
        {
            arrives{"balance: round_robin", [](upstream const& u) { return u.balance == balance::round_robin; }},
            arrives{"balance: least_requests", [](upstream const& u) { return u.balance == balance::least_requests; }},
            arrives{"balance: consistent_hash", [](upstream const& u) { return u.balance == balance::consistent_hash; }},
            arrives{"connections: 7", [](upstream const& u) { return u.pool.connections == 7; }},
            arrives{"connections_per_client: 3",
                    [](upstream const& u) {
                        return u.connections_per_client == share{3, false};
                    }},
            arrives{"connections_per_client: 40%",
                    [](upstream const& u) {
                        return u.connections_per_client == share{40, true};
                    }},
            arrives{"pending: 0", [](upstream const& u) { return u.pool.pending == 0; }},
            arrives{"connect_timeout: 250ms", [](upstream const& u) { return u.pool.connect_timeout == 250ms; }},
            arrives{"reply_timeout: 90s", [](upstream const& u) { return u.reply_timeout == 90s; }},
            arrives{"idle_timeout: 10m", [](upstream const& u) { return u.idle_timeout == 10min; }},
            arrives{"reply_header_bytes: 32KiB", [](upstream const& u) { return u.pool.reply_header_bytes == 32u << 10; }},
            arrives{"reply_header_fields: 50", [](upstream const& u) { return u.pool.reply_fields == 50; }},
            arrives{"host: { send: server }", [](upstream const& u) { return u.host.send == host_sent::server; }},
            arrives{"host: { as: internal.example }", [](upstream const& u) { return u.host.as == "internal.example"; }},
            arrives{"host: { as: \"internal.example:8080\" }",
                    [](upstream const& u) { return u.host.as == "internal.example:8080"; }},
            arrives{"host: { as: null }", [](upstream const& u) { return u.host.as.empty(); }},
            arrives{"proxy_protocol: off", [](upstream const& u) { return u.pool.proxy_protocol == told::off; }},
            arrives{"proxy_protocol: v1", [](upstream const& u) { return u.pool.proxy_protocol == told::v1; }},
            arrives{"proxy_protocol: v2", [](upstream const& u) { return u.pool.proxy_protocol == told::v2; }},
            arrives{"http2: {}",
                    [](upstream const& u) {
                        auto const& h = u.pool.http2;
                        return h.streams == 100 && h.ping_interval == 6min && h.ping_timeout == 10s;
                    }},
            arrives{"http2: { streams: 7 }", [](upstream const& u) { return u.pool.http2.streams == 7; }},
            arrives{"http2: { ping_interval: 0s }", [](upstream const& u) { return u.pool.http2.ping_interval == 0s; }},
            arrives{"http2: { ping_timeout: 2s }", [](upstream const& u) { return u.pool.http2.ping_timeout == 2s; }},
            arrives{"retries: 0", [](upstream const& u) { return u.retries == 0; }},
            arrives{"retry_budget: {}",
                    [](upstream const& u) {
                        auto const& b = u.retry_budget;
                        return b.share == 20 && b.least == 3 && b.period == 1s;
                    }},
            arrives{"retry_budget: { share: 0% }", [](upstream const& u) { return u.retry_budget.share == 0; }},
            arrives{"retry_budget: { least: 5/10s }",
                    [](upstream const& u) { return u.retry_budget.least == 5 && u.retry_budget.period == 10s; }},
            arrives{"connections: 256", [](upstream const& u) { return !u.requests; }},
            arrives{"requests: null", [](upstream const& u) { return !u.requests; }},
            arrives{
                "requests: {}",
                [](upstream const& u) {
                    auto const& r = *u.requests;
                    return r.most == 1024 && r.queue == 1024 && r.wait == 1s && r.each_client == share{50, true} && !r.adaptive;
                }},
            arrives{"requests: { most: 20 }", [](upstream const& u) { return u.requests->most == 20; }},
            arrives{"requests: { per_client: 5 }",
                    [](upstream const& u) {
                        return u.requests->each_client == share{5, false};
                    }},
            arrives{"requests: { queue: 0 }", [](upstream const& u) { return u.requests->queue == 0; }},
            arrives{"requests: { wait: 250ms }", [](upstream const& u) { return u.requests->wait == 250ms; }},
            arrives{"requests: { adaptive: {} }",
                    [](upstream const& u) {
                        auto const& a = *u.requests->adaptive;
                        return a.least == 8 && a.tolerance == 50 && a.interval == 1min;
                    }},
            arrives{"requests: { adaptive: { least: 4 } }", [](upstream const& u) { return u.requests->adaptive->least == 4; }},
            arrives{"requests: { adaptive: { tolerance: 25% } }",
                    [](upstream const& u) { return u.requests->adaptive->tolerance == 25; }},
            arrives{"requests: { adaptive: { interval: 30s } }",
                    [](upstream const& u) { return u.requests->adaptive->interval == 30s; }},
            arrives{"health: {}", [](upstream const& u) { return u.health && u.health->path == "/healthz"; }},
            arrives{"health: null", [](upstream const& u) { return !u.health; }},
            arrives{"health: { path: /up }", [](upstream const& u) { return u.health->path == "/up"; }},
            arrives{"health: { interval: 10s }", [](upstream const& u) { return u.health->interval == 10s; }},
            arrives{"health: { timeout: 1s }", [](upstream const& u) { return u.health->timeout == 1s; }},
            arrives{"health: { healthy_after: 1 }", [](upstream const& u) { return u.health->healthy_after == 1; }},
            arrives{"health: { status: [200-299, 401] }",
                    [](upstream const& u) {
                        return u.health->status ==
                               std::vector{yett::upstream::status_range{200, 299}, yett::upstream::status_range{401, 401}};
                    }},
            arrives{"health: { status: 204 }", [](upstream const& u) { return u.health->status.size() == 1; }},
            arrives{"health: { path: \"/up?deep=1\" }", [](upstream const& u) { return u.health->path == "/up?deep=1"; }},
            arrives{"health: { unhealthy_after: 9 }", [](upstream const& u) { return u.health->unhealthy_after == 9; }},
            arrives{"ejection: {}", [](upstream const& u) { return u.ejection && u.ejection->failures == 5; }},
            arrives{"ejection: { failures: 2 }", [](upstream const& u) { return u.ejection->failures == 2; }},
            arrives{"ejection: { for: 1m }", [](upstream const& u) { return u.ejection->duration == 1min; }},
            arrives{"ejection: {}",
                    [](upstream const& u) {
                        return u.ejection->most == share{50, true};
                    }},
            arrives{"ejection: { most: 1 }",
                    [](upstream const& u) {
                        return u.ejection->most == share{1, false};
                    }},
            arrives{"slow_start: 30s\nhealth: {}", [](upstream const& u) { return u.slow_start == 30s; }},
            arrives{"retries: 0", [](upstream const& u) { return u.slow_start == 0s; }},
        });
    check_arrivals<upstream>(
        upstream_keys(), "servers: https://a:1\n",
        {
            arrives{"tls: { ca_file: ca.pem }", [](upstream const& u) { return u.tls->ca_file == "ca.pem"; }},
            arrives{"tls: { server_name: app.internal }", [](upstream const& u) { return u.tls->server_name == "app.internal"; }},
            arrives{"tls: { certificate_file: c.pem, key_file: k.pem }",
                    [](upstream const& u) { return u.tls->certificate_file == "c.pem" && u.tls->key_file == "k.pem"; }},
            arrives{"tls: { insecure_skip_verify: true }", [](upstream const& u) { return u.tls->insecure_skip_verify; }},
            arrives{"tls: {}", [](upstream const& u) { return !u.tls->insecure_skip_verify; }},
            arrives{"tls: {}", [](upstream const& u) { return u.tls->protocols == std::vector{protocol::http_1_1}; }},
            arrives{"tls: { protocols: [h2, http/1.1] }",
                    [](upstream const& u) {
                        return u.tls->protocols == std::vector{protocol::h2, protocol::http_1_1};
                    }},
            arrives{"tls: null", [](upstream const& u) { return !u.tls; }},
        });
}

TEST_CASE("upstream keys: their bounds")
{
    check_bounds(upstream_keys(), base,
                 {
                     {"connections: $", "1", "0", "65536", "65537", "1 to 65536"},
                     {"pending: $", "0", nullptr, "1000000", "1000001", "0 to 1000000"},
                     {"connect_timeout: $", "10ms", "9ms", "5m", "301s", "10ms to 5m"},
                     {"reply_timeout: $", "10ms", "9ms", "24h", "25h", "10ms to 1d"},
                     {"idle_timeout: $", "1s", "999ms", "24h", "25h", "1s to 1d"},
                     {"reply_header_bytes: $", "1KiB", "1023B", "1MiB", "2MiB", "1KiB to 1MiB"},
                     {"reply_header_fields: $", "10", "9", "2000", "2001", "10 to 2000"},
                     {"http2: { streams: $ }", "1", "0", "10000", "10001", "1 to 10000"},
                     {"http2: { ping_interval: $ }", "0s", nullptr, "1h", "61m", "0s to 1h"},
                     {"http2: { ping_timeout: $ }", "100ms", "99ms", "5m", "301s", "100ms to 5m"},
                     {"retries: $", "0", nullptr, "10", "11", "0 to 10"},
                     {"retry_budget: { share: $ }", "0%", nullptr, "100%", nullptr, "0% to 100%"},
                     {"requests: { most: $ }", "1", "0", "1000000", "1000001", "1 to 1000000"},
                     {"requests: { queue: $ }", "0", nullptr, "1000000", "1000001", "0 to 1000000"},
                     {"requests: { wait: $ }", "10ms", "9ms", "5m", "301s", "10ms to 5m"},
                     {"requests: { adaptive: { least: $ }, most: 65536 }", "1", "0", "65536", "65537", "1 to 65536"},
                     {"requests: { adaptive: { tolerance: $ } }", "5%", "4%", "100%", nullptr, "5% to 100%"},
                     {"requests: { adaptive: { interval: $ } }", "5s", "4999ms", "1h", "61m", "5s to 1h"},
                     {"health: { timeout: 10ms, interval: $ }", "1s", "999ms", "1h", "61m", "1s to 1h"},
                     {"health: { interval: 1h, timeout: $ }", "10ms", "9ms", "5m", "301s", "10ms to 5m"},
                     {"health: { healthy_after: $ }", "1", "0", "100", "101", "1 to 100"},
                     {"health: { unhealthy_after: $ }", "1", "0", "100", "101", "1 to 100"},
                     {"ejection: { failures: $ }", "1", "0", "1000", "1001", "1 to 1000"},
                     {"ejection: { for: $ }", "1s", "999ms", "1h", "61m", "1s to 1h"},
                     {"slow_start: $\nhealth: {}", "0s", nullptr, "1h", "61m", "0s to 1h"},
                 });
}

TEST_CASE("upstream keys: what does not go together")
{
    check_refusals(
        upstream_keys(), base,
        {
            {"balance: random", "balance: \"random\" is unknown; allowed: round_robin, least_requests, consistent_hash\n"},
            {"host: { send: pass, as: a.example }", "host.as: stands beside send: pass; one of the two is meant\n"},
            {"host: { send: server, as: a.example }", ""},
            {"host: { send: client }", "host.send: \"client\" is unknown; allowed: pass, server\n"},
            {"health: { interval: 1s, timeout: 2s }", "health.timeout: is longer than the interval\n"},
            {"health: { interval: 2s, timeout: 2s }", ""},
            {"health: { path: up }",
             "health.path: \"up\" is not a path; visible ASCII behind a slash is allowed, with a query if there is one, as in "
             "/healthz\n"},
            {"health: { status: 2xx }",
             "health.status: \"2xx\" is no code of a reply; allowed are 100 to 599, alone or two with a "
             "dash, as in 200-299\n"},
            {"health: { status: [] }", "health.status: is an empty list; at least one entry is wanted\n"},
            {"slow_start: 5s", "slow_start: has no effect without health or ejection: no server is ever away\n"},
            {"slow_start: 5s\nejection: {}", ""},
            {"tls: {}", "tls: is for https servers, and there is none\n"},
            {"retry_budget: { share: 101% }", "retry_budget.share: \"101%\" is not a percentage; 0% to 100% is allowed\n"},
            {"retry_budget: { share: 20 }", "retry_budget.share: \"20\" is not a percentage; 0% to 100% is allowed\n"},
            {"retry_budget: { least: 3 }",
             "retry_budget.least: \"3\" is not a rate; an amount, a slash and a period are allowed, as in 100/s or 5/15m\n"},
            {"requests: { most: 4, adaptive: { least: 5 } }", "requests.adaptive: has a least that is more than most\n"},
            {"requests: { most: 4, adaptive: { least: 4 } }", ""},
            {"requests: { most: 4, adaptive: {} }", "requests.adaptive: has a least that is more than most\n"},
            {"requests: { per_client: 0 }",
             "requests.per_client: \"0\" is not a share; a number from 1 on or a percentage from 1% to 100% is allowed\n"},
            {"requests: { queues: 4 }", "requests.queues: is unknown; did you mean queue?\n"},
            {"proxy_protocol: v3", "proxy_protocol: \"v3\" is unknown; allowed: off, v1, v2\n"},
            {"retrys: 1", "retrys: is unknown; did you mean retries?\n"},
        });
    check_refusals(
        upstream_keys(), "servers: [http://a:1, https://b:1]\n",
        {
            {"tls: {}", ""},
            {"tls: { certificate_file: c.pem }", "tls: certificate_file and key_file belong together; one is missing\n"},
            {"tls: { insecure_skip_verify: false, ca_file: ca.pem }", ""},
            {"tls: { insecure_skip_verify: true, ca_file: ca.pem }",
             "tls.insecure_skip_verify: leaves ca_file without effect; one of the two is meant\n"},
            {"tls: { key_file: k.pem }", "tls: certificate_file and key_file belong together; one is missing\n"},
            {"tls: { protocols: [] }", "tls.protocols: is an empty list; at least one entry is wanted\n"},
            {"tls: { protocols: [h2] }\nproxy_protocol: v2",
             "proxy_protocol: makes each connection one client's, and those of HTTP/2 (h2c, or h2 in tls.protocols) are "
             "everybody's\n"},
            {"tls: { protocols: [http/1.1] }\nproxy_protocol: v2", ""},
        });
    check_refusals(upstream_keys(), "servers: h2c://a:1\n",
                   {
                       {"proxy_protocol: off", ""},
                       {"proxy_protocol: v1",
                        "proxy_protocol: makes each connection one client's, and those of HTTP/2 (h2c, or h2 in tls.protocols) "
                        "are everybody's\n"},
                   });
    check_refusals(
        upstream_keys(), "",
        {
            {"retries: 1", "servers: is missing and has no default\n"},
            {"servers: []", "servers: is an empty list; at least one entry is wanted\n"},
            {"servers: [{ weight: 2 }]", "servers[0].url: is missing and has no default\n"},
            {"servers: [{ url: http://a, weight: 0 }]", "servers[0].weight: \"0\" is out of range; 1 to 1000 is allowed\n"},
            {"servers: [{ url: a }]",
             "servers[0].url: \"a\" is not the URL of a server; allowed: http://HOST:PORT, https://HOST:PORT, "
             "h2c://HOST:PORT, unix:/PATH\n"},
            {"servers: [http://a, http://b, { url: \"http://a:80\", weight: 2 }]",
             "servers[2]: is listed already; a weight gives a server more requests\n"},
            {"servers: { url: http://a }", "servers: a mapping stands where a list is wanted\n"},
        });
}

TEST_CASE("upstream keys: a share of connections is at least one")
{
    struct
    {
        share part;
        std::uint64_t whole;
        std::uint64_t comes_to;
    } const rows[] = {
        {{25, true}, 256, 64}, {{25, true}, 3, 1}, {{1, true}, 50, 1}, {{100, true}, 8, 8},
        {{50, true}, 7, 3},    {{5, false}, 8, 5}, {{1, false}, 1, 1},
    };
    for (auto const& row : rows) {
        CAPTURE(row.part.amount);
        CAPTURE(row.whole);
        CHECK(row.part.of(row.whole) == row.comes_to);
    }
}

} // namespace yett::config
