#pragma once

#include "gateway/accounts/passwords/refusal.hpp"
#include "gateway/accounts/sessions/sessions.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/result.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/http/bodies/json_body.hpp"
#include "gateway/pipeline/call/call.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace yett::http {
class target;
} // namespace yett::http

namespace yett::pipeline {

// What the account endpoints do with what comes in.

// The members of the body, which a page may have read before.
task<result<http::body_fields>> fields_of(call& c);

// Makes sure that nothing but the expected members came, and leaves what is wrong with
// them for the reply.
result<void> require_only(http::body_fields& body, std::initializer_list<std::string_view> names, request_context& context);

// The one member of a body that has nothing but a mailed link's token.
task<result<secret>> token_of(call& c);

// Leaves the fields that a use case complains of for the reply.
error refused(accounts::refusal const& why, request_context& context);

// One account has one counter, however its address is spelled.
std::string account_of(std::string const& email);

// The part of a list that a query asks for: `after` and `limit`, 1 to 1000. Fails with bad_request.
result<accounts::part> part_asked(std::string_view query);

// What "{id}" or "{token}" stands for in a rule that ends with it.
std::string_view last_segment(std::string_view path);

// The token of a mailed link in the address that it leads to; blanks that somebody copied with it
// may be escaped there.
secret token_in(http::target const& where);

} // namespace yett::pipeline
