#include "gateway/pipeline/request/worker_snapshot.hpp"

#include "gateway/upstream/forwarder.hpp"
#include "tests/unit/pipeline/a_world.hpp"

#include <boost/asio/io_context.hpp>

#include <stdexcept>

using namespace yett;
using namespace yett::tests;

namespace {

policies::route_spec rule_for(std::string name, std::string upstream)
{
    auto spec = rule(name, "/" + name);
    spec.target = std::move(upstream);
    return spec;
}

} // namespace

TEST_CASE("worker snapshot: the forwarder of each rule by the rule's own index, and none for our endpoints")
{
    boost::asio::io_context io{1};
    base::deadlines times{steady_time{}};
    telemetry::upstream_figures figures;
    pipeline::forwarders_by_name ways;
    for (auto const* const name : {"shop", "blog"}) {
        upstream::forward_options to;
        to.servers.push_back({{"127.0.0.1", 8080, "127.0.0.1:8080"}, {}});
        upstream::dependencies const around{io.get_executor(), times, figures};
        ways[name] = std::make_unique<upstream::forwarder>(std::move(to), around);
    }
    a_world const world{{rule_for("b", "blog"), endpoint("login"), rule_for("s", "shop"), rule_for("a", "blog")}};
    auto const made = pipeline::make_worker_snapshot(world.snapshot->shared, ways);
    auto const forwarder_of = [&](char const* name) { return made->forwarders.at(world.at(name).found.route->index()); };
    CHECK(forwarder_of("b") == ways["blog"].get());
    CHECK(forwarder_of("login") == nullptr);
    CHECK(forwarder_of("s") == ways["shop"].get());
    CHECK(forwarder_of("a") == ways["blog"].get());
    CHECK(made->shared == world.snapshot->shared);
    REQUIRE(made->renderer != nullptr);
    CHECK(made->renderer.get() != pipeline::make_worker_snapshot(world.snapshot->shared, ways)->renderer.get());

    ways.erase("shop");
    CHECK_THROWS_AS(pipeline::make_worker_snapshot(world.snapshot->shared, ways), std::invalid_argument);
}
