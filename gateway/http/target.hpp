#pragma once

#include "gateway/base/result.hpp"
#include "gateway/http/path_spelling.hpp"

#include <string>
#include <string_view>

namespace yett::http {

class head;

// A request target in its one spelling: what is matched is what is forwarded.
//
// Unreserved characters are decoded, percent-escapes upper-cased, dot segments removed
// (RFC 3986 section 6.2.2). What nobody can be trusted with is refused with uri_rejected:
// '\\', '#', control bytes in any form, malformed escapes, raw bytes that are no UTF-8.
// What servers read in different ways is kept and told by `doubts`: such a path must not be
// forwarded unless all of its readings find the same rule. An encoded slash stays encoded,
// in match and forward alike, and is refused later unless the route allows it.
class target
{
public:
    static result<target> from(head const& h);
    // The same for a path with its query, as in Destination; both texts have to outlive it.
    static result<target> from(std::string_view path_and_query, std::string_view host);

    // Begins with '/' and holds no query. "*" for OPTIONS *.
    std::string_view path() const noexcept { return path_; }
    bool has_encoded_slash() const noexcept { return has_encoded_slash_; }
    path_doubts doubts() const noexcept { return doubts_; }
    // As it came, for read_in_every_way.
    std::string_view sent_path() const noexcept { return sent_path_; }
    // Where there is doubt, byte for byte what the client sent, unless that held dot segments.
    std::string_view path_to_forward() const noexcept { return forwarded_as_sent_ ? sent_path_ : path_; }
    // Without the '?'; as sent, but that bytes beyond ASCII are escaped. It never decides anything.
    std::string_view query() const noexcept { return query_; }
    bool has_query() const noexcept { return has_query_; }
    // Lower case, without port and trailing dot. IPv6 keeps its brackets. Empty when HTTP/1.0
    // named none.
    std::string_view host() const noexcept { return host_; }

    target(target&&) noexcept;
    target& operator=(target&&) noexcept;

private:
    struct parts;

    target() = default;
    static result<target> from(parts const& p);
    result<void> take_path(std::string_view path);
    void take_query(parts const& p);
    void take_host(std::string_view host);

    // Most targets arrive in their one spelling; then the views point into the head's
    // buffer and these strings stay empty.
    std::string path_storage_;
    std::string host_storage_;
    std::string query_storage_;
    std::string_view path_;
    std::string_view sent_path_;
    std::string_view query_;
    std::string_view host_;
    bool has_query_ = false;
    bool has_encoded_slash_ = false;
    bool forwarded_as_sent_ = false;
    path_doubts doubts_;
};

} // namespace yett::http
