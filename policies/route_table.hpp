#pragma once

#include "gateway/base/error.hpp"
#include "policies/path_index.hpp"
#include "policies/question.hpp"
#include "policies/route.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <span>
#include <string>
#include <vector>

namespace yett::policies {

// The rule for a request, or why there is none. Tested like a pointer.
class found
{
public:
    explicit operator bool() const noexcept { return route_ != nullptr; }
    route const& operator*() const noexcept { return *route_; }
    route const* operator->() const noexcept { return route_; }
    route const* get() const noexcept { return route_; }

    // no_such_route, or method_not_allowed when only the method was in the way.
    errc why() const noexcept { return allowed_.empty() ? errc::no_such_route : errc::method_not_allowed; }
    // What the Allow header lists after method_not_allowed.
    method_set allowed() const noexcept { return allowed_; }

private:
    friend class route_table;

    route const* route_ = nullptr;
    method_set allowed_;
};

// All rules, ready to be searched. The first rule in written order that accepts host,
// path and method wins; how long that takes depends on the request's path and not on
// the number of rules.
//
// Made by `compile`. Moving it keeps the addresses of its routes.
class route_table
{
public:
    route_table(std::vector<route> routes, method_names methods);
    route_table(route_table&&) noexcept = default;
    route_table& operator=(route_table&&) noexcept = default;

    // The first rule that accepts host, path and method. Allocates only where a rule is compared
    // without case.
    found find(question const& asked) const noexcept;
    // Its bits are those of every method_set here.
    method_names const& methods() const noexcept { return methods_; }

    std::span<route const> routes() const noexcept { return routes_; }
    // Null when there is no rule of that name.
    route const* named(std::string_view name) const noexcept;
    // True when the rules written before it leave it nothing: it never decides.
    bool is_shadowed(route const& rule) const;

private:
    using root = path_index::root;
    // So that a host can be looked up without a copy of it.
    struct text_hash
    {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using host_map = boost::unordered_flat_map<std::string, root, text_hash, std::equal_to<>>;

    root root_of(host_pattern const& host);
    found look_up(question const& asked, std::string_view folded) const noexcept;
    void search(std::string_view host, path_index::search& wanted) const noexcept;

    std::vector<route> routes_;
    method_names methods_;
    path_index paths_;
    host_map exact_hosts_;
    host_map parent_hosts_;       // of "*.name"
    std::size_t most_labels_ = 0; // of any name in parent_hosts_
};

} // namespace yett::policies
