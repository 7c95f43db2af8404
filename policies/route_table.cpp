#include "policies/route_table.hpp"

#include <algorithm>

// A request may match rules of its exact host, of any parent domain of it, and of every host. Each
// of these has a tree of paths, and all are asked in turn with the best rule so far as the bound:
// so the order of writing decides between hosts as well.

namespace yett::policies {
namespace {

constexpr path_index::root any_host = 0;

std::size_t labels_in(std::string_view name) noexcept
{
    return static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) + 1;
}

// The path of a pattern as a request that only this pattern and wider ones match: no
// literal has braces, so "{}" goes through names alone.
std::string widest_path(path_pattern const& pattern)
{
    std::string path;
    for (auto const& segment : pattern.segments()) path.append("/").append(segment);
    return path;
}

} // namespace

route_table::route_table(std::vector<route> routes, method_names methods)
    : routes_{std::move(routes)},
      methods_{std::move(methods)}
{
    paths_.plant();
    for (auto const& rule : routes_) paths_.add(root_of(rule.host()), rule.path(), rule.methods(), rule.index());
}

route_table::root route_table::root_of(host_pattern const& host)
{
    if (host.is() == host_pattern::kind::any) return any_host;
    auto const is_exact = host.is() == host_pattern::kind::exact;
    if (!is_exact) most_labels_ = std::max(most_labels_, labels_in(host.name()));
    auto const [known, is_new] = (is_exact ? exact_hosts_ : parent_hosts_).try_emplace(host.name(), root{0});
    if (is_new) known->second = paths_.plant();
    return known->second;
}

void route_table::search(std::string_view host, path_index::search& wanted) const noexcept
{
    paths_.look(any_host, wanted);
    auto const exact = exact_hosts_.find(host);
    if (exact != exact_hosts_.end()) paths_.look(exact->second, wanted);

    // From the right, so that a host of a hundred labels costs no more than our longest name.
    auto dot = host.rfind('.');
    for (std::size_t labels = 1; labels <= most_labels_ && dot != host.npos && dot > 0; ++labels) {
        auto const parent = parent_hosts_.find(host.substr(dot + 1));
        if (parent != parent_hosts_.end()) paths_.look(parent->second, wanted);
        dot = host.rfind('.', dot - 1);
    }
}

found route_table::find(question const& asked) const noexcept
{
    if (!asked.path.starts_with('/')) return {};
    if (!paths_.has_folded()) return look_up(asked, {});
    return look_up(asked, folded_path(asked.path));
}

found route_table::look_up(question const& asked, std::string_view folded) const noexcept
{
    found answer;
    path_index::search wanted{.path = asked.path, .folded = folded, .method = methods_.of(asked.method), .allowed = {}};
    search(asked.host, wanted);
    if (wanted.best == path_index::nothing) answer.allowed_ = wanted.allowed;
    else answer.route_ = &routes_[wanted.best];
    return answer;
}

bool route_table::is_shadowed(route const& rule) const
{
    // Ask for the rule's own pattern, as if it were a request, among the rules before it.
    auto const path = widest_path(rule.path());
    auto const host = rule.host().is() == host_pattern::kind::below ? "*." + rule.host().name() : rule.host().name();
    auto const folded = folded_path(path);
    path_index::search earlier{.path = path,
                               .folded = folded,
                               .method = rule.methods(),
                               .best = rule.index(),
                               .allowed = {},
                               .below_too = rule.path().is_open_ended(),
                               .any_case = rule.path().any_case()};
    search(host, earlier);
    return earlier.best != rule.index() || earlier.allowed.covers(rule.methods());
}

route const* route_table::named(std::string_view name) const noexcept
{
    auto const has_name = [name](route const& rule) { return rule.name() == name; };
    auto const rule = std::find_if(routes_.begin(), routes_.end(), has_name);
    return rule == routes_.end() ? nullptr : &*rule;
}

} // namespace yett::policies
