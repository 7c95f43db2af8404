#pragma once

#include "gateway/http/exchange.hpp"
#include "gateway/pages/book.hpp"
#include "gateway/pipeline/auth_endpoints.hpp"
#include "gateway/pipeline/form_token.hpp"
#include "gateway/pipeline/waiting_address.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::pipeline {

// True for endpoints that show pages and do nothing else.
bool is_page_only(std::string_view target) noexcept;

// True for pages that lead to nothing where no letters are sent.
bool needs_links(std::string_view target) noexcept;

// The account endpoints for people: pages for what the JSON endpoints do for programs. One
// for each worker.
//
// A form goes through the very endpoint that answers JSON, with the same limits, checks and
// audit lines; here its answer becomes a page or the way to one. A form that went well is
// answered with 303, so that going back or reloading sends nothing twice; the one that makes an
// API key shows it at once, for it is shown only then. One that did not fails with the
// endpoint's error and leaves the page that says so in the context.
class page_endpoints
{
public:
    struct parts
    {
        accounts::desk& desk;
        auth_endpoints& endpoints;
        pages::look look;
        std::vector<std::string> prefixes;
        bool enabled;             // otherwise only error pages and what they load
        std::string after_logout; // empty: the login page
        std::string waiting_key;  // see waiting_address.hpp
    };
    explicit page_endpoints(parts p);

    // Whether this request to the endpoint of that name is answered here: it asks for what
    // only pages have, or a browser sent it that wants a page.
    bool answers(std::string_view target, http::exchange const& ex) const noexcept;

    // Fails like the endpoint behind it; `no_such_route` for pages that are not offered.
    task<result<http::reply>> answer(std::string_view target, auth_endpoints::call& c);

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
    void dress(http::reply& r, request_context const& context, std::string_view accept_language, way_back const& back);
    // The page whose form is sent to `target`, under the prefix that `path` has; empty where it is
    // known by a link alone.
    std::string page_of_form(std::string_view target, std::string_view path) const;
    // False for what only pages have and these settings leave out.
    bool offers(std::string_view target) const noexcept;

private:
    struct form;
    struct sent;
    static form const* form_named(std::string_view target) noexcept;

    // page_forms.cpp
    task<result<http::reply>> answer_form(form const& f, auth_endpoints::call& c);
    sent read_sent(form const& f, http::body_fields& body) const;
    task<result<http::reply>> act(form const& f, sent const& s, auth_endpoints::call& c);
    task<result<void>> change_account(sent const& s, auth_endpoints::call& c);
    task<error> explain_form(form const& f, sent const& s, error why, auth_endpoints::call& c);
    http::reply lead_on(form const& f, sent const& s, auth_endpoints::call const& c) const;
    std::string way_on(form const& f, sent const& s, auth_endpoints::call const& c) const;
    std::string with_next(std::string way, sent const& s, auth_endpoints::call const& c) const;

    // page_views.cpp
    task<result<http::reply>> show(std::string_view target, auth_endpoints::call& c);
    task<result<http::reply>> show_login(auth_endpoints::call& c);
    task<result<http::reply>> lead_in(auth_endpoints::call& c);
    task<result<http::reply>> show_address_link(std::string_view target, auth_endpoints::call& c);
    task<result<http::reply>> show_link(std::string_view target, auth_endpoints::call& c);
    result<http::reply> show_form(std::string_view target, pages::page which, auth_endpoints::call& c,
                                  std::string_view email = {});
    pages::page page_for_newcomers(std::string_view query) const;
    task<bool> explain_link(accounts::link_purpose purpose, secret token, auth_endpoints::call& c);
    result<http::reply> send_asset(auth_endpoints::call const& c) const;
    std::string waiting_or(std::string_view next, std::string_view otherwise, auth_endpoints::call const& c) const;

    // account_page.cpp
    task<result<http::reply>> show_account(auth_endpoints::call& c);
    task<result<http::reply>> show_new_key(auth_endpoints::call& c);
    task<result<std::string>> write_account(pages::view v, auth_endpoints::call& c, std::string_view new_key = {});

    pages::view view_for(auth_endpoints::call const& c) const;
    result<std::string> token_for(form const& f, auth_endpoints::call& c) const;
    std::string_view prefix_of(std::string_view path) const noexcept;

    parts parts_;
    form_tokens tokens_;
    waiting_addresses waiting_;
    pages::book book_;
};

} // namespace yett::pipeline
