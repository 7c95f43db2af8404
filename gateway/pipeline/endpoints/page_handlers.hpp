#pragma once

#include "gateway/accounts/ports/link.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/pages/page_renderer.hpp"
#include "gateway/pipeline/call/call.hpp"
#include "gateway/pipeline/call/form_token.hpp"
#include "gateway/pipeline/call/waiting_address.hpp"

#include <string>
#include <string_view>

// What the account endpoints do for people: each makes a page, or the way to one. Which of them
// answers which path is said in endpoints.cpp.
namespace yett::pipeline {

// --- pages with a form
task<result<http::reply>> show_page(call& c); // the one that the row's form stands on
// Whoever is signed in goes on at once, unless somebody wants to know that it is them.
task<result<http::reply>> show_login(call& c);
task<result<http::reply>> show_registration(call& c);
task<result<http::reply>> show_mail_sent(call& c);
// A link that is none any more is told before anybody fills in a form.
task<result<http::reply>> show_link(call& c);
task<result<http::reply>> show_address_link(call& c);
task<result<http::reply>> show_account(call& c);

// --- ways on, and what pages load
task<result<http::reply>> lead_in(call& c);
task<result<http::reply>> lead_to_change(call& c);
task<result<http::reply>> send_asset(call& c);

// --- what forms do that is nobody else's
// Ends sessions and removes API keys, and leads back to the account page. Where somebody else was
// quicker, another tab or its own end, there is nothing left to do.
task<result<http::reply>> change_account(call& c);
// Makes a key and shows it: the one page that does; going back to it or loading it again does not.
task<result<http::reply>> show_new_key(call& c);

// --- what they share

// Takes what was sent by the form of a page: looks at where it comes from, has done what it is
// for, and leads on. Fails like the endpoint, with the page that says so in the context.
task<result<http::reply>> answer_form(call& c);

pages::view view_for(call const& c);
// How long somebody has to wait whom a limit refused; 0: nobody was.
seconds wait_of(request_context const& context);
// Proofs that a form was on a page of ours, and addresses that wait in cookies, by the cookies of the request's snapshot.
form_tokens form_tokens_of(request_context const& context);
waiting_addresses waiting_addresses_of(request_context const& context);
// The token of a form. The cookie that belongs to it travels with whatever is replied.
result<std::string> token_for(form const& f, call& c);
result<http::reply> show_form(form const& f, pages::page which, call& c, std::string_view email = {});
task<result<std::string>> write_account(pages::view v, call& c, std::string_view new_key = {});
// Leaves the page about a link that does not serve in the context. True when it did what it was
// for before: then nothing is wrong.
task<bool> explain_link(accounts::link_purpose purpose, secret token, call& c);

// The prefix below which the request came.
std::string prefix_of(call const& c);
// `next` as forms and queries bring it: an address of this site, the word for one that waits, or
// nothing.
std::string next_in(std::string_view wanted);
// Where `next` leads, or `otherwise`.
std::string waiting_or(std::string_view next, std::string_view otherwise, call const& c);

} // namespace yett::pipeline
