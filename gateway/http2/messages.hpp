#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/response_head.hpp"
#include "gateway/http2/field_section.hpp"

namespace yett::http2 {

// A request's field section as what `http::framing` proves of one in HTTP/1.1: whatever is refused there is refused
// here, with the same code. It borrows from the section.
//
// The section is not malformed: the engine hands over none that is, and nobody looks twice. `ends`: no body
// follows. CONNECT is refused, as it is there.
result<http::head> request_head_of(field_section& section, bool ends, http::framing::limits const& limits);

// The same for the reply to a request of that method. Fails with upstream_broken and nothing else. An interim one has a
// status below 200, and 101 is malformed (section 8.6), as whatever was judged so.
result<http::response_head> response_head_of(field_section& section, bool ends, http::method asked,
                                             http::framing::limits const& limits);

// Why a section is malformed as the head of a request, of a reply, or as trailers; null: it is not. The text is fixed.
// Pseudo-header fields and fields of a connection are HTTP/2's own matter (RFC 9113 sections 8.2 and 8.3), and what is wrong
// with those ends a stream by PROTOCOL_ERROR.
char const* malformed_request(field_section& section) noexcept;
char const* malformed_response(field_section& section) noexcept;
char const* malformed_trailers(field_section& section) noexcept;

} // namespace yett::http2
