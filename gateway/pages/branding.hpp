#pragma once

#include "gateway/pages/colour.hpp"

#include <cstddef>
#include <string>

namespace yett::pages {

// How the pages look and what they offer, from the configuration.
struct branding
{
    std::string brand = "Yett";
    rgb colour{0x2f, 0x5d, 0x50};
    std::string logo{};            // bytes; empty: the name alone
    std::string logo_ending{};     // "svg", "png", "webp", "jpg"
    std::string home = "/";        // where the way back leads
    std::string prefix = "/auth";  // where the files of error pages are served
    std::size_t min_password = 12; // code points, for the hint
    bool registration = true;      // whether login pages point to it
    bool login = true;             // whether error pages point to it
    bool links = true;             // whether mails can bring links
    bool remember = false;         // whether the login page asks if the session is to outlive the browser
};

} // namespace yett::pages
