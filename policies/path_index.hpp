#pragma once

#include "policies/methods.hpp"
#include "policies/path_pattern.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace yett::policies {

// Finds the lowest-numbered rule whose path and method match: exact paths by one look
// into a hash table, the others by a tree with an edge per segment. All edges of the
// tree are in one hash table too, so a step costs the same however many rules there are.
//
// Several trees with roots of their own share the tables, one for each host.
//
// Rules are known by their number in written order. The index answers which of them is the first;
// whose it is and what it allows is the table's business.
class path_index
{
public:
    using root = std::uint32_t;
    static constexpr std::uint32_t nothing = std::numeric_limits<std::uint32_t>::max();

    struct search
    {
        std::string_view path;
        std::string_view folded;      // the path without its case; needed where `has_folded`
        method_set method;            // usually one
        std::uint32_t best = nothing; // only rules below it are looked for
        method_set allowed;           // methods of rules that match but for theirs; complete when nothing is found
        bool below_too = false;       // the path stands for everything below it
        bool any_case = false;        // and for its spellings in any case
    };

    // A new tree, for one host; the one behind it is for paths without their case.
    root plant();
    // Rules come in ascending order.
    void add(root at, path_pattern const& path, method_set methods, std::uint32_t rule);
    // May be asked of several trees in turn with one `search`: each lowers `best` or leaves it.
    void look(root at, search& wanted) const noexcept;
    // Whether a rule's path is compared without regard to case.
    bool has_folded() const noexcept { return has_folded_; }

private:
    // A rule, where its path ends.
    struct entry
    {
        std::uint32_t rule;
        method_set methods;
    };
    using entries = std::vector<entry>;
    // One segment of rules' paths, with what lies below it.
    struct node
    {
        entries ends;                   // rules whose path ends here
        entries tails;                  // rules for everything from here on
        std::uint32_t any = nothing;    // the child for "{name}"
        std::uint32_t lowest = nothing; // rule at or below this node
        bool has_literals = false;
    };

    // A step from a node, or a whole exact path from a root.
    struct edge
    {
        std::uint32_t from;
        std::string text;
    };
    // The same as a key to look for, without a copy of the text.
    struct edge_view
    {
        std::uint32_t from;
        std::string_view text;
    };
    // Hash and equality that take both, so that a look-up makes no string.
    struct edge_hash
    {
        using is_transparent = void;
        template<class Edge>
        std::size_t operator()(Edge const& e) const noexcept
        {
            return std::hash<std::string_view>{}(e.text) + e.from * 0x9e3779b97f4a7c15u;
        }
    };
    struct edge_equal
    {
        using is_transparent = void;
        template<class A, class B>
        bool operator()(A const& a, B const& b) const noexcept
        {
            return a.from == b.from && a.text == b.text;
        }
    };
    template<class T>
    using edge_map = boost::unordered_flat_map<edge, T, edge_hash, edge_equal>;

    // Each root has a tree of its own behind it for paths without their case.
    static constexpr root folded_at(root at) noexcept { return at + 1; }

    // For building; nothing is ever taken out.
    std::uint32_t make_node();
    std::uint32_t child(std::uint32_t of, std::string_view segment);
    void look_in(root at, std::string_view path, search& wanted) const noexcept;
    // Depth first through at most two branches a segment, cut off as soon as nothing below could be
    // lower than `best`.
    void walk(std::uint32_t at, std::string_view path, std::size_t from, search& wanted) const noexcept;
    static void insert(entries& into, entry e);
    static void consider(entries const& list, search& wanted) noexcept;

    // All trees together: nodes by number, steps from node to node, and whole paths of rules that
    // match exactly.
    std::vector<node> nodes_;
    edge_map<std::uint32_t> steps_;
    edge_map<entries> exact_;
    std::size_t longest_exact_ = 0;
    bool has_folded_ = false;
};

} // namespace yett::policies
