#include "policies/path_index.hpp"

#include <algorithm>

// Rules are numbered in written order and the lowest that matches decides. So the search may leave
// out whatever cannot be lower than what it has found: every node knows the lowest rule at or below
// it, and a whole branch ends with one comparison.
//
// Nodes, their steps and the exact paths of all hosts and spellings lie in three tables. A step is
// found by the node it leads from and the segment's text, so walking a path is one hash for each
// segment, however many rules share the beginning of it.
//
// A rule without regard to case lies in a second tree behind its host's own (`folded_at`) and is
// asked with the folded path. Only if there is such a rule somewhere is a path folded at all.

namespace yett::policies {

path_index::root path_index::plant()
{
    auto const made = make_node();
    (void)make_node(); // folded_at(made)
    return made;
}

std::uint32_t path_index::make_node()
{
    nodes_.emplace_back();
    return static_cast<std::uint32_t>(nodes_.size() - 1);
}

std::uint32_t path_index::child(std::uint32_t of, std::string_view segment)
{
    if (segment == path_pattern::any_segment) {
        if (nodes_[of].any == nothing) {
            auto const made = make_node();
            nodes_[of].any = made;
        }
        return nodes_[of].any;
    }
    nodes_[of].has_literals = true;
    auto const [step, is_new] = steps_.try_emplace(edge{of, std::string{segment}}, nothing);
    if (is_new) step->second = make_node();
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
    has_folded_ = has_folded_ || path.any_case();
    if (path.any_case()) at = folded_at(at);
    if (path.is_exact()) {
        auto text = path.any_case() ? folded_path(path.text()) : path.text();
        longest_exact_ = std::max(longest_exact_, text.size());
        return insert(exact_[edge{at, std::move(text)}], {rule, methods});
    }
    nodes_[at].lowest = std::min(nodes_[at].lowest, rule);
    for (auto const& segment : path.segments()) {
        at = child(at, segment);
        nodes_[at].lowest = std::min(nodes_[at].lowest, rule);
    }
    insert(path.is_open_ended() ? nodes_[at].tails : nodes_[at].ends, {rule, methods});
}

// Rules of one path by number. A method that a rule does not take is noted, for the Allow of a 405.
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
    // A rule for one spelling leaves the others to later rules.
    if (!wanted.any_case) look_in(at, wanted.path, wanted);
    if (has_folded_) [[unlikely]]
        look_in(folded_at(at), wanted.folded, wanted);
}

void path_index::look_in(root at, std::string_view path, search& wanted) const noexcept
{
    if (!wanted.below_too && path.size() <= longest_exact_) {
        auto const exact = exact_.find(edge_view{at, path});
        if (exact != exact_.end()) consider(exact->second, wanted);
    }
    walk(at, path, 0, wanted);
}

void path_index::walk(std::uint32_t at, std::string_view path, std::size_t from, search& wanted) const noexcept
{
    auto const& here = nodes_[at];
    // What is found already may have been written before everything below.
    if (here.lowest >= wanted.best) return;
    consider(here.tails, wanted);
    if (from == path.size()) {
        if (!wanted.below_too) consider(here.ends, wanted);
        return;
    }
    auto const begin = from + 1;
    auto const end = std::min(path.find('/', begin), path.size());
    auto const segment = path.substr(begin, end - begin);
    if (here.has_literals) {
        auto const step = steps_.find(edge_view{at, segment});
        if (step != steps_.end()) walk(step->second, path, end, wanted);
    }
    if (here.any != nothing && !segment.empty()) walk(here.any, path, end, wanted);
}

} // namespace yett::policies
