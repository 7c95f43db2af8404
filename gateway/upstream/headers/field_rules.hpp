#pragma once

#include "gateway/base/result.hpp"
#include "gateway/upstream/headers/header_action.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::upstream {

class header_plan;

// What one rule changes of the fields that clients send, made once.
class field_rules
{
public:
    // Names as the operator wrote them.
    struct options
    {
        std::vector<std::string> pass = {};                        // names that are dropped else, in this spelling
        std::vector<std::pair<std::string, std::string>> set = {}; // names and literal values
        std::vector<std::string> remove = {};                      // names, in every spelling
    };
    struct complaint
    {
        std::string path; // "pass[0]", "set.NAME"
        std::string text;
        bool is_warning = false;
    };

    // Names of identity, framing, forwarding, Host, Cookie and Authorization stay Yett's own
    // business: none of them may be passed or set. Only those Yett writes cannot be removed.
    static std::vector<complaint> complaints(options const& wanted, header_plan const& plan);
    // Of options without complaints but warnings.
    explicit field_rules(options const& wanted);

    // What the rule makes of a name; nothing when it does not speak of it.
    std::optional<header_action> action_on(std::string_view name) const noexcept;
    // The fields that are set: names and values, in the order of the settings.
    std::span<std::pair<std::string, std::string> const> set() const noexcept { return set_; }

private:
    // Kept folded where every spelling counts.
    std::vector<std::string> pass_;
    std::vector<std::string> gone_; // removed, or written anew
    std::vector<std::pair<std::string, std::string>> set_;
};

// Whether a rule can set a field to that text: line ends, control bytes and blanks round it have no place there.
bool is_field_value(std::string const& value);
inline constexpr char const* not_a_field_value = "holds what a header cannot carry: line ends, control bytes, or blanks round it";

} // namespace yett::upstream
