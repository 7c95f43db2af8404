#include "policies/explain.hpp"

#include "policies/decide.hpp"

#include <fmt/format.h>

// `find` and `decide` give the answer here as they do for a request; the rules before it are then
// asked one by one why they did not match, by the patterns and not by the table. Should the two
// ever disagree, the explanation would have a gap where a reason should be.

namespace yett::policies {
namespace {

std::string host_text(host_pattern const& host)
{
    return host.is() == host_pattern::kind::below ? "*." + host.name() : host.name();
}

// Why the rule does not take the request; empty when it does.
std::string mismatch(route_table const& table, route const& rule, question const& asked)
{
    auto const& methods = table.methods();
    if (!rule.host().matches(asked.host)) return "host is not " + host_text(rule.host());
    if (!rule.path().matches(asked.path)) return "path is not " + rule.path().text();
    if (!rule.methods().covers(methods.of(asked.method))) return "method is none of " + methods.text(rule.methods());
    return {};
}

std::string why_permitted(route const& rule, identity_ptr const& who)
{
    if (!rule.access().is_open()) return "the caller has what it takes: " + rule.access().wanted();
    if (rule.credentials() == credential_use::ignored) return "the rule is public";
    return who ? "the rule is open and the caller is known" : "the rule is open to everybody";
}

void explain_miss(explanation& told, found const& miss, method_names const& methods)
{
    told.refusal = miss.why();
    told.why = miss.why() == errc::no_such_route ? std::string{"no rule matches"}
                                                 : "rules match host and path, but only for " + methods.text(miss.allowed());
}

void explain_decision(explanation& told, decision const& made, identity_ptr const& who)
{
    told.permitted = made.outcome.has_value();
    if (!told.permitted || made.reported) {
        auto const refused = made.reported ? *made.reported : made.error();
        told.refusal = refused.code();
        told.why = refused.note();
        return;
    }
    told.why = why_permitted(*told.rule, who);
}

std::string_view outcome_of(explanation const& told)
{
    if (!told.permitted) return "refused";
    return told.refusal ? "permitted (report_only)" : "permitted";
}

} // namespace

explanation explain(route_table const& table, question const& asked, identity_ptr const& who, wall_time now)
{
    explanation told;
    auto const answer = table.find(asked);
    told.rule = answer.get();
    for (auto const& rule : table.routes()) {
        if (&rule == told.rule) break;
        told.before.push_back({&rule, mismatch(table, rule, asked)});
    }
    if (answer) explain_decision(told, decide(*answer, who, asked, now), who);
    else explain_miss(told, answer, table.methods());
    return told;
}

std::string explanation::text() const
{
    std::string lines;
    for (auto const& each : before) fmt::format_to(std::back_inserter(lines), "  {:<24} {}\n", each.rule->name(), each.why);
    if (rule) fmt::format_to(std::back_inserter(lines), "> {:<24} {}\n", rule->name(), rule->place());
    fmt::format_to(std::back_inserter(lines), "{}: {}{}{}\n", outcome_of(*this), why, refusal ? ", " : "",
                   refusal ? name_of(*refusal) : std::string_view{});
    return lines;
}

} // namespace yett::policies
