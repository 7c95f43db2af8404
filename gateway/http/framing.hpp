#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/response_head.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace yett::http {

// The strict gate: turns bytes into a head that nobody can read in two ways, or refuses.
//
// It follows RFC 9112 without any of the leniency that the RFC permits. Nothing is
// copied and nothing is allocated unless something is refused: the head's views point
// into the bytes, its fields lie in the caller's array, and both must outlive it.
class framing
{
public:
    struct limits
    {
        std::size_t header_bytes = 16384; // request line or status line, fields and the empty line
        std::size_t fields = 100;
        std::size_t target_bytes = 8192;
        std::span<std::string const> methods{}; // beside those that are always known
    };

    static constexpr std::size_t npos = std::string_view::npos;

    // How many of these bytes to hand to read_request: up to the end of the empty line,
    // or npos when the head is incomplete. `from` is how many bytes an earlier call has
    // seen already. Bytes that can never become a request (a TLS ClientHello, NUL, a bare
    // CR or LF, blanks in front, a malformed request line) are not waited for: the answer
    // is then a position at which read_request refuses.
    static std::size_t end_of_head(std::string_view bytes, std::size_t from) noexcept;

    // Reads a head that ends where `end_of_head` said. Also given an incomplete one that
    // has outgrown limits.header_bytes, it names the refusal: header_too_large or uri_too_long.
    //
    // Otherwise fails with bad_request, not_implemented (a method that is neither known nor
    // in limits.methods), method_not_allowed (TRACE and CONNECT), and always with the connection to be closed.
    static result<head> read_request(std::string_view bytes, std::span<field> storage, limits const& limits);

    // A request whose parts came apart and not as text, as in HTTP/2 (RFC 9113 section 8.3.1).
    struct request_parts
    {
        std::string_view method;
        std::string_view path;      // with its query, or "*"
        std::string_view authority; // empty: Host alone names it
        bool https = false;         // the scheme it named
        bool ends = false;          // no body follows
    };
    // The same gate for those: whatever read_request refuses in the text of such a request is refused here, with the same
    // code. The fields are checked and marked in place; what is HTTP/2's own (fields of a connection, names in lower
    // case) was looked at before.
    static result<head> check_request(request_parts const& parts, std::span<field> fields, limits const& limits);
    // The failure of a request that is larger than it may be: in its target, its bytes, or the number of its fields.
    static error outgrown_request(std::size_t target_bytes, bool in_bytes, limits const& limits);

    // The same two for what an upstream answers.
    static std::size_t end_of_response_head(std::string_view bytes, std::size_t from) noexcept;
    // `asked` is the method of the request: a reply to HEAD has no body. Fails with
    // upstream_broken and nothing else.
    static result<response_head> read_response(std::string_view bytes, std::span<field> storage, method asked,
                                               limits const& limits);
    // And for a reply whose parts came apart.
    static result<response_head> check_response(unsigned status, std::span<field> fields, bool ends, method asked,
                                                limits const& limits);
    // The same failure, for a head that outgrows its limit before it ends.
    static error outgrown(limits const& limits);
};

} // namespace yett::http
