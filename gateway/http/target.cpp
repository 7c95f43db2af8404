#include "gateway/http/target.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/head.hpp"

#include <algorithm>
#include <utility>

// A target is spelled once, here: escapes in one form, dots removed, the host in lower case without
// its port and final dot. Views point into the head's bytes as long as nothing had to be changed,
// and into strings of the target's own otherwise.

namespace yett::http {

struct target::parts
{
    std::string_view authority;
    std::string_view path;
    std::string_view query;
    bool has_query = false;
    bool may_be_raw = false;    // there are bytes beyond ASCII
    bool is_named_well = false; // `framing` has found the authority well-formed
};

namespace {

bool is_lower(std::string_view text) noexcept
{
    return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string with_raw_bytes_escaped(std::string_view query)
{
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (char const c : query) {
        auto const byte = static_cast<unsigned char>(c);
        if (byte < 0x80) out += c;
        else out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
    return out;
}

// Where a view into a string goes when the string is moved: a short one takes its text along.
std::string_view moved_view(std::string const& storage, std::string_view view) noexcept
{
    return storage.empty() ? view : std::string_view{storage};
}

} // namespace

target::target(target&& other) noexcept
{
    *this = std::move(other);
}

target& target::operator=(target&& other) noexcept
{
    if (this == &other) return *this;
    path_storage_ = std::move(other.path_storage_);
    host_storage_ = std::move(other.host_storage_);
    query_storage_ = std::move(other.query_storage_);
    path_ = moved_view(path_storage_, other.path_);
    host_ = moved_view(host_storage_, other.host_);
    query_ = moved_view(query_storage_, other.query_);
    sent_path_ = other.sent_path_;
    has_query_ = other.has_query_;
    has_encoded_slash_ = other.has_encoded_slash_;
    forwarded_as_sent_ = other.forwarded_as_sent_;
    doubts_ = other.doubts_;
    other.path_ = other.host_ = other.query_ = {};
    return *this;
}

result<target> target::from(head const& h)
{
    parts p{.authority = h.host(),
            .path = h.raw_target(),
            .query = {},
            .may_be_raw = h.has_raw_target_bytes(),
            .is_named_well = true};
    // Any of the three forms of a target that `framing` lets through.
    if (p.path.front() != '/' && p.path != "*") {
        p.path.remove_prefix(p.path.find("://") + 3);
        auto const end = std::min(p.path.find_first_of("/?#"), p.path.size());
        p.authority = p.path.substr(0, end);
        p.path.remove_prefix(end);
    }
    if (auto const mark = p.path.find('?'); mark != std::string_view::npos) {
        p.query = p.path.substr(mark + 1);
        p.path = p.path.substr(0, mark);
        p.has_query = true;
    }
    // RFC 9112 section 3.2.4 for OPTIONS, section 3.2.1 for the others.
    if (p.path.empty()) p.path = h.method() == method::options && !p.has_query ? "*" : "/";
    return from(p);
}

result<target> target::from(std::string_view path_and_query, std::string_view host)
{
    auto const mark = std::min(path_and_query.find('?'), path_and_query.size());
    parts p{.authority = host, .path = path_and_query.substr(0, mark), .query = {}, .may_be_raw = true};
    if (mark < path_and_query.size()) {
        p.query = path_and_query.substr(mark + 1);
        p.has_query = true;
    }
    if (!p.path.starts_with('/')) return client_error(errc::uri_rejected, "no path");
    return from(p);
}

result<target> target::from(parts const& p)
{
    // Nameless only where `framing` lets it be: in HTTP/1.0.
    if (!p.is_named_well && !p.authority.empty() && !parse_authority(p.authority))
        return client_error(errc::bad_request, "authority is malformed");
    // A fragment is the client's own; sent, it is a hint at two parsers that differ.
    if (p.query.find('#') != std::string_view::npos) return client_error(errc::uri_rejected, "fragment in target");

    target t;
    t.path_ = t.sent_path_ = p.path;
    if (p.path != "*")
        if (auto taken = t.take_path(p.path); !taken) return taken.error();
    t.take_query(p);
    t.take_host(host_of(p.authority));
    return t;
}

result<void> target::take_path(std::string_view path)
{
    auto found = inspect_path(path);
    auto dots_removed = false;
    doubts_ = found.doubts;
    if (found.how == spelling::other) {
        auto spelled = without_dot_segments(with_canonical_escapes(path));
        path_storage_ = std::move(spelled.path);
        path_ = path_storage_;
        dots_removed = spelled.changed;
        found = inspect_path(path_);
        doubts_.add(found.doubts);
    }
    if (found.how != spelling::canonical) return client_error(errc::uri_rejected, "path holds what is never let through");
    has_encoded_slash_ = found.encoded_slash;
    forwarded_as_sent_ = doubts_.any() && !dots_removed;
    return {};
}

void target::take_query(parts const& p)
{
    query_ = p.query;
    has_query_ = p.has_query;
    auto const is_raw = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
    if (!p.may_be_raw || std::none_of(query_.begin(), query_.end(), is_raw)) return;
    query_storage_ = with_raw_bytes_escaped(query_);
    query_ = query_storage_;
}

void target::take_host(std::string_view host)
{
    host_ = host.substr(0, host.size() - (host.ends_with('.') ? 1 : 0));
    if (is_lower(host_)) return;
    host_storage_ = host_;
    for (auto& c : host_storage_) c = ascii::lower(c);
    host_ = host_storage_;
}

} // namespace yett::http
