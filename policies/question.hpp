#pragma once

#include "gateway/base/client_certificate.hpp"
#include "gateway/base/ip.hpp"

#include <string_view>

namespace yett::policies {

// What a request asks for, in the one spelling that is matched and forwarded, and where it comes
// from.
struct question
{
    std::string_view method; // as sent: case matters
    std::string_view host;   // lower case, without port; empty when none was named
    std::string_view path;   // normalised, begins with '/'
    // Whether %2F stands in the path, which only rules that say so take.
    bool has_encoded_slash = false;
    // Who sends it, behind all proxies that are believed; of no network when it is not said.
    ip_address client{};
    // What that client's connection has proved, beside what a credential says; null: nothing.
    client_certificate const* certificate = nullptr;
};

} // namespace yett::policies
