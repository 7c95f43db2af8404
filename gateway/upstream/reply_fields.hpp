#pragma once

#include "gateway/http/head.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace yett::upstream {

class header_plan;

// Removes what is not meant for the client from a reply's fields, in place: hop-by-hop
// fields and those Connection nominates, framing (the exchange writes its own), and names
// that only Yett may set, cookies included. Adds Via and the fields that Yett itself adds:
// each replaces those of its name, only Set-Cookie stands beside the application's. The
// array needs room for all of them. Nothing when Connection nominates too many fields.
std::optional<std::span<http::field const>> fields_for_client(std::span<http::field> array, std::size_t count,
                                                              header_plan const& plan,
                                                              std::span<http::field const> added) noexcept;

} // namespace yett::upstream
