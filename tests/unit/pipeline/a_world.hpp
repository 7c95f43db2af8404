#pragma once

#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "tests/unit/limits/limits.hpp"
#include "tests/unit/pipeline/way_of.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the stages of the pipeline need of a world: rules with their facts, limits and figures, and no
// application behind it.
namespace yett::tests {

inline policies::route_spec limited(policies::route_spec spec, std::vector<std::string> limits)
{
    spec.limits = std::move(limits);
    return spec;
}

// A rule for an endpoint of ours.
inline policies::route_spec endpoint(std::string target,
                                     policies::access_spec::kind access = policies::access_spec::kind::public_)
{
    auto spec = rule(target, "/auth/" + target);
    spec.to = policies::destination::accounts;
    spec.target = std::move(target);
    spec.access.is = access;
    return spec;
}

class a_world
{
public:
    explicit a_world(std::vector<policies::route_spec> rules, std::vector<limits::limit_spec> limits = {})
    {
        auto const counting = std::make_shared<limits::memory_counters>(limits::options_of(8u << 20));
        auto limiter = std::make_shared<limits::limiter const>(counting, limits);
        auto made = std::make_shared<pipeline::snapshot>(
            pipeline::snapshot{table_of(std::move(rules)), {}, std::move(limiter), {}, *upstream::header_plan::from({}), {}});
        made->verifications =
            std::make_shared<limits::verification_budget>(counting, made->limiter->named(limits::for_verifications)->spec(), 7);
        made->own_limit_slot = metrics.limit(pipeline::own_limit_name);
        for (auto const& each : limits) made->limit_slots[made->limiter->named(each.name)] = metrics.limit(each.name);
        for (auto const& route : made->routes.routes()) {
            auto& facts = made->facts.emplace_back();
            facts.limits = *made->limiter->resolve(route.limits());
            facts.slot = metrics.route(route.name());
            if (route.to() == policies::destination::accounts) facts.endpoint = pipeline::endpoint_named(route.target());
        }
        world = made.get();
        auto whole = std::make_shared<pipeline::worker_snapshot>();
        whole->renderer = std::make_unique<pages::page_renderer>(made->pages.branding);
        whole->shared = std::move(made);
        snapshot = std::move(whole);
    }

    // A request that found the rule of that name; it comes from the address of a fake_exchange.
    pipeline::request_context at(std::string_view name) const
    {
        pipeline::request_context context;
        context.snapshot = snapshot;
        context.asked.now = wall_now();
        context.asked.request_id = "an id";
        context.asked.from.address = *parse_ip("192.0.2.7");
        context.asked.from.text = "192.0.2.7";
        for (auto const& route : world->routes.routes())
            if (route.name() == name) context.found.route = &route;
        REQUIRE(context.found.route != nullptr);
        return context;
    }
    // For a test to change before it asks.
    pipeline::route_facts& facts(std::string_view name) { return world->facts[at(name).found.route->index()]; }
    // Counted under the limit of that name.
    telemetry::limit_figures const& counted(std::string const& limit) { return figures.limits[metrics.limit(limit)]; }

    telemetry::metrics metrics{1, {}};
    telemetry::shard& figures = metrics.shard(0);
    pipeline::snapshot* world = nullptr;
    std::shared_ptr<pipeline::worker_snapshot const> snapshot;
};

// Somebody with a session.
inline std::shared_ptr<identity> somebody(std::string subject, std::string session = "s1")
{
    auto who = std::make_shared<identity>();
    who->subject = std::move(subject);
    who->session = std::move(session);
    return who;
}

} // namespace yett::tests
