#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace yett::policies {

// Rules as an operator writes them. `config` reads them, `compile` checks them and
// turns them into a route_table.

struct access_spec
{
    enum class kind
    {
        public_,  // anybody; credentials are not looked at
        optional, // anybody; an identity is passed on when a credential proves one, a bad credential is refused
        authenticated,
        roles,  // any of `values`
        scopes, // all of `values`
        users,  // any of `values`, compared with the subject
        emails, // any of `values`, exact or "*@domain", compared without case
        any_of,
        all_of,
    };

    kind is = kind::authenticated;
    std::vector<std::string> values;
    std::vector<access_spec> parts;                   // of any_of and all_of
    std::optional<std::chrono::seconds> recent_login; // authenticated at most this long ago
};

struct match_spec
{
    std::string host;                 // exact or "*.example.com"; empty matches any
    std::string path;                 // "/exact", "/prefix/**", "/users/{id}/posts"
    std::vector<std::string> methods; // empty matches any; GET includes HEAD
};

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
};

// What a rule wants of the WebSockets it lets through.
struct websocket_spec
{
    std::vector<std::string> allowed_origins; // sites whose pages may open one; empty: only the site that is asked
    std::chrono::seconds idle_timeout{300};   // without a byte in either direction
};

// What a rule changes of the fields that clients send.
struct header_spec
{
    std::vector<std::string> pass;                        // names that are dropped else
    std::vector<std::pair<std::string, std::string>> set; // as literal text, in place of what the client sent
    std::vector<std::string> remove;
    std::string place; // "file:line:column"

    bool empty() const noexcept { return pass.empty() && set.empty() && remove.empty(); }
};

struct route_spec
{
    std::string name;
    match_spec match;
    access_spec access;
    destination to = destination::upstream;
    std::string target;                      // name of the upstream, or of the account endpoint
    std::vector<std::string> limits;         // names, spent in this order
    std::optional<std::uint64_t> body_bytes; // 0 is no limit; absent takes the client's limit
    bool encoded_slash_allowed = false;
    std::optional<websocket_spec> websocket; // absent: Upgrade is not passed on
    header_spec request_headers;
    bool stream = false; // its bodies may take their time
    enforcement mode = enforcement::enforce;
    std::string place; // "file:line:column" for complaints and explain
};

} // namespace yett::policies
