#include "gateway/pipeline/auth_routes.hpp"

#include "gateway/base/clock.hpp"
#include "gateway/limits/spec.hpp"

#include <array>
#include <optional>

namespace yett::pipeline {
namespace {

using kind = policies::access_spec::kind;

struct endpoint
{
    char const* target;
    char const* method; // empty: any
    char const* path;   // below the prefix
    kind access;
    std::array<char const*, 3> limits{}; // null: none, none further
    std::optional<seconds> recent_login = std::nullopt;
};

// Logout is public because an expired access token must not keep anybody signed in: the
// refresh token names the session, too. An API key outlives the session that made it: whoever
// found a session open shall not turn it into a year of access.
constexpr endpoint endpoints[] = {
    {"register", "POST", "/register", kind::public_, {"register", "register_account"}},
    {"login", "POST", "/login", kind::public_, {"login", limits::for_strangers, limits::for_known_devices}},
    {"refresh", "POST", "/refresh", kind::public_, {"refresh"}},
    {"logout", "POST", "/logout", kind::public_},
    {"verify", "POST", "/verify", kind::public_, {"verify"}},
    {"resend", "POST", "/verify/resend", kind::public_, {"verify", "resend_account"}},
    {"verify_link", "GET", "/verify/{token}", kind::public_, {"verify"}},
    {"reset_request", "POST", "/reset-request", kind::public_, {"reset", "reset_account"}},
    {"reset_confirm", "POST", "/reset-confirm", kind::public_, {"reset"}},
    {"reset_link", "GET", "/reset/{token}", kind::public_, {"reset"}},
    {"me", "GET", "/me", kind::authenticated},
    {"password", "POST", "/password", kind::authenticated, {"login", "password_account"}},
    {"delete_me", "DELETE", "/me", kind::authenticated, {"login", "password_account"}},
    {"email", "POST", "/email", kind::authenticated, {"login", "password_account", "change_address_account"}},
    {"email_confirm", "POST", "/email/confirm", kind::public_, {"verify"}},
    {"email_link", "GET", "/email/confirm/{token}", kind::public_, {"verify"}},
    {"email_undo", "POST", "/email/undo", kind::public_, {"verify"}},
    {"undo_link", "GET", "/email/undo/{token}", kind::public_, {"verify"}},
    {"sessions", "GET", "/sessions", kind::authenticated},
    {"other_sessions", "DELETE", "/sessions", kind::authenticated},
    {"session", "DELETE", "/sessions/{id}", kind::authenticated},
    {"api_keys", "GET", "/api-keys", kind::authenticated},
    {"create_api_key", "POST", "/api-keys", kind::authenticated, {}, std::chrono::minutes{15}},
    {"remove_api_key", "DELETE", "/api-keys/{id}", kind::authenticated},
    {"front", "GET", "", kind::public_},
    {"front", "GET", "/", kind::public_},
    {"login_page", "GET", "/login", kind::public_},
    {"logout_page", "GET", "/logout", kind::public_},
    {"register_page", "GET", "/register", kind::public_},
    {"mail_page", "GET", "/check-mail", kind::public_},
    {"reset_page", "GET", "/reset", kind::public_},
    {"account_page", "GET", "/account", kind::authenticated},
    {"account", "POST", "/account", kind::authenticated},
    {"delete_account", "POST", "/account/delete", kind::authenticated, {"login", "password_account"}},
    {"asset", "GET", "/assets/{name}", kind::public_},
};

policies::route_spec built_in(std::string name, std::string path, endpoint const& e)
{
    policies::route_spec spec;
    spec.name = std::move(name);
    spec.match.path = std::move(path);
    if (*e.method) spec.match.methods = {e.method};
    else spec.match.every_method = true; // nothing of ours falls through to the application
    spec.access.is = e.access;
    spec.access.recent_login = e.recent_login;
    spec.to = policies::destination::accounts;
    spec.target = e.target;
    for (auto const* each : e.limits)
        if (each) spec.limits.emplace_back(each);
    spec.place = "built in";
    return spec;
}

} // namespace

std::vector<policies::route_spec> auth_routes(std::vector<std::string> const& prefixes, bool pages)
{
    constexpr endpoint nothing{"nothing", "", "", kind::public_};
    std::vector<policies::route_spec> routes;
    for (auto const& prefix : prefixes) {
        for (auto const& each : endpoints)
            routes.push_back(built_in(std::string{each.method} + " " + prefix + each.path, prefix + each.path, each));
        routes.push_back(built_in(prefix + "/**", prefix + "/**", nothing));
    }
    for (auto const* const target : {"jwks", "metadata"}) {
        std::string const path =
            target == std::string_view{"jwks"} ? "/.well-known/jwks.json" : "/.well-known/openid-configuration";
        routes.push_back(built_in(target, path, {target, "GET", "", kind::public_}));
        routes.push_back(built_in(std::string{target} + ", other methods", path, nothing));
    }
    if (pages)
        routes.push_back(built_in("change-password", "/.well-known/change-password", {"change_page", "GET", "", kind::public_}));
    return routes;
}

bool serves_other_sites(std::string_view target) noexcept
{
    return target == "refresh" || target == "logout";
}

bool names_account(std::string_view target) noexcept
{
    return target == "login" || target == "resend" || target == "reset_request";
}

} // namespace yett::pipeline
