#include "gateway/http/fields/grpc.hpp"

#include "gateway/http/ascii.hpp"

#include <array>

// A client of gRPC looks at grpc-status alone; of a reply without one it guesses by the HTTP status, and tells its caller
// something about protocols. So what is refused is refused in its words
// (github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md, but that a refusal of ours is known to be one).

namespace yett::http::grpc {
namespace {

constexpr std::string_view type = "application/grpc";

constexpr std::array<std::string_view, 17> numbers{"0", "1", "2",  "3",  "4",  "5",  "6",  "7", "8",
                                                   "9", "10", "11", "12", "13", "14", "15", "16"};

} // namespace

std::string_view text_of(status s) noexcept
{
    return numbers[static_cast<std::size_t>(s)];
}

bool is_call(head const& request) noexcept
{
    if (request.version() != version::http_2 || request.method() != method::post) return false;
    auto const sent = request.value(known::content_type);
    if (sent.size() < type.size() || !ascii::equal_ignoring_case(sent.substr(0, type.size()), type)) return false;
    return sent.size() == type.size() || sent[type.size()] == '+' || sent[type.size()] == ';';
}

status status_for(unsigned http_status) noexcept
{
    switch (http_status) {
    case 400:
    case 431: return status::invalid_argument;
    case 401: return status::unauthenticated;
    case 403: return status::permission_denied;
    case 404:
    case 405:
    case 501: return status::unimplemented;
    case 408:
    case 504: return status::deadline_exceeded;
    case 413:
    case 429: return status::resource_exhausted;
    case 421:
    case 502:
    case 503: return status::unavailable;
    default: return http_status >= 500 ? status::internal : status::unknown;
    }
}

status status_for(errc why) noexcept
{
    switch (why) {
    case errc::token_revoked:
    case errc::token_expired: return status::unauthenticated;
    case errc::upstream_timeout: return status::deadline_exceeded;
    case errc::upstream_broken:
    case errc::upstream_unavailable:
    case errc::stopping:
    case errc::overloaded: return status::unavailable;
    case errc::body_too_large: return status::resource_exhausted;
    default: return status::internal;
    }
}

} // namespace yett::http::grpc
