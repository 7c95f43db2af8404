#pragma once

#include "gateway/base/ip.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yett::policies {

// Rules as an operator writes them. `config` reads them, `compile` checks them and
// turns them into a route_table.

// Who may pass. `any_of` and `all_of` are over `parts`, each a condition again; `recent_login`
// narrows any of them.
struct access_spec
{
    enum class kind
    {
        public_,  // anybody; credentials are not looked at
        optional, // anybody; an identity is passed on when a credential proves one, a bad credential is refused
        authenticated,
        roles,        // any of `values`
        scopes,       // all of `values`
        users,        // any of `values`, compared with the subject
        emails,       // any of `values`, exact or "*@domain", compared without case
        networks,     // a client of any of `networks`, whoever it is; no credential is looked at
        certificates, // any of `values`, as certificate_pattern has them, names the client's certificate
        any_of,
        all_of,
    };

    kind is = kind::authenticated;
    std::vector<std::string> values;
    std::vector<ip_prefix> networks;                  // of IPv6 none holds an address of IPv4, not even ::/0
    std::vector<access_spec> parts;                   // of any_of and all_of
    std::optional<std::chrono::seconds> recent_login; // authenticated at most this long ago

    // Whether a condition of that kind is among those it is made of.
    bool names(kind condition) const
    {
        return is == condition || std::ranges::any_of(parts, [=](access_spec const& each) { return each.names(condition); });
    }
};

// Which requests a rule is for. The first rule that matches decides, in written order.
struct match_spec
{
    std::string host;                 // exact or "*.example.com"; empty matches any
    std::string path;                 // "/exact", "/prefix/**", "/users/{id}/posts"
    std::vector<std::string> methods; // empty matches the usual ones; GET includes HEAD
    bool every_method = false;        // whatever it is called; only what is built in needs this
    bool any_case = false;            // paths are compared without regard to case
};

// Whether what a rule refuses is refused, or only told in log and metrics.
enum class enforcement
{
    enforce,
    report_only,
};

// Who answers a permitted request.
enum class destination
{
    upstream,
    accounts,
    redirect, // the rule itself: with another address,
    respond,  // or with a reply that the operator wrote
};

// Sends whoever passes to another address.
struct redirect_spec
{
    std::string to; // literal but for {path} and {query}, see rewriting/redirect_template
    unsigned status = 302;
};

// What a rule answers by itself.
struct respond_spec
{
    unsigned status = 200;
    std::string body; // literal
    std::string type; // Content-Type; empty: of plain text
};

// Who answers under a rule: exactly one of an upstream, an account endpoint, a redirect, a reply.
struct answer_spec
{
    destination to = destination::upstream;
    std::string target; // name of the upstream, or of the account endpoint
    std::optional<redirect_spec> redirect;
    std::optional<respond_spec> respond;
};

// What stands in for the matches of a regular expression.
struct replace_spec
{
    std::string from; // RE2
    std::string to;   // \0 to \9 are the match and its groups
};

// What the application is asked for instead of the path that was decided on, in this order.
struct rewrite_spec
{
    std::string strip_prefix;
    std::optional<replace_spec> replace;
    std::string add_prefix;
};

// How a rule asks for a credential that did not come.
enum class challenge
{
    bearer,
    basic, // and takes an API key as the password of Basic
};

// What a rule wants of the WebSockets it lets through.
struct websocket_spec
{
    // Whose pages may open one: origins, and perhaps `*`, `null` or `file://`; empty: only the site that is asked.
    std::vector<std::string> allowed_origins;
    std::chrono::seconds idle_timeout{300}; // without a byte in either direction
    bool token_by_protocol = false;         // an access token may come as the subprotocol yett.bearer.TOKEN
};

// What pages of other sites may do under a rule (the Fetch standard's CORS protocol). Whose
// origin is not listed gets no answer that a page could read.
struct cors_spec
{
    // Who answers what browsers ask before a request.
    enum class preflight
    {
        answer,
        forward, // the application, without body, cookie, credential or identity; the fields stay ours
    };

    // As browsers write them: scheme, host and port, lower case.
    std::vector<std::string> origins; // exact, or `*`, `null`, `file://`, which exclude credentials
    std::vector<std::string> methods; // empty: whatever the rule lets through
    std::vector<std::string> headers; // that pages may send beyond the safe ones
    std::vector<std::string> expose;  // of the reply, that pages may read beyond the safe ones
    bool credentials = false;         // cookies count, and these origins as our own against forged requests
    std::chrono::seconds max_age{600};
    preflight preflights = preflight::answer;
};

// What a rule changes of the fields of a message. Names in any case.
struct field_change_spec
{
    std::vector<std::pair<std::string, std::string>> set; // as literal text, in place of what came
    std::vector<std::string> remove;
    std::string place; // "file:line:column"

    bool empty() const noexcept { return set.empty() && remove.empty(); }
};

// The same of those that clients send, some of which are dropped else.
struct header_spec : field_change_spec
{
    std::vector<std::string> pass; // in this spelling alone, for there is no other the application would get

    bool empty() const noexcept { return pass.empty() && field_change_spec::empty(); }
};

// One rule. Its place among the others counts: it takes what no earlier one took.
struct route_spec : answer_spec
{
    std::string name;
    match_spec match;
    access_spec access;
    std::vector<std::string> limits;         // names, spent in this order
    std::optional<std::uint64_t> body_bytes; // 0 is no limit; absent takes the client's limit
    // Paths that servers read in different ways; each of these says that the application is not one
    // of those that do.
    bool encoded_slash_allowed = false;
    bool lenient_paths = false;              // "//", ';', %5C and raw UTF-8 may stand in them
    bool double_encoding_allowed = false;    // nobody behind decodes escapes a second time
    std::optional<websocket_spec> websocket; // absent: Upgrade is not passed on
    header_spec request_headers;
    std::optional<rewrite_spec> rewrite;  // of paths; absent: the application is asked for what the client asked for
    field_change_spec response_headers;   // of replies, the application's and the rule's own
    bool stream = false;           // its bodies may take their time
    std::optional<cors_spec> cors; // absent: the application speaks for itself
    policies::challenge challenge = policies::challenge::bearer;
    std::string access_header;        // the field that brings the access token instead of Authorization; empty: none
    bool forward_credentials = false; // the application gets the proved access token
    // In report_only a rule still wants credentials that hold; what it would refuse is told and let
    // through.
    enforcement mode = enforcement::enforce;
    std::string place; // "file:line:column" for complaints and explain
};

} // namespace yett::policies
