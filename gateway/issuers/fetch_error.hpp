#pragma once

#include <boost/system/result.hpp>

#include <string>
#include <string_view>

namespace yett::issuers {

// Why an issuer's keys could not be fetched.
struct fetch_error
{
    enum class kind : unsigned char
    {
        unreachable, // no name, no connection, or a connection that broke
        timed_out,
        insecure,          // a certificate that does not verify, or no TLS
        forbidden_address, // private, and not allowed
        refused,           // any status but 200, redirects among them
        too_large,
        malformed,    // no metadata, no key set, or one beyond its bounds
        wrong_issuer, // the metadata are somebody else's
        no_usable_key,
        count_,
    };
    // The kind is for metrics and for what to do about it, the note for people.
    kind what = kind::unreachable;
    std::string note; // for the log and /readyz; holds nothing of the reply
};

// As written in metric labels.
std::string_view name_of(fetch_error::kind what) noexcept;

// A value, or why there is none.
template<class T>
using fetched = boost::system::result<T, fetch_error>;

// Found by boost::system::result when a value is read that is not there: a defect.
[[noreturn]] void throw_exception_from_error(fetch_error const& why, boost::source_location const&);

} // namespace yett::issuers
