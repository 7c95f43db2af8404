#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace yett::rewriting {

// One prefix off a path, another one in front of it; and back, where the application says a path of its own.
//
// A prefix counts as whole segments: "/api" is none of "/apix". What the application gets is never empty:
// "/api" without "/api" is "/".
class prefix_change
{
public:
    prefix_change() = default;
    // Both begin with '/' and end with something else, or are empty. `any_case`: the one that is stripped is compared
    // without regard to the case of ASCII letters.
    prefix_change(std::string strip, std::string add, bool any_case = false);

    // The path behind the prefix; the path itself where it does not begin with it.
    std::string_view stripped(std::string_view path) const noexcept;
    std::string with_added(std::string_view path) const { return add_ + std::string{path}; }
    std::string_view added() const noexcept { return add_; }
    // Whether a path lies at or below what is added.
    bool is_below_added(std::string_view path) const noexcept;

    // Where clients find what the application calls `location`, a path with whatever stands behind it. Nothing where
    // it stays: it is not below what was added, there is nothing to undo, or the outcome would name another host.
    std::optional<std::string> undone(std::string_view location) const;
    // The same for the Path of a cookie, which is for all that lies below: one for more than the application is asked
    // for is for all of the rule.
    std::optional<std::string> undone_for_cookie(std::string_view path) const;

private:
    bool changes_nothing() const noexcept { return strip_.empty() && add_.empty(); }

    std::string strip_;
    std::string add_;
    bool any_case_ = false;
};

} // namespace yett::rewriting
