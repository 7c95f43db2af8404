#pragma once

#include "gateway/http/head.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::http {

// How an upstream marks where its reply's body ends (RFC 9112 section 6.3).
enum class response_body : std::uint8_t
{
    none,   // HEAD, 1xx, 204 and 304
    length, // content_length() bytes follow
    chunked,
    until_close, // only the end of the connection says it; a cut cannot be told from the end
};

// The head of an upstream's reply that passed the gate. Only `framing` makes one; it
// borrows the bytes and the field array it was made from.
class response_head
{
public:
    // 100 to 599. An interim reply (1xx) is followed by another head.
    unsigned status() const noexcept { return status_; }
    bool interim() const noexcept { return status_ < 200; }
    // The words behind it as sent, perhaps none; bytes beyond ASCII among them.
    std::string_view reason() const noexcept { return reason_; }
    http::version version() const noexcept { return version_; }
    std::span<field const> fields() const noexcept { return fields_; }

    response_body body() const noexcept { return body_; }
    // The Content-Length as written: for HEAD and 304 it tells of a body that does not come.
    std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }
    // False after a body until close, too, and where framing was announced for a body that
    // cannot come: whoever wrote it may yet send one.
    bool keep_alive() const noexcept { return keep_alive_; }

    // The first field of that name; null when there is none.
    field const* find(known id) const noexcept;
    field const* find(std::string_view name) const noexcept; // any case
    // Its value, or empty.
    std::string_view value(known id) const noexcept;

private:
    friend class framing;
    response_head() = default;

    std::span<field const> fields_;
    std::string_view reason_;
    std::optional<std::uint64_t> content_length_;
    unsigned status_ = 0;
    http::version version_ = http::version::http_1_1;
    response_body body_ = response_body::none;
    bool keep_alive_ = true;
};

} // namespace yett::http
