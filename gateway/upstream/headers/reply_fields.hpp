#pragma once

#include "gateway/http/head.hpp"

#include <cstddef>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace yett::rewriting {
class prefix_change;
} // namespace yett::rewriting

namespace yett::upstream {

class header_plan;
class location_mapping;
class reply_changes;

// What the fields of a reply are judged by.
struct reply_rules
{
    header_plan const& plan;
    std::span<http::field const> added = {};     // by Yett
    location_mapping const* locations = nullptr; // null: they stay as they are
    bool to_proxy = false;                       // the reply goes to a trusted proxy, which may act upon it
    bool speaks_of_origins = false;              // `added` says what pages of other sites may do; the application does not
    reply_changes const* changes = nullptr;      // by the rule; null: none
    rewriting::prefix_change const* prefixes = nullptr; // undone in cookies' paths; null: they stay
};

struct reply_for_client
{
    std::span<http::field const> fields;
    bool asks_to_sign_in_connection = false;   // by a scheme of connection_login
    std::forward_list<std::string> texts = {}; // what some of the fields' values point into
    std::vector<http::field> more = {};        // the fields, where the array has no room for what is added
};

// Removes what is not meant for the client from a reply's fields, in place: hop-by-hop
// fields and those Connection nominates, framing (the exchange writes its own), names
// that only Yett may set, cookies included, and orders for a server in front, unless a proxy
// is there to take them. Adds Via, what the rule sets, and the fields that Yett itself adds: each replaces those of
// its name, only Set-Cookie and Vary stand beside the application's. The array needs room for one more
// field than came; all that is added finds its place in it or in `more`. Nothing when Connection
// nominates too many fields.
std::optional<reply_for_client> fields_for_client(std::span<http::field> array, std::size_t count, reply_rules const& rules);

} // namespace yett::upstream
