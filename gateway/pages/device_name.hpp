#pragma once

#include <string>
#include <string_view>

namespace yett::pages {

// What a User-Agent means to its owner: the browser and the system, each empty when it is
// not recognised. Another program is its product name ("curl"). It only ever describes:
// clients send what they like.
struct device_name
{
    std::string_view browser;
    std::string_view system;
};

// The views point into the text or to literals.
device_name device_named_by(std::string_view user_agent) noexcept;

} // namespace yett::pages
