#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace yett::http {

// Methods that are told apart by a number, which is most of them; others are words.
enum class method : std::uint8_t
{
    get,
    head,
    post,
    put,
    delete_,
    patch,
    options,
    // WebDAV's (RFC 4918, 3253, 5323).
    propfind,
    proppatch,
    mkcol,
    copy,
    move,
    lock,
    unlock,
    report,
    search,
    query, // served where a rule names it, like the rest
    other, // a word that rules name; `head::method_name` has it
};
std::string_view name_of(method m) noexcept; // empty for `other`
// Methods are case-sensitive (RFC 9110 section 9.1). Nothing for any word without a place above.
std::optional<method> method_named(std::string_view word) noexcept;
// Whether it is served without being named: all of the above but QUERY.
bool is_usual(std::string_view word) noexcept;
// Those that change nothing (RFC 9110 section 9.2.1, and what IANA's registry says of the others).
bool is_safe(method m) noexcept;
// Those that may be sent twice (section 9.2.2): the safe ones, and such as PUT and DELETE.
bool is_idempotent(method m) noexcept;

// Header names that Yett itself reads, so that nothing later compares text for them.
//
// A name is known when some part of Yett asks for it; fewer than 64, since each has a bit.
enum class known : std::uint8_t
{
    other,
    accept,
    accept_language,
    authorization,
    connection,
    content_length,
    content_location,
    content_type,
    cookie,
    date,
    expect,
    forwarded,
    host,
    keep_alive,
    location,
    origin,
    proxy,
    proxy_authenticate,
    proxy_authorization,
    proxy_connection,
    referer,
    retry_after,
    sec_fetch_dest,
    sec_fetch_mode,
    sec_fetch_site,
    server,
    set_cookie,
    strict_transport_security,
    te,
    traceparent,
    tracestate,
    trailer,
    transfer_encoding,
    upgrade,
    user_agent,
    via,
    www_authenticate,
    x_api_key,
    x_forwarded_for,
    x_forwarded_host,
    x_forwarded_port,
    x_forwarded_proto,
    x_real_ip,
    x_request_id,
};
known known_named(std::string_view name) noexcept; // any case
// Of a set of known names.
constexpr std::uint64_t bit_of(known id) noexcept
{
    return std::uint64_t{1} << static_cast<unsigned>(id);
}

// One header field. Both views point into the buffer the head was read into; the value
// has no blanks around it and the name keeps the case it was sent in.
//
// `id` is found when the head is read, so that a look-up compares numbers.
struct field
{
    std::string_view name;
    std::string_view value;
    known id = known::other;
};

// What the sender spoke on this connection.
enum class version : std::uint8_t
{
    http_1_0,
    http_1_1,
    http_2,
};

// How the sender marks where its body ends.
enum class body_kind : std::uint8_t
{
    none,
    length,  // content_length() bytes follow
    chunked, // until the last chunk; HTTP/2 bodies without a length count as this
};

// A request head that passed the gate: nothing in it can be read in two ways. Only
// `framing` makes one; it borrows the bytes and the field array it was made from.
//
// Every view points into that buffer, so a head lives no longer than it does. Copies are cheap and
// share it.
class head
{
public:
    http::method method() const noexcept { return method_; }
    std::string_view method_name() const noexcept { return method_name_; } // as sent
    // The request target as sent; use `target` for anything that decides.
    std::string_view raw_target() const noexcept { return raw_target_; }
    // Whether bytes beyond ASCII are in it.
    bool has_raw_target_bytes() const noexcept { return has_raw_target_bytes_; }
    http::version version() const noexcept { return version_; }
    // In the order they were sent, repeated ones included.
    std::span<field const> fields() const noexcept { return fields_; }
    // The one Host (or :authority), not malformed, as sent. Empty in HTTP/1.0 alone, which
    // need not name one.
    std::string_view host() const noexcept { return host_; }

    // How the body ends, and its length where it was told; 0 and meaningless where it was not.
    body_kind body() const noexcept { return body_; }
    std::uint64_t content_length() const noexcept { return content_length_; }
    // Whether the sender will go on on this connection (RFC 9112 section 9.3), and whether it waits
    // for 100 (RFC 9110 section 10.1.1).
    bool keep_alive() const noexcept { return keep_alive_; }
    bool expects_continue() const noexcept { return expects_continue_; }

    // Whether there is a field of that name; a look at one bit.
    bool has(known id) const noexcept { return (present_ & bit_of(id)) != 0; }
    // The first field of that name; null when there is none.
    field const* find(known id) const noexcept { return has(id) ? search(id) : nullptr; }
    field const* find(std::string_view name) const noexcept; // any case
    std::size_t count(known id) const noexcept;
    // Its value, or empty.
    std::string_view value(known id) const noexcept;

private:
    friend class framing;
    head() = default;
    // Called only where the bit says that there is one.
    field const* search(known id) const noexcept;

    // What a hit reads most lies first.
    std::span<field const> fields_;
    std::uint64_t present_ = 0;
    std::string_view method_name_;
    std::string_view raw_target_;
    std::string_view host_;
    std::uint64_t content_length_ = 0;
    http::method method_ = http::method::get;
    http::version version_ = http::version::http_1_1;
    body_kind body_ = body_kind::none;
    bool keep_alive_ = true;
    bool expects_continue_ = false;
    bool has_raw_target_bytes_ = false;
};

} // namespace yett::http
