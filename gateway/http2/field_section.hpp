#pragma once

#include "gateway/http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace yett::http2 {

// One field section (RFC 9113 section 8.1) as it is decoded: a request's, a reply's, or trailers.
//
// Each field is counted before it is stored, whatever it cost the peer to send: a repeat is one byte on the
// wire and a whole field here (CVE-2026-49975), and so is each crumb of a cookie. What is beyond the limits is
// not stored, only counted on. Made to be used again: its memory stays with it.
class field_section
{
public:
    struct limits
    {
        std::size_t bytes = 16 * 1024; // of names and values as they are decoded, four more for each, as in HTTP/1.1
        std::size_t fields = 100;      // pseudo-header fields aside
    };

    // The pseudo-header fields (section 8.3, RFC 8441 section 4): what was sent, also if it was sent empty.
    enum class pseudo : std::uint8_t
    {
        method,
        scheme,
        authority,
        path,
        protocol,
        status,
        count_,
    };

    // Begins an empty one; what the one before held is forgotten. Views of one that has come stay valid when the section is
    // moved or swapped.
    void begin(limits const& most);
    // The next field of it. False once there is so much that the peer does not mean well: many times what is allowed.
    bool add(std::string_view name, std::string_view value);
    // All have come. From now on there are `fields`, and crumbs of cookies are one field again (section 8.2.3).
    void end();

    // More came than was allowed, and `fields` are not all of them.
    bool has_outgrown() const noexcept { return outgrown_; }
    // What is wrong with it as a message (section 8.3): a pseudo-header field that is unknown, repeated or stands
    // behind others. Null: nothing. The text is fixed.
    char const* fault() const noexcept { return fault_; }

    // As it came, or nothing. Valid until the next `begin`, as all that follows.
    std::optional<std::string_view> find(pseudo which) const noexcept;
    // The others in their order, with room to mark them (`http::field::id`) and, behind them, for `spare` more.
    std::span<http::field> fields() noexcept { return std::span{fields_}.first(count_); }
    std::span<http::field> room() noexcept { return fields_; }
    static constexpr std::size_t spare = 8;
    // The bytes that were counted, those beyond the limit as well, and whether there are too many of them, not of fields.
    std::size_t bytes() const noexcept { return bytes_; }
    bool has_too_many_bytes() const noexcept { return bytes_ > limits_.bytes; }
    // Of ":path", as it was sent.
    std::size_t path_bytes() const noexcept { return path_bytes_; }

private:
    struct piece
    {
        std::uint32_t name_at, name_bytes, value_at, value_bytes;
    };
    void add_pseudo(std::string_view name, std::string_view value);
    void add_crumb(std::string_view value);
    piece store(std::string_view name, std::string_view value);
    std::string_view text_at(std::uint32_t at, std::uint32_t bytes) const noexcept
    {
        return std::string_view{text_}.substr(at, bytes);
    }

    limits limits_;
    std::string text_;
    std::string crumbs_;
    std::vector<piece> pieces_;
    std::vector<http::field> fields_; // made of the pieces when all have come
    std::optional<piece> pseudos_[static_cast<std::size_t>(pseudo::count_)];
    std::size_t bytes_ = 0;
    std::size_t count_ = 0;
    std::size_t path_bytes_ = 0;
    std::optional<std::size_t> cookie_; // which of the pieces becomes the cookie
    char const* fault_ = nullptr;
    bool outgrown_ = false;
};

} // namespace yett::http2
