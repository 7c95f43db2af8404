#pragma once

#include "gateway/base/result.hpp"

#include <string_view>

namespace yett::http {
class head;
}

namespace yett::pipeline {

// The bearer token a request carries (RFC 6750 section 2.1), empty when it carries none.
// Another scheme is the application's business and counts as none. A token in the query is
// never looked at. More than one Authorization field fails with credentials_disagree, a
// Bearer scheme without a token with token_malformed.
result<std::string_view> bearer_of(http::head const& head);

} // namespace yett::pipeline
