#include "gateway/pipeline/call/endpoint.hpp"

#include "gateway/pipeline/endpoints/auth_routes.hpp"
#include "gateway/pipeline/endpoints/forms.hpp"
#include "policies/compile.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>

using namespace yett;
using namespace yett::pipeline;

namespace {

std::string names_where(auto const& holds)
{
    std::string all;
    for (auto const& each : endpoints())
        if (holds(each)) all += (all.empty() ? "" : " ") + std::string{each.name};
    return all;
}

std::string names_with(trait which)
{
    return names_where([which](endpoint const& e) { return e.is(which); });
}

// "POST /auth/login public login login_account": what a rule says, without its target.
std::string text_of(policies::route_spec const& spec)
{
    auto text = spec.match.every_method ? std::string{"*"} : spec.match.methods.at(0);
    text += ' ' + spec.match.path;
    text += spec.access.is == policies::access_spec::kind::public_ ? " public" : " authenticated";
    for (auto const& each : spec.limits) text += ' ' + each;
    if (spec.access.recent_login) text += fmt::format(" within {}s", spec.access.recent_login->count());
    return text;
}

} // namespace

TEST_CASE("endpoints: each name stands for one row")
{
    std::set<std::string_view> names;
    for (auto const& each : endpoints()) {
        CHECK_MESSAGE(names.insert(each.name).second, each.name);
        CHECK(endpoint_named(each.name) == &each);
    }
    CHECK(endpoint_named("nobody") == nullptr);
    CHECK(endpoint_named("") == nullptr);
}

TEST_CASE("endpoints: a row is complete")
{
    for (auto const& each : endpoints()) {
        INFO(each.name);
        CHECK_MESSAGE((each.answer || each.page || each.form), "somebody is answered");
        CHECK_MESSAGE((!each.is_page_only() || each.page || each.form->act), "a page-only form does something itself");
        CHECK_MESSAGE((!each.form || each.page || each.method == "POST"), "forms are sent by POST");
        CHECK_MESSAGE((!each.page || each.method == "GET"), "pages are shown for GET");
        CHECK_MESSAGE((!each.link || each.path.ends_with("/{token}")), "a link has its token in the path");
        CHECK_MESSAGE((!each.link || (each.page && each.form && each.answer)), "a link has a page with its form, and an answer");
        CHECK_MESSAGE((!each.link || each.is(trait::needs_links)), "a link needs letters");
        CHECK_MESSAGE((!each.is(trait::claims_its_path) || each.is(trait::is_well_known)),
                      "others have the rule for what is left");
        CHECK_MESSAGE((!each.recent_login || each.allows == endpoint::access::authenticated), "somebody has logged in");
    }
}

TEST_CASE("endpoints: a form can be sent, and leads somewhere")
{
    for (auto const& each : endpoints()) {
        if (!each.form) continue;
        INFO(each.name);
        auto const& f = *each.form;
        CHECK_FALSE(f.proof.empty());
        auto const leads_by_itself = f.then == afterwards::signs_in || f.then == afterwards::replied;
        CHECK(f.leads_to.empty() == leads_by_itself);
        CHECK_MESSAGE((f.leads_to.empty() || f.leads_to.find('?') != f.leads_to.npos), "&next= can follow");
        CHECK_MESSAGE((f.then != afterwards::replied || f.act), "what it does makes the reply");
        CHECK_MESSAGE((f.page || f.stands_at == "/account"), "only the account page is written in another way");
    }
}

TEST_CASE("endpoints: a form that stands somewhere stands on a page that shows it")
{
    for (auto const& each : endpoints()) {
        if (!each.form || each.page || each.form->stands_at.empty()) continue;
        INFO(each.name);
        auto const path = each.form->stands_at.substr(0, each.form->stands_at.find('?'));
        auto const shows = [&](endpoint const& e) { return e.page && e.method == "GET" && e.path == path; };
        CHECK(std::ranges::any_of(endpoints(), shows));
    }
}

TEST_CASE("endpoints: what sets them apart")
{
    CHECK(names_with(trait::tries_secrets) == "login refresh password delete_me email delete_account");
    CHECK(names_with(trait::names_account) == "login resend reset_request");
    CHECK(names_with(trait::knows_devices) == "login");
    CHECK(names_with(trait::hands_out_tokens) == "login refresh");
    CHECK(names_with(trait::serves_other_sites) == "refresh logout");
    CHECK(names_with(trait::needs_links) == "verify_link reset_link email_link undo_link mail_page reset_page");
    CHECK(names_with(trait::needs_login) == "login logout password email create_api_key front front_slash login_page logout_page "
                                            "account_page account delete_account change-password");
    CHECK(names_with(trait::serves_error_pages) == "asset");
    CHECK(names_with(trait::is_well_known) == "jwks metadata change-password");
    CHECK(names_with(trait::claims_its_path) == "jwks metadata");
    CHECK(names_with(trait::is_there_with_pages) == "change-password");
}

TEST_CASE("endpoints: who is answered")
{
    CHECK(names_where([](endpoint const& e) { return e.is_page_only(); }) ==
          "front front_slash login_page logout_page register_page mail_page reset_page account_page account delete_account asset "
          "change-password");
    CHECK(names_where([](endpoint const& e) { return e.link.has_value(); }) == "verify_link reset_link email_link undo_link");
    CHECK(
        names_where([](endpoint const& e) { return e.form && !e.page; }) ==
        "register login logout verify resend reset_request reset_confirm password email email_confirm email_undo create_api_key "
        "account delete_account");
    CHECK(names_where([](endpoint const& e) { return e.takes_what_is_left(); }) == "nothing");
}

TEST_CASE("endpoints: what they are counted as")
{
    using telemetry::account_operation;
    std::map<account_operation, std::string> counted;
    std::string uncounted;
    for (auto const& each : endpoints()) {
        auto& names = each.operation ? counted[*each.operation] : uncounted;
        names += (names.empty() ? "" : " ") + std::string{each.name};
    }
    CHECK(counted[account_operation::register_account] == "register");
    CHECK(counted[account_operation::verify] == "verify verify_link");
    CHECK(counted[account_operation::resend] == "resend");
    CHECK(counted[account_operation::login] == "login");
    CHECK(counted[account_operation::refresh] == "refresh");
    CHECK(counted[account_operation::logout] == "logout");
    CHECK(counted[account_operation::reset_request] == "reset_request");
    CHECK(counted[account_operation::reset_confirm] == "reset_confirm");
    CHECK(counted[account_operation::me] == "me delete_me email email_confirm email_undo delete_account");
    CHECK(counted[account_operation::password] == "password");
    CHECK(counted[account_operation::sessions] == "sessions other_sessions session account");
    CHECK(counted[account_operation::api_keys] == "api_keys create_api_key remove_api_key");
    CHECK(counted.size() == static_cast<std::size_t>(account_operation::count_));
    CHECK(uncounted == "reset_link email_link undo_link front front_slash login_page logout_page register_page mail_page "
                       "reset_page account_page asset nothing jwks metadata change-password");
}

TEST_CASE("auth routes: the rules that follow from the rows")
{
    constexpr std::string_view expected[] = {
        "POST /auth/register public register register_account",
        "POST /auth/login public login login_account login_device",
        "POST /auth/refresh public refresh",
        "POST /auth/logout public",
        "POST /auth/verify public verify",
        "POST /auth/verify/resend public verify resend_account",
        "GET /auth/verify/{token} public verify",
        "POST /auth/reset-request public reset reset_account",
        "POST /auth/reset-confirm public reset",
        "GET /auth/reset/{token} public reset",
        "GET /auth/me authenticated",
        "POST /auth/password authenticated login password_account",
        "DELETE /auth/me authenticated login password_account",
        "POST /auth/email authenticated login password_account change_address_account",
        "POST /auth/email/confirm public verify",
        "GET /auth/email/confirm/{token} public verify",
        "POST /auth/email/undo public verify",
        "GET /auth/email/undo/{token} public verify",
        "GET /auth/sessions authenticated",
        "DELETE /auth/sessions authenticated",
        "DELETE /auth/sessions/{id} authenticated",
        "GET /auth/api-keys authenticated",
        "POST /auth/api-keys authenticated within 900s",
        "DELETE /auth/api-keys/{id} authenticated",
        "GET /auth public",
        "GET /auth/ public",
        "GET /auth/login public",
        "GET /auth/logout public",
        "GET /auth/register public",
        "GET /auth/check-mail public",
        "GET /auth/reset public",
        "GET /auth/account authenticated",
        "POST /auth/account authenticated",
        "POST /auth/account/delete authenticated login password_account",
        "GET /auth/assets/{name} public",
        "* /auth/** public",
        "GET /.well-known/jwks.json public",
        "* /.well-known/jwks.json public",
        "GET /.well-known/openid-configuration public",
        "* /.well-known/openid-configuration public",
        "GET /.well-known/change-password public",
    };
    auto const routes = auth_routes({"/auth"}, true);
    REQUIRE(routes.size() == std::size(expected));
    for (std::size_t i = 0; i < routes.size(); ++i) {
        CHECK(text_of(routes[i]) == expected[i]);
        CHECK(routes[i].to == policies::destination::accounts);
        CHECK(routes[i].place == "built in");
        CHECK_MESSAGE(endpoint_named(routes[i].target), routes[i].target);
    }
    CHECK(policies::compile(routes).table);
}

TEST_CASE("auth routes: names are what they match, or what they are known by")
{
    auto const routes = auth_routes({"/auth"}, true);
    auto const has = [&](std::string_view name, std::string_view target) {
        return std::ranges::any_of(routes, [&](auto const& r) { return r.name == name && r.target == target; });
    };
    CHECK(has("POST /auth/login", "login"));
    CHECK(has("GET /auth", "front"));
    CHECK(has("/auth/**", "nothing"));
    CHECK(has("jwks", "jwks"));
    CHECK(has("jwks, other methods", "nothing"));
    CHECK(has("metadata, other methods", "nothing"));
    CHECK(has("change-password", "change-password"));
}

TEST_CASE("auth routes: below each prefix, and at the root once")
{
    auto const one = auth_routes({"/auth"}, true).size();
    auto const two = auth_routes({"/auth", "/api/auth"}, true);
    CHECK(two.size() == 2 * one - 5);
    CHECK(two[one - 5].match.path == "/api/auth/register");
    CHECK(auth_routes({}, true).size() == 5);
}

TEST_CASE("auth routes: without pages the application may have its own place for passwords")
{
    auto const routes = auth_routes({"/auth"}, false);
    CHECK(std::ranges::none_of(routes, [](auto const& r) { return r.match.path == "/.well-known/change-password"; }));
    CHECK_MESSAGE(std::ranges::any_of(routes, [](auto const& r) { return r.match.path == "/auth/login"; }), "others stay");
}
