#include "gateway/pipeline/one_rule.hpp"
#include "gateway/pipeline/pipeline.hpp"
#include "gateway/pipeline/request_context.hpp"
#include "gateway/pipeline/world.hpp"

namespace yett::pipeline {

// What is refused here is as suspicious as what never becomes a request: nothing behind it
// is read, and it is counted with those.
result<void> pipeline::judge_path(policies::question const& asked, policies::found const& found, http::exchange& ex,
                                  request_context const& context)
{
    auto fit = require_one_rule(context.snapshot->shared->routes, asked, found, ex.where());
    if (fit) return fit;
    ex.be_the_last();
    log_.count_doubtful(fit.error().code());
    return fit;
}

// OPTIONS * asks the server itself (RFC 9110 section 9.3.7): that is us.
task<result<void>> pipeline::answer_without_rule(policies::found const& found, http::exchange& ex, request_context& context)
{
    auto const& methods = context.snapshot->shared->routes.methods();
    context.reported.allowed_methods = found.allowed();
    if (ex.where().path() != "*") co_return found.why();
    http::reply r;
    r.status = 204;
    r.fields.emplace_back("Allow", methods.text(policies::method_set::every()));
    co_return co_await http::send(ex, r);
}

} // namespace yett::pipeline
