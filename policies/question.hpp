#pragma once

#include <string_view>

namespace yett::policies {

// What a request asks for, in the one spelling that is matched and forwarded.
struct question
{
    std::string_view method; // as sent: case matters
    std::string_view host;   // lower case, without port; empty when none was named
    std::string_view path;   // normalised, begins with '/'
    // Whether %2F stands in the path, which only rules that say so take.
    bool has_encoded_slash = false;
};

} // namespace yett::policies
