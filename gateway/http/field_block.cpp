#include "gateway/http/field_block.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/http/known_names.hpp"

#include <algorithm>

// The fields of a head, one pass over the bytes (RFC 9112 section 5). It is stricter than most: no
// blank before the colon, no folded lines, no bare CR or LF, a Content-Length of digits alone and
// once, Transfer-Encoding only as `chunked`, and never both. Each of these is a place where two
// programs have read one message in two ways; refusing is the only answer that all agree on.
//
// What a name means is noted while it is at hand (`present`, framing, connection), so that later
// questions for a field that is not there cost a bit and no search. Views point into `text`, which
// outlives the block.

namespace yett::http {
namespace {

using fault = std::optional<field_fault>;

fault refuse(char const* note) noexcept
{
    return field_fault{errc::bad_request, note};
}

// One line from `at`, which moves behind its CRLF. Nothing when the line is malformed.
fault read_line(char const*& at, char const* end, field& into) noexcept
{
    auto const* name = at;
    while (at != end && ascii::is(*at, ascii::token_char)) ++at;
    if (at == name || at == end || *at != ':') return refuse("field name is malformed");
    into.name = {name, static_cast<std::size_t>(at - name)};

    ++at;
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    auto const* value = at;
    for (;;) {
        at += ascii::plain_run(at, end);
        if (at == end || *at != '\t') break;
        ++at;
    }
    if (end - at < 2 || at[0] != '\r' || at[1] != '\n') return refuse("field value is malformed");
    auto const* last = at;
    while (last != value && (last[-1] == ' ' || last[-1] == '\t')) --last;
    into.value = {value, static_cast<std::size_t>(last - value)};
    at += 2;
    return {};
}

fault note_length(field_block& block, std::string_view value) noexcept
{
    // Identical repeats are refused too: whoever sends them hopes for two readings.
    if (block.content_length) return refuse("more than one Content-Length");
    block.content_length = ascii::to_number(value);
    if (!block.content_length) return refuse("Content-Length is malformed");
    return {};
}

fault note_coding(field_block& block, std::string_view value) noexcept
{
    if (block.chunked) return refuse("more than one Transfer-Encoding");
    if (!ascii::equal_ignoring_case(value, "chunked")) return refuse("Transfer-Encoding is not chunked");
    block.chunked = true;
    return {};
}

fault note_connection(field_block& block, std::string_view value) noexcept
{
    while (auto const option = next_element(value)) {
        if (!ascii::is_token(*option)) return refuse("Connection is malformed");
        if (ascii::equal_ignoring_case(*option, "close")) block.closes = true;
        if (ascii::equal_ignoring_case(*option, "keep-alive")) block.keeps_alive = true;
    }
    return {};
}

// Said twice, in one field or two, it is still one expectation (RFC 9110 section 10.1.1).
void note_expectation(field_block& block, std::string_view value) noexcept
{
    bool said = false;
    while (auto const element = next_element(value)) {
        said = true;
        bool const usual = ascii::equal_ignoring_case(*element, "100-continue");
        (usual ? block.expects_continue : block.expects_other) = true;
    }
    block.expects_other = block.expects_other || !said;
}

fault note_meaning(field_block& block, field const& line) noexcept
{
    switch (line.id) {
    case known::host:
        block.host = line.value;
        ++block.hosts;
        return {};
    case known::content_length: return note_length(block, line.value);
    case known::transfer_encoding: return note_coding(block, line.value);
    case known::connection: return note_connection(block, line.value);
    case known::expect: note_expectation(block, line.value); return {};
    default: return {};
    }
}

// For each field of each message: a call would cost as much as what it does.
[[gnu::always_inline]] inline fault note_field(field_block& block, field& line) noexcept
{
    line.id = known_names::find(line.name);
    if (line.id == known::other) return {};
    block.present |= bit_of(line.id);
    return note_meaning(block, line);
}

fault end_of_block(field_block& block, std::span<field const> fields) noexcept
{
    if (block.chunked && block.content_length) return refuse("Transfer-Encoding beside Content-Length");
    block.fields = fields;
    return {};
}

} // namespace

bool is_field_value(std::string_view text) noexcept
{
    auto const* at = text.data();
    auto const* const end = at + text.size();
    for (;;) {
        at += ascii::plain_run(at, end);
        if (at == end) return true;
        if (*at++ != '\t') return false;
    }
}

fault check_fields(std::span<field> fields, std::size_t most, field_block& block) noexcept
{
    if (fields.size() > most) return field_fault{errc::header_too_large, "too many fields"};
    for (auto& each : fields) {
        if (!ascii::is_token(each.name)) return refuse("field name is malformed");
        if (!is_field_value(each.value)) return refuse("field value is malformed");
        each.value = trimmed(each.value);
        if (auto const bad = note_field(block, each)) return bad;
    }
    return end_of_block(block, fields);
}

fault read_fields(std::string_view text, std::span<field> storage, std::size_t most, field_block& block) noexcept
{
    auto const* at = text.data();
    auto const* const end = at + text.size();
    most = std::min(most, storage.size());
    std::size_t count = 0;
    while (at != end && *at != '\r') {
        if (count == most) return field_fault{errc::header_too_large, "too many fields"};
        auto& line = storage[count++];
        if (auto const bad = read_line(at, end, line)) return bad;
        if (auto const bad = note_field(block, line)) return bad;
    }
    if (end - at != 2 || at[1] != '\n') return refuse("head does not end where it should");
    return end_of_block(block, storage.first(count));
}

} // namespace yett::http
