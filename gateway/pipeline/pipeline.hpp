#pragma once

#include "gateway/base/result.hpp"
#include "gateway/base/task.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/auth_endpoints.hpp"
#include "gateway/pipeline/error_replies.hpp"
#include "gateway/pipeline/request_limits.hpp"
#include "gateway/pipeline/request_log.hpp"
#include "gateway/telemetry/metrics.hpp"

#include <functional>
#include <memory>
#include <string>

namespace yett::tokens {
class assertions;
class token_cache;
} // namespace yett::tokens
namespace yett::upstream {
struct bearer_terms;
} // namespace yett::upstream
namespace yett::policies {
class found;
class permit;
class route;
struct question;
} // namespace yett::policies

namespace yett::pipeline {

class certainty;
class missing_keys;
class open_streams;
class page_endpoints;
class renewals;
struct request_context;
struct route_facts;
struct worker_snapshot;
struct world;

// The way of every request, one for each worker: who asks, may they, and on to our own
// endpoints or to the application. Whatever happens, one reply is begun, one line is
// written to the access log, and the figures are counted.
class pipeline
{
public:
    // What belongs to the worker; all of it outlives the pipeline.
    struct station
    {
        accounts::desk const& desk;
        tokens::token_cache& cache;
        tokens::assertions& assertions;
        auth_endpoints& endpoints;
        page_endpoints& pages;
        yett::pipeline::renewals& renewals;
        yett::pipeline::missing_keys& missing_keys;
        yett::pipeline::certainty& certainty;
        open_streams& streams;
        telemetry::shard& figures;
        request_log::dependencies log;
    };
    pipeline(station s, std::shared_ptr<worker_snapshot const> first);
    ~pipeline();

    // Requests that begin from now on are answered by this one.
    void enter(std::shared_ptr<worker_snapshot const> next);

    // Never fails and never throws.
    task<void> serve(http::exchange& ex);
    // The reply to bytes that never became a request; `head` is what there is of one.
    http::reply refuse(http::peer const& from, error const& why, std::string_view head);

private:
    task<result<void>> answer(http::exchange& ex, request_context& context);
    result<void> judge_path(policies::question const& asked, policies::found const& found, http::exchange& ex,
                            request_context const& context);
    task<result<void>> answer_without_rule(policies::found const& found, http::exchange& ex, request_context& context);

    static task<result<void>> send_to_https(http::https_entrance const& entrance, http::exchange& ex);

    void look_further(http::head const& head, request_context& context) const;
    bool is_the_applications(http::head const& head, request_context const& context) const;
    void set_bearer_aside(error const& why, request_context& context) const;
    upstream::bearer_terms bearers_for(request_context const& context) const;
    static result<void> recognise_websocket(http::exchange& ex, request_context& context);
    result<identity_ptr> authenticate(http::exchange const& ex, request_context& context);
    result<identity_ptr> from_allowed_page(result<identity_ptr> who, http::exchange const& ex, request_context& context);
    bool may_come_to_be_known(error const& why, std::string_view token, request_context& context);
    task<result<identity_ptr>> await_key(http::exchange const& ex, request_context& context);
    void choose_cookie(http::head const& head, request_context& context);
    void ask_for_renewal(http::head const& head, request_context& context) const;
    result<identity_ptr> recall_key(request_context& context);
    task<result<identity_ptr>> ask_about_key(request_context& context);
    task<result<identity_ptr>> vouch_for(request_context const& context);
    task<result<identity_ptr>> renew(result<identity_ptr> who, http::exchange const& ex, request_context& context);
    result<identity_ptr> enter_session(result<identity_ptr> who, accounts::grant const& given, wall_time now,
                                       request_context& context);
    task<result<identity_ptr>> make_certain(request_context& context);
    task<result<identity_ptr>> look_again(request_context const& context);
    result<identity_ptr> recognised(result<identity_ptr> who, request_context& context);
    error refused(error const& why, request_context& context);

    static policies::route const* rule_for_preflight(policies::question asked, http::head const& head, world const& world);
    task<result<void>> answer_preflight(policies::route const& rule, policies::question asked, http::exchange& ex,
                                        request_context& context);

    task<result<void>> dispatch(policies::permit const& permit, http::exchange& ex, request_context& context);
    task<result<void>> answer_ourselves(policies::permit const& permit, http::exchange& ex, request_context& context);
    error nothing_here(policies::permit const& permit, http::exchange const& ex, request_context& context) const;
    result<std::shared_ptr<std::string const>> assertion_for(policies::permit const& permit, request_context const& context);
    task<result<void>> forward(policies::permit const& permit, http::exchange& ex, request_context& context);

    station station_;
    std::function<bool(std::string_view)> const is_ours_; // see is_own_token
    unsigned asking_ = 0;                                 // questions about API keys under way
    request_limits limits_;
    error_replies replies_;
    request_log log_;
    std::shared_ptr<worker_snapshot const> snapshot_;
};

} // namespace yett::pipeline
