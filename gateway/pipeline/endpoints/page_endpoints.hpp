#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/pipeline/call/endpoint.hpp"
#include "gateway/pipeline/call/endpoint_services.hpp"
#include "gateway/pipeline/endpoints/auth_endpoints.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::pipeline {

struct call;
struct request_context;

// The account endpoints for people: pages for what the JSON endpoints do for programs, and what
// pages there are of failures. One for each worker.
class page_endpoints
{
public:
    struct parts
    {
        auth_endpoints& endpoints;
        pages::branding branding;
        std::vector<std::string> prefixes;
        bool enabled;             // otherwise only error pages and what they load
        std::string after_logout; // empty: the login page
        std::string waiting_key;  // see waiting_address.hpp
    };
    explicit page_endpoints(parts p);

    page_services& services() noexcept { return services_; }

    // Whether this request to that endpoint is answered here: it asks for what only pages have, or
    // a browser sent it that wants a page.
    bool answers(endpoint const& which, http::exchange const& ex) const noexcept;

    // Fails like the endpoint behind it; `no_such_route` for pages that are not offered.
    task<result<http::reply>> answer(call& c);

    // The way of a browser to the login and back to where it wanted to go. `confirm`: somebody is
    // signed in and has to say once more that it is them.
    http::reply send_to_login(http::exchange const& ex, request_context const& context, bool confirm) const;

    // Where an error page may lead.
    struct way_back
    {
        std::string again{};  // the address to try once more; empty: it would change something
        bool confirm = false; // somebody is signed in and has to say once more that it is them
    };
    // Makes a page of the reply to a failure: the one left in the context, or the error page.
    void render_error(http::reply& r, request_context const& context, std::string_view accept_language, way_back const& back);
    // The page whose form is sent to that endpoint, under the prefix that `path` has; empty where it
    // is known by a link alone.
    std::string page_of_form(endpoint const& which, std::string_view path) const;
    // False for what only pages have and these settings leave out.
    bool offers(endpoint const& which) const noexcept;

private:
    bool has(endpoint const& which) const noexcept;

    bool const enabled_;
    std::string const login_page_;
    page_services services_;
};

} // namespace yett::pipeline
