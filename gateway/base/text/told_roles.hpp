#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yett {
inline namespace base {

// Which roles an application is told of. Rules decide by all of them.
class told_roles
{
public:
    told_roles() = default; // every one
    explicit told_roles(std::vector<std::string> patterns) : patterns_{std::move(patterns)} {}

    // Nobody need look at single roles then.
    bool every() const noexcept { return patterns_.empty(); }
    // By the patterns of identity_headers.roles.only, in which `*` stands for any text.
    bool include(std::string_view role) const noexcept;
    // Those that are told, in their order.
    std::vector<std::string> of(std::vector<std::string> const& roles) const;

private:
    std::vector<std::string> patterns_; // see fits_pattern; one of them is enough
};

} // namespace base
} // namespace yett
