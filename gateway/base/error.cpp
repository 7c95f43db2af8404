#include "gateway/base/error.hpp"

// Names for logs and metrics: they are kept from release to release, since alerts and searches go
// by them. The switch has no default, so that the compiler names this place when a code is added.
// What a client is told of each stands in http/bodies/problem.cpp.

namespace yett {
inline namespace base {

std::string_view name_of(errc code) noexcept
{
    switch (code) {
    case errc::no_such_route: return "no_such_route";
    case errc::method_not_allowed: return "method_not_allowed";
    case errc::not_implemented: return "not_implemented";
    case errc::bad_request: return "bad_request";
    case errc::header_too_large: return "header_too_large";
    case errc::body_too_large: return "body_too_large";
    case errc::uri_too_long: return "uri_too_long";
    case errc::uri_rejected: return "uri_rejected";
    case errc::misdirected_request: return "misdirected_request";
    case errc::unsupported_media_type: return "unsupported_media_type";
    case errc::unauthenticated: return "unauthenticated";
    case errc::invalid_credentials: return "invalid_credentials";
    case errc::email_not_verified: return "email_not_verified";
    case errc::token_invalid: return "token_invalid";
    case errc::refresh_reused: return "refresh_reused";
    case errc::forbidden: return "forbidden";
    case errc::recent_login_required: return "recent_login_required";
    case errc::csrf_rejected: return "csrf_rejected";
    case errc::email_taken: return "email_taken";
    case errc::email_invalid: return "email_invalid";
    case errc::password_weak: return "password_weak";
    case errc::rate_limited: return "rate_limited";
    case errc::overloaded: return "overloaded";
    case errc::upstream_unavailable: return "upstream_unavailable";
    case errc::upstream_timeout: return "upstream_timeout";
    case errc::upstream_broken: return "upstream_broken";
    case errc::storage_unavailable: return "storage_unavailable";
    case errc::internal: return "internal";
    case errc::token_malformed: return "token_malformed";
    case errc::token_untrusted: return "token_untrusted";
    case errc::token_expired: return "token_expired";
    case errc::token_not_yet_valid: return "token_not_yet_valid";
    case errc::token_wrong_issuer: return "token_wrong_issuer";
    case errc::token_wrong_audience: return "token_wrong_audience";
    case errc::token_revoked: return "token_revoked";
    case errc::token_wrong_certificate: return "token_wrong_certificate";
    case errc::credentials_disagree: return "credentials_disagree";
    case errc::peer_closed: return "peer_closed";
    case errc::peer_broke_off: return "peer_broke_off";
    case errc::timed_out: return "timed_out";
    case errc::stopping: return "stopping";
    case errc::not_found: return "not_found";
    case errc::conflict: return "conflict";
    case errc::link_invalid: return "link_invalid";
    case errc::link_expired: return "link_expired";
    }
    return "internal";
}

std::string describe(error const& e)
{
    std::string line{name_of(e.code())};
    if (!e.note().empty()) line.append(": ").append(e.note());
    if (e.cause()) line.append(" (").append(e.cause().message()).append(")");
    return line;
}

} // namespace base
} // namespace yett
