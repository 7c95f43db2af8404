#pragma once

#include "gateway/http/head.hpp"

#include <span>
#include <string_view>

namespace yett::http {

// Whether a field may stand behind a body and be passed on (RFC 9110 section 6.5.1): nothing that frames a message, sends it
// somewhere, lets somebody in, sets a cookie, or says who is asking and from where, in whatever spelling. Names of identity
// that are configured are the upstream's to withhold besides.
bool may_be_trailer(std::string_view name) noexcept;

// Puts those that may pass to the front, in their order, and gives them back; what is behind them is of no use any more.
std::span<field const> fit_trailers(std::span<field> trailers) noexcept;

} // namespace yett::http
