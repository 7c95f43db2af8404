#pragma once

#include "gateway/base/ip.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace yett::http {

// What one proxy says in Forwarded of the request it got (RFC 7239 section 4), without quotes
// around the values; empty where it says nothing.
struct forwarded_element
{
    std::string_view node; // `for`
    std::string_view proto;
    std::string_view host;
};

// The elements of one field in the order they are written, empty ones left out. It is read
// from the left, as everybody reads it, so that a quote can hide nothing from us alone.
// Unquoted values may hold what only quoted ones should: [ ] and :. Nothing when a quote does
// not end, a pair has no name or a parameter comes twice.
std::optional<std::vector<forwarded_element>> parse_forwarded(std::string_view value);

// The address of a node as proxies write it, in Forwarded and in X-Forwarded-For: perhaps
// quoted, IPv6 with brackets or without, with a port or without, and with a zone, which is
// left out. Nothing for `unknown`, for obfuscated names (RFC 7239 section 6) and for everything
// else that is no address.
std::optional<ip_address> parse_node(std::string_view text) noexcept;

} // namespace yett::http
