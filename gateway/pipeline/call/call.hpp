#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/bodies/json_body.hpp"
#include "gateway/pipeline/call/form.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace yett::http {
class exchange;
class origin_list;
} // namespace yett::http

namespace yett::pipeline {

struct endpoint;
struct endpoint_services;
struct request_context;

// One request to one endpoint, and what it is answered with.
struct call
{
    struct endpoint const& endpoint; // the row that was found
    endpoint_services const& services;
    http::exchange& ex;
    request_context& context;
    // Whose pages may use the session's cookies here, beside our own: those of `accounts.cors`, at
    // endpoints that serve other sites. Null: nobody's.
    http::origin_list const* friends;
    // Spends from limits keyed by the account, which the body has named in `context.spending.account`; as a
    // device that the account knows when `context.spending.device` names one.
    std::function<task<result<void>>()> spend_for_account;
    // The members of a body that was read before, without those that are not the endpoint's.
    std::optional<http::body_fields> body = std::nullopt;
    // What a form brought beside them.
    sent_form sent{};
};

} // namespace yett::pipeline
