#include "gateway/http/bodies/problem.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/bodies/glimpse.hpp"
#include "gateway/http/field_list.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

// The one place where an error becomes a reply. Which origin an error has matters as much as its
// code: a connection that broke is 400 when it was the client's and 502 when it was the
// application's. What is told is the public code and title and never the note, which is for logs.
//
// Malformed, untrusted, expired, revoked: whatever is wrong with a token is one 401
// `unauthenticated`, so that nobody learns which of their guesses was nearly right.

namespace yett::http {
namespace {

constexpr public_error not_signed_in{401, "unauthenticated", "Authentication required"};
constexpr public_error malformed{400, "bad_request", "Bad request"};
constexpr public_error busy{503, "overloaded", "Too busy"};
constexpr public_error application_away{502, "upstream_unavailable", "Application unavailable"};
constexpr public_error application_slow{504, "upstream_timeout", "Application too slow"};
constexpr public_error other_version{426, "upgrade_required", "Another version of WebSocket"};
constexpr public_error defect{500, "internal", "Internal error"};

// Who broke off or was slow decides what that means for the client.
public_error public_error_of_peer(error const& e) noexcept
{
    if (e.from() == origin::upstream) return e == errc::timed_out ? application_slow : application_away;
    if (e == errc::timed_out)
        return {e.from() == origin::client ? 408u : 503u, e.from() == origin::client ? "bad_request" : "overloaded", "Timed out"};
    return malformed;
}

bool is_grant_refusal(errc code) noexcept
{
    return code == errc::invalid_credentials || code == errc::refresh_reused || code == errc::token_invalid;
}

// The words of RFC 6749 section 5.2, and of section 4.1.2.1 for what that lacks.
std::string_view oauth_error(error const& e, unsigned status) noexcept
{
    if (status == 429 || status == 503) return "temporarily_unavailable";
    if (status >= 500) return "server_error";
    if (status == 401 || is_grant_refusal(e.code())) return "invalid_grant";
    return "invalid_request";
}

// A realm is a quoted string, and Basic's is shown to people in whatever characters they have.
std::string quoted(std::string_view realm)
{
    std::string text = "\"";
    for (char const c : realm) {
        if (c < ' ' || c > '~') continue;
        if (c == '"' || c == '\\') text += '\\';
        text += c;
    }
    return text + '"';
}

std::string challenge_for(error const& e, problem_context const& context)
{
    auto const realm = " realm=" + quoted(context.realm);
    if (e == errc::recent_login_required) return "Bearer" + realm + R"(, error="insufficient_user_authentication")"; // RFC 9470
    if (context.basic) return "Basic" + realm + R"(, charset="UTF-8")";
    return "Bearer" + realm + (context.credential_sent ? R"(, error="invalid_token")" : "");
}

std::string json_of(error const& e, public_error face, problem_context const& context)
{
    boost::json::object body{{"type", "about:blank"}, {"title", face.title}, {"status", face.status}, {"code", face.code}};
    if (!context.request_id.empty()) body["request_id"] = context.request_id;
    boost::json::array errors;
    for (auto const& each : context.errors) {
        boost::json::object one{{"field", each.field}, {"code", each.code}, {"message", each.message}};
        errors.push_back(std::move(one));
    }
    if (!errors.empty()) body["errors"] = std::move(errors);
    if (context.token_endpoint) {
        body["error"] = oauth_error(e, face.status);
        body["error_description"] = face.title;
    }
    return boost::json::serialize(body);
}

void add_fields_of_status(reply& r, error const& e, problem_context const& context)
{
    auto const add = [&r](char const* name, std::string value) { r.fields.emplace_back(name, std::move(value)); };
    if (r.status == 401) add("WWW-Authenticate", challenge_for(e, context));
    if (r.status == 405)
        add("Allow", context.allow.empty() ? "GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS" : std::string{context.allow});
    if (r.status == 426) { // RFC 9110 section 15.5.22, RFC 6455 section 4.4
        add("Upgrade", "websocket");
        add("Sec-WebSocket-Version", "13");
    }
    if (r.status == 503 || (r.status == 429 && context.retry_after))
        add("Retry-After", std::to_string(std::max<std::int64_t>(context.retry_after.value_or(seconds{1}).count(), 1)));
}

// The weight of one element of Accept, in thousandths (RFC 9110 section 12.4.2).
unsigned weight_of(std::string_view parameters) noexcept
{
    auto const at = parameters.find("q=");
    if (at == std::string_view::npos) return 1000;
    auto const text = parameters.substr(at + 2);
    if (text.starts_with('1')) return 1000;
    if (!text.starts_with("0.")) return 0;
    unsigned weight = 0;
    for (std::size_t i = 2, scale = 100; i < text.size() && i < 5 && ascii::is(text[i], ascii::digit_char); ++i, scale /= 10)
        weight += static_cast<unsigned>(text[i] - '0') * static_cast<unsigned>(scale);
    return weight;
}

// What the media type weighs where it is named itself; wildcards are no preference.
unsigned preference_for(std::string_view accept, std::string_view type) noexcept
{
    while (auto const element = next_element(accept)) {
        auto const semicolon = std::min(element->find(';'), element->size());
        if (ascii::equal_ignoring_case(trimmed(element->substr(0, semicolon)), type))
            return weight_of(element->substr(semicolon));
    }
    return 0;
}

// What browsers send of a page's form, by themselves: fields, or files with them.
bool is_form(std::string_view content_type) noexcept
{
    auto const type = trimmed(content_type.substr(0, content_type.find(';')));
    return ascii::equal_ignoring_case(type, "application/x-www-form-urlencoded") ||
           ascii::equal_ignoring_case(type, "multipart/form-data") || ascii::equal_ignoring_case(type, "text/plain");
}

} // namespace

public_error public_error_of(error const& e) noexcept
{
    switch (e.code()) {
    case errc::no_such_route: return {404, "no_such_route", "Nothing here"};
    case errc::method_not_allowed: return {405, "method_not_allowed", "Method not allowed"};
    case errc::not_implemented: return {501, "not_implemented", "Method unknown"};
    case errc::bad_request: return malformed;
    case errc::header_too_large: return {431, "header_too_large", "Header too large"};
    case errc::body_too_large: return {413, "body_too_large", "Body too large"};
    case errc::uri_too_long: return {414, "uri_too_long", "Address too long"};
    case errc::uri_rejected: return {400, "uri_rejected", "Address rejected"};
    case errc::misdirected_request: return {421, "misdirected_request", "Not served on this connection"};
    case errc::unsupported_media_type: return {415, "unsupported_media_type", "Media type not supported"};
    case errc::invalid_credentials: return {401, "invalid_credentials", "Invalid credentials"};
    case errc::email_not_verified: return {403, "email_not_verified", "Address not verified"};
    case errc::token_invalid:
    case errc::link_invalid: return {400, "token_invalid", "Invalid token"};
    case errc::link_expired: return {400, "token_expired", "Expired token"};
    case errc::refresh_reused: return {401, "refresh_reused", "Session ended"};
    case errc::forbidden: return {403, "forbidden", "Forbidden"};
    case errc::recent_login_required: return {401, "recent_login_required", "Please log in again"};
    case errc::csrf_rejected: return {403, "csrf_rejected", "Request from another site"};
    case errc::email_taken: return {409, "email_taken", "Address taken"};
    case errc::email_invalid: return {400, "email_invalid", "Invalid address"};
    case errc::password_weak: return {400, "password_weak", "Password too weak"};
    case errc::rate_limited: return {429, "rate_limited", "Too many requests"};
    case errc::overloaded:
    case errc::stopping: return busy;
    case errc::upstream_unavailable:
    case errc::upstream_broken: return application_away;
    case errc::upstream_timeout: return application_slow;
    case errc::storage_unavailable: return {503, "storage_unavailable", "Storage unavailable"};
    case errc::unauthenticated:
    case errc::token_malformed:
    case errc::token_untrusted:
    case errc::token_expired:
    case errc::token_not_yet_valid:
    case errc::token_wrong_issuer:
    case errc::token_wrong_audience:
    case errc::token_revoked:
    case errc::token_wrong_certificate:
    case errc::credentials_disagree: return not_signed_in;
    case errc::peer_closed:
    case errc::peer_broke_off:
    case errc::timed_out: return public_error_of_peer(e);
    case errc::not_found: return {404, "no_such_route", "Nothing here"};
    case errc::conflict: return {409, "bad_request", "Conflict"};
    case errc::internal: return defect;
    }
    return defect;
}

reply problem_reply(error const& e, problem_context const& context)
{
    auto const face = context.another_websocket_version ? other_version : public_error_of(e);
    reply r;
    r.status = face.status;
    r.body = json_of(e, face, context);
    r.fields.emplace_back("Content-Type", "application/problem+json");
    r.fields.emplace_back("Cache-Control", "no-store");
    r.fields.emplace_back("X-Content-Type-Options", "nosniff");
    add_fields_of_status(r, e, context);
    return r;
}

bool prefers_html(glimpse const& seen) noexcept
{
    auto const reads = seen.method == "GET" || seen.method == "HEAD";
    if (!reads && !(seen.method == "POST" && is_form(seen.content_type))) return false;
    if (!seen.sec_fetch_mode.empty() && seen.sec_fetch_mode != "navigate") return false;
    return preference_for(seen.accept, "text/html") > preference_for(seen.accept, "application/json");
}

bool prefers_html(head const& h) noexcept
{
    glimpse seen;
    seen.method = h.method_name();
    seen.accept = h.value(known::accept);
    seen.content_type = h.value(known::content_type);
    seen.sec_fetch_mode = h.value(known::sec_fetch_mode);
    return prefers_html(seen);
}

bool asks_for_json(head const& h) noexcept
{
    auto const accept = h.value(known::accept);
    auto const json = preference_for(accept, "application/json");
    return json > 0 && json >= preference_for(accept, "text/html");
}

} // namespace yett::http
