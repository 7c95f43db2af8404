#pragma once

#include "gateway/accounts/grant.hpp"
#include "gateway/accounts/users/api_keys.hpp"
#include "gateway/pipeline/call/call.hpp"

#include <string>

// What the account endpoints do for programs: each translates one request into one use case of
// `accounts`, and what comes of that into a reply of docs/http-api.md. Which of them answers which
// path is said in endpoints.cpp.
namespace yett::pipeline {

// --- ways in and out
task<result<http::reply>> register_user(call& c);
task<result<http::reply>> login(call& c);
task<result<http::reply>> refresh(call& c);
// Ends one session or all of the user's. What a browser brings in cookies always signs out: where
// they name nobody any more, what is left to do is to delete them.
task<result<http::reply>> logout(call& c);

// --- links that were mailed
task<result<http::reply>> verify(call& c);
// Mail scanners open links, so a link is followed only for a program that asks for JSON,
// and never for HEAD.
task<result<http::reply>> verify_by_link(call& c);
task<result<http::reply>> resend(call& c);
task<result<http::reply>> request_reset(call& c);
task<result<http::reply>> confirm_reset(call& c);
// Says what following the link of this row would, and does not follow it.
task<result<http::reply>> look_at_link(call& c);

// --- the account of whoever asks, who is known by a session
task<result<http::reply>> show_me(call& c);
// With the password, or a login a moment ago: who found a session open removes nothing.
task<result<http::reply>> delete_me(call& c);
task<result<http::reply>> change_password(call& c);
task<result<http::reply>> change_email(call& c);
task<result<http::reply>> confirm_email(call& c);
task<result<http::reply>> undo_email(call& c);
task<result<http::reply>> list_sessions(call& c);
task<result<http::reply>> end_session(call& c);
task<result<http::reply>> end_other_sessions(call& c);
task<result<http::reply>> list_api_keys(call& c);
task<result<http::reply>> create_api_key(call& c);
task<result<http::reply>> remove_api_key(call& c);

// --- everybody's
task<result<http::reply>> send_jwks(call& c);
task<result<http::reply>> send_metadata(call& c);
// Fails with no_such_route.
task<result<http::reply>> nothing(call& c);

// --- what they and the pages share

// Makes a key as `create_api_key` does, for a page that shows it.
task<result<accounts::new_api_key>> make_api_key(call& c);

// Whether a session stands behind the cookies of a request, for pages that have nothing to
// ask of whoever is signed in; and its address, where an access token names it. Nothing is
// renewed, and nobody is let in by it.
struct session_there
{
    bool live = false;
    std::string email{};
};
task<session_there> look_at_session(call& c);

// Ends the sessions that the browser had; nobody else should go on with them. Says whose they
// were, as far as access tokens do; null otherwise.
task<result<identity_ptr>> end_what_cookies_name(call& c, bool everywhere);

// False when the account has had as many letters as it gets: then everything is done as if
// one went, and nobody can tell. Fails as other limits do.
task<result<bool>> may_send_letter(call& c);

// Nothing but that the device is known from now on.
result<http::reply> remembered(call const& c, secret const& mark);

} // namespace yett::pipeline
