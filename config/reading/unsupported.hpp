#pragma once

#include <span>
#include <string_view>

namespace yett::config {

class reading;

// One thing the format knows and this build does not. Whoever builds it deletes its row.
struct unsupported
{
    std::string_view path;    // of the key, "*" for any part: "upstreams.*.health"
    std::string_view value;   // what it must not say, "*" for anything at all
    std::string_view instead; // what is allowed; may be empty
};

std::span<unsupported const> unsupported_features();

// Refuses by name whatever was asked for and is not built.
void refuse_unsupported(reading& r);

} // namespace yett::config
