#include "gateway/upstream/headers/field_rules.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/http1_writer.hpp"
#include "gateway/upstream/headers/header_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

// A rule may change everything but what a promise of Yett hangs on: identity, framing, the way a request came, Host
// and credentials have owners (`owner_of`), and the settings are refused rather than obeyed in part. Cookies and
// credentials can be removed, because less of them breaks no promise.

namespace yett::upstream {
namespace {

using http::known;

bool is_of_framing(std::string_view name, known id)
{
    auto const of = verdict_on(id);
    if (id != known::other) return of.action == header_action::remove && id != known::host;
    auto const by_name = verdict_on(name);
    return by_name.action == header_action::remove && by_name.cause == telemetry::dropped_field::count_;
}

bool is_of_forwarding(std::string_view name, known id)
{
    if (id == known::traceparent || id == known::tracestate) return false;
    return verdict_on(id).action == header_action::continued || http::folds_equal(name.substr(0, 12), "x-forwarded-");
}

// What keeps a name from being passed or set; empty when nothing does.
std::string_view owner_of(std::string_view name, header_plan const& plan)
{
    if (!http::ascii::is_token(name)) return {};
    auto const folded = http::folded(name);
    auto const id = http::known_named(folded);
    if (plan.is_ours(name)) return "tells of an identity";
    if (is_of_framing(folded, id)) return "belongs to the connection";
    if (is_of_forwarding(folded, id)) return "tells of the way a request came";
    if (id == known::host) return "is set by upstreams.NAME.host";
    if (id == known::cookie || id == known::authorization || id == known::x_api_key) return "carries credentials";
    return {};
}

bool is_removable(std::string_view name, header_plan const& plan)
{
    auto const id = http::known_named(http::folded(name));
    return id == known::cookie || id == known::authorization || id == known::x_api_key || owner_of(name, plan).empty();
}

bool names(std::vector<std::string> const& list, std::string_view name)
{
    return std::ranges::any_of(list, [&](std::string const& each) { return http::folds_equal(each, name); });
}

// What Yett keeps from applications because only a proxy or the application's own kin may say it.
bool is_risky(std::string_view name)
{
    if (!http::ascii::is_token(name)) return false;
    auto const folded = http::folded(name);
    auto const verdict = verdict_on(std::string_view{folded});
    return verdict.action == header_action::trusted || verdict.cause == telemetry::dropped_field::internal;
}

using complaint_list = std::vector<field_rules::complaint>;

void check_name(std::string const& path, std::string const& name, bool may_be, std::string_view owner, complaint_list& to)
{
    if (!http::ascii::is_token(name)) to.push_back({path, fmt::format("\"{}\" is no header name", name)});
    else if (!may_be) to.push_back({path, fmt::format("{} {}; a rule cannot change it", name, owner)});
}

void check_value(std::string const& path, std::string const& name, std::string const& value, complaint_list& to)
{
    if (http::ascii::is_token(name) && !is_field_value(value)) to.push_back({path, not_a_field_value});
}

} // namespace

bool is_field_value(std::string const& value)
{
    std::string ignored;
    auto const padded = !value.empty() && (value.front() == ' ' || value.back() == ' ');
    return !padded && http::append_field(ignored, "x", value);
}

std::vector<field_rules::complaint> field_rules::complaints(options const& wanted, header_plan const& plan)
{
    complaint_list found;
    for (std::size_t i = 0; i < wanted.pass.size(); ++i) {
        auto const& name = wanted.pass[i];
        auto const path = fmt::format("pass[{}]", i);
        auto const owner = owner_of(name, plan);
        check_name(path, name, owner.empty(), owner, found);
        if (names(wanted.remove, name)) found.push_back({path, fmt::format("{} is removed, too", name)});
        else if (owner.empty() && is_risky(name))
            found.push_back({path, fmt::format("{} passes from anybody: the application must not believe it", name), true});
    }
    for (auto const& [name, value] : wanted.set) {
        auto const path = "set." + name;
        auto const owner = owner_of(name, plan);
        check_name(path, name, owner.empty(), owner, found);
        check_value(path, name, value, found);
        if (names(wanted.remove, name) || names(wanted.pass, name))
            found.push_back({path, fmt::format("{} is passed or removed, too", name)});
    }
    for (std::size_t i = 0; i < wanted.remove.size(); ++i) {
        auto const& name = wanted.remove[i];
        check_name(fmt::format("remove[{}]", i), name, is_removable(name, plan), owner_of(name, plan), found);
    }
    return found;
}

field_rules::field_rules(options const& wanted) : pass_{wanted.pass}, gone_{wanted.remove}, set_{wanted.set}
{
    for (auto const& [name, value] : set_) gone_.push_back(name);
}

std::optional<header_action> field_rules::action_on(std::string_view name) const noexcept
{
    if (names(gone_, name)) return header_action::remove;
    auto const same = [&](std::string const& each) { return http::ascii::equal_ignoring_case(each, name); };
    if (std::ranges::any_of(pass_, same)) return header_action::pass;
    return std::nullopt;
}

} // namespace yett::upstream
