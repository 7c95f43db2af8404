#include "gateway/management/arguments.hpp"

#include <algorithm>

// What a verb was told, taken out by name. Mistakes are collected and told together by `fine`, and
// so is every member that nobody asked for: a mistyped option that is ignored would be a removal of
// everything instead of one. A verb therefore takes all its arguments first, then asks `fine`, and
// only then does something.

namespace yett::management {
namespace {

boost::json::array const no_rows;

std::string text_of(boost::json::value const& v)
{
    return std::string{std::string_view{v.get_string()}};
}

} // namespace

boost::json::value const* arguments::find(std::string_view name)
{
    known_.emplace_back(name);
    auto const* const found = told_.if_contains(name);
    return found && !found->is_null() ? found : nullptr;
}

void arguments::complain(std::string_view name, std::string_view what)
{
    if (!wrong_.empty()) wrong_ += "; ";
    wrong_.append(name).append(": ").append(what);
}

std::optional<std::string> arguments::optional_text(std::string_view name)
{
    auto const* const found = find(name);
    if (!found) return std::nullopt;
    if (found->is_string()) return text_of(*found);
    complain(name, "text is wanted");
    return std::nullopt;
}

std::string arguments::text(std::string_view name)
{
    auto const before = wrong_.size();
    auto found = optional_text(name);
    if (!found && wrong_.size() == before) complain(name, "missing");
    return found.value_or(std::string{});
}

secret arguments::secret_text(std::string_view name)
{
    return secret{text(name)};
}

bool arguments::flag(std::string_view name)
{
    auto const* const found = find(name);
    if (found && !found->is_bool()) complain(name, "true or false is wanted");
    return found && found->is_bool() && found->get_bool();
}

std::vector<std::string> arguments::list(std::string_view name)
{
    std::vector<std::string> all;
    for (auto const& each : rows(name)) {
        if (each.is_string()) all.push_back(text_of(each));
        else complain(name, "a list of texts is wanted");
    }
    return all;
}

boost::json::array const& arguments::rows(std::string_view name)
{
    auto const* const found = find(name);
    if (!found) return no_rows;
    if (found->is_array()) return found->get_array();
    complain(name, "a list is wanted");
    return no_rows;
}

std::size_t arguments::number(std::string_view name, std::size_t otherwise)
{
    auto const* const found = find(name);
    if (!found) return otherwise;
    if (found->is_int64() && found->get_int64() >= 0) return static_cast<std::size_t>(found->get_int64());
    complain(name, "a number is wanted");
    return otherwise;
}

result<void> arguments::fine() const
{
    auto wrong = wrong_;
    for (auto const& [name, value] : told_) {
        if (std::find(known_.begin(), known_.end(), std::string_view{name}) != known_.end()) continue;
        wrong += (wrong.empty() ? "" : "; ") + std::string{std::string_view{name}} + ": unknown";
    }
    if (wrong.empty()) return {};
    return client_error(errc::bad_request, std::move(wrong));
}

} // namespace yett::management
