#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::http {

class head;

// A request target in its one spelling: what is matched is what is forwarded.
//
// Unreserved characters are decoded, percent-escapes upper-cased, dot segments removed
// (RFC 3986 section 6.2.2). Whatever a second reader could understand differently is
// refused with uri_rejected: %5c %00 \ ; // #, double encoding, encoded control bytes,
// malformed escapes, bytes outside ASCII. An encoded slash stays encoded, in match and
// forward alike, and is refused later unless the route allows it.
class target
{
public:
    static result<target> from(head const& h);

    // Begins with '/' and holds no query. "*" for OPTIONS *.
    std::string_view path() const noexcept { return path_; }
    bool has_encoded_slash() const noexcept { return has_encoded_slash_; }
    // Without the '?'; as sent, it never decides anything.
    std::string_view query() const noexcept { return query_; }
    bool has_query() const noexcept { return has_query_; }
    // Lower case, without port and trailing dot. IPv6 keeps its brackets.
    std::string_view host() const noexcept { return host_; }

    target(target&&) noexcept;
    target& operator=(target&&) noexcept;

private:
    target() = default;

    // Most targets arrive in their one spelling; then the views point into the head's
    // buffer and these strings stay empty.
    std::string path_storage_;
    std::string host_storage_;
    std::string_view path_;
    std::string_view query_;
    std::string_view host_;
    bool has_query_ = false;
    bool has_encoded_slash_ = false;
};

} // namespace yett::http
