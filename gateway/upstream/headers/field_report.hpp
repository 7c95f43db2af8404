#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::upstream {

class header_plan;
struct composition;

// What becomes of one field of a request on its way to the application, for `yett explain`.
struct field_report
{
    std::string_view name;    // as it was sent
    std::string_view outcome; // "passes", "does not pass" …
    std::string why;          // empty where there is nothing to say
    bool passes = false;      // whoever sends it

    std::string text() const; // "passes: because …"
};

// Of each field but Host, in the order they came. Both compositions are of one request: once it
// comes from a stranger, once by a trusted proxy. Whether a field passes is read from the heads
// that `header_plan::apply` makes of them, why not from what it judges by. Fails as that does.
result<std::vector<field_report>> report_fields(header_plan const& plan, composition const& by_stranger,
                                                composition const& by_proxy);

} // namespace yett::upstream
