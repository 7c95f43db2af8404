#pragma once

#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace yett {
inline namespace base {

// Everything that can go wrong, as a closed list. The first block is public: its names
// are the stable `code` of an error reply and never change. The second block stays
// inside; `http/problem` maps each of its members to a public one.
enum class errc
{
    // Zero is no code, so that a value that was never set is recognised.
    no_such_route = 1,
    method_not_allowed,
    not_implemented,
    bad_request,
    header_too_large,
    body_too_large,
    uri_too_long,
    uri_rejected,
    misdirected_request,
    unsupported_media_type,
    unauthenticated,
    invalid_credentials,
    email_not_verified,
    token_invalid,
    refresh_reused,
    forbidden,
    recent_login_required,
    csrf_rejected,
    email_taken,
    email_invalid,
    password_weak,
    rate_limited,
    overloaded,
    upstream_unavailable,
    upstream_timeout,
    upstream_broken,
    storage_unavailable,
    internal,

    // From here on inside: why a token was refused (all of them are `unauthenticated` outside), how
    // a peer failed, and what stores and links say to those who called them.
    token_malformed,
    token_untrusted,
    token_expired,
    token_not_yet_valid,
    token_wrong_issuer,
    token_wrong_audience,
    token_revoked,
    token_wrong_certificate,
    credentials_disagree,
    // Of a connection; `origin` says whose. A peer that closed ended where an end was allowed, one
    // that broke off did not.
    peer_closed,
    peer_broke_off,
    timed_out,
    stopping,
    // Of stores: nothing under that name, and a name that is taken, or a state that changed since
    // it was read.
    not_found,
    conflict,
    link_invalid, // of a mailed link; public as token_invalid
    link_expired, // public as token_expired, which that of an access token is not
};

// The code as written in replies, logs and metric labels.
std::string_view name_of(errc code) noexcept;

// Who is to blame; decides whether the access log says 4xx, 502 or 500.
enum class origin : unsigned char
{
    client,
    upstream,
    ourselves,
};

// A failure as a value. The note is for the log and never reaches a client.
class error
{
public:
    // What boost::system::result hands out where there is no error; it means a defect.
    error() : error{errc::internal, origin::ourselves} {}
    error(errc code, origin from, std::string note = {}, std::error_code cause = {})
        : code_{code},
          origin_{from},
          note_{std::move(note)},
          cause_{cause}
    {
    }

    // A failure of the client, by far the most frequent origin.
    error(errc code) : error{code, origin::client} {}

    // What a reply is made of is `code` and `from`; note and cause are for the log alone.
    errc code() const noexcept { return code_; }
    origin from() const noexcept { return origin_; }
    std::string const& note() const noexcept { return note_; }
    std::error_code cause() const noexcept { return cause_; }

    // True when the same request may be sent again because nothing was done.
    bool retryable() const noexcept { return retryable_; }
    error&& as_retryable() &&
    {
        retryable_ = true;
        return std::move(*this);
    }

    // By the code alone: whose failure it was is asked with `from`.
    friend bool operator==(error const& e, errc code) noexcept { return e.code_ == code; }

private:
    errc code_;
    origin origin_;
    bool retryable_ = false;
    std::string note_;
    std::error_code cause_;
};

// One line for the log: code, note and cause.
std::string describe(error const& e);

// One maker for each origin, so that nobody forgets to say whose failure it is. `cause` is the
// system's code, where there is one.
inline error client_error(errc code, std::string note = {})
{
    return {code, origin::client, std::move(note)};
}
inline error our_error(errc code, std::string note = {}, std::error_code cause = {})
{
    return {code, origin::ourselves, std::move(note), cause};
}
inline error upstream_error(errc code, std::string note = {}, std::error_code cause = {})
{
    return {code, origin::upstream, std::move(note), cause};
}

} // namespace base
} // namespace yett
