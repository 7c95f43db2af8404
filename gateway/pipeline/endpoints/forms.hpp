#pragma once

#include "gateway/pipeline/call/form.hpp"
#include "gateway/pipeline/endpoints/handlers.hpp"
#include "gateway/pipeline/endpoints/page_handlers.hpp"

// A form needs a page it stands on or a link that leads to it; the fields are those that a person
// fills in; `then` and `leads_to` say where one is afterwards. Names of fields are those of the
// JSON endpoint, so that both read the same body.
// Every form of our pages; the rows of endpoints.cpp say which endpoint takes which.
namespace yett::pipeline::forms {

using pages::page;

// --- before anybody is signed in
inline constexpr form login{
    .proof = "login", .page = page::login, .stands_at = "/login", .fields = {"email", "password"}, .then = afterwards::signs_in};
inline constexpr form registration{.proof = "register",
                                   .page = page::register_,
                                   .stands_at = "/register",
                                   .fields = {"email", "password"},
                                   .then = afterwards::by_mail,
                                   .leads_to = "/check-mail?for=verify",
                                   .leads_to_verified = "/login?notice=registered",
                                   .when_forbidden = page::register_closed};
inline constexpr form resend{.proof = "resend",
                             .page = page::mail_verify,
                             .stands_at = "/check-mail?for=verify",
                             .fields = {"email"},
                             .leads_to = "/check-mail?for=verify"};
inline constexpr form reset_request{.proof = "reset_request",
                                    .page = page::reset,
                                    .stands_at = "/reset",
                                    .fields = {"email"},
                                    .then = afterwards::by_mail,
                                    .leads_to = "/check-mail?for=reset"};

// --- behind links
inline constexpr form verification{.proof = "verify", .page = page::verify, .leads_to = "/login?notice=verified"};
inline constexpr form reset_confirm{
    .proof = "reset_confirm", .page = page::choose, .fields = {"password"}, .leads_to = "/login?notice=reset"};
inline constexpr form email_confirm{.proof = "email_confirm", .page = page::move, .leads_to = "/login?notice=address_changed"};
inline constexpr form email_undo{.proof = "email_undo", .page = page::undo_move, .leads_to = "/check-mail?for=reset"};

// --- of the account page, in one token all
//
// The page has several forms and one token in all of them: whoever may see the page may send any of
// them.
inline constexpr std::string_view of_account = "account";
// Ending sessions and removing keys: several buttons of one form, which `change_account` tells
// apart.
inline constexpr form account{.proof = of_account, .stands_at = "/account", .then = afterwards::replied, .act = change_account};
inline constexpr form password{.proof = of_account,
                               .stands_at = "/account",
                               .fields = {"current_password", "new_password"},
                               .leads_to = "/account?notice=password",
                               .old_password = "current_password"};
inline constexpr form email{.proof = of_account,
                            .stands_at = "/account",
                            .fields = {"new_email", "password"},
                            .leads_to = "/account?notice=address",
                            .old_password = "email_password"};
// The last one: no page of the account is left to lead to.
inline constexpr form removal{.proof = of_account,
                              .stands_at = "/account",
                              .fields = {"password"},
                              .leads_to = "/login?notice=deleted",
                              .act = delete_me,
                              .old_password = "delete_password"};
// Its reply is the only page that ever shows the key.
inline constexpr form api_key{.proof = of_account,
                              .stands_at = "/account",
                              .fields = {"name"},
                              .then = afterwards::replied,
                              .act = show_new_key,
                              .forbidden_alert = "no_more_keys"};
inline constexpr form logout{.proof = of_account,
                             .page = page::logout,
                             .stands_at = "/account",
                             .then = afterwards::signs_out,
                             .leads_to = "/login?notice=signed_out"};

} // namespace yett::pipeline::forms
