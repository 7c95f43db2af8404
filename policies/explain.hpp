#pragma once

#include "gateway/base/identity.hpp"
#include "policies/question.hpp"
#include "policies/route_table.hpp"

#include <optional>
#include <string>
#include <vector>

namespace yett::policies {

// Why a request gets the decision it gets, for `yett explain` and for tests of rules.
struct explanation
{
    struct skipped
    {
        route const* rule;
        // What the decision rests on, in words for the operator.
        std::string why; // "host is not *.example.com"
    };

    std::vector<skipped> before; // rules that did not match, in written order
    route const* rule = nullptr; // the one that decides; null when none matches
    bool permitted = false;
    std::optional<errc> refusal; // also the one that report_only did not enforce
    std::string why;

    // A few lines for a person.
    std::string text() const;
};

// The answer is that of `find` and `decide`; `who` is null for nobody.
explanation explain(route_table const& table, question const& asked, identity_ptr const& who, wall_time now);

} // namespace yett::policies
