#pragma once

#include "policies/route_table.hpp"
#include "policies/spec.hpp"

#include <optional>
#include <string>
#include <vector>

namespace yett::policies {

// One thing an operator should know about the rules.
struct spec_complaint
{
    enum class weight
    {
        error,
        warning, // the rules work, but probably not as meant
    };

    weight is = weight::error;
    std::string place; // "file:line:column" of the rule
    std::string path;  // "routes.admin.match.path"
    std::string text;  // what is wrong, what is allowed
};

// Either rules to serve by, or at least one error; warnings come with both.
struct compilation
{
    std::optional<route_table> table;       // absent when there is an error
    std::vector<spec_complaint> complaints; // all of them, in written order
};

// Checks the rules and makes them searchable. Never throws for what an operator wrote.
compilation compile(std::vector<route_spec> specs);

} // namespace yett::policies
