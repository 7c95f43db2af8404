#pragma once

#include "gateway/pages/branding.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::pipeline {

// What people see of us: which pages there are, below which paths, and how they look.
struct page_settings
{
    bool offered = true;                        // otherwise there are only error pages and what they load
    std::vector<std::string> prefixes{"/auth"}; // below which all our endpoints lie; one at least, the first is ours to lead to
    pages::branding branding;
    std::string after_logout; // the path that a logout leads to; empty: the login page
    // Signs the addresses that wait in cookies (waiting_address.hpp). Random, and of this run of the program: a
    // snapshot hands it on to the next one, so that nobody's login is lost to a reload.
    std::string waiting_key;

    // The prefix that a path lies below; the first one where it lies below none.
    std::string_view prefix_of(std::string_view path) const noexcept
    {
        for (auto const& each : prefixes)
            if (path.starts_with(each) && (path.size() == each.size() || path[each.size()] == '/')) return each;
        return prefixes.front();
    }
};

} // namespace yett::pipeline
