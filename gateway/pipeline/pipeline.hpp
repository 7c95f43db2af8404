#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/authentication/authenticator.hpp"

#include <memory>
#include <string_view>

namespace yett::policies {
class found;
class route;
struct question;
} // namespace yett::policies

namespace yett::pipeline {

class certainty;
class dispatcher;
class error_replies;
class request_limits;
class request_log;
struct request_context;
struct worker_snapshot;
struct snapshot;

// The way of every request, one for each worker: who asks, may they, and on to our own
// endpoints or to the application. Whatever happens, one reply is begun, one line is
// written to the access log, and the figures are counted.
class pipeline
{
public:
    // The stages, all of the same worker. They outlive the pipeline.
    struct dependencies
    {
        yett::pipeline::authenticator& authenticator;
        request_limits& limits;
        yett::pipeline::certainty& certainty;
        yett::pipeline::dispatcher& dispatcher;
        error_replies& replies;
        request_log& log;
    };
    pipeline(dependencies d, std::shared_ptr<worker_snapshot const> first);

    // Requests that begin from now on are answered by this one.
    void enter(std::shared_ptr<worker_snapshot const> next);

    // Never fails and never throws.
    task<void> serve(http::exchange& ex);
    // The reply to bytes that never became a request; `head` is what there is of one.
    http::reply refuse(http::peer const& from, error const& why, std::string_view head);

private:
    // The stages in their order; the first that fails ends it, and what it failed with becomes the
    // reply.
    task<result<void>> answer(http::exchange& ex, request_context& context);
    task<result<void>> answer_by_rule(policies::route const& rule, policies::question asked, http::exchange& ex,
                                      request_context& context);
    // What the credential is worth, as of what is known of revocations now.
    authentication::answer look(http::exchange const& ex, request_context& context);
    task<result<void>> decide(policies::route const& rule, identity_ptr const& who, policies::question const& asked,
                              http::exchange& ex, request_context& context);
    // A path that servers read in several ways is let through only if all readings lead to the same
    // rule.
    result<void> judge_path(policies::question const& asked, policies::found const& found, http::exchange& ex,
                            request_context const& context);
    static task<result<void>> answer_without_rule(policies::found found, http::exchange& ex, request_context& context);
    static task<result<void>> send_to_https(http::https_entrance const& entrance, http::exchange& ex);
    static result<void> recognise_websocket(http::exchange& ex, request_context& context);
    // The identity again, once what other nodes revoked is known as far as it has to be.
    task<result<identity_ptr>> make_certain(request_context& context);

    static policies::route const* rule_for_preflight(policies::question asked, http::head const& head, snapshot const& snapshot);
    task<result<void>> answer_preflight(policies::route const& rule, policies::question asked, http::exchange& ex,
                                        request_context& context);

    dependencies stages_;
    std::shared_ptr<worker_snapshot const> snapshot_;
};

} // namespace yett::pipeline
