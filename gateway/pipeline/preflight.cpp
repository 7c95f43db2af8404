#include "gateway/pipeline/cors_fields.hpp"
#include "gateway/pipeline/dispatcher.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request/request_context.hpp"
#include "gateway/pipeline/request_limits.hpp"
#include "policies/decide.hpp"

namespace yett::pipeline {

// Of the request that is to follow, where that rule speaks of pages of other sites. Null: it is
// a request like any other.
policies::route const* pipeline::rule_for_preflight(policies::question asked, http::head const& head, snapshot const& snapshot)
{
    asked.method = preflight_method(head);
    if (asked.method.empty()) return nullptr;
    auto const rule = snapshot.routes.find(asked);
    return rule && snapshot.facts[rule->index()].cors ? rule.get() : nullptr;
}

// A browser sends it without any credential, so that nobody is asked who they are.
task<result<void>> pipeline::answer_preflight(policies::route const& rule, policies::question asked, http::exchange& ex,
                                              request_context& context)
{
    if (ex.where().doubts().any()) {
        auto requested = asked;
        requested.method = preflight_method(ex.request());
        if (auto fit = judge_path(requested, context.snapshot->shared->routes.find(requested), ex, context); !fit)
            co_return fit.error();
    }
    context.found.route = &rule;
    context.asked.preflight = true;
    auto const& facts = context.facts();
    ex.limit_body(facts.body_bytes);
    limits::limit_lists known;
    known.add(facts.limits.early);
    known.add(facts.limits.late);
    if (auto spent = co_await stages_.limits.spend(known, ex, context); !spent) co_return spent.error();
    if (auto listed = facts.cors->admit(ex.request()); !listed) co_return listed.error();
    if (facts.cors->forwards_preflights() && facts.cors->grants(ex.request())) {
        auto const permit = policies::permit_preflight(rule, asked);
        if (!permit) co_return permit.error();
        co_return co_await stages_.dispatcher.forward(*permit, ex, context);
    }
    http::reply granted;
    granted.status = 204;
    add_cors_fields(granted, ex, context);
    co_return co_await http::send(ex, granted);
}

} // namespace yett::pipeline
