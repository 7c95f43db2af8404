#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

// The trailer fields of one chunked body (RFC 9112 section 7.1.2), collected byte by byte while the
// decoder checks them; the bounds are the decoder's.
class trailer_section
{
public:
    // One byte of the section: of a well-formed line, of its end, or of the empty line behind all.
    void add(char c) { text_.push_back(c); }
    // Cuts the text into fields. To be called once, when the section has ended.
    void close();
    // Valid as long as the section; empty before `close`.
    std::span<field const> fields() const noexcept { return fields_; }

private:
    std::string text_;
    std::vector<field> fields_;
};

// Takes the chunked coding (RFC 9112 section 7.1) off a body, part by part as it arrives.
//
// Strict: sizes are plain hexadecimal without overflow, lines end in CRLF, extensions
// follow the grammar, and blanks are refused unless the limits say otherwise. Extensions are
// checked, bounded and dropped; trailer fields are checked, bounded and kept.
class chunk_decoder
{
public:
    struct limits
    {
        // Bytes of size lines beyond a fair share (16 per chunk and two for each byte of
        // data), so that no body consists of extensions.
        std::size_t surplus_bytes = 16384;
        std::size_t trailer_bytes = 8192;
        std::size_t trailer_fields = 64;
        // Blanks behind sizes and around extensions pass, as RFC 9112 section 7.1.1 tolerates
        // them and old servers write them.
        bool blanks = false;
    };

    chunk_decoder() = default;
    explicit chunk_decoder(limits const& bounds) : limits_{bounds} {}

    struct decoded
    {
        std::string_view data; // points into the bytes given; empty when they held only framing
        std::size_t consumed;  // of the bytes given; less than all only behind the last chunk
    };
    // Decodes in place: the data of several chunks is moved together inside `bytes`, the
    // data of a single chunk stays where it is. Fails with bad_request, and from then on always.
    result<decoded> decode(std::span<char> bytes);

    // True behind the last chunk and its trailers. What follows belongs to the next message.
    bool done() const noexcept { return state_ == state::done; }
    // What is still to come of the current chunk's data, as far as its size is known.
    std::uint64_t left() const noexcept { return state_ == state::data ? left_ : 0; }
    std::size_t trailer_fields_seen() const noexcept { return trailers_; }
    // What stood behind the last chunk, once it is done; lives as long as the decoder.
    std::span<field const> trailers() const noexcept;

private:
    // The places in the grammar of RFC 9112 section 7.1 between two bytes, in the order in which
    // they come.
    enum class state : std::uint8_t
    {
        size_start,
        size,
        size_end,
        extension_name_start,
        extension_name,
        extension_name_end,
        extension_value_start,
        extension_token,
        extension_quoted,
        extension_escaped,
        extension_end,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        done,
        broken,
    };

    // Where one byte leads; `broken` is where every byte leads that does not belong.
    state after(char c) noexcept;
    state after_blank() noexcept;
    state after_size(char c) noexcept;
    state after_extension(char c) noexcept;
    state after_trailer(char c) noexcept;
    bool within_limits() noexcept;
    void keep_trailer(char c);

    limits limits_;
    std::uint64_t left_ = 0; // of the current chunk's data
    std::size_t line_ = 0;   // bytes of the current size line
    std::size_t surplus_ = 0;
    std::size_t trailer_bytes_ = 0;
    std::size_t trailers_ = 0;
    state state_ = state::size_start;
    std::uint8_t digits_ = 0;
    bool last_ = false;                        // the current size is zero
    std::unique_ptr<trailer_section> section_; // most bodies have none
};

// What stands in front of a chunk of that size: "1f\r\n". Behind it comes `chunk_end`.
using chunk_line_buffer = std::array<char, 18>;
std::string_view chunk_line(std::uint64_t size, chunk_line_buffer& buffer) noexcept;
inline constexpr std::string_view chunk_end = "\r\n";
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

} // namespace yett::http
