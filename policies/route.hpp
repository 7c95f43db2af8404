#pragma once

#include "policies/access.hpp"
#include "policies/host_pattern.hpp"
#include "policies/methods.hpp"
#include "policies/path_pattern.hpp"
#include "policies/spec.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace yett::policies {

// A rule that passed `compile`. It lives in its route_table, never moves and never changes.
class route
{
public:
    // Its position in the written order, dense from 0: the subscript for whatever is kept per rule.
    std::uint32_t index() const noexcept { return index_; }
    std::string const& name() const noexcept { return spec_.name; }
    std::string const& place() const noexcept { return spec_.place; } // "file:line:column"

    // Who answers, and which of them: an upstream's name, or that of an endpoint of ours.
    destination to() const noexcept { return spec_.to; }
    std::string const& target() const noexcept { return spec_.target; }
    // The names of its limits, in the order in which they are spent.
    std::vector<std::string> const& limits() const noexcept { return spec_.limits; }
    // At most so many; nothing: what holds for all rules.
    std::optional<std::uint64_t> body_bytes() const noexcept { return spec_.body_bytes; }
    // What of a path's oddities the rule takes upon itself.
    bool encoded_slash_allowed() const noexcept { return spec_.encoded_slash_allowed; }
    bool lenient_paths() const noexcept { return spec_.lenient_paths; }
    bool double_encoding_allowed() const noexcept { return spec_.double_encoding_allowed; }
    // Whether a refusal is carried out, or only written down.
    enforcement mode() const noexcept { return spec_.mode; }
    // Everything as written, for what has no accessor of its own.
    route_spec const& spec() const noexcept { return spec_; }

    // Whether to look at credentials at all, and what it means when there are none.
    credential_use credentials() const noexcept { return access_.credentials(); }
    policies::access const& access() const noexcept { return access_; }

    // What it matches, parsed.
    host_pattern const& host() const noexcept { return host_; }
    path_pattern const& path() const noexcept { return path_; }
    method_set methods() const noexcept { return methods_; }

private:
    friend class compiler;
    // Only `compile` makes one, of a spec that it has checked.
    route(route_spec spec, host_pattern host, path_pattern path, method_set methods, std::uint32_t index)
        : spec_{std::move(spec)},
          host_{std::move(host)},
          path_{std::move(path)},
          access_{spec_.access},
          index_{index},
          methods_{methods}
    {
    }

    route_spec spec_;
    host_pattern host_;
    path_pattern path_;
    policies::access access_;
    std::uint32_t index_;
    method_set methods_;
};

} // namespace yett::policies
