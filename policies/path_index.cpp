#include "policies/path_index.hpp"

#include <algorithm>

namespace yett::policies {

path_index::root path_index::plant()
{
    nodes_.emplace_back();
    return static_cast<root>(nodes_.size() - 1);
}

std::uint32_t path_index::child(std::uint32_t of, std::string_view segment)
{
    if (segment == path_pattern::any_segment) {
        if (nodes_[of].any == nothing) {
            auto const made = plant();
            nodes_[of].any = made;
        }
        return nodes_[of].any;
    }
    nodes_[of].has_literals = true;
    auto const [step, is_new] = steps_.try_emplace(edge{of, std::string{segment}}, nothing);
    if (is_new) step->second = plant();
    return step->second;
}

void path_index::insert(entries& into, entry e)
{
    // A rule whose methods are all taken by earlier rules of the same path never decides.
    // Leaving it out bounds the list by the number of methods.
    method_set taken;
    for (auto const& earlier : into) taken |= earlier.methods;
    if (!taken.covers(e.methods)) into.push_back(e);
}

void path_index::add(root at, path_pattern const& path, method_set methods, std::uint32_t rule)
{
    if (path.is_exact()) {
        longest_exact_ = std::max(longest_exact_, path.text().size());
        return insert(exact_[edge{at, path.text()}], {rule, methods});
    }
    nodes_[at].lowest = std::min(nodes_[at].lowest, rule);
    for (auto const& segment : path.segments()) {
        at = child(at, segment);
        nodes_[at].lowest = std::min(nodes_[at].lowest, rule);
    }
    insert(path.is_open_ended() ? nodes_[at].tails : nodes_[at].ends, {rule, methods});
}

void path_index::consider(entries const& list, search& wanted) noexcept
{
    for (auto const& each : list) {
        if (each.rule >= wanted.best) return;
        if (each.methods.covers(wanted.method)) {
            wanted.best = each.rule;
            return;
        }
        wanted.allowed |= each.methods;
    }
}

void path_index::look(root at, search& wanted) const noexcept
{
    if (!wanted.below_too && wanted.path.size() <= longest_exact_) {
        auto const exact = exact_.find(edge_view{at, wanted.path});
        if (exact != exact_.end()) consider(exact->second, wanted);
    }
    walk(at, 0, wanted);
}

void path_index::walk(std::uint32_t at, std::size_t from, search& wanted) const noexcept
{
    auto const& here = nodes_[at];
    // What is found already may have been written before everything below.
    if (here.lowest >= wanted.best) return;
    consider(here.tails, wanted);
    if (from == wanted.path.size()) {
        if (!wanted.below_too) consider(here.ends, wanted);
        return;
    }
    auto const begin = from + 1;
    auto const end = std::min(wanted.path.find('/', begin), wanted.path.size());
    auto const segment = wanted.path.substr(begin, end - begin);
    if (here.has_literals) {
        auto const step = steps_.find(edge_view{at, segment});
        if (step != steps_.end()) walk(step->second, end, wanted);
    }
    if (here.any != nothing && !segment.empty()) walk(here.any, end, wanted);
}

} // namespace yett::policies
