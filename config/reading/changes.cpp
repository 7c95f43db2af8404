#include "config/reading/changes.hpp"

#include <algorithm>
#include <functional>

// What a reload tells the operator: which keys of the file differ from those the program runs by.
// Two documents are compared before anything is filled in, so that a changed `${NAME}` is no change
// of the file, and a default that was written out is one.
//
// A list is one thing when its length changed, for then its elements have no partners; else it is
// compared place by place. A key that went and one that came are both told, each with all that lies
// below it in one line.
//
// The document that the running program keeps for this holds no texts, only their hashes: some of
// them are secrets, and who reads the memory of the process shall not find them a second time.

namespace yett::config {
namespace {

using paths = std::vector<std::string>;

node const* member_of(node const& mapping, std::string const& key)
{
    auto const found = std::ranges::find(mapping.children, key, &node::key);
    return found == mapping.children.end() ? nullptr : &*found;
}

std::string below(std::string const& path, std::string const& key)
{
    return path.empty() ? key : path + "." + key;
}

void compare(node const& before, node const& after, std::string const& path, paths& out);

void compare_members(node const& before, node const& after, std::string const& path, paths& out)
{
    for (auto const& each : before.children) {
        auto const* const now = member_of(after, each.key);
        if (now) compare(each, *now, below(path, each.key), out);
        else out.push_back(below(path, each.key));
    }
    for (auto const& each : after.children)
        if (!member_of(before, each.key)) out.push_back(below(path, each.key));
}

void compare_elements(node const& before, node const& after, std::string const& path, paths& out)
{
    if (before.children.size() != after.children.size()) return out.push_back(path);
    for (std::size_t i = 0; i < before.children.size(); ++i)
        compare(before.children[i], after.children[i], path + "[" + std::to_string(i) + "]", out);
}

void compare(node const& before, node const& after, std::string const& path, paths& out)
{
    if (before.is != after.is || before.text != after.text) return out.push_back(path);
    if (before.is == node::kind::mapping) compare_members(before, after, path, out);
    if (before.is == node::kind::sequence) compare_elements(before, after, path, out);
}

void forget_texts(node& n)
{
    if (n.is == node::kind::scalar) n.text = std::to_string(std::hash<std::string>{}(n.text));
    for (auto& each : n.children) forget_texts(each);
}

} // namespace

document without_texts(document written)
{
    forget_texts(written.root);
    written.flaws.clear();
    return written;
}

std::vector<std::string> changed_keys(document const& before, document const& after)
{
    paths out;
    compare(before.root, after.root, {}, out);
    return out;
}

} // namespace yett::config
