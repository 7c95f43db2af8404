#pragma once

#include <string_view>

namespace yett::pipeline {

// Where to send a browser after a login: `wanted`, the decoded value of `next`, when it
// leads to a page of this very site, and `otherwise` in every other case.
//
// What leads here is a path in its one spelling, as `http::inspect_path` knows it, and
// perhaps a query, in visible ASCII: nothing that any reader of URLs (WHATWG, RFC 3986, or
// one that decodes once more than it should) could take for another origin or for two
// lines of a header. The view returned points into one of the two arguments.
std::string_view return_address(std::string_view wanted, std::string_view otherwise) noexcept;

} // namespace yett::pipeline
