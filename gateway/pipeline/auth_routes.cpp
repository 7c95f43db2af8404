#include "gateway/pipeline/auth_routes.hpp"

#include "gateway/base/clock.hpp"

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
    char const* limit; // null: none of its own
    std::optional<seconds> recent_login = std::nullopt;
};

// Logout is public because an expired access token must not keep anybody signed in: the
// refresh token names the session, too. An API key outlives the session that made it: whoever
// found a session open shall not turn it into a year of access.
constexpr endpoint endpoints[] = {
    {"register", "POST", "/register", kind::public_, "register"},
    {"login", "POST", "/login", kind::public_, "login"},
    {"refresh", "POST", "/refresh", kind::public_, "refresh"},
    {"logout", "POST", "/logout", kind::public_, nullptr},
    {"verify", "POST", "/verify", kind::public_, "verify"},
    {"resend", "POST", "/verify/resend", kind::public_, "verify"},
    {"verify_link", "GET", "/verify/{token}", kind::public_, "verify"},
    {"reset_request", "POST", "/reset-request", kind::public_, "reset"},
    {"reset_confirm", "POST", "/reset-confirm", kind::public_, "reset"},
    {"reset_link", "GET", "/reset/{token}", kind::public_, "reset"},
    {"me", "GET", "/me", kind::authenticated, nullptr},
    {"password", "POST", "/password", kind::authenticated, "login"},
    {"sessions", "GET", "/sessions", kind::authenticated, nullptr},
    {"other_sessions", "DELETE", "/sessions", kind::authenticated, nullptr},
    {"session", "DELETE", "/sessions/{id}", kind::authenticated, nullptr},
    {"api_keys", "GET", "/api-keys", kind::authenticated, nullptr},
    {"create_api_key", "POST", "/api-keys", kind::authenticated, nullptr, std::chrono::minutes{15}},
    {"remove_api_key", "DELETE", "/api-keys/{id}", kind::authenticated, nullptr},
    {"front", "GET", "", kind::public_, nullptr},
    {"front", "GET", "/", kind::public_, nullptr},
    {"login_page", "GET", "/login", kind::public_, nullptr},
    {"logout_page", "GET", "/logout", kind::public_, nullptr},
    {"register_page", "GET", "/register", kind::public_, nullptr},
    {"mail_page", "GET", "/check-mail", kind::public_, nullptr},
    {"reset_page", "GET", "/reset", kind::public_, nullptr},
    {"account_page", "GET", "/account", kind::authenticated, nullptr},
    {"account", "POST", "/account", kind::authenticated, nullptr},
    {"asset", "GET", "/assets/{name}", kind::public_, nullptr},
};

policies::route_spec built_in(std::string name, std::string path, endpoint const& e)
{
    policies::route_spec spec;
    spec.name = std::move(name);
    spec.match.path = std::move(path);
    if (*e.method) spec.match.methods = {e.method};
    spec.access.is = e.access;
    spec.access.recent_login = e.recent_login;
    spec.to = policies::destination::accounts;
    spec.target = e.target;
    if (e.limit) spec.limits = {e.limit};
    spec.place = "built in";
    return spec;
}

} // namespace

std::vector<policies::route_spec> auth_routes(std::vector<std::string> const& prefixes, bool pages)
{
    constexpr endpoint nothing{"nothing", "", "", kind::public_, nullptr};
    std::vector<policies::route_spec> routes;
    for (auto const& prefix : prefixes) {
        for (auto const& each : endpoints)
            routes.push_back(built_in(std::string{each.method} + " " + prefix + each.path, prefix + each.path, each));
        routes.push_back(built_in(prefix + "/**", prefix + "/**", nothing));
    }
    for (auto const* const target : {"jwks", "metadata"}) {
        std::string const path =
            target == std::string_view{"jwks"} ? "/.well-known/jwks.json" : "/.well-known/openid-configuration";
        routes.push_back(built_in(target, path, {target, "GET", "", kind::public_, nullptr}));
        routes.push_back(built_in(std::string{target} + ", other methods", path, nothing));
    }
    if (pages)
        routes.push_back(
            built_in("change-password", "/.well-known/change-password", {"change_page", "GET", "", kind::public_, nullptr}));
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
