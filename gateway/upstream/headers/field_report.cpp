#include "gateway/upstream/headers/field_report.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/header_action.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/nominations.hpp"
#include "gateway/upstream/headers/recorded_head.hpp"
#include "gateway/upstream/headers/withheld.hpp"

#include <fmt/format.h>

// What `yett explain --header` tells of each field. It asks the plan twice, once as a stranger and
// once as a trusted proxy, and looks at what was written; the plan's verdicts only say why. So the
// report cannot claim that a field passes which the plan drops.

namespace yett::upstream {
namespace {

using http::known;
using telemetry::dropped_field;

std::string_view why_by_cause(dropped_field cause)
{
    switch (cause) {
    case dropped_field::identity: return "tells of an identity, which Yett alone does";
    case dropped_field::forwarding: return "tells of the way a request came, which is believed from trusted_proxies alone";
    case dropped_field::tracing: return "a trace is continued for trusted_proxies alone";
    case dropped_field::rewriting: return "would tell of another request than the one that was judged";
    case dropped_field::internal: return "steers the server or the platform behind";
    case dropped_field::spelling:
        return "other servers read '.' and '_' as '-'; request_headers.pass of a rule lets a name through";
    case dropped_field::nominated: return "Connection names it: it is meant for one hop";
    case dropped_field::count_: break;
    }
    return "belongs to the connection, hop by hop";
}

std::string_view why_by_value(http::field const& f)
{
    if (f.id == known::cookie) return "holds nothing but cookies of Yett";
    if (f.id == known::authorization && is_bearer(f.value)) return "a Bearer is for Yett on this rule, or one of Yett's own";
    return "holds a credential of Yett";
}

class reporter
{
public:
    reporter(header_plan const& plan, composition const& c, nominations const& nominated)
        : plan_{plan},
          c_{c},
          nominated_{nominated}
    {
    }

    // `sent` and `trusted` are the two heads.
    field_report of(http::field const& f, recorded_head const& sent, recorded_head const& trusted) const
    {
        auto const has = sent.value(f.name, f.value);
        auto const is = verdict(f).action; // what has the same value may be written by Yett all the same
        if (has == f.value && (is == header_action::pass || is == header_action::special))
            return {f.name, "passes", std::string{why_it_may(f)}, true};
        auto const may_be_believed = is == header_action::trusted || is == header_action::continued;
        if (may_be_believed && trusted.value(f.name, f.value) == f.value)
            return {f.name, "passes from trusted_proxies alone", std::string{why_not(f)}};
        if (!has) return {f.name, "does not pass", std::string{why_not(f)}};
        if (is == header_action::special) return {f.name, "passes in part", fmt::format("as \"{}\"", *has)};
        return {f.name, "is written anew", std::string{why_not(f)}};
    }

private:
    field_verdict verdict(http::field const& f) const { return plan_.judge(f, c_.rules, c_.client.trusted); }

    std::string_view why_it_may(http::field const& f) const
    {
        auto const by_rule = c_.rules && c_.rules->action_on(f.name) == header_action::pass;
        if (by_rule && plan_.judge(f, nullptr, c_.client.trusted).action != header_action::pass)
            return "request_headers.pass of the rule";
        if (verdict(f).action != header_action::special) return {};
        auto const proved = f.id == known::authorization && !c_.bearers.proved.empty() && is_bearer(f.value);
        return proved ? "once it is proved, by forward_credentials of the rule" : "a credential of Yett in it would not";
    }

    std::string_view why_not(http::field const& f) const
    {
        if (nominated_.include(f.name)) return why_by_cause(dropped_field::nominated);
        if (http::folds_equal(f.name, c_.bearers.access_header)) return "brings the access token, by access_header of the rule";
        if (c_.rules && c_.rules->action_on(f.name) == header_action::remove)
            return "request_headers of the rule, by remove or set";
        auto const of = verdict(f);
        return of.action == header_action::special ? why_by_value(f) : why_by_cause(of.cause);
    }

    header_plan const& plan_;
    composition const& c_;
    nominations const& nominated_;
};

} // namespace

std::string field_report::text() const
{
    return why.empty() ? std::string{outcome} : fmt::format("{}: {}", outcome, why);
}

result<std::vector<field_report>> report_fields(header_plan const& plan, composition const& by_stranger,
                                                composition const& by_proxy)
{
    recorded_head sent;
    recorded_head trusted;
    if (auto made = plan.apply(by_stranger, sent); !made) return made.error();
    if (auto made = plan.apply(by_proxy, trusted); !made) return made.error();
    auto const nominated = nominations::of(by_stranger.head.fields());
    reporter const told{plan, by_stranger, *nominated};
    std::vector<field_report> reports;
    for (auto const& f : by_stranger.head.fields())
        if (f.id != known::host) reports.push_back(told.of(f, sent, trusted));
    return reports;
}

} // namespace yett::upstream
