#include "gateway/pipeline/one_rule.hpp"

#include "gateway/http/path_readings.hpp"
#include "gateway/http/target.hpp"
#include "gateway/pipeline/request/client_address.hpp"

// A rule decides by the path as we spell it, and an application may read another: with its escapes
// decoded twice, without what stands behind `;`, with `\` as `/`. A path that could be read in two
// ways is let through only if every reading finds the same rule, so that no spelling gets past the
// rule that guards what it means to the application. All others never get here, which is why this
// may be slow.

namespace yett::pipeline {
namespace {

std::string_view name_of(policies::route const* rule)
{
    return rule ? std::string_view{rule->name()} : "no rule";
}

http::reading_manner manner_of(policies::route const* rule, std::string_view path)
{
    if (!rule) return {};
    // What a rule spells itself is known to be what its application means by it.
    auto const& own = rule->path().spelled_out();
    return {.lenient = rule->lenient_paths(),
            .decoded_again = !rule->double_encoding_allowed(),
            .spelled_out = path.starts_with(own) ? std::string_view{own} : std::string_view{}};
}

std::string_view what_needs_leave(http::path_doubts doubts)
{
    using http::doubt;
    if (doubts.has(doubt::empty_segment)) return "//";
    if (doubts.has(doubt::parameter)) return "';'";
    return doubts.has(doubt::backslash) ? "%5C" : "bytes that are not escaped";
}

error rejected(std::string note)
{
    return client_error(errc::uri_rejected, std::move(note));
}

error strays(http::path_reading const& reading, policies::route const* from, policies::route const* to)
{
    std::string note{"path read with "};
    return rejected(note.append(reading.how).append(" finds ").append(name_of(to)).append(" instead of ").append(name_of(from)));
}

// The last hop that is known is a proxy where it named the client by what is no address, and is not who asks.
ip_address network_of(client const& sender)
{
    return sender.unreadable ? ip_address{} : sender.address;
}

} // namespace

policies::question question_about(std::string_view method, http::target const& where, client const& sender)
{
    return {method, where.host(), where.path(), where.has_encoded_slash(), network_of(sender), sender.certificate};
}

result<void> require_one_rule(policies::route_table const& rules, policies::question const& asked, policies::found const& found,
                              http::target const& where)
{
    auto const* const rule = found.get();
    if (where.doubts().needs_leave() && !(rule && rule->lenient_paths())) {
        std::string note{what_needs_leave(where.doubts())};
        return rejected(note.append(" in a path, and ").append(name_of(rule)).append(" does not say paths: lenient"));
    }
    auto const readings = http::read_in_every_way(where.sent_path(), manner_of(rule, where.path()));
    if (!readings) return readings.error();
    for (auto const& each : *readings) {
        auto const other = rules.find({asked.method, asked.host, each.path, each.encoded_slash});
        if (other.get() != rule) return strays(each, rule, other.get());
        if (each.encoded_slash && rule && !rule->encoded_slash_allowed() && !asked.has_encoded_slash)
            return rejected("path read with " + each.how + " holds an encoded slash");
    }
    return {};
}

} // namespace yett::pipeline
