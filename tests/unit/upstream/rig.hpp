#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/forwarder.hpp"
#include "policies/compile.hpp"
#include "policies/decide.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/print.hpp"
#include "tests/support/scripted_upstream.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace yett::tests {

using namespace std::chrono_literals;
using line = scripted_upstream::line;
using script = scripted_upstream::script;

inline identity_ptr somebody()
{
    auto who = std::make_shared<identity>();
    who->subject = "u-1";
    who->email = "ada@example.com";
    who->roles = {"admin", "staff"};
    who->scopes = {"read", "write"};
    who->session = "s-1";
    who->issuer = "https://auth.example.com";
    who->token_id = "t-1";
    who->issued_at = from_unix(1'700'000'100);
    who->authenticated_at = from_unix(1'700'000'000);
    who->expires_at = from_unix(1'700'001'000);
    return who;
}

inline policies::permit permit_for(identity_ptr who)
{
    static auto const table = [] {
        policies::route_spec open;
        open.name = "open";
        open.match.path = "/**";
        open.access.is = policies::access_spec::kind::optional;
        open.target = "app";
        return std::move(*policies::compile({open}).table);
    }();
    policies::question const asked{"GET", "example.com", "/"};
    return *policies::decide(*table.find(asked), who, asked, from_unix(1'700'000'200));
}

// One exchange that is being forwarded, and what came of it.
struct running
{
    explicit running(std::string_view head, http::peer from = fake_exchange::local_peer()) : exchange{head, std::move(from)} {}

    fake_exchange exchange;
    ip_address client{}; // whose share it takes
    upstream::observation seen;
    std::optional<result<void>> outcome;
    std::optional<upstream::forward_context> context;
};

// A forwarder on an event loop of its own, with a clock that the test moves.
struct rig
{
    explicit rig(std::vector<script> scripts, upstream::forward_options wanted = {},
                 upstream::server_scheme over = scripted_upstream::scheme_under_test())
        : app{std::make_unique<scripted_upstream>(io.get_executor(), std::move(scripts), over)},
          options{std::move(wanted)}
    {
        if (options.servers.empty()) options.servers.emplace_back();
        options.servers.front().address = app->address();
        forwarder = std::make_unique<upstream::forwarder>(options, around());
    }
    // Goes on with servers as they are in the options now.
    void begin_anew() { forwarder = std::make_unique<upstream::forwarder>(options, around()); }
    upstream::dependencies around() { return {io.get_executor(), wheel, figures}; }
    ~rig()
    {
        forwarder.reset();
        app.reset();
        io.restart();
        io.poll();
    }

    // The rig keeps them all, so that a test that fails leaves nothing dangling.
    running* prepare(std::string_view head) { return all.emplace_back(std::make_unique<running>(head)).get(); }
    // On a client's connection of that number.
    running* prepare_on(std::uint64_t connection, std::string_view head)
    {
        auto from = fake_exchange::local_peer();
        from.connection = connection;
        return all.emplace_back(std::make_unique<running>(head, std::move(from))).get();
    }
    running* ask_on(std::uint64_t connection, std::string_view head)
    {
        auto* const r = prepare_on(connection, head);
        begin(*r);
        finish(*r);
        return r;
    }
    running* start(std::string_view head)
    {
        auto* const r = prepare(head);
        begin(*r);
        return r;
    }
    void begin(running& r)
    {
        r.context.emplace(upstream::forward_context{
            plan, {.address = "192.0.2.7", .trusted = behind_proxy, .https = true}, "req-1", {}, {}, r.seen});
        r.context->counted_as = r.client;
        auto keep = [&r](std::exception_ptr thrown, result<void> outcome) {
            if (thrown) std::rethrow_exception(thrown);
            r.outcome = std::move(outcome);
        };
        boost::asio::co_spawn(io, forwarder->forward(permit, r.exchange, *r.context), keep);
    }

    // Runs the loop until something holds. False when nothing more happens.
    template<class Condition>
    bool until(Condition condition)
    {
        auto const give_up = steady_now() + 20s;
        while (!condition()) {
            io.restart();
            if (io.run_one_for(50ms) == 0 && steady_now() > give_up) return false;
        }
        return true;
    }
    void finish(running& r)
    {
        REQUIRE(until([&] { return r.outcome.has_value(); }));
    }
    running* start_from(std::string_view address, std::string_view head)
    {
        auto* const r = prepare(head);
        r->client = *parse_ip(address);
        begin(*r);
        return r;
    }
    running* ask(std::string_view head)
    {
        auto* const r = start(head);
        finish(*r);
        return r;
    }
    // Lets everything happen that can happen now.
    void settle()
    {
        for (int quiet = 0; quiet < 3;) {
            io.restart();
            quiet = io.run_for(2ms) == 0 ? quiet + 1 : 0;
        }
    }
    void pass(milliseconds time)
    {
        settle();
        for (milliseconds done{}; done <= time + 2 * deadlines::step; done += deadlines::step) {
            now += deadlines::step;
            wheel.tick(now);
        }
        settle();
    }

    std::vector<std::unique_ptr<running>> all;
    boost::asio::io_context io{1};
    steady_time now{1000s};
    deadlines wheel{now};
    telemetry::upstream_figures figures;
    upstream::header_plan plan = *upstream::header_plan::from({});
    bool behind_proxy = false; // the peers are trusted proxies
    policies::permit permit = permit_for(somebody());
    std::unique_ptr<scripted_upstream> app;
    upstream::forward_options options;
    std::unique_ptr<upstream::forwarder> forwarder;
};

inline constexpr std::string_view get = "GET /a?b=c HTTP/1.1\r\nHost: example.com\r\n\r\n";
inline constexpr std::string_view post = "POST /a HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\n\r\n";
inline constexpr std::string_view post_chunked = "POST /a HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n";

} // namespace yett::tests
