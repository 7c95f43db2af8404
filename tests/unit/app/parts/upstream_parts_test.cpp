#include "gateway/app/parts/translate.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;
using namespace yett::app;
using namespace std::chrono_literals;

namespace {

config::upstream one()
{
    config::upstream u;
    u.servers.push_back({config::upstream_scheme::http, "a", 80});
    return u;
}

} // namespace

TEST_CASE("upstream parts: what is bounded for the program is divided among its workers, and each has at least one")
{
    struct row
    {
        char const* what;
        config::bounded_requests all;
        unsigned workers;
        upstream::in_flight_options part;
    };
    auto const of = [](std::size_t most, config::share each, std::size_t queue) {
        config::bounded_requests all;
        all.most = most;
        all.each_client = each;
        all.queue = queue;
        return all;
    };
    row const rows[] = {
        {"one worker has all", of(100, {50, true}, 40), 1, {100, 50, 40, 1s, {}}},
        {"four have a quarter each, rounded down", of(103, {50, true}, 43), 4, {25, 12, 10, 1s, {}}},
        {"a client's number is divided, too", of(100, {20, false}, 0), 4, {25, 5, 0, 1s, {}}},
        {"fewer than workers", of(2, {1, true}, 1), 8, {1, 1, 1, 1s, {}}},
    };
    for (auto const& each : rows) {
        CAPTURE(each.what);
        auto u = one();
        u.requests = each.all;
        auto const options = forwarding_of(u, each.workers);
        REQUIRE(options.in_flight);
        CHECK(options.in_flight->most == each.part.most);
        CHECK(options.in_flight->per_client == each.part.per_client);
        CHECK(options.in_flight->queue == each.part.queue);
        CHECK(options.in_flight->wait == each.part.wait);
        CHECK_FALSE(options.in_flight->adaptive);
    }
}

TEST_CASE("upstream parts: the least of an adaptive bound and of the retries is divided as well")
{
    auto u = one();
    u.requests.emplace();
    u.requests->adaptive = upstream::adaptive_options{8, 30, 1min};
    u.retry_budget = {10, 3, 1s};
    auto const options = forwarding_of(u, 4);
    CHECK(options.in_flight->adaptive->least == 2);
    CHECK(options.in_flight->adaptive->tolerance == 30);
    CHECK(options.retry_budget.share == 10); // of each worker's own requests
    CHECK(options.retry_budget.least == 3);
    CHECK(options.retry_budget.period == 4s);
}

TEST_CASE("upstream parts: without a bound there is none, and what health asks for is urgent")
{
    auto u = one();
    CHECK_FALSE(forwarding_of(u).in_flight);
    CHECK(forwarding_of(u).urgent_path.empty());
    u.health.emplace().path = "/up";
    CHECK(forwarding_of(u).urgent_path == "/up");
    u.health->path = "/up?full";
    CHECK(forwarding_of(u).urgent_path == "/up");
}

TEST_CASE("upstream parts: whether HTTP/2 is spoken follows from the URL, and with TLS from what is offered")
{
    using config::protocol;
    using upstream::http2_use;
    struct row
    {
        config::upstream_scheme scheme;
        std::vector<protocol> offered;
        http2_use use;
        std::vector<std::string> by_alpn;
    };
    row const rows[] = {
        {config::upstream_scheme::http, {protocol::h2}, http2_use::never, {"h2"}},
        {config::upstream_scheme::unix_socket, {protocol::h2}, http2_use::never, {"h2"}},
        {config::upstream_scheme::h2c, {protocol::http_1_1}, http2_use::always, {"http/1.1"}},
        {config::upstream_scheme::https, {protocol::http_1_1}, http2_use::never, {"http/1.1"}},
        {config::upstream_scheme::https, {protocol::h2}, http2_use::always, {"h2"}},
        {config::upstream_scheme::https, {protocol::h2, protocol::http_1_1}, http2_use::by_agreement, {"h2", "http/1.1"}},
        {config::upstream_scheme::https, {protocol::http_1_1, protocol::h2}, http2_use::by_agreement, {"http/1.1", "h2"}},
    };
    for (auto const& each : rows) {
        config::upstream u;
        u.servers.push_back({each.scheme, "a", 80});
        u.tls.emplace().protocols = each.offered;
        CHECK(forwarding_of(u).servers.front().address.http2 == each.use);
        CHECK(tls_of(u).protocols == each.by_alpn);
    }
    config::upstream usual;
    usual.servers.push_back({config::upstream_scheme::https, "a", 443});
    CHECK(forwarding_of(usual).servers.front().address.http2 == http2_use::never);
    CHECK(tls_of(usual).protocols == std::vector<std::string>{"http/1.1"});
}
