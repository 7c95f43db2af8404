#pragma once

#include "gateway/base/boot_time.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/limits/limiter.hpp"
#include "gateway/pipeline/client_address.hpp"
#include "gateway/pipeline/credential.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/token_cache.hpp"
#include "gateway/upstream/forwarder.hpp"
#include "policies/route_table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::pipeline {

struct world;

// What a request to an endpoint of ours means to limits on failures.
enum class tally : unsigned char
{
    by_outcome, // it counts when it failed, unless that says nothing of a secret
    always,     // it counts though it went well: a letter was asked for
};

// What is learnt of a request on its way, filled in as it becomes known: for the error
// reply, the access log and the counters, which all need it after a failure too.
struct request_context
{
    std::shared_ptr<struct world const> world;
    wall_time now{};
    client from;
    std::string request_id;
    policies::route const* route = nullptr;
    policies::method_set allowed_methods;
    result<credential> shown = credential{}; // how the request says who sends it
    tokens::shown_token token;               // of that
    std::string decoded_key;                 // an API key that came as the password of Basic
    std::optional<error> set_aside;          // why a Bearer that may be the application's own is none of ours
    bool credential_sent = false;
    std::optional<errc> credential_refused;
    bool websocket = false;                 // asks for one, by a good handshake, where the rule lets it
    bool another_websocket_version = false; // asks for one, of a version that is not spoken here
    bool by_cookie = false;                 // the credential was a cookie
    bool preflight = false;                 // of a page of another site, under the rule of what is to follow
    bool key_awaited = false;               // the key of its token is under way
    bool key_given_up = false;              // and did not come in time
    bool renewed = false;                   // `who` is of a token that this request was given
    boot_time known_at{};                   // as of when revocations were known when the credential was looked at
    bool api_key_unknown = false;           // the token is an API key, the store has to be asked about it
    std::string_view refresh_token;         // in the request's head; a renewal is asked for
    bool refresh_rivals = false;            // of several, none of which was looked up
    std::vector<std::pair<std::string, std::string>> set_cookies; // fields for the reply, of a renewed session
    identity_ptr who;
    std::optional<error> reported;                  // what a rule or limit in report_only mode would have refused
    std::unique_ptr<limits::limit const> own_limit; // what an API key brought along
    std::vector<limits::admission> spent;           // in the order it was spent; only the last may be a refusal
    std::string account;                            // the address a login or a letter is tried for
    bool early_put_off = false;                     // the rule's limits.early wait until the device is known
    std::string device;                             // the id of its mark, where the account knows the device
    tally counts = tally::by_outcome;
    std::vector<http::field_error> complaints;
    std::optional<std::string> page; // the HTML that tells of the failure at its form
    std::optional<telemetry::refresh_outcome> refreshed;
    upstream::observation upstream;
};

} // namespace yett::pipeline
