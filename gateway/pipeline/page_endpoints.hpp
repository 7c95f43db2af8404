#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/pages/book.hpp"
#include "gateway/pipeline/auth_endpoints.hpp"
#include "gateway/pipeline/form_token.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::pipeline {

// The account endpoints for people: pages for what the JSON endpoints do for programs. One
// for each worker.
//
// A form goes through the very endpoint that answers JSON, with the same limits, checks and
// audit lines; here its answer becomes a page or the way to one. A form that went well is
// answered with 303, so that going back or reloading sends nothing twice. One that did not
// fails with the endpoint's error and leaves the page that says so in the passage.
class page_endpoints
{
public:
    struct parts
    {
        accounts::desk& desk;
        auth_endpoints& endpoints;
        pages::look look;
        std::vector<std::string> prefixes;
        bool enabled; // otherwise only error pages and what they load
    };
    explicit page_endpoints(parts p);

    // Whether this request to the endpoint of that name is answered here: it asks for what
    // only pages have, or a browser sent it that wants a page.
    bool answers(std::string_view target, http::exchange const& ex) const noexcept;

    // Fails like the endpoint behind it; `no_such_route` for pages that are not offered.
    task<result<http::reply>> answer(std::string_view target, auth_endpoints::call& c);

    // Makes a page of the reply to a failure: the one left in the passage, or the error page.
    void dress(http::reply& r, passage const& seen, http::head const& asked);

private:
    struct form;
    struct sent;
    static form const* form_named(std::string_view target) noexcept;

    task<result<http::reply>> answer_form(form const& f, auth_endpoints::call& c);
    task<result<http::reply>> act(form const& f, sent const& s, auth_endpoints::call& c);
    task<result<http::reply>> end_sessions(sent const& s, auth_endpoints::call& c);
    task<error> explain_form(form const& f, sent const& s, error why, auth_endpoints::call& c);
    std::string way_on(form const& f, sent const& s, auth_endpoints::call const& c) const;

    task<result<http::reply>> show(std::string_view target, auth_endpoints::call& c);
    result<http::reply> show_form(std::string_view target, pages::page which, auth_endpoints::call& c);
    pages::page page_for_newcomers(std::string_view query) const;
    task<result<http::reply>> show_account(auth_endpoints::call& c);
    task<result<std::string>> write_account(pages::view v, auth_endpoints::call& c);
    result<http::reply> send_asset(auth_endpoints::call const& c) const;

    pages::view view_for(auth_endpoints::call const& c) const;
    result<std::string> token_for(form const& f, auth_endpoints::call& c) const;
    std::string_view prefix_of(std::string_view path) const noexcept;

    parts parts_;
    form_tokens tokens_;
    pages::book book_;
};

} // namespace yett::pipeline
