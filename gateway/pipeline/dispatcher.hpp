#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace yett::http {
class exchange;
} // namespace yett::http
namespace yett::policies {
class permit;
} // namespace yett::policies
namespace yett::rewriting {
class path_rewrite;
} // namespace yett::rewriting
namespace yett::tokens {
class assertions;
class token_cache;
} // namespace yett::tokens
namespace yett::upstream {
struct bearer_terms;
} // namespace yett::upstream

namespace yett::pipeline {

class auth_endpoints;
class open_streams;
class request_limits;
struct request_context;

// Where a request goes that was let in: to an endpoint of ours, to the application of its rule, or nowhere, since the
// rule answers it itself. One for each worker. There is no way to any without a permit.
class dispatcher
{
public:
    // They outlive it.
    struct dependencies
    {
        auth_endpoints& endpoints;
        request_limits& limits; // of accounts, which the body names
        tokens::assertions& assertions;
        tokens::token_cache const& cache; // knows which issuers are ours
        open_streams& streams;
    };
    explicit dispatcher(dependencies d);
    dispatcher(dispatcher const&) = delete;
    dispatcher& operator=(dispatcher const&) = delete;

    // Success: a whole reply was sent. Failure: none was begun, and the caller answers; or it was begun and
    // given up.
    task<result<void>> dispatch(policies::permit permit, http::exchange& ex, request_context& context);
    // To the application, by the forwarder of the request's own snapshot.
    task<result<void>> forward(policies::permit permit, http::exchange& ex, request_context& context);

private:
    // By the row of the rule: a page for a person, else the handler for programs; its reply is
    // begun here.
    task<result<void>> answer_ourselves(policies::permit permit, http::exchange& ex, request_context& context);
    // By the rule itself: a redirect, or the reply that the operator wrote.
    task<result<void>> answer_by_rule(policies::permit permit, http::exchange& ex, request_context& context);
    // To the application, as it is asked.
    task<result<void>> pass_on(policies::permit permit, http::exchange& ex, request_context& context);
    static result<void> rewrite_path(rewriting::path_rewrite const& by, http::exchange const& ex, request_context& context);
    static error nothing_here(policies::permit const& permit, http::exchange const& ex, request_context& context);
    // The signed assertion for the application of the rule, null where it gets none; fails where it
    // cannot be signed.
    result<std::shared_ptr<std::string const>> assertion_for(policies::permit const& permit, request_context const& context);
    // Which tokens of the request the application may see.
    upstream::bearer_terms bearers_for(request_context const& context) const;

    dependencies dependencies_;
    std::function<bool(std::string_view)> const is_ours_; // see is_own_token
};

} // namespace yett::pipeline
