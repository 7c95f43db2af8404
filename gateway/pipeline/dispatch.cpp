#include "gateway/pipeline/passage.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/world.hpp"
#include "policies/permit.hpp"

namespace yett::pipeline {

task<result<void>> pipeline::dispatch(policies::permit const& permit, http::exchange& ex, passage& seen)
{
    return permit.route().to() == policies::destination::accounts ? answer_ourselves(permit, ex, seen)
                                                                  : forward(permit, ex, seen);
}

task<result<void>> pipeline::answer_ourselves(policies::permit const& permit, http::exchange& ex, passage& seen)
{
    auto const& facts = seen.world->facts[permit.route().index()];
    auto spend_for_account = [this, &facts, &ex, &seen] { return spend(facts.account_limits, ex, seen); };
    auth_endpoints::call call{ex, seen, spend_for_account};
    auto reply = co_await station_.endpoints.answer(permit.route().target(), call);
    if (!reply) co_return reply.error();
    co_return co_await http::send(ex, *reply);
}

task<result<void>> pipeline::forward(policies::permit const& permit, http::exchange& ex, passage& seen)
{
    upstream::forward_context const context{.headers = seen.world->headers,
                                            .client = {seen.from.text, seen.from.behind_proxy, seen.from.https},
                                            .request_id = seen.request_id,
                                            .seen = seen.upstream};
    co_return co_await forwarders_[permit.route().index()]->forward(permit, ex, context);
}

} // namespace yett::pipeline
