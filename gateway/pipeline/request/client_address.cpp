#include "gateway/pipeline/request/client_address.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/authority.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/http/field_list.hpp"
#include "gateway/http/fields/forwarded.hpp"

#include <algorithm>

namespace yett::pipeline {
namespace {

using http::known;

bool is_trusted(ip_address const& address, std::span<ip_prefix const> trusted)
{
    return std::any_of(trusted.begin(), trusted.end(), [&](auto const& each) { return each.contains(address); });
}

// The elements of a list from its right end. Several fields are one list (RFC 9110 section
// 5.3), so the last field is the right end; empty elements are left out.
class from_right
{
public:
    from_right(http::head const& head, known id) : fields_{head.fields()}, id_{id} {}

    std::optional<std::string_view> next()
    {
        for (;;) {
            while (list_.empty()) {
                if (fields_.empty()) return std::nullopt;
                if (fields_.back().id == id_) list_ = fields_.back().value;
                fields_ = fields_.first(fields_.size() - 1);
            }
            auto const comma = list_.rfind(',');
            auto const last = http::trimmed(comma == list_.npos ? list_ : list_.substr(comma + 1));
            list_ = list_.substr(0, comma == list_.npos ? 0 : comma);
            if (!last.empty()) return last;
        }
    }

private:
    std::span<http::field const> fields_;
    known id_;
    std::string_view list_; // what is left of the field that is being read
};

std::size_t length_of(http::head const& head, known id)
{
    std::size_t length = 0;
    for (from_right list{head, id}; list.next();) ++length;
    return length;
}

// Goes from hop to hop, each of which names the one before it.
class walk
{
public:
    walk(client& found, std::span<ip_prefix const> trusted) : found_{found}, trusted_{trusted} {}

    // False when the client is found, or nobody can say who it is.
    bool go_on_to(std::string_view node)
    {
        auto const hop = http::parse_node(node);
        found_.unreadable = !hop;
        if (!hop) return false;
        if (found_.named) found_.hops.insert(0, ", " + to_string(found_.address));
        found_.named = true;
        found_.address = *hop;
        place_ = hops_++;
        return is_trusted(*hop, trusted_);
    }
    void break_off() { found_.unreadable = true; }

    // Where the client is named, from the right. A peer that names nobody is one itself, and
    // speaks at the right end.
    std::size_t place() const { return place_; }

private:
    client& found_;
    std::span<ip_prefix const> trusted_;
    std::size_t hops_ = 0;
    std::size_t place_ = 0;
};

void note_scheme(client& found, std::string_view scheme)
{
    using http::ascii::equal_ignoring_case;
    if (!scheme.empty()) found.https = equal_ignoring_case(scheme, "https") || equal_ignoring_case(scheme, "wss");
}

void note_host(client& found, std::string_view host)
{
    if (http::parse_authority(host)) found.host = host;
}

// What a list beside X-Forwarded-For says of the client that is named at `place`.
std::string_view value_at(std::size_t place, http::head const& head, known id)
{
    from_right list{head, id};
    auto const rightmost = list.next().value_or(std::string_view{});
    if (place == 0 || length_of(head, id) != length_of(head, known::x_forwarded_for)) return rightmost;
    while (--place > 0) list.next();
    return list.next().value_or(rightmost);
}

void read_x_forwarded(client& found, http::head const& head, std::span<ip_prefix const> trusted)
{
    walk way{found, trusted};
    from_right hops{head, known::x_forwarded_for};
    for (auto hop = hops.next(); hop && way.go_on_to(*hop);) hop = hops.next();
    note_scheme(found, value_at(way.place(), head, known::x_forwarded_proto));
    note_host(found, value_at(way.place(), head, known::x_forwarded_host));
}

// What hops say of themselves, from the right, as far as they are trusted to.
std::vector<http::forwarded_element> read_hops(walk& way, http::head const& head)
{
    std::vector<http::forwarded_element> told;
    auto const fields = head.fields();
    for (auto field = fields.rbegin(); field != fields.rend(); ++field) {
        if (field->id != known::forwarded) continue;
        auto const elements = http::parse_forwarded(field->value);
        if (!elements) {
            way.break_off();
            return told;
        }
        for (auto each = elements->rbegin(); each != elements->rend(); ++each) {
            told.push_back(*each);
            if (!way.go_on_to(each->node)) return told;
        }
    }
    return told;
}

// The hop that named the client may leave a parameter to those behind it.
std::string_view said(std::vector<http::forwarded_element> const& told, std::size_t place,
                      std::string_view http::forwarded_element::*what)
{
    if (place < told.size() && !(told[place].*what).empty()) return told[place].*what;
    for (std::size_t i = 0; i < std::min(place, told.size()); ++i)
        if (!(told[i].*what).empty()) return told[i].*what;
    return {};
}

void read_forwarded(client& found, http::head const& head, std::span<ip_prefix const> trusted)
{
    walk way{found, trusted};
    auto const told = read_hops(way, head);
    note_scheme(found, said(told, way.place(), &http::forwarded_element::proto));
    note_host(found, said(told, way.place(), &http::forwarded_element::host));
}

bool brings_hops(http::head const& head, forwarding_family family)
{
    return head.has(family == forwarding_family::forwarded ? known::forwarded : known::x_forwarded_for);
}

} // namespace

client address_of(http::peer const& peer, http::head const& head, std::span<ip_prefix const> trusted, forwarding_family believed)
{
    client found;
    found.https = peer.tls;
    found.address = peer.ip;
    if (trusted.empty() || !is_trusted(found.address, trusted)) {
        found.text = peer.address;
        found.certificate = peer.certificate.get();
        found.unlisted = brings_hops(head, believed) && is_private(found.address);
        return found;
    }
    found.behind_proxy = true;
    if (believed == forwarding_family::forwarded) read_forwarded(found, head, trusted);
    else read_x_forwarded(found, head, trusted);
    found.text = to_string(found.address);
    if (!found.named && !found.unreadable) found.certificate = peer.certificate.get();
    return found;
}

} // namespace yett::pipeline
