#pragma once

#include "gateway/rewriting/path_rewrite.hpp"
#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/reply_changes.hpp"

#include <optional>

namespace yett::upstream {

// What one rule makes of the requests that it forwards and of the replies to them. Most change nothing.
struct route_changes
{
    std::optional<field_rules> request_fields;
    std::optional<reply_changes> reply_fields;
    std::optional<rewriting::path_rewrite> path;

    field_rules const* of_request() const noexcept { return request_fields ? &*request_fields : nullptr; }
    reply_changes const* of_reply() const noexcept { return reply_fields ? &*reply_fields : nullptr; }
    // What has to be undone where the application names a path of its own.
    rewriting::prefix_change const* prefixes() const noexcept { return path ? &path->prefixes() : nullptr; }
};

} // namespace yett::upstream
