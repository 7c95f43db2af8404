#include "gateway/http/fields/trailers.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/header_fold.hpp"

#include <algorithm>
#include <array>

// Whoever merges trailers into the head, as some servers do, would believe in them what nobody looked at: so a list of what
// never passes, compared as loosely as the loosest reader does.

namespace yett::http {
namespace {

// In lower case, with '-' for all that is read as such.
constexpr std::array names{
    // Of framing, and of one connection.
    std::string_view{"connection"}, std::string_view{"content-length"}, std::string_view{"keep-alive"}, std::string_view{"proxy-connection"},
    std::string_view{"te"}, std::string_view{"trailer"}, std::string_view{"transfer-encoding"}, std::string_view{"upgrade"},
    // Where a message goes, and how it is to be treated.
    std::string_view{"host"}, std::string_view{"expect"}, std::string_view{"max-forwards"}, std::string_view{"cache-control"},
    std::string_view{"pragma"}, std::string_view{"range"}, std::string_view{"if-match"}, std::string_view{"if-none-match"},
    std::string_view{"if-modified-since"}, std::string_view{"if-unmodified-since"}, std::string_view{"if-range"}, std::string_view{"origin"},
    std::string_view{"referer"}, std::string_view{"via"}, std::string_view{"location"}, std::string_view{"refresh"}, std::string_view{"retry-after"},
    std::string_view{"vary"}, std::string_view{"age"}, std::string_view{"expires"}, std::string_view{"date"}, std::string_view{"warning"},
    std::string_view{"link"}, std::string_view{"clear-site-data"}, std::string_view{"strict-transport-security"},
    std::string_view{"content-security-policy"},
    // What the bytes mean.
    std::string_view{"content-type"}, std::string_view{"content-encoding"}, std::string_view{"content-range"}, std::string_view{"content-location"},
    std::string_view{"content-disposition"},
    // Credentials, and what asks for them.
    std::string_view{"authorization"}, std::string_view{"proxy-authorization"}, std::string_view{"www-authenticate"},
    std::string_view{"proxy-authenticate"}, std::string_view{"authentication-info"}, std::string_view{"proxy-authentication-info"},
    std::string_view{"cookie"}, std::string_view{"set-cookie"}, std::string_view{"cookie2"}, std::string_view{"set-cookie2"},
    std::string_view{"x-api-key"}, std::string_view{"api-key"}, std::string_view{"x-auth-token"}, std::string_view{"x-access-token"},
    // Who is asking, and from where.
    std::string_view{"forwarded"}, std::string_view{"proxy"}, std::string_view{"x-real-ip"}, std::string_view{"x-client-ip"},
    std::string_view{"true-client-ip"}, std::string_view{"client-ip"}, std::string_view{"x-request-id"}, std::string_view{"traceparent"},
    std::string_view{"tracestate"}, std::string_view{"remote-user"}, std::string_view{"x-remote-user"}, std::string_view{"x-http-method-override"},
    std::string_view{"x-method-override"}, std::string_view{"x-host"}};

// Whatever follows.
constexpr std::array families{std::string_view{"x-forwarded"},        std::string_view{"x-auth-request"}, std::string_view{"x-user"},
                              std::string_view{"x-yett"},             std::string_view{"x-original"},     std::string_view{"x-rewrite"},
                              std::string_view{"x-ssl-client"},       std::string_view{"x-client-cert"},  std::string_view{"access-control"},
                              std::string_view{"x-envoy"},            std::string_view{"x-accel"},        std::string_view{"cf-"},
                              std::string_view{"sec-"},               std::string_view{"proxy-"},         std::string_view{"x-remote-"}};

bool begins_with(std::string_view name, std::string_view family) noexcept
{
    return name.size() >= family.size() && folds_equal(name.substr(0, family.size()), family);
}

} // namespace

bool may_be_trailer(std::string_view name) noexcept
{
    if (!ascii::is_token(name)) return false;
    auto const is_named = std::ranges::any_of(names, [&](std::string_view each) { return folds_equal(name, each); });
    return !is_named && std::ranges::none_of(families, [&](std::string_view each) { return begins_with(name, each); });
}

std::span<field const> fit_trailers(std::span<field> trailers) noexcept
{
    auto const end = std::remove_if(trailers.begin(), trailers.end(), [](field const& f) { return !may_be_trailer(f.name); });
    return {trailers.begin(), end};
}

} // namespace yett::http
