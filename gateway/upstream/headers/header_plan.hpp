#pragma once

#include "gateway/base/identity.hpp"
#include "gateway/base/result.hpp"
#include "gateway/http/head.hpp"
#include "gateway/telemetry/metrics.hpp"
#include "gateway/upstream/headers/field_sink.hpp"
#include "gateway/upstream/headers/header_action.hpp"
#include "gateway/upstream/headers/identity_fields.hpp"
#include "gateway/upstream/headers/withheld.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::http {
class target;
struct peer;
} // namespace yett::http

namespace yett::upstream {

class field_rules;

struct header_options
{
    preset identity = preset::yett;
    // Header name and the word of `claim_named`.
    std::vector<std::pair<std::string, std::string>> set;
    // Carries `composition::assertion`; clients cannot send it, in use or not. Empty: none.
    std::string assertion_header = "X-Yett-Assertion";
    // Yett's own cookies, cut out of Cookie.
    std::vector<std::string> cookies;
    // Names holding '_' or '.' that may pass. What is removed under its usual name is
    // removed under these as well.
    std::vector<std::string> nonstandard_names;
    bool keep_bearer = false;
    // Trusted proxies write Forwarded; their X-Forwarded-* are whatever a client sent.
    bool trusts_forwarded = false;
    // What begins a credential that no application sees, see `withheld`.
    std::vector<std::string> secret_prefixes = {};
    // Names that bring access tokens on some rule: on the others they may hold one, too.
    std::vector<std::string> token_fields = {};
    value_rules identity_values = {};
};

// Which credentials an application gets. No Bearer in Authorization, unless `others_pass` or it
// is the proved one; nothing that holds one of ours, whatever it is spelled like.
struct bearer_terms
{
    // Whether a value holds a credential of ours. Null: nobody can tell, and no Bearer passes.
    std::function<bool(std::string_view)> const* is_ours = nullptr;
    // A Bearer that is none of ours may be the application's own.
    bool others_pass = false;
    // A Bearer that was proved and is sent on.
    std::string_view proved = {};
    // The field that brought the access token instead, and is removed. Empty: none did.
    std::string_view access_header = {};
};

// What pipeline found out about the client. All forwarding headers are written from this.
struct client_facts
{
    std::string_view address;   // textual IP of the client
    bool trusted = false;       // the peer is a trusted proxy: its forwarding headers are believed
    bool https = false;         // how the client came, to us or to the trusted proxy
    bool named = false;         // the peer is not the client, but named it
    std::string_view hops = {}; // ", A, B": the proxies between the client and the peer
    std::string_view host = {}; // what the client asked the first of them for; empty: the same as us
};

// Everything a request head for the application is made of.
struct composition
{
    http::head const& head;
    http::target const& where;
    http::peer const& peer;
    client_facts client;
    proved_caller who = {};                                     // nobody: no identity header is set
    std::string_view request_id = {};                           // X-Request-Id
    std::string_view traceparent = {};                          // empty: the client's own, if it is trusted
    std::string_view assertion = {};                            // empty: none
    std::optional<std::uint64_t> length = {};                   // of a body without a length that has arrived as a whole
    bool websocket = false;                                     // asks for one, which Connection and Upgrade have to say anew
    bool bare = false;                                          // no cookie, no credential and no body goes along
    std::string_view host = {};                                 // told to the application; empty: the client's
    field_rules const* rules = nullptr;                         // of the rule that let the request in
    telemetry::by<telemetry::dropped_field>* dropped = nullptr; // counts what the application is not told
    bearer_terms bearers = {};
};

// What `header_plan::apply` has learnt on its way.
struct composed
{
    bool signs_in_connection = false; // a credential that is good for whatever follows it
};

// The rules for headers on the way to an application, made once, used for every request.
//
// Removed always: hop-by-hop fields and those that Connection nominates (RFC 9110 section
// 7.6.1); Proxy, Proxy-*, Expect, TE, Trailer; every identity header of every preset, of
// `set` and the assertion, in every spelling; X-Original-*, X-Rewrite-* and
// X-HTTP-Method-Override, which would tell the application of another request than the
// one that was decided on; other names with '_' or '.' that are not allowed; Yett's
// cookies; bearer tokens, but for what `bearer_terms` say; whatever holds a token of ours in a
// field that brings credentials; API keys and their like; the
// subprotocol that carries a token. Removed unless a trusted proxy sent them: what proxies
// and platforms say of clients (`header_action` has the names). Via, Forwarded, X-Forwarded-For,
// -Proto, -Host, -Port and X-Real-IP are written anew, both families from one result.
class header_plan
{
public:
    // Fails with bad_request and a note when a name of `set` is no header name or belongs
    // to HTTP itself, or when a claim is unknown.
    static result<header_plan> from(header_options const& options);

    // Writes the whole head to a sink of `field_sink`'s kinds: its start, the client's fields that
    // pass, forwarding and identity, and what is said of the body. The rules are here, once for
    // every protocol; how they are spelled is the sink's.
    //
    // Fails with bad_request when Connection nominates more than 32 names, before anything
    // was written, and with forbidden when an identity does not fit into its headers.
    template<field_sink Sink>
    result<composed> apply(composition const& c, Sink& to) const;

    // What becomes of a field by its name, under the rule that let the request in (null: under
    // none that changes fields). What is `special` depends on the value besides.
    field_verdict judge(http::field const& f, field_rules const* rules, bool trusted) const;

    // True for names that only Yett may set, in any spelling. Replies lose them as well.
    bool is_ours(std::string_view name) const noexcept { return identity_.owns(name); }
    // The cookies that only Yett may set.
    std::span<std::string const> cookies() const noexcept { return cookies_; }

private:
    template<field_sink Sink>
    class writer;

    explicit header_plan(header_options const& o) : identity_{o.identity, o.identity_values}, withheld_{o.secret_prefixes} {}

    field_verdict usual_verdict(http::field const& f) const;
    field_verdict verdict_on_nonstandard(std::string_view name) const;
    field_verdict verdict_by_rule(http::field const& f, field_rules const& rules, bool trusted) const;
    bool is_token_field(std::string_view name) const noexcept;

    identity_fields identity_;
    std::string assertion_header_; // empty when there is none
    std::vector<std::string> cookies_;
    std::vector<std::string> nonstandard_names_;
    std::vector<std::string> token_fields_;
    bool keep_bearer_ = false;
    bool trusts_forwarded_ = false;
    withheld withheld_;
};

} // namespace yett::upstream
