#pragma once

#include <string_view>

namespace yett::config {

// Whether a header of this name may bring an access token: it means nothing yet, neither to
// HTTP, nor to browsers, nor to those who forward requests or tell of identities.
bool may_bring_token(std::string_view header) noexcept;

} // namespace yett::config
