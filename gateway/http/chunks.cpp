#include "gateway/http/chunks.hpp"

#include "gateway/http/ascii.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace yett::http {

namespace {

std::string_view without_blanks(std::string_view text) noexcept
{
    constexpr std::string_view blanks = " \t";
    auto const begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

field field_of(std::string_view line) noexcept
{
    auto const colon = line.find(':');
    auto const name = line.substr(0, colon);
    return {name, without_blanks(line.substr(colon + 1)), known_named(name)};
}

} // namespace

void trailer_section::close()
{
    constexpr std::string_view line_end = "\r\n";
    std::string_view rest{text_};
    for (auto end = rest.find(line_end); end != std::string_view::npos && end != 0; end = rest.find(line_end)) {
        fields_.push_back(field_of(rest.substr(0, end)));
        rest.remove_prefix(end + line_end.size());
    }
}

// --- the decoder -------------------------------------------------------------------

// Reads one byte of a size's digits, or of what may stand behind them.
chunk_decoder::state chunk_decoder::after_size(char c) noexcept
{
    if (ascii::is(c, ascii::hex_char)) {
        // Leading zeros are in the grammar; the size line's limit bounds them.
        if (left_ == 0 && c == '0') return state::size;
        // One digit more could overflow the signed numbers that others keep lengths in.
        if (++digits_ > 15) return state::broken;
        left_ = left_ * 16 + ascii::hex_value(c);
        return state::size;
    }
    if (state_ == state::size_start) return state::broken;
    last_ = left_ == 0;
    return c == ';' ? state::extension_name_start : c == '\r' ? state::size_lf : state::broken;
}

// Nowhere but behind a whole word.
chunk_decoder::state chunk_decoder::after_blank() noexcept
{
    switch (state_) {
    case state::size: last_ = left_ == 0; return state::size_end;
    case state::extension_token:
    case state::extension_end: return state::size_end;
    case state::extension_name: return state::extension_name_end;
    case state::size_end:
    case state::extension_name_start:
    case state::extension_name_end:
    case state::extension_value_start: return state_;
    default: return state::broken;
    }
}

// chunk-ext = *( ";" token [ "=" ( token / quoted-string ) ] )
chunk_decoder::state chunk_decoder::after_extension(char c) noexcept
{
    bool const token = ascii::is(c, ascii::token_char);
    auto const behind = c == ';' ? state::extension_name_start : c == '\r' ? state::size_lf : state::broken;
    switch (state_) {
    case state::extension_name_start: return token ? state::extension_name : state::broken;
    case state::extension_name_end: return c == '=' ? state::extension_value_start : behind;
    case state::extension_name: return token ? state_ : c == '=' ? state::extension_value_start : behind;
    case state::extension_value_start: return token ? state::extension_token : c == '"' ? state::extension_quoted : state::broken;
    case state::extension_token: return token ? state_ : behind;
    case state::extension_quoted:
        if (!ascii::is(c, ascii::value_char)) return state::broken;
        return c == '"' ? state::extension_end : c == '\\' ? state::extension_escaped : state_;
    case state::extension_escaped: return ascii::is(c, ascii::value_char) ? state::extension_quoted : state::broken;
    default: return behind;
    }
}

chunk_decoder::state chunk_decoder::after_trailer(char c) noexcept
{
    ++trailer_bytes_;
    switch (state_) {
    case state::trailer_start:
        if (c == '\r') return state::last_lf;
        ++trailers_;
        return ascii::is(c, ascii::token_char) ? state::trailer_name : state::broken;
    case state::trailer_name: return c == ':' ? state::trailer_value : ascii::is(c, ascii::token_char) ? state_ : state::broken;
    case state::trailer_value: return c == '\r' ? state::trailer_lf : ascii::is(c, ascii::value_char) ? state_ : state::broken;
    case state::trailer_lf: return c == '\n' ? state::trailer_start : state::broken;
    default: return c == '\n' ? state::done : state::broken;
    }
}

// Reads one byte of framing.
chunk_decoder::state chunk_decoder::after(char c) noexcept
{
    auto const blank = c == ' ' || c == '\t';
    if (blank && limits_.blanks && state_ < state::size_lf && state_ != state::extension_quoted &&
        state_ != state::extension_escaped)
        return after_blank();
    switch (state_) {
    case state::size_start:
    case state::size: return after_size(c);
    case state::size_lf: return c != '\n' ? state::broken : last_ ? state::trailer_start : state::data;
    case state::data_cr: return c == '\r' ? state::data_lf : state::broken;
    case state::data_lf: return c == '\n' ? state::size_start : state::broken;
    case state::trailer_start:
    case state::trailer_name:
    case state::trailer_value:
    case state::trailer_lf:
    case state::last_lf: return after_trailer(c);
    default: return after_extension(c);
    }
}

// Called behind every byte of framing, so that a limit is met when it is crossed and not
// at the end of a line that never ends.
bool chunk_decoder::within_limits() noexcept
{
    if (state_ == state::data) {
        // What a chunk is granted but does not use is not saved for later ones.
        auto const fair = 16 + 2 * static_cast<std::size_t>(left_);
        auto const spent = surplus_ + line_;
        surplus_ = spent > fair ? spent - fair : 0;
        line_ = 0;
    }
    return surplus_ + line_ <= limits_.surplus_bytes + 16 && trailer_bytes_ <= limits_.trailer_bytes &&
           trailers_ <= limits_.trailer_fields;
}

result<chunk_decoder::decoded> chunk_decoder::decode(std::span<char> bytes)
{
    auto* const begin = bytes.data();
    char* data = begin;
    std::size_t size = 0;
    std::size_t at = 0;
    while (at < bytes.size() && state_ != state::done) {
        if (state_ == state::data) {
            auto const run = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size() - at));
            if (size == 0) data = begin + at;
            else std::memmove(data + size, begin + at, run);
            size += run;
            at += run;
            left_ -= run;
            if (left_ == 0) state_ = state::data_cr;
            continue;
        }
        if (state_ == state::size_start) digits_ = 0;
        if (state_ < state::data) ++line_;
        state_ = state_ == state::broken ? state_ : after(bytes[at++]);
        if (state_ == state::broken || !within_limits()) {
            state_ = state::broken;
            return client_error(errc::bad_request, "chunked coding is malformed or out of bounds");
        }
        if (trailers_ != 0) keep_trailer(bytes[at - 1]);
    }
    return decoded{.data = {data, size}, .consumed = at};
}

// Called for every byte from the first one of the first trailer to the empty line behind all.
void chunk_decoder::keep_trailer(char c)
{
    if (!section_) section_ = std::make_unique<trailer_section>();
    section_->add(c);
    if (state_ == state::done) section_->close();
}

std::span<field const> chunk_decoder::trailers() const noexcept
{
    return section_ ? section_->fields() : std::span<field const>{};
}

std::string_view chunk_line(std::uint64_t size, chunk_line_buffer& buffer) noexcept
{
    auto* end = std::to_chars(buffer.data(), buffer.data() + 16, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return {buffer.data(), static_cast<std::size_t>(end - buffer.data())};
}

} // namespace yett::http
