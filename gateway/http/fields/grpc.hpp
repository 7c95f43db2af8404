#pragma once

#include "gateway/base/error.hpp"
#include "gateway/http/head.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

// gRPC over HTTP/2, as far as somebody in between has to know it.
namespace yett::http::grpc {

// How a call ended (status codes of gRPC), as `grpc-status` says it.
enum class status : std::uint8_t
{
    ok = 0,
    cancelled = 1,
    unknown = 2,
    invalid_argument = 3,
    deadline_exceeded = 4,
    not_found = 5,
    permission_denied = 7,
    resource_exhausted = 8,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    unauthenticated = 16,
};
// As it is written.
std::string_view text_of(status s) noexcept;

// Whether a request is a call: application/grpc, or that with a suffix, over HTTP/2. gRPC-Web is none, which is HTTP to
// whoever is in between.
bool is_call(head const& request) noexcept;

// What a call is told that fails for that reason: what the same failure is by status in HTTP, and UNAUTHENTICATED where its
// session is over.
status status_for(unsigned http_status) noexcept;
status status_for(errc why) noexcept;

} // namespace yett::http::grpc
