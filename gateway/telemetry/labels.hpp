#pragma once

#include "gateway/telemetry/words.hpp"

namespace yett::telemetry {

// Values of the labels, each with its words. Every label is either one of these closed lists or
// a name from the configuration: nothing a client sends can make a series.
//
// Dashboards and alerts go by the words. A word that changes is a label that ends and another
// that begins; what is added stands at zero from the first scrape.

// The first digit of a reply's status. `none`: no reply was begun, the client had left.
enum class status_class : unsigned char
{
    none,
    informational,
    success,
    redirect,
    client_error,
    server_error,
    count_
};
// Each function below has a word for every value, in the order of the enumeration; one that is
// missing or in another's place does not compile.
constexpr words<status_class> words_of(status_class)
{
    using enum status_class;
    return {{{none, "none"},
             {informational, "1xx"},
             {success, "2xx"},
             {redirect, "3xx"},
             {client_error, "4xx"},
             {server_error, "5xx"}}};
}

// What the rule that matched said of a request.
enum class policy_decision : unsigned char
{
    permitted,
    unauthenticated,
    forbidden,
    recent_login,
    count_
};
// `recent_login` is a refusal that a new login would lift.
constexpr words<policy_decision> words_of(policy_decision)
{
    using enum policy_decision;
    return {{{permitted, "permitted"},
             {unauthenticated, "unauthenticated"},
             {forbidden, "forbidden"},
             {recent_login, "recent_login_required"}}};
}

// How a request to an application ended: no connection could be had, nothing came in time, what
// came was no reply, it was too many at a time, or the client left before the end.
enum class upstream_outcome : unsigned char
{
    ok,
    unavailable,
    timeout,
    broken,
    overloaded,
    abandoned,
    count_
};
// `abandoned` is nobody's fault but the client's, who did not wait; it is no failure of the
// application.
constexpr words<upstream_outcome> words_of(upstream_outcome)
{
    using enum upstream_outcome;
    return {{{ok, "ok"},
             {unavailable, "unavailable"},
             {timeout, "timeout"},
             {broken, "broken"},
             {overloaded, "overloaded"},
             {abandoned, "abandoned"}}};
}

// What was agreed on; `unknown` where a handshake failed before that.
enum class tls_version : unsigned char
{
    tls12,
    tls13,
    unknown,
    count_
};
constexpr words<tls_version> words_of(tls_version)
{
    using enum tls_version;
    return {{{tls12, "1.2"}, {tls13, "1.3"}, {unknown, "unknown"}}};
}

// `resumed`: with a ticket, without the certificate being shown again.
enum class handshake : unsigned char
{
    full,
    resumed,
    failed,
    count_
};
// Many `full` beside few `resumed` points to clients that keep no tickets.
constexpr words<handshake> words_of(handshake)
{
    using enum handshake;
    return {{{full, "full"}, {resumed, "resumed"}, {failed, "failed"}}};
}

// Why a client's certificate ended its handshake.
enum class certificate_refusal : unsigned char
{
    missing,
    untrusted,
    expired,
    revoked,
    crl_expired,
    crl_missing,
    other,
    count_
};
// `crl_expired` and `crl_missing` are the operator's to mend: nobody can say whether such a certificate
// was revoked.
constexpr words<certificate_refusal> words_of(certificate_refusal)
{
    using enum certificate_refusal;
    return {{{missing, "missing"},
             {untrusted, "untrusted"},
             {expired, "expired"},
             {revoked, "revoked"},
             {crl_expired, "crl_expired"},
             {crl_missing, "crl_missing"},
             {other, "other"}}};
}

// Why a connection was closed as soon as it was accepted: all of them together were too many, or
// those of one client, the program is ending, or the proxy in front did not say whose it is.
enum class refused_because : unsigned char
{
    limit,
    client_limit,
    draining,
    proxy_protocol,
    count_
};
// `limit` and `client_limit` are settings of client_limits that were reached.
constexpr words<refused_because> words_of(refused_because)
{
    using enum refused_because;
    return {{{limit, "limit"}, {client_limit, "client_limit"}, {draining, "draining"}, {proxy_protocol, "proxy_protocol"}}};
}

// What was asked of the accounts, over HTTP.
enum class account_operation : unsigned char
{
    register_account,
    verify,
    resend,
    login,
    refresh,
    logout,
    reset_request,
    reset_confirm,
    me,
    password,
    sessions,
    api_keys,
    count_
};
// An operation may be several endpoints: what people do by a page and what programs do by JSON are
// one.
constexpr words<account_operation> words_of(account_operation)
{
    using enum account_operation;
    return {{{register_account, "register"},
             {verify, "verify"},
             {resend, "resend"},
             {login, "login"},
             {refresh, "refresh"},
             {logout, "logout"},
             {reset_request, "reset_request"},
             {reset_confirm, "reset_confirm"},
             {me, "me"},
             {password, "password"},
             {sessions, "sessions"},
             {api_keys, "api_keys"}}};
}

// How a browser's session was renewed inside of a request that came with an old access token.
// `shared`: another request had got the new tokens.
enum class renewal_outcome : unsigned char
{
    renewed,
    shared,
    refused,
    failed,
    count_
};
// `refused` is a session that is over, `failed` a store that did not answer.
constexpr words<renewal_outcome> words_of(renewal_outcome)
{
    using enum renewal_outcome;
    return {{{renewed, "renewed"}, {shared, "shared"}, {refused, "refused"}, {failed, "failed"}}};
}

// How a refresh token was answered. `replayed` is benign: a lost reply or a second tab, inside
// the grace. `reused` is hostile until shown otherwise: the session was ended.
enum class refresh_outcome : unsigned char
{
    rotated,
    replayed,
    reused,
    refused,
    failed,
    count_
};
// `reused` ended its session: a token that was stolen, or a browser that was restored from a
// backup.
constexpr words<refresh_outcome> words_of(refresh_outcome)
{
    using enum refresh_outcome;
    return {{{rotated, "rotated"}, {replayed, "replayed"}, {reused, "reused"}, {refused, "refused"}, {failed, "failed"}}};
}

// How it came out whom an API key speaks for: `failed` is a store that did not answer.
enum class key_answer : unsigned char
{
    remembered,
    asked,
    refused,
    failed,
    count_
};
// `remembered` answers cost nothing; `asked` ones a look into the store.
constexpr words<key_answer> words_of(key_answer)
{
    using enum key_answer;
    return {{{remembered, "remembered"}, {asked, "asked"}, {refused, "refused"}, {failed, "failed"}}};
}

// What became of a request that came when the other nodes' revocations were not known for too long.
enum class stale_outcome : unsigned char
{
    caught_up,
    refused,
    served, // on_unknown: serve_until_exp
    count_
};
// `caught_up` waited for the log to be read, and was then answered as any other.
constexpr words<stale_outcome> words_of(stale_outcome)
{
    using enum stale_outcome;
    return {{{caught_up, "caught_up"}, {refused, "refused"}, {served, "served"}}};
}

// Where the limits of a request were counted that several programs share.
enum class limit_place : unsigned char
{
    shared,     // together, for a round trip
    share,      // by this program alone, its share, because the others could not be asked
    remembered, // nowhere: they were full a moment ago
    count_
};
constexpr words<limit_place> words_of(limit_place)
{
    using enum limit_place;
    return {{{shared, "shared"}, {share, "share"}, {remembered, "remembered"}}};
}

// `refused` is an answer, `limited` one that a limit gave, `failed` is for the operator.
enum class account_outcome : unsigned char
{
    ok,
    refused,
    limited,
    failed,
    count_
};
constexpr words<account_outcome> words_of(account_outcome)
{
    using enum account_outcome;
    return {{{ok, "ok"}, {refused, "refused"}, {limited, "limited"}, {failed, "failed"}}};
}

// Who or what ended a WebSocket first: `broken` is a side that was cut off.
enum class websocket_end : unsigned char
{
    client,
    application,
    idle,
    revoked,
    expired,
    draining,
    broken,
    count_
};
// `revoked` and `expired` are the gateway's doing, with close code 4001.
constexpr words<websocket_end> words_of(websocket_end)
{
    using enum websocket_end;
    return {{{client, "client"},
             {application, "application"},
             {idle, "idle"},
             {revoked, "revoked"},
             {expired, "expired"},
             {draining, "draining"},
             {broken, "broken"}}};
}

// Why a client's connection was ended before it wanted: its body was too slow, it took its
// reply too slowly, it left without a goodbye, or another one needed the place.
enum class given_up : unsigned char
{
    slow_upload,
    slow_reader,
    left,
    silent,
    idle,
    count_
};
// `silent` and `idle` made room for somebody else; nothing was running on them.
constexpr words<given_up> words_of(given_up)
{
    using enum given_up;
    return {{{slow_upload, "slow_upload"}, {slow_reader, "slow_reader"}, {left, "left"}, {silent, "silent"}, {idle, "idle"}}};
}

// What a request came by.
enum class protocol : unsigned char
{
    http_1_0,
    http_1_1,
    http_2,
    count_
};
// As the access log has it.
constexpr words<protocol> words_of(protocol)
{
    using enum protocol;
    return {{{http_1_0, "HTTP/1.0"}, {http_1_1, "HTTP/1.1"}, {http_2, "HTTP/2"}}};
}

// Why an HTTP/2 connection was ended for what its client sent.
enum class http2_fault : unsigned char
{
    flood,
    protocol_error,
    count_
};
// A flood is well-formed: too much of what costs us and not its sender.
constexpr words<http2_fault> words_of(http2_fault)
{
    using enum http2_fault;
    return {{{flood, "flood"}, {protocol_error, "protocol_error"}}};
}

// Why a session's streams were ended.
enum class session_end : unsigned char
{
    revoked,
    expired,
    count_
};
// `expired` also where a rule wanted a login more recent than that.
constexpr words<session_end> words_of(session_end)
{
    using enum session_end;
    return {{{revoked, "revoked"}, {expired, "expired"}}};
}

// Why a field of a request does not reach the application.
enum class dropped_field : unsigned char
{
    identity,   // only Yett may say it
    forwarding, // what only a trusted proxy is believed
    tracing,
    rewriting, // would tell of another request than the one decided on
    internal,  // speaks to the application's engine
    spelling,  // a name with '_' or '.'
    nominated, // by Connection
    count_
};
// `identity` counts names that only Yett may set, whatever stood in them.
constexpr words<dropped_field> words_of(dropped_field)
{
    using enum dropped_field;
    return {{{identity, "identity"},
             {forwarding, "forwarding"},
             {tracing, "tracing"},
             {rewriting, "rewriting"},
             {internal, "internal"},
             {spelling, "spelling"},
             {nominated, "nominated"}}};
}

// 0 (no reply was begun, the client went away) is `none`.
status_class class_of(unsigned status) noexcept;

} // namespace yett::telemetry
