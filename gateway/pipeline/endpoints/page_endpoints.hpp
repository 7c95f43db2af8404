#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/request/page_settings.hpp"

#include <string>
#include <string_view>

// The account endpoints for people: pages for what the JSON endpoints do for programs, and what pages there are of
// failures. All of it is said by the request's own snapshot, and nothing is kept here.
namespace yett::pipeline {

struct call;
struct request_context;

// Whether this request to that endpoint is answered by a page: it asks for what only pages have, or a browser sent it
// that wants one.
bool is_answered_by_page(endpoint const& which, http::exchange const& ex, page_settings const& with) noexcept;

// Fails like the endpoint behind it; `no_such_route` for pages that are not offered.
task<result<http::reply>> answer_by_page(call& c);

// The way of a browser to the login and back to where it wanted to go. `confirm`: somebody is signed in and has to
// say once more that it is them.
http::reply send_to_login(http::exchange const& ex, request_context const& context, bool confirm);

// Where an error page may lead.
struct way_back
{
    std::string again{};  // the address to try once more; empty: it would change something
    bool confirm = false; // somebody is signed in and has to say once more that it is them
};
// Makes a page of the reply to a failure: the one left in the context, or the error page.
void render_error(http::reply& r, request_context const& context, std::string_view accept_language, way_back const& back);

// The page whose form is sent to that endpoint, under the prefix that `path` has; empty where it is known by a link
// alone.
std::string page_of_form(endpoint const& which, std::string_view path, page_settings const& with);

// False for what only pages have and these settings leave out.
bool is_offered(endpoint const& which, page_settings const& with) noexcept;

} // namespace yett::pipeline
