#pragma once

#include "policies/compile.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace yett::policies {

inline route_spec a_rule(std::string path, access_spec access = {}, std::vector<std::string> methods = {})
{
    route_spec spec;
    spec.name = path;
    spec.match.path = std::move(path);
    spec.match.methods = std::move(methods);
    spec.access = std::move(access);
    spec.target = "app";
    return spec;
}

inline route_spec a_rule_for(std::string host, std::string path)
{
    auto spec = a_rule(std::move(path));
    spec.name = host + spec.name;
    spec.match.host = std::move(host);
    return spec;
}

inline access_spec access_of(access_spec::kind is, std::vector<std::string> values = {})
{
    access_spec spec;
    spec.is = is;
    spec.values = std::move(values);
    return spec;
}

inline access_spec access_of(access_spec::kind is, std::vector<access_spec> parts)
{
    access_spec spec;
    spec.is = is;
    spec.parts = std::move(parts);
    return spec;
}

inline access_spec networks_of(std::vector<std::string> const& blocks)
{
    access_spec spec;
    spec.is = access_spec::kind::networks;
    for (auto const& each : blocks) spec.networks.push_back(*parse_ip_prefix(each));
    return spec;
}

inline access_spec recent(access_spec spec, std::chrono::seconds length)
{
    spec.recent_login = length;
    return spec;
}

// Who asks from where, for whatever.
inline question from(std::string_view address)
{
    return {"GET", "h", "/a", false, *parse_ip(address)};
}

// The table of rules that must be good.
inline route_table table_of(std::vector<route_spec> specs)
{
    auto made = compile(std::move(specs));
    for (auto const& each : made.complaints) INFO(each.path, ": ", each.text);
    REQUIRE(made.table);
    return std::move(*made.table);
}

} // namespace yett::policies
