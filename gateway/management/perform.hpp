#pragma once

#include "gateway/management/verb.hpp"

#include <string>
#include <string_view>

namespace yett::management {

// What came of a verb, in the form that travels: `status` is of HTTP, `body` the answer as
// JSON or {"error": code, "message": text}.
struct outcome_text
{
    unsigned status = 200;
    std::string body;
};

// Performs one verb: `body` is a JSON object. Shows the operator what went wrong, notes and
// all, also of a verb that throws.
task<outcome_text> perform(context const& ctx, verb const& what, std::string_view body, actor const& caller);

// The same for a path of the socket, "/v1/users/list"; 404 and 405 for anything else.
struct posted
{
    std::string_view method;
    std::string_view target;
    std::string_view body;
};
task<outcome_text> perform(context const& ctx, posted asked, actor const& caller);

} // namespace yett::management
