#pragma once

#include "gateway/base/boot_time.hpp"
#include "gateway/base/error.hpp"
#include "gateway/base/identity.hpp"
#include "gateway/base/recycled.hpp"
#include "gateway/http/bodies/problem.hpp"
#include "gateway/limits/limiter.hpp"
#include "gateway/pipeline/request/client_address.hpp"
#include "gateway/pipeline/request/credential.hpp"
#include "gateway/pipeline/request/request_id.hpp"
#include "gateway/pipeline/request/worker_snapshot.hpp"
#include "gateway/rewriting/path_rewrite.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/tokens/cache/token_cache.hpp"
#include "gateway/upstream/forwarder.hpp"
#include "policies/route_table.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::pipeline {

// What a request to an endpoint of ours means to limits on failures.
enum class tally : unsigned char
{
    by_outcome, // it counts when it failed, unless that says nothing of a secret
    always,     // it counts though it went well: a letter was asked for
};

// What a request asks for, beside what its head says. Known before anybody is asked who sends it, and not
// changed after that.
struct asked_request
{
    wall_time now{}; // when it began; whatever is decided about it is decided as of then
    client from;
    request_id_text request_id;
    bool preflight = false;                 // of a page of another site, under the rule of what is to follow
    bool websocket = false;                 // asks for one, by a good handshake, where the rule lets it
    bool another_websocket_version = false; // asks for one, of a version that is not spoken here
};

// What was found out about it: the rule, and who sends it.
struct findings
{
    // Filled in by the stages in their order: the rule, what is shown, who that is.
    policies::route const* route = nullptr;  // of the request's own snapshot; null: no rule fits
    result<credential> shown = credential{}; // how the request says who sends it
    tokens::token_lookup token;              // of that
    std::string decoded_key;                 // an API key that came as the password of Basic
    std::optional<error> set_aside;          // why a Bearer that may be the application's own is none of ours
    bool by_cookie = false;                  // the credential was a cookie
    bool renewed = false;                    // `who` is of a token that this request was given
    bool by_certificate = false;             // nobody was named but by the certificate of the client's connection
    boot_time known_at{};                    // as of when revocations were known when the credential was looked at
    identity_ptr who;                        // null: nobody, or nobody who could be proved
    std::unique_ptr<rewriting::rewritten_target const> rewritten; // what the application is asked for instead; null: the same
};

// When a request spends from its rule's limits.early.
enum class early_turn : unsigned char
{
    first,         // before anybody is asked who sends it
    with_device,   // once it is known whether the account knows the device, unless it does
    with_identity, // with limits.late: who sends it was known by looking, and one question elsewhere is as good as two
};

// What it took from limits, and on whose account.
struct limits_spent
{
    // What was spent is given back by who comes last: by the outcome, a limit on failures keeps it
    // or not.
    std::vector<limits::limit_result> admissions;   // in the order they were spent; only the last may be a refusal
    std::unique_ptr<limits::limit const> own_limit; // what an API key brought along
    limits::limit const* own = nullptr;             // the same, for a list of one
    std::string account;                            // the address a login or a letter is tried for
    std::string device;                             // the id of its mark, where the account knows the device
    early_turn early = early_turn::first;
    tally counts = tally::by_outcome;
};

// What is told of it, to the client, in the access log and by the counters, which all need it after a
// failure, too.
struct request_report
{
    // What a challenge and the log say of the credential: whether there was one, and what was wrong
    // with it.
    bool credential_sent = false;
    std::optional<errc> credential_refused;
    std::optional<error> not_enforced;                            // what a rule or limit in report_only mode would have refused
    policies::method_set allowed_methods;                         // of the path, where its method is not among them
    std::vector<std::pair<std::string, std::string>> set_cookies; // fields for the reply, of a renewed session
    std::vector<http::field_error> complaints;
    std::optional<std::string> page; // the HTML that tells of the failure at its form
    std::optional<telemetry::refresh_outcome> refreshed;
    upstream::observation upstream;
};

// One request on its way, filled in as things become known.
struct request_context : recycled<request_context>
{
    std::shared_ptr<worker_snapshot const> snapshot; // that it began with, and is answered by to its end
    asked_request asked;
    findings found;
    limits_spent spending;
    request_report reported;

    // Of the rule that was found.
    route_facts const& facts() const { return snapshot->shared->facts[found.route->index()]; }
    // How tokens travel to and from its client.
    auth_transport const& transport() const { return snapshot->shared->transport; }
    // What pages there are for them, and who writes those.
    page_settings const& pages() const { return snapshot->shared->pages; }
    yett::pages::page_renderer& renderer() const { return *snapshot->renderer; }
};

} // namespace yett::pipeline
