#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::http {

// The field lines of a head, checked, and what they say of framing and connection.
struct field_block
{
    std::span<field const> fields;
    std::uint64_t present = 0; // a bit for each known name among them
    std::string_view host;
    unsigned hosts = 0;
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
    bool closes = false;           // Connection: close
    bool keeps_alive = false;      // Connection: keep-alive
    bool expects_continue = false; // Expect: 100-continue
    bool expects_other = false;
};

// Why a block is refused. The notes are fixed texts, so that a refusal costs no formatting.
struct field_fault
{
    errc code = errc::bad_request;
    char const* note = "";
};

// Whether a value may stand in a field: no control bytes but tabs (RFC 9110 section 5.5).
bool is_field_value(std::string_view text) noexcept;

// Reads field lines up to and with the empty line, which has to be the end of the text.
// What two readers could take differently is refused: bare CR and LF, folded lines, blanks
// before the colon, names that are no tokens, control bytes, repeated or malformed framing
// fields, Transfer-Encoding beside Content-Length. `most` bounds the count of fields.
std::optional<field_fault> read_fields(std::string_view text, std::span<field> storage, std::size_t most,
                                       field_block& block) noexcept;

// The same for fields that came apart and not as text, as in HTTP/2: nothing that is refused in text passes here. Blanks
// around values go, and `id` is set.
std::optional<field_fault> check_fields(std::span<field> fields, std::size_t most, field_block& block) noexcept;

} // namespace yett::http
