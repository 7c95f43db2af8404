#pragma once

#include "gateway/pipeline/one_rule.hpp"
#include "gateway/pipeline/request/client_address.hpp"
#include "policies/compile.hpp"
#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

// Rules, and which of them a path gets to.
namespace yett::tests {

inline policies::route_spec rule(std::string name, std::string path)
{
    policies::route_spec spec;
    spec.name = std::move(name);
    spec.match.path = std::move(path);
    spec.access.is = policies::access_spec::kind::public_;
    spec.target = "app";
    return spec;
}

inline policies::route_spec lenient(policies::route_spec spec)
{
    spec.lenient_paths = true;
    return spec;
}

inline policies::route_spec with_encoded_slash(policies::route_spec spec)
{
    spec.encoded_slash_allowed = true;
    return spec;
}

inline policies::route_spec in_any_case(policies::route_spec spec)
{
    spec.match.any_case = true;
    return spec;
}

inline policies::route_spec decoding_once(policies::route_spec spec)
{
    spec.double_encoding_allowed = true;
    return spec;
}

inline policies::route_table table_of(std::vector<policies::route_spec> specs)
{
    auto made = policies::compile(std::move(specs));
    for (auto const& each : made.complaints) INFO(each.path, ": ", each.text);
    REQUIRE(made.table);
    return std::move(*made.table);
}

// The rule whose application gets the path, "no rule", or why it is refused.
inline std::string way_of(policies::route_table const& rules, std::string const& sent, std::string const& method = "GET")
{
    CAPTURE(sent);
    http::parsed const p{http::request(method + " " + sent + " HTTP/1.1")};
    if (!p.h) return "refused by framing";
    auto const where = http::target::from(*p.h);
    if (!where) return "refused: " + where.error().note();
    auto const asked = pipeline::question_about(method, *where, {});
    auto const found = rules.find(asked);
    if (where->doubts().any()) {
        auto const fit = pipeline::require_one_rule(rules, asked, found, *where);
        if (!fit) CHECK(fit.error() == errc::uri_rejected);
        if (!fit) return "refused: " + fit.error().note();
    }
    if (!found) return "no rule";
    // As `decide` does.
    if (where->has_encoded_slash() && !found->encoded_slash_allowed()) return "refused: encoded slash";
    return found->name();
}

inline bool is_refused(policies::route_table const& rules, std::string const& sent)
{
    return way_of(rules, sent).starts_with("refused");
}

} // namespace yett::tests
