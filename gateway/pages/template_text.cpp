#include "gateway/pages/template_text.hpp"

#include "gateway/pages/built_in.hpp"

#include <algorithm>
#include <stdexcept>

namespace yett::pages {
namespace {

std::string_view file_named(std::string_view name)
{
    auto const found = std::ranges::find(built_in, name, [](auto const& each) { return each.first; });
    if (found == std::ranges::end(built_in)) throw std::out_of_range{"no built-in file " + std::string{name}};
    return found->second;
}

} // namespace

// Parts are put in once, here, because the library parses them anew for every page.
std::string template_text(std::string_view file)
{
    constexpr std::string_view opening = "{{>";
    constexpr std::string_view closing = "}}\n";
    std::string text;
    auto rest = file_named(file);
    for (auto at = rest.find(opening); at != rest.npos; at = rest.find(opening)) {
        text.append(rest.substr(0, at));
        rest.remove_prefix(at + opening.size());
        auto const end = rest.find(closing);
        text.append(template_text(std::string{rest.substr(0, end)} + ".html"));
        rest.remove_prefix(end + closing.size());
    }
    return text.append(rest);
}

} // namespace yett::pages
