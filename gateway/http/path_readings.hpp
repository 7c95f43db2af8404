#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace yett::http {

// One way a server may understand a path.
struct path_reading
{
    std::string path; // canonical, without dot segments
    bool encoded_slash = false;
    bool dotted = false; // there were dot segments in it
    std::string how;     // "';' cut, // as /"; empty for the path as it is spelled
};

// What the rule that a path seems to be meant for says of reading it.
struct reading_manner
{
    bool lenient = false;              // "//", ';', %5C and raw UTF-8 may stand in it
    bool decoded_again = true;         // somebody may decode escapes a second time
    std::string_view spelled_out = ""; // by the rule itself: taken as it stands where the path begins with it
};

// Reads a path in every way that servers are known to: escapes decoded again, "//" as "/",
// %5C as "/", ';' and what follows cut from a segment, dots and blanks cut from its end,
// %20, %3B, %3F and %23 cut with what follows, "::$" cut, dot segments removed, in every
// order and combination. The first is the path as it is spelled.
//
// Takes a path as sent that inspect_path does not refuse. Fails with uri_rejected and a
// note that names the reading: when one of them is refused itself, climbs above the root,
// or needs leave that the rule does not give; or when there are too many of them.
result<std::vector<path_reading>> read_in_every_way(std::string_view sent, reading_manner const& manner);

} // namespace yett::http
