#include "gateway/pipeline/endpoints/auth_routes.hpp"

#include "gateway/pipeline/call/endpoint.hpp"

#include <algorithm>

// Endpoints are let in by rules like everything else, so each row becomes one, below each prefix;
// they stand before an operator's, so none can be forgotten or taken away. What is left below a
// prefix is a rule, too, for any method: nothing of ours ever falls through to the application by a
// typing error.

namespace yett::pipeline {
namespace {

policies::route_spec built_in(std::string name, std::string path, std::string_view method, endpoint const& e)
{
    policies::route_spec spec;
    spec.name = std::move(name);
    spec.match.path = std::move(path);
    if (!method.empty()) spec.match.methods = {std::string{method}};
    else spec.match.every_method = true; // nothing of ours falls through to the application
    spec.access.is = e.allows;
    spec.access.recent_login = e.recent_login;
    spec.to = policies::destination::accounts;
    spec.target = e.name;
    for (auto const each : e.limits)
        if (!each.empty()) spec.limits.emplace_back(each);
    spec.place = "built in";
    return spec;
}

policies::route_spec below(std::string const& prefix, endpoint const& e)
{
    auto path = std::string{prefix}.append(e.path);
    auto name = e.method.empty() ? path : std::string{e.method} + ' ' + path;
    return built_in(std::move(name), std::move(path), e.method, e);
}

endpoint const& for_what_is_left()
{
    return *std::ranges::find_if(endpoints(), &endpoint::takes_what_is_left);
}

void add_well_known(endpoint const& e, std::vector<policies::route_spec>& to)
{
    to.push_back(built_in(std::string{e.name}, std::string{e.path}, e.method, e));
    if (e.is(trait::claims_its_path))
        to.push_back(built_in(std::string{e.name} + ", other methods", std::string{e.path}, {}, for_what_is_left()));
}

} // namespace

std::vector<policies::route_spec> auth_routes(std::vector<std::string> const& prefixes, bool pages)
{
    std::vector<policies::route_spec> routes;
    for (auto const& prefix : prefixes)
        for (auto const& each : endpoints())
            if (!each.is(trait::is_well_known)) routes.push_back(below(prefix, each));
    for (auto const& each : endpoints())
        if (each.is(trait::is_well_known) && (pages || !each.is(trait::is_there_with_pages))) add_well_known(each, routes);
    return routes;
}

} // namespace yett::pipeline
