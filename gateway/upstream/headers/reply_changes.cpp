#include "gateway/upstream/headers/reply_changes.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/exchange.hpp"
#include "gateway/upstream/headers/header_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

// A rule may change what an application says, and not what the connection says of the message, who signed in, or what
// was promised to browsers for all of a host: these have one place each where they are decided.

namespace yett::upstream {
namespace {

using http::known;

bool begins_with(std::string_view name, std::string_view family) noexcept
{
    return http::ascii::equal_ignoring_case(name.substr(0, family.size()), family);
}

bool is_of_framing(std::string_view name, known id) noexcept
{
    switch (id) {
    case known::connection:
    case known::content_length:
    case known::keep_alive:
    case known::proxy_authenticate:
    case known::proxy_connection:
    case known::te:
    case known::trailer:
    case known::transfer_encoding:
    case known::upgrade: return true;
    case known::other: return begins_with(name, "sec-websocket-") || begins_with(name, "proxy-");
    default: return false;
    }
}

// What keeps a name from being changed; empty when nothing does.
std::string_view owner_of(std::string_view name, reply_changes::options const& wanted, header_plan const& plan)
{
    auto const id = http::known_named(name);
    if (is_of_framing(name, id)) return "belongs to the connection";
    if (id == known::set_cookie) return "carries cookies";
    if (id == known::via) return "tells of the way a reply came";
    if (plan.is_ours(name)) return "tells of an identity";
    if (wanted.speaks_of_origins && begins_with(name, "access-control-")) return "is said by cors";
    return {};
}

std::string_view owner_of_set(std::string_view name, reply_changes::options const& wanted, header_plan const& plan)
{
    if (http::known_named(name) == known::strict_transport_security) return "is said by listeners[].tls.hsts";
    return owner_of(name, wanted, plan);
}

std::string trouble_with(std::string_view name, std::string_view owner)
{
    if (!http::ascii::is_token(name)) return fmt::format("\"{}\" is no header name", name);
    return owner.empty() ? std::string{} : fmt::format("{} {}; a rule cannot change it", name, owner);
}

auto by_name(std::string_view name)
{
    return [name](auto const& each) { return http::ascii::equal_ignoring_case(each.first, name); };
}

} // namespace

std::vector<field_rules::complaint> reply_changes::complaints(options const& wanted, header_plan const& plan)
{
    std::vector<field_rules::complaint> found;
    for (auto each = wanted.set.begin(); each != wanted.set.end(); ++each) {
        auto const& [name, value] = *each;
        auto trouble = trouble_with(name, owner_of_set(name, wanted, plan));
        if (trouble.empty() && std::any_of(wanted.set.begin(), each, by_name(name))) trouble = fmt::format("{} is set twice", name);
        if (trouble.empty() && !is_field_value(value)) trouble = not_a_field_value;
        if (!trouble.empty()) found.push_back({"set." + name, std::move(trouble)});
    }
    for (std::size_t i = 0; i < wanted.remove.size(); ++i) {
        auto const& name = wanted.remove[i];
        auto trouble = trouble_with(name, owner_of(name, wanted, plan));
        if (trouble.empty() && std::ranges::any_of(wanted.set, by_name(name))) trouble = fmt::format("{} is set, too", name);
        if (!trouble.empty()) found.push_back({fmt::format("remove[{}]", i), std::move(trouble)});
    }
    return found;
}

reply_changes::reply_changes(options wanted) : wanted_{std::move(wanted)}
{
    for (auto const& [name, value] : wanted_.set) set_.push_back({name, value, http::known_named(name)});
}

bool reply_changes::ends(std::string_view name) const noexcept
{
    auto const same = [name](std::string const& each) { return http::ascii::equal_ignoring_case(each, name); };
    return std::ranges::any_of(wanted_.remove, same) || std::ranges::any_of(wanted_.set, by_name(name));
}

void reply_changes::apply_to(http::reply& reply) const
{
    std::erase_if(reply.fields, [this](auto const& field) { return ends(field.first); });
    reply.fields.insert(reply.fields.end(), wanted_.set.begin(), wanted_.set.end());
}

} // namespace yett::upstream
