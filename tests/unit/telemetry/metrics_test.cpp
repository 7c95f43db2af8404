#include "gateway/telemetry/metrics.hpp"

#include <doctest/doctest.h>

#include <set>
#include <sstream>
#include <thread>

namespace yett::telemetry {
namespace {

using namespace std::chrono_literals;

build_facts facts()
{
    return {"1.2.3", "abc", "g++"};
}

// The value of the sample spelled exactly so, or -1.
double sample(std::string const& text, std::string const& series)
{
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(series + " ")) return std::stod(line.substr(series.size() + 1));
    }
    return -1;
}

std::size_t count_series(std::string const& text)
{
    std::istringstream lines{text};
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line);) count += !line.empty() && line.front() != '#';
    return count;
}

TEST_CASE("metrics: the shards of all threads are added up")
{
    metrics m{2, facts()};
    auto const route = m.route("admin");
    m.shard(0).routes[route].requests[status_class::success].add(3);
    m.shard(1).routes[route].requests[status_class::success].add(4);
    m.control().routes[route].requests[status_class::client_error].add();
    m.shard(0).auth_ok.add();
    m.shard(1).auth_failed[errc::token_expired].add(2);
    m.shard(1).tls_handshakes[tls_version::tls13][handshake::resumed].add(5);
    m.shard(0).accounts[account_operation::login][account_outcome::refused].add(6);
    m.shard(0).token_cache.bytes.set(1000);
    m.shard(1).token_cache.bytes.set(24);

    auto const text = m.exposition();
    CHECK(sample(text, R"(yett_requests_total{route="admin",status="2xx"})") == 7);
    CHECK(sample(text, R"(yett_requests_total{route="admin",status="4xx"})") == 1);
    CHECK(sample(text, R"(yett_requests_total{route="none",status="2xx"})") == 0);
    CHECK(sample(text, R"(yett_auth_results_total{reason="ok"})") == 1);
    CHECK(sample(text, R"(yett_auth_results_total{reason="token_expired"})") == 2);
    CHECK(sample(text, R"(yett_auth_results_total{reason="token_untrusted"})") == 0);
    CHECK(sample(text, R"(yett_tls_handshakes_total{version="1.3",result="resumed"})") == 5);
    CHECK(sample(text, R"(yett_accounts_total{operation="login",result="refused"})") == 6);
    CHECK(sample(text, R"(yett_refreshes_total{result="replayed"})") == 0);
    CHECK(sample(text, "yett_token_cache_bytes") == 1024);
    CHECK(sample(text, R"(yett_build_info{version="1.2.3",revision="abc",compiler="g++"})") == 1);
}

TEST_CASE("metrics: a histogram counts what took at most as long as its bound")
{
    metrics m{1, facts()};
    auto& took = m.shard(0).routes[metrics::no_route].duration;
    took.observe(500us);
    took.observe(501us);
    took.observe(10s);
    took.observe(11s);
    took.observe(-1s);

    auto const text = m.exposition();
    CHECK(sample(text, R"(yett_request_duration_seconds_bucket{route="none",le="0.0005"})") == 2);
    CHECK(sample(text, R"(yett_request_duration_seconds_bucket{route="none",le="0.001"})") == 3);
    CHECK(sample(text, R"(yett_request_duration_seconds_bucket{route="none",le="10"})") == 4);
    CHECK(sample(text, R"(yett_request_duration_seconds_bucket{route="none",le="+Inf"})") == 5);
    CHECK(sample(text, R"(yett_request_duration_seconds_count{route="none"})") == 5);
    CHECK(sample(text, R"(yett_request_duration_seconds_sum{route="none"})") == doctest::Approx(21.001001));
}

TEST_CASE("metrics: the same name has the same slot, after a reload too")
{
    metrics m{1, facts()};
    CHECK(m.route("a") == 1);
    CHECK(m.route("b") == 2);
    CHECK(m.route("a") == 1);
    CHECK(m.upstream("a") == 0);
    CHECK(m.limit("login") == 0);
    CHECK(m.listener("127.0.0.1:1") == 0);
}

TEST_CASE("metrics: names beyond the capacity share one slot that says so")
{
    metrics m{1, facts()};
    for (int i = 0; i < 100; ++i) {
        auto const slot = m.route("route-" + std::to_string(i));
        REQUIRE(slot < shard::routes_max);
        m.shard(0).routes[slot].requests[status_class::success].add();
    }
    auto const text = m.exposition();
    CHECK(sample(text, R"(yett_requests_total{route="route-29",status="2xx"})") == 1);
    CHECK(sample(text, R"(yett_requests_total{route="route-30",status="2xx"})") == -1);
    CHECK(sample(text, R"(yett_requests_total{route="other",status="2xx"})") == 70);
}

TEST_CASE("metrics: 2,000 series are never exceeded, whatever is configured and sent")
{
    metrics m{2, facts()};
    for (int i = 0; i < 200; ++i) {
        auto const name = "name-" + std::to_string(i);
        m.route(name);
        m.upstream(name);
        m.limit(name);
        m.listener(name);
    }
    for (std::size_t code = 0; code < by_code::capacity; ++code) {
        m.shard(0).auth_failed[static_cast<errc>(code)].add();
        m.shard(0).framing_refusals[static_cast<errc>(code)].add();
    }
    m.on_scrape([](observations& seen) {
        for (int i = 0; i < 500; ++i) seen.certificates_expire.emplace_back("leaf-" + std::to_string(i), wall_time{});
        for (int i = 0; i < 500; ++i) seen.trust.ocsp.push_back({"leaf-" + std::to_string(i), true, wall_time{}});
        for (auto const* stream : {"unwritten", "access", "audit", "program"}) seen.log_dropped.emplace_back(stream, 1);
        for (auto const* kind : {"a", "b", "c", "d", "e", "f", "g", "h"}) seen.mails.push_back({kind, 1, 1, 1});
        for (int i = 0; i < 100; ++i) {
            issuer_figures one;
            one.issuer = "issuer-" + std::to_string(i);
            one.age_seconds = 1;
            for (auto const* how : {"ok", "1", "2", "3", "4", "5", "6", "7", "8", "9"}) one.fetches.emplace_back(how, 1);
            seen.issuers.push_back(std::move(one));
        }
        for (auto const* reason : {"1", "2", "3", "4", "5", "6", "7"}) seen.mail_setbacks.emplace_back(reason, 1);
        for (int i = 0; i < 500; ++i) seen.upstream_servers.push_back({"app", "10.0.0." + std::to_string(i) + ":80"});
    });
    auto const count = count_series(m.exposition());
    CHECK(count > 1000);
    CHECK(count <= 2000);
}

TEST_CASE("metrics: every family has help, a type, the prefix and a unit where it needs one")
{
    metrics m{1, facts()};
    m.upstream("app");
    m.limit("login");
    m.listener("127.0.0.1:1");
    std::istringstream lines{m.exposition()};
    std::string helped;
    std::size_t families = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("# HELP ")) {
            helped = line.substr(7, line.find(' ', 7) - 7);
            CHECK(line.size() > 7 + helped.size() + 5);
        }
        if (!line.starts_with("# TYPE ")) continue;
        ++families;
        auto const name = line.substr(7, line.find(' ', 7) - 7);
        auto const type = line.substr(line.rfind(' ') + 1);
        CAPTURE(name);
        CHECK(name == helped);
        CHECK((name.starts_with("yett_") || name.starts_with("process_")));
        CHECK(name.ends_with("_total") == (type == "counter"));
        if (type == "histogram") CHECK(name.ends_with("_seconds"));
    }
    CHECK(families > 35);
}

TEST_CASE("metrics: what others own is asked for at each scrape")
{
    metrics m{1, facts()};
    std::uint64_t waiting = 7;
    m.on_scrape([&](observations& seen) {
        seen.password_hash_waiting = waiting;
        seen.log_dropped.emplace_back("access", 12);
        seen.certificates_expire.emplace_back("leaf.crt", from_unix(1900000000));
        seen.crls_expire.emplace_back("clients.crl", from_unix(1850000000));
        seen.trust.certificates_read = waiting == 7;
        if (waiting == 8) seen.trust.insecure_upstreams.emplace_back("app");
        seen.trust.ocsp = {{"sent.der", true, from_unix(1900000000)}, {"for-ever.der", true, {}}, {"unfit.der", false, {}}};
    });
    m.reloaded(true, from_unix(1800000000));
    auto text = m.exposition();
    CHECK(sample(text, "yett_password_hash_queue_depth") == 7);
    CHECK(sample(text, R"(yett_log_dropped_total{stream="access"})") == 12);
    CHECK(sample(text, R"(yett_tls_certificate_expiry_timestamp_seconds{file="leaf.crt"})") == 1900000000);
    CHECK(sample(text, R"(yett_tls_client_crl_expiry_timestamp_seconds{file="clients.crl"})") == 1850000000);
    CHECK(sample(text, R"(yett_tls_ocsp_stapled{file="sent.der"})") == 1);
    CHECK(sample(text, R"(yett_tls_ocsp_stapled{file="for-ever.der"})") == 1);
    CHECK(sample(text, R"(yett_tls_ocsp_stapled{file="unfit.der"})") == 0);
    CHECK(sample(text, R"(yett_tls_ocsp_response_expiry_timestamp_seconds{file="sent.der"})") == 1900000000);
    CHECK(text.find(R"(yett_tls_ocsp_response_expiry_timestamp_seconds{file="unfit.der"})") == text.npos);
    CHECK(text.find(R"(yett_tls_ocsp_response_expiry_timestamp_seconds{file="for-ever.der"})") == text.npos);
    CHECK(sample(text, "yett_config_last_reload_successful") == 1);
    CHECK(sample(text, "yett_tls_certificates_last_read_successful") == 1);
    CHECK(text.find("yett_upstream_insecure") == text.npos);

    waiting = 8;
    m.reloaded(false, from_unix(1800000100));
    text = m.exposition();
    CHECK(sample(text, "yett_password_hash_queue_depth") == 8);
    CHECK(sample(text, "yett_config_last_reload_successful") == 0);
    CHECK(sample(text, "yett_tls_certificates_last_read_successful") == 0);
    CHECK(sample(text, R"(yett_upstream_insecure{upstream="app"})") == 1);
    CHECK(sample(text, "yett_config_last_reload_success_timestamp_seconds") == 1800000000);
}

TEST_CASE("metrics: servers of applications are shown by name, with what was heard of them")
{
    metrics m{1, facts()};
    m.on_scrape([](observations& seen) {
        seen.upstream_servers.push_back({"app", "10.0.0.1:80", false, 3, 5, 7, 2, 1, 11, 4});
        seen.upstream_servers.push_back({"app", "10.0.0.2:80"});
    });
    auto const text = m.exposition();
    CHECK(sample(text, R"(yett_upstream_server_up{upstream="app",server="10.0.0.1:80"})") == 0);
    CHECK(sample(text, R"(yett_upstream_server_up{upstream="app",server="10.0.0.2:80"})") == 1);
    CHECK(sample(text, R"(yett_upstream_server_in_flight{upstream="app",server="10.0.0.1:80"})") == 3);
    CHECK(sample(text, R"(yett_upstream_server_requests_total{upstream="app",server="10.0.0.1:80",result="good"})") == 5);
    CHECK(sample(text, R"(yett_upstream_server_requests_total{upstream="app",server="10.0.0.1:80",result="bad"})") == 7);
    CHECK(sample(text, R"(yett_upstream_server_last_resort_total{upstream="app",server="10.0.0.1:80"})") == 2);
    CHECK(sample(text, R"(yett_upstream_server_ejections_total{upstream="app",server="10.0.0.1:80"})") == 1);
    CHECK(sample(text, R"(yett_upstream_server_checks_total{upstream="app",server="10.0.0.1:80",result="good"})") == 11);
    CHECK(sample(text, R"(yett_upstream_server_checks_total{upstream="app",server="10.0.0.1:80",result="bad"})") == 4);
}

TEST_CASE("metrics: no series is there twice, however often somebody reports it")
{
    metrics m{1, facts()};
    for (int i = 0; i < 2; ++i) {
        m.on_scrape([](observations& seen) {
            seen.log_dropped.emplace_back("unwritten", 3);
            seen.certificates_expire.emplace_back("leaf.crt", from_unix(1900000000));
        });
    }
    auto const text = m.exposition();
    CHECK(sample(text, R"(yett_log_dropped_total{stream="unwritten"})") == 6);
    std::istringstream lines{text};
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('#')) CHECK(seen.insert(line.substr(0, line.rfind(' '))).second);
    }
}

TEST_CASE("metrics: the process tells its memory, descriptors and start")
{
    metrics m{1, facts()};
    auto const text = m.exposition();
    CHECK(sample(text, "process_resident_memory_bytes") > 1e6);
    CHECK(sample(text, "process_virtual_memory_bytes") > sample(text, "process_resident_memory_bytes"));
    CHECK(sample(text, "process_open_fds") >= 3);
    CHECK(sample(text, "process_max_fds") >= 3);
    CHECK(sample(text, "process_cpu_seconds_total") >= 0);
    CHECK(sample(text, "process_start_time_seconds") > 1.6e9);
}

TEST_CASE("metrics: a status has the class of its first digit")
{
    CHECK(class_of(0) == status_class::none);
    CHECK(class_of(101) == status_class::informational);
    CHECK(class_of(204) == status_class::success);
    CHECK(class_of(304) == status_class::redirect);
    CHECK(class_of(499) == status_class::client_error);
    CHECK(class_of(599) == status_class::server_error);
    CHECK(class_of(600) == status_class::none);
    CHECK(class_of(99) == status_class::none);
}

TEST_CASE("metrics: a scrape may run while the workers count")
{
    constexpr std::uint64_t rounds = 20000;
    metrics m{2, facts()};
    auto const route = m.route("a");
    auto const work = [&](std::size_t worker) {
        auto& mine = m.shard(worker).routes[route];
        for (std::uint64_t i = 0; i < rounds; ++i) {
            mine.requests[status_class::success].add();
            mine.duration.observe(1ms);
        }
    };
    {
        std::jthread const first{work, 0};
        std::jthread const second{work, 1};
        double last = 0;
        for (int i = 0; i < 20; ++i) {
            auto const seen = sample(m.exposition(), R"(yett_requests_total{route="a",status="2xx"})");
            CHECK(seen >= last);
            last = seen;
        }
    }
    CHECK(sample(m.exposition(), R"(yett_requests_total{route="a",status="2xx"})") == 2 * rounds);
}

} // namespace

TEST_CASE("metrics: mails are told by kind, and the failures by reason")
{
    metrics m{1, {"0", "r", "c"}};
    m.on_scrape([](observations& seen) {
        seen.mails.push_back({"new_device", 3, 20, 1});
        seen.mail_setbacks.emplace_back("insecure", 7);
        seen.mail_oldest_seconds = 12.5;
    });
    auto const text = m.exposition();
    CHECK(sample(text, "yett_mail_queue_depth{kind=\"new_device\"}") == 3);
    CHECK(sample(text, "yett_mail_sent_total{kind=\"new_device\"}") == 20);
    CHECK(sample(text, "yett_mail_failed_total{kind=\"new_device\"}") == 1);
    CHECK(sample(text, "yett_mail_attempts_failed_total{reason=\"insecure\"}") == 7);
    CHECK(sample(text, "yett_mail_oldest_age_seconds") == 12.5);
}

} // namespace yett::telemetry
