#include "gateway/http/target.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/path_spelling.hpp"

#include <algorithm>
#include <utility>

namespace yett::http {
namespace {

struct parts
{
    std::string_view authority;
    std::string_view path;
    std::string_view query;
    bool has_query = false;
};

// Splits any of the three forms of a target that `framing` lets through.
parts split(head const& h) noexcept
{
    parts p{.authority = h.host(), .path = h.raw_target(), .query = {}};
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
    return p;
}

bool is_lower(std::string_view text) noexcept
{
    return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

} // namespace

target::target(target&& other) noexcept
{
    *this = std::move(other);
}

target& target::operator=(target&& other) noexcept
{
    if (this == &other) return *this;
    path_storage_ = std::exchange(other.path_storage_, {});
    host_storage_ = std::exchange(other.host_storage_, {});
    // A short string takes its text along inside itself, and the views have to follow.
    path_ = path_storage_.empty() ? other.path_ : std::string_view{path_storage_};
    host_ = host_storage_.empty() ? other.host_ : std::string_view{host_storage_};
    query_ = other.query_;
    has_query_ = other.has_query_;
    has_encoded_slash_ = other.has_encoded_slash_;
    other.path_ = other.host_ = {};
    return *this;
}

result<target> target::from(head const& h)
{
    auto const p = split(h);
    auto const named = parse_authority(p.authority);
    if (!named) return client_error(errc::bad_request, "authority is malformed");
    // A fragment is the client's own; sent, it is a hint at two parsers that differ.
    if (p.query.find('#') != std::string_view::npos) return client_error(errc::uri_rejected, "fragment in target");

    target t;
    t.path_ = p.path;
    t.query_ = p.query;
    t.has_query_ = p.has_query;
    if (p.path != "*") {
        auto found = inspect_path(p.path);
        if (found.how == spelling::other) {
            t.path_storage_ = respelled(p.path);
            t.path_ = t.path_storage_;
            found = inspect_path(t.path_);
        }
        if (found.how != spelling::canonical) return client_error(errc::uri_rejected, "path can be read in two ways");
        t.has_encoded_slash_ = found.encoded_slash;
    }

    t.host_ = named->host.substr(0, named->host.size() - (named->host.ends_with('.') ? 1 : 0));
    if (!is_lower(t.host_)) {
        t.host_storage_ = t.host_;
        for (auto& c : t.host_storage_) c = ascii::lower(c);
        t.host_ = t.host_storage_;
    }
    return t;
}

} // namespace yett::http
