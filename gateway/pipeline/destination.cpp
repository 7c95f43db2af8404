#include "gateway/pipeline/destination.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/target.hpp"
#include "gateway/pipeline/one_rule.hpp"
#include "policies/decide.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

constexpr std::string_view field_name = "destination";

error closed(std::string_view why)
{
    return client_error(errc::forbidden, "Destination " + std::string{why});
}

// The path and query of "http://host/path" or "/path".
result<std::string_view> path_on_this_server(std::string_view text, http::head const& head, bool https)
{
    if (text.starts_with("//")) return closed("names a host without a scheme");
    if (text.starts_with('/')) return text;
    std::string_view const scheme = https ? "https://" : "http://";
    if (!http::ascii::equal_ignoring_case(text.substr(0, scheme.size()), scheme)) return closed("is not of the request's scheme");
    text.remove_prefix(scheme.size());
    auto const end = std::min(text.find_first_of("/?#"), text.size());
    auto const named = http::parse_authority(text.substr(0, end));
    auto const asked = http::parse_authority(head.host());
    if (!named || !asked || !http::same_server(*named, *asked, https ? 443 : 80)) return closed("is not on the request's host");
    text.remove_prefix(end);
    return text;
}

// A rule for a place below decides there only where it stands before that of the folder. Whatever
// methods it is for, what it keeps from the caller would come along.
policies::route const* first_closed_below(policies::route_table const& rules, policies::question const& folder,
                                          policies::route const& of, identity_ptr const& who, wall_time now)
{
    auto const before = rules.routes().first(of.index());
    auto const keeps_out = [&](policies::route const& rule) {
        return rule.host().matches(folder.host) && rule.path().reaches_below(folder.path) &&
               !policies::decide(rule, who, folder, now);
    };
    auto const found = std::find_if(before.begin(), before.end(), keeps_out);
    return found == before.end() ? nullptr : &*found;
}

result<void> require_open_below(policies::route_table const& rules, policies::question const& folder, policies::route const& of,
                                identity_ptr const& who, wall_time now)
{
    auto const* const closed_one = first_closed_below(rules, folder, of, who, now);
    if (!closed_one) return {};
    return client_error(errc::forbidden, "below " + std::string{folder.path} + " lies what " + closed_one->name() + " refuses");
}

result<void> require_open(policies::route_table const& rules, std::string_view method, http::target const& to,
                          client const& sender, identity_ptr const& who, wall_time now)
{
    auto const asked = question_about(method, to, sender);
    auto const found = rules.find(asked);
    if (to.doubts().any())
        if (auto fit = require_one_rule(rules, asked, found, to); !fit) return closed(fit.error().note());
    if (!found) return closed("finds no rule");
    if (found->to() != policies::destination::upstream) return closed("is no path of an application");
    if (found->spec().rewrite) return closed("is a path that is rewritten");
    auto const decided = policies::decide(*found, who, asked, now);
    if (!decided) return closed("is refused: " + decided.error().note());
    return require_open_below(rules, asked, *found, who, now);
}

} // namespace

result<void> require_open_destination(policies::route_table const& rules, http::head const& head, http::target const& from,
                                      client const& sender, identity_ptr const& who, wall_time now)
{
    auto const asked = question_about(head.method_name(), from, sender);
    auto const of = rules.find(asked);
    if (of)
        if (auto open = require_open_below(rules, asked, *of, who, now); !open) return open;
    auto const is_ours = [](http::field const& f) { return http::folds_equal(f.name, field_name); };
    auto const fields = head.fields();
    auto const field = std::find_if(fields.begin(), fields.end(), is_ours);
    if (field == fields.end()) return {};
    if (std::find_if(field + 1, fields.end(), is_ours) != fields.end()) return closed("comes twice");
    // Nobody rewrites what stands in there.
    if (of && of->spec().rewrite) return closed("stands in a request whose path is rewritten");
    auto const path = path_on_this_server(field->value, head, sender.https);
    if (!path) return path.error();
    auto host = http::parse_authority(head.host());
    auto const to = http::target::from(*path, host ? host->host : std::string_view{});
    if (!to) return closed("does not pass the gate: " + to.error().note());
    return require_open(rules, head.method_name(), *to, sender, who, now);
}

} // namespace yett::pipeline
