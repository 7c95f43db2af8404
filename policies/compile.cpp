#include "policies/compile.hpp"

#include <unordered_map>

// From what an operator wrote to rules that can be searched. Every rule is looked at, whatever was
// wrong with those before, and complaints come in written order; but as soon as there is one no
// further route is made, since a table with a hole in it would let requests fall to later rules.
//
// A rule that never decides is only a warning: it is most often a leftover, and removing it must
// not be urgent.

namespace yett::policies {
namespace {

using kind = access_spec::kind;
using weight = spec_complaint::weight;

constexpr std::size_t deepest_nesting = 16;

bool is_nested(kind is)
{
    return is == kind::any_of || is == kind::all_of;
}

bool has_values(kind is)
{
    return is == kind::roles || is == kind::scopes || is == kind::users || is == kind::emails || is == kind::certificates;
}

std::string_view name_of(kind is)
{
    switch (is) {
    case kind::public_: return "public";
    case kind::optional: return "optional";
    case kind::authenticated: return "authenticated";
    case kind::roles: return "roles";
    case kind::scopes: return "scopes";
    case kind::users: return "users";
    case kind::emails: return "emails";
    case kind::networks: return "networks";
    case kind::certificates: return "certificates";
    case kind::any_of: return "any_of";
    case kind::all_of: return "all_of";
    }
    return {};
}

// "*@example.com" or "someone@example.com", with one at-sign that has something on both sides.
bool is_address(std::string_view text)
{
    auto const at = text.find('@');
    if (at == text.npos || at == 0 || at + 1 == text.size()) return false;
    if (text.find('@', at + 1) != text.npos) return false;
    auto const star = text.find('*');
    return star == text.npos || (text.starts_with("*@") && text.find('*', 1) == text.npos);
}

} // namespace

// Turns specs into routes and gathers what is wrong with them.
class compiler
{
public:
    compilation run(std::vector<route_spec> specs)
    {
        for (auto& spec : specs) add(std::move(spec));
        if (has_error_) return {std::nullopt, std::move(complaints_)};
        route_table table{std::move(routes_), std::move(names_of_methods_)};
        for (auto const& rule : table.routes()) warn_if_shadowed(table, rule);
        return {std::move(table), std::move(complaints_)};
    }

private:
    void add(route_spec spec)
    {
        path_ = "routes." + (spec.name.empty() ? std::to_string(seen_) : spec.name);
        place_ = spec.place;
        check_name(spec.name);
        auto host = checked("match.host", host_pattern::from(spec.match.host));
        auto path = checked("match.path", path_pattern::from(spec.match.path, spec.match.any_case));
        auto const methods = methods_of(spec.match);
        check_access(spec.access, "access", 0);
        if (path && path->has_encoded_slash() && !spec.encoded_slash_allowed)
            complain("match.path", "never matches: an encoded slash is refused unless the rule says encoded_slash: allow");
        ++seen_;
        if (!has_error_) routes_.push_back(route{std::move(spec), std::move(*host), std::move(*path), methods, seen_ - 1});
    }

    void check_name(std::string const& name)
    {
        if (name.empty()) return complain("name", "a rule needs a name");
        auto const [first, is_new] = names_.try_emplace(name, place_);
        if (is_new) return;
        auto const where = first->second.empty() ? std::string{"before"} : "at " + first->second;
        complain("name", "another rule has this name, " + where);
    }

    template<class T>
    std::optional<T> checked(std::string_view key, result<T> parsed)
    {
        if (parsed) return std::move(*parsed);
        complain(key, parsed.error().note());
        return std::nullopt;
    }

    method_set methods_of(match_spec const& match)
    {
        if (match.every_method) return method_set::every();
        if (match.methods.empty()) return method_set::usual();
        method_set methods;
        for (auto const& word : match.methods)
            if (auto const method = checked("match.methods", names_of_methods_.name(word))) methods |= *method;
        // A HEAD that slipped past a rule for GET would tell what GET must not.
        if (methods.covers(names_of_methods_.of("GET"))) methods |= names_of_methods_.of("HEAD");
        return methods;
    }

    void check_access(access_spec const& spec, std::string const& key, std::size_t depth)
    {
        if (depth > deepest_nesting) return complain(key, "nested more than 16 deep");
        auto const is_open = spec.is == kind::public_ || spec.is == kind::optional;
        if (is_open && depth > 0) complain(key, std::string{name_of(spec.is)} + " stands alone, not in any_of or all_of");
        if ((is_open || spec.is == kind::networks || spec.is == kind::certificates) && spec.recent_login)
            complain(key, "recent_login needs somebody who signed in");
        if (spec.recent_login && spec.recent_login->count() <= 0) complain(key, "recent_login is longer than 0s");
        check_values(spec, key);
        check_networks(spec, key);
        check_parts(spec, key, depth);
    }

    void check_values(access_spec const& spec, std::string const& key)
    {
        auto const list = key + "." + std::string{name_of(spec.is)};
        if (!has_values(spec.is)) {
            if (!spec.values.empty()) complain(key, std::string{name_of(spec.is)} + " takes no values");
            return;
        }
        if (spec.values.empty()) complain(list, "empty: nobody could pass");
        for (auto const& value : spec.values) {
            if (value.empty()) complain(list, "an empty text is no name");
            else if (spec.is == kind::emails && !is_address(value))
                complain(list, "'" + value + "' is neither an address nor \"*@domain\"");
            else if (spec.is == kind::certificates) checked(list, certificate_pattern::from(value));
        }
    }

    void check_networks(access_spec const& spec, std::string const& key)
    {
        auto const wanted = spec.is == kind::networks;
        if (wanted && spec.networks.empty()) complain(key + ".networks", "empty: nobody could pass");
        if (!wanted && !spec.networks.empty()) complain(key, std::string{name_of(spec.is)} + " takes no networks");
    }

    void check_parts(access_spec const& spec, std::string const& key, std::size_t depth)
    {
        auto const list = key + "." + std::string{name_of(spec.is)};
        if (!is_nested(spec.is)) {
            if (!spec.parts.empty()) complain(key, std::string{name_of(spec.is)} + " takes no parts");
            return;
        }
        if (spec.parts.empty()) complain(list, "empty: nobody could pass");
        for (std::size_t i = 0; i < spec.parts.size(); ++i)
            check_access(spec.parts[i], list + "[" + std::to_string(i) + "]", depth + 1);
    }

    void warn_if_shadowed(route_table const& table, route const& rule)
    {
        if (!table.is_shadowed(rule)) return;
        complaints_.push_back({weight::warning, rule.place(), "routes." + rule.name() + ".match",
                               "never decides: rules written before it take all of its requests"});
    }

    void complain(std::string_view key, std::string text)
    {
        has_error_ = true;
        complaints_.push_back({weight::error, place_, path_ + "." + std::string{key}, std::move(text)});
    }

    std::vector<route> routes_;
    method_names names_of_methods_;
    std::vector<spec_complaint> complaints_;
    std::unordered_map<std::string, std::string> names_; // with the place of the first
    std::string path_;
    std::string place_;
    std::uint32_t seen_ = 0;
    bool has_error_ = false;
};

compilation compile(std::vector<route_spec> specs)
{
    return compiler{}.run(std::move(specs));
}

} // namespace yett::policies
