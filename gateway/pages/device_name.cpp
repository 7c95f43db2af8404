#include "gateway/pages/device_name.hpp"

#include <algorithm>
#include <utility>

namespace yett::pages {
namespace {

using naming = std::pair<std::string_view, std::string_view>;

// Browsers carry the names of those they want to be taken for, so the order matters.
constexpr naming browsers[] = {
    {"Edg/", "Edge"},       {"EdgA/", "Edge"},    {"OPR/", "Opera"},    {"SamsungBrowser/", "Samsung Internet"},
    {"Vivaldi/", "Vivaldi"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"},
    {"HeadlessChrome/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
};
constexpr naming systems[] = {
    {"iPhone", "iPhone"}, {"iPad", "iPad"},          {"Android", "Android"}, {"CrOS", "ChromeOS"},
    {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
};

template<std::size_t N>
std::string_view first_in(naming const (&names)[N], std::string_view text) noexcept
{
    for (auto const& [mark, name] : names)
        if (text.find(mark) != text.npos) return name;
    return {};
}

constexpr std::size_t longest_product = 40;

} // namespace

device_name device_named_by(std::string_view user_agent) noexcept
{
    auto browser = first_in(browsers, user_agent);
    if (browser.empty() && !user_agent.starts_with("Mozilla/"))
        browser = user_agent.substr(0, std::min(user_agent.find_first_of("/ ("), longest_product));
    return {browser, first_in(systems, user_agent)};
}

} // namespace yett::pages
