#pragma once

#include "gateway/base/ip.hpp"
#include "gateway/http/fields/origin.hpp"
#include "gateway/limits/limiter.hpp"
#include "gateway/limits/verifications/verification_budget.hpp"
#include "gateway/pipeline/request/client_address.hpp"
#include "gateway/pipeline/request/cors.hpp"
#include "gateway/pipeline/request/page_settings.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "gateway/pipeline/request/unusual_credential.hpp"
#include "gateway/rewriting/redirect_template.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/route_changes.hpp"
#include "policies/route_table.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace yett::pipeline {

struct endpoint;

// What a rule changes on the way to its application and back, or where it redirects instead.
struct rule_changes : upstream::route_changes
{
    std::optional<rewriting::redirect_template> redirect;
};

// What is kept for one rule beside the rule itself, under its index.
//
// Worked out once when the snapshot is built, so that a request compares no texts of the
// configuration.
struct route_facts
{
    limits::chain limits;
    std::vector<limits::limit const*> account_limits;    // spent once the body has named the account
    std::vector<limits::limit const*> device_limits;     // instead of those, by a device that the account knows
    struct endpoint const* endpoint = nullptr;           // of ours that the rule leads to; null: the application's
    std::size_t slot = 0;                                // of its figures
    std::uint64_t body_bytes = 0;                        // the largest body; 0 is no limit
    policies::websocket_spec const* websocket = nullptr; // the rule's; null: it lets none through
    bool stream = false;                                 // its bodies may take their time
    std::string audience;                                // of assertions to the application; empty: it gets none
    rule_changes changes;
    std::unique_ptr<cors_rule const> cors;               // what pages of other sites may do; null: nothing is said of it
    http::origin_list const* friends = nullptr;          // of these, who counts as our own against forged requests
    http::origin_list websocket_origins;                 // of `websocket`
    credential_ways ways;
    bool unusual_ways = false;        // there are any
    bool foreign_bearers = false;     // a Bearer that is none of ours goes on to the application
    bool forward_credentials = false; // so does the access token that was proved
};

// What the limit of an API key of its own is called, in RateLimit fields and in figures.
inline constexpr char const* own_limit_name = "api_key";

// What requests are answered by, the same for all workers and frozen: a request keeps the
// one it began with, and a reload makes a new one.
struct snapshot
{
    // The rules, and under the index of each what is kept beside it.
    policies::route_table routes;
    std::vector<route_facts> facts;
    // Over counters that outlive the snapshot: a reload does not let anybody begin anew.
    std::shared_ptr<limits::limiter const> limiter;
    std::unordered_map<limits::limit const*, std::size_t> limit_slots; // of their figures
    upstream::header_plan headers;
    std::vector<ip_prefix> trusted_proxies;
    forwarding_family proxies_send = forwarding_family::x_forwarded;
    std::size_t own_limit_slot = 0; // of the figures of limits that API keys bring along
    auth_transport transport{};     // where credentials are looked for, and what challenges and cookies say
    page_settings pages{};
    std::shared_ptr<limits::verification_budget> verifications{}; // never null where credentials are looked at
};

} // namespace yett::pipeline
