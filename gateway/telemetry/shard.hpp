#pragma once

#include "gateway/telemetry/family.hpp"
#include "gateway/telemetry/labels.hpp"

namespace yett::telemetry {

// Everything a worker counts, each figure with the row of the page that shows it. One more is
// one more member, and somebody who adds to it.
//
// A row has the name, the help, and the labels whose words the type of the figure knows; `in` is
// where the figure is entered, and says in which part of the page and for which name. Figures
// stand in the order of the page. Names end as Prometheus wants them: `_total` what only grows,
// `_seconds` and `_bytes` what has a unit.

// Shown from the start at zero, so that an alert on a rate sees the first one.
inline constexpr std::array auth_codes{errc::token_malformed,     errc::token_untrusted,         errc::token_expired,
                                       errc::token_not_yet_valid, errc::token_wrong_issuer,      errc::token_wrong_audience,
                                       errc::token_revoked,       errc::token_wrong_certificate, errc::credentials_disagree};
inline constexpr std::array framing_codes{errc::bad_request,        errc::header_too_large, errc::body_too_large,
                                          errc::uri_too_long,       errc::uri_rejected,     errc::not_implemented,
                                          errc::misdirected_request};

// Of one rule of the configuration; slot 0 is for requests that none matched.
//
// A request counts when its line is written, under the rule it found.
struct route_figures
{
    // First in every group, and only needed while the group is made: each figure below it enters
    // its row there.
    entrance in;

    shown<by<status_class>> requests{
        in,
        {"yett_requests_total", "Requests answered, by route and class of status; none: the client left before.", {"status"}}};
    shown<histogram<exchange_bounds>> duration{
        in, {"yett_request_duration_seconds", "From the request's head to the end of the reply."}};
    shown<counter> bytes_in{in, {"yett_request_bytes_total", "Bytes of request bodies."}};
    shown<counter> bytes_out{in, {"yett_response_bytes_total", "Bytes of reply bodies."}};
    shown<by<policy_decision>> decisions{in, {"yett_policy_decisions_total", "What the matching rule decided.", {"outcome"}}};
    shown<counter> report_only{in, {"yett_policy_report_only_total", "Requests that a report-only rule would have refused."}};
};

// Of all upstreams together.
struct websocket_figures
{
    entrance in;

    shown<gauge> open{in, {"yett_websocket_open", "WebSockets that are open."}};
    shown<by<websocket_end>> closed{
        in, {"yett_websocket_closed_total", "WebSockets that ended, by what ended them first.", {"reason"}}};
    shown<counter> bytes_in{
        in,
        {"yett_websocket_bytes_total", "Bytes that passed through WebSockets, counted when they end.", {}, {"direction", "in"}}};
    // A row without a help belongs to the family that the one above it began.
    shown<counter> bytes_out{in, {"yett_websocket_bytes_total", {}, {}, {"direction", "out"}}};
};

// Of an application whose requests under way are bounded, seen from one worker; 0 else.
struct bounded_figures
{
    entrance in;

    shown<gauge> under_way{
        in,
        {"yett_upstream_bounded_requests", "Requests where a bound says how many may be under way.", {}, {"state", "under_way"}}};
    shown<gauge> waiting{in, {"yett_upstream_bounded_requests", {}, {}, {"state", "waiting"}}};
    // The workers' bounds are added up.
    shown<gauge> limit{in, {"yett_upstream_requests_limit", "The bound, which moves where it is adaptive."}};
};

// Of one application, seen from one worker.
//
// A retry counts beside the request it is for, which is one, however often it is sent.
struct upstream_figures
{
    entrance in;

    shown<by<upstream_outcome>> requests{in,
                                         {"yett_upstream_requests_total", "Requests forwarded, by how that ended.", {"result"}}};
    shown<histogram<connect_bounds>> connect_duration{
        in, {"yett_upstream_connect_duration_seconds", "Time to open a connection, TLS included."}};
    // From the request's first byte sent.
    shown<histogram<exchange_bounds>> reply_duration{
        in, {"yett_upstream_reply_duration_seconds", "From forwarding the request to the head of the reply."}};
    shown<counter> retries{in, {"yett_upstream_retries_total", "Requests sent once more."}};
    shown<counter> retries_refused{
        in, {"yett_upstream_retries_refused_total", "Requests not sent once more because the budget of retries was spent."}};
    shown<counter> share_refused{
        in, {"yett_upstream_share_refused_total", "Requests of clients that held their share of the connections."}};
    shown<gauge> idle{in, {"yett_upstream_connections", "Connections held open.", {}, {"state", "idle"}}};
    shown<gauge> busy{in, {"yett_upstream_connections", {}, {}, {"state", "busy"}}};
    shown<gauge> pending{in, {"yett_upstream_pending_requests", "Requests that wait for a connection."}};
    bounded_figures bounded{in};
    websocket_figures websockets{in.together(page_part::websockets)};
    shown<by<dropped_field>> dropped_fields{in.together(page_part::fields),
                                            {"yett_request_fields_dropped_total",
                                             "Fields that clients sent and applications were not told of, by cause.",
                                             {"cause"}}};
};

// Of one limit; what it would have refused counts as refused where it only reports.
struct limit_figures
{
    entrance in;

    shown<counter> allowed{in, {"yett_limiter_allowed_total", "Requests within a limit."}};
    shown<counter> refused{in, {"yett_limiter_refused_total", "Requests beyond a limit."}};
};

// Of one listener on one worker.
struct listener_figures
{
    entrance in;

    shown<gauge> open{in, {"yett_connections", "Connections of clients that are open."}};
    shown<counter> accepted{in, {"yett_connections_total", "Connections accepted."}};
};

// What the cache of verified tokens did, see tokens/token_cache.
struct token_cache_figures
{
    entrance in;

    shown<counter> hits{in, {"yett_token_cache_hits_total", "Tokens answered from the cache."}};
    shown<counter> misses{in, {"yett_token_cache_misses_total", "Tokens whose signature was checked."}};
    shown<counter> negative_hits{in,
                                 {"yett_token_cache_negative_hits_total", "Bad tokens recognised without checking them again."}};
    shown<counter> evictions{in, {"yett_token_cache_evictions_total", "Entries dropped to make room."}};
    shown<gauge> bytes{in, {"yett_token_cache_bytes", "Memory the cached tokens take."}};
    shown<gauge> entries{in, {"yett_token_cache_entries", "Cached tokens."}};
};

// Who asked, and what their credential was worth.
struct caller_figures
{
    entrance in;

    shown<counter> auth_ok{in, {"yett_auth_results_total", "Requests by what their credential was worth.", {}, {"reason", "ok"}}};
    shown<counter> auth_none{in, {"yett_auth_results_total", {}, {}, {"reason", "none"}}}; // no credential
    shown<by_code> auth_failed{in, {"yett_auth_results_total", {}, {"reason"}, {}, auth_codes}};
    shown<counter> verifications_refused{
        in,
        {"yett_verifications_refused_total",
         "Requests with a credential that was not looked at, because too many from its network had been in vain."}};
    shown<by<key_answer>> api_keys{
        in, {"yett_api_key_checks_total", "Requests with an API key, by how it came out whom it speaks for.", {"result"}}};
    shown<by<renewal_outcome>> renewals{
        in, {"yett_session_renewals_total", "Sessions of browsers renewed inside a request, by how that ended.", {"result"}}};
    // The cache counts for itself; its worker copies the numbers here once a second.
    token_cache_figures token_cache{in};
    // WebSockets and requests under way.
    shown<by<session_end>> streams_ended{in.together(page_part::websockets),
                                         {"yett_session_streams_ended_total",
                                          "WebSockets and requests under way that were ended with their session.",
                                          {"reason"}}};
    shown<by<stale_outcome>> stale{in.together(page_part::staleness),
                                   {"yett_stale_requests_total",
                                    "Requests that came when revocations were not known for too long, by what became of them.",
                                    {"result"}}};
};

// What people and programs asked of their accounts.
struct account_figures
{
    entrance in;

    shown<by<account_operation, by<account_outcome>>> accounts{
        in, {"yett_accounts_total", "Account operations by how they ended.", {"operation", "result"}}};
    shown<by<refresh_outcome>> refreshes{
        in,
        {"yett_refreshes_total",
         "Refresh tokens by how they were answered: replayed inside the grace is benign, reused is not.",
         {"result"}}};
    shown<histogram<hashing_bounds>> password_hash_duration{
        in, {"yett_password_hash_duration_seconds", "Time to hash one password, waiting excluded."}};
};

// Of clients' connections, before and beside their requests.
struct connection_figures
{
    entrance in;

    shown<by<refused_because>> connections_refused{in,
                                                   {"yett_connections_refused_total", "Connections closed at once.", {"reason"}}};
    shown<by<given_up>> clients_given_up{
        in, {"yett_clients_given_up_total", "Connections ended before their clients wanted, by why.", {"reason"}}};
    shown<by<tls_version, by<handshake>>> tls_handshakes{
        in, {"yett_tls_handshakes_total", "TLS handshakes by version and how they ended.", {"version", "result"}}};
    shown<by<certificate_refusal>> certificates_refused{
        in,
        {"yett_tls_client_certificates_refused_total", "TLS handshakes that failed for the client's certificate.", {"reason"}}};
    shown<by<protocol>> requests_by_protocol{
        in, {"yett_requests_by_protocol_total", "Requests, by the version of HTTP they came by.", {"protocol"}}};
    shown<by<http2_fault>> http2_faults{
        in, {"yett_http2_faults_total", "HTTP/2 connections ended for what their clients sent, by what that was.", {"reason"}}};
    shown<by_code> framing_refusals{
        in, {"yett_framing_refusals_total", "Bytes that did not become a request.", {"code"}, {}, framing_codes}};
    shown<counter> forwarding_unreadable{
        in, {"yett_forwarding_unreadable_total", "Requests whose hops a trusted proxy names by what is no address."}};
    shown<counter> forwarding_untrusted{
        in,
        {"yett_forwarding_untrusted_total", "Requests with X-Forwarded-For from private addresses outside of trusted_proxies."}};
    shown<histogram<lag_bounds>> event_loop_lag{in, {"yett_event_loop_lag_seconds", "How late a worker's timer fires."}};
};

// Of everything that has a name in the configuration. The index is a slot that `metrics` gave out.
struct named_figures
{
    // How many names have figures of their own. With all labels these make the 2,000 series that a
    // scrape has at most.
    static constexpr std::size_t routes_max = 32;
    static constexpr std::size_t upstreams_max = 10;
    static constexpr std::size_t limits_max = 16;
    static constexpr std::size_t listeners_max = 8;

    family_list& list;

    std::array<route_figures, routes_max> routes =
        for_each_slot<route_figures, routes_max>({&list, page_part::requests, per::route});
    std::array<upstream_figures, upstreams_max> upstreams =
        for_each_slot<upstream_figures, upstreams_max>({&list, page_part::upstreams, per::upstream});
    std::array<limit_figures, limits_max> limits =
        for_each_slot<limit_figures, limits_max>({&list, page_part::limits, per::limit});
    std::array<listener_figures, listeners_max> listeners =
        for_each_slot<listener_figures, listeners_max>({&list, page_part::connections, per::listener});
    shown<by<limit_place>> shared_limits{{&list, page_part::limits},
                                         {"yett_shared_limits_total",
                                          "Lists of limits that several programs count together, by where they were counted.",
                                          {"place"}}};
    // Counted in a shared cell because the byte budget was spent.
    shown<counter> limiter_overflow{
        {&list, page_part::limits},
        {"yett_limiter_overflow_total", "Keys counted together because the limiter's memory was spent."}};
};

// The rows of a shard, made before its figures.
struct shard_families
{
    family_list families;
};

// What one thread counts. Only that thread writes; it takes no lock and touches no cache
// line another worker writes.
struct alignas(64) shard : shard_families, named_figures, caller_figures, account_figures, connection_figures
{
    // The rows come first, since every figure enters itself there.
    shard()
        : named_figures{families},
          caller_figures{{&families, page_part::callers}},
          account_figures{{&families, page_part::accounts}},
          connection_figures{{&families, page_part::connections}}
    {
    }
};

} // namespace yett::telemetry
