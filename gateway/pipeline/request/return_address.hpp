#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace yett::pipeline {

// What another's query may hold; a header of the next request has to hold it beside the cookies.
inline constexpr std::size_t longest_return_address = 4096;

// Where to send a browser after a login: `wanted`, the decoded value of `next`, when it
// leads to a page of this very site and is not longer than `longest`, and `otherwise` in every
// other case.
//
// What leads here is a path in its one spelling, as `http::inspect_path` knows it, and
// perhaps a query, in visible ASCII: nothing that any reader of URLs (WHATWG, RFC 3986, or
// one that decodes once more than it should) could take for another origin or for two
// lines of a header. A backslash, which some read as a slash, counts behind the first question
// mark alone, and is written as %5C.
std::string return_address(std::string_view wanted, std::string_view otherwise, std::size_t longest = longest_return_address);

} // namespace yett::pipeline
