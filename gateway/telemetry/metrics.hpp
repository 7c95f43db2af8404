#pragma once

#include "gateway/telemetry/figures.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yett::telemetry {

// Values of the labels. Every label is either one of these closed lists or a name from
// the configuration: nothing a client sends can make a series.
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
enum class decision : unsigned char
{
    permitted,
    unauthenticated,
    forbidden,
    recent_login,
    count_
};
enum class upstream_outcome : unsigned char
{
    ok,
    unavailable,
    timeout,
    broken,
    abandoned,
    count_
};
enum class tls_version : unsigned char
{
    tls12,
    tls13,
    unknown,
    count_
};
enum class handshake : unsigned char
{
    full,
    resumed,
    failed,
    count_
};
enum class refused_because : unsigned char
{
    limit,
    client_limit,
    draining,
    proxy_protocol,
    count_
};
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
// `shared`: another request had got the new tokens.
enum class renewal_outcome : unsigned char
{
    renewed,
    shared,
    refused,
    failed,
    count_
};
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
// How it came out whom an API key speaks for: `failed` is a store that did not answer.
enum class key_answer : unsigned char
{
    remembered,
    asked,
    refused,
    failed,
    count_
};
// What became of a request that came when the other nodes' revocations were not known for too long.
enum class stale_outcome : unsigned char
{
    caught_up,
    refused,
    served, // on_unknown: serve_until_exp
    count_
};
enum class account_outcome : unsigned char
{
    ok,
    refused,
    limited,
    failed,
    count_
};

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
// Why a session's streams were ended.
enum class session_end : unsigned char
{
    revoked,
    expired,
    count_
};

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

// As labels say it.
std::string_view name_of(websocket_end why) noexcept;

// 0 (no reply was begun, the client went away) is `none`.
status_class class_of(unsigned status) noexcept;

struct route_figures
{
    by<status_class> requests;
    histogram<exchange_bounds> duration;
    counter bytes_in;
    counter bytes_out;
    by<decision> decisions;
    counter report_only; // would have been refused, had the rule been enforced
};

struct websocket_figures
{
    gauge open;
    by<websocket_end> closed;
    counter bytes_in; // of those that have ended
    counter bytes_out;
};

struct upstream_figures
{
    by<upstream_outcome> requests;
    histogram<connect_bounds> connect_duration;
    histogram<exchange_bounds> reply_duration; // from the request's first byte sent to the reply's head
    counter retries;
    counter share_refused; // of one client's share of the connections
    gauge idle;
    gauge busy;
    gauge pending;                // exchanges that wait for a connection
    websocket_figures websockets; // shown for all upstreams together, and so are:
    by<dropped_field> dropped_fields;
};

struct limit_figures
{
    counter allowed;
    counter refused;
};

struct listener_figures
{
    gauge open;
    counter accepted;
};

struct token_cache_figures
{
    counter hits;
    counter misses;
    counter negative_hits;
    counter evictions;
    gauge bytes;
    gauge entries;
};

// What one thread counts. Only that thread writes; it takes no lock and touches no cache
// line another worker writes. The index of the arrays is a slot that `metrics` gave out.
struct alignas(64) shard
{
    static constexpr std::size_t routes_max = 40;
    static constexpr std::size_t upstreams_max = 10;
    static constexpr std::size_t limits_max = 16;
    static constexpr std::size_t listeners_max = 8;

    std::array<route_figures, routes_max> routes;
    std::array<upstream_figures, upstreams_max> upstreams;
    std::array<limit_figures, limits_max> limits;
    std::array<listener_figures, listeners_max> listeners;

    counter auth_ok;
    counter auth_none; // no credential came with the request
    by_code auth_failed;
    by<key_answer> api_keys;
    by<stale_outcome> stale;
    by<renewal_outcome> renewals;  // of sessions, inside the requests they came with
    by<session_end> streams_ended; // WebSockets and requests under way whose session ended
    token_cache_figures token_cache;
    counter limiter_overflow; // counted in a shared cell because the byte budget was spent
    by<account_operation, by<account_outcome>> accounts;
    by<refresh_outcome> refreshes;
    histogram<hashing_bounds> password_hash_duration;

    by<refused_because> connections_refused;
    by<given_up> clients_given_up;
    by<tls_version, by<handshake>> tls_handshakes;
    by_code framing_refusals;
    counter forwarding_unreadable; // trusted proxies named a hop by what is no address
    counter forwarding_untrusted;  // X-Forwarded-For came from a private address that nobody trusts
    histogram<lag_bounds> event_loop_lag;
};

struct mail_figures
{
    std::string_view kind; // of letter
    std::uint64_t waiting = 0;
    std::uint64_t sent = 0;
    std::uint64_t given_up = 0;
};

// Of an issuer whose keys are on the web.
struct issuer_figures
{
    std::string issuer;
    std::uint64_t keys = 0;
    std::uint64_t displaced = 0;                                     // of these: their kid stands for another key now
    std::uint64_t left_out = 0;                                      // keys of its last set that are of no use
    std::optional<double> age_seconds;                               // since its keys were confirmed; none: never
    std::uint64_t questions = 0;                                     // fetches because of an unknown key
    std::vector<std::pair<std::string_view, std::uint64_t>> fetches; // result, attempts
};

// How this node follows the revocations of the others.
struct revocation_figures
{
    double age_seconds = 0;   // since it last knew all of them
    std::uint64_t read = 0;   // looks into the log
    std::uint64_t failed = 0; // of those, in vain
    std::uint64_t told = 0;   // notifications to the others
    std::uint64_t heard = 0;  // from them
};

// What others own and a scrape asks them for.
struct observations
{
    std::optional<revocation_figures> revocations; // none: nobody shares the store
    std::uint64_t password_hash_waiting = 0;
    std::uint64_t password_hash_running = 0;
    std::uint64_t password_hash_refused = 0;
    std::vector<std::pair<std::string, std::uint64_t>> log_dropped;        // stream, lines
    std::vector<std::pair<std::string, wall_time>> certificates_expire;    // file as configured
    bool certificates_read = true;                                         // when their files last changed
    std::vector<mail_figures> mails;                                       // one for each kind
    std::vector<std::pair<std::string_view, std::uint64_t>> mail_setbacks; // reason, attempts
    std::vector<issuer_figures> issuers;                                   // the first 10 are shown
    double mail_oldest_seconds = 0;                                        // age of the letter that waits the longest
};

struct build_facts
{
    std::string version;
    std::string revision;
    std::string compiler;
};

// Every figure Yett reports. One shard for each worker and one, the last, for the control
// thread; they are added up when somebody asks. At most 2,000 series, whatever clients send.
class metrics
{
public:
    metrics(std::size_t workers, build_facts facts);
    ~metrics();
    metrics(metrics const&) = delete;
    metrics& operator=(metrics const&) = delete;

    telemetry::shard& shard(std::size_t worker) noexcept { return *shards_[worker]; }
    telemetry::shard& control() noexcept { return *shards_.back(); }

    // The slot of a configured name in the shards' arrays: the same for the same name, also
    // after a reload. Slot 0 of `route` stands for requests no route matched, written
    // "none"; names beyond the capacity share the last slot, written "other". Any thread.
    std::size_t route(std::string_view name);
    std::size_t upstream(std::string_view name);
    std::size_t limit(std::string_view name);
    std::size_t listener(std::string_view address);
    static constexpr std::size_t no_route = 0;

    // `collect` runs during each scrape, on the thread that scrapes.
    void on_scrape(std::function<void(observations&)> collect);
    void reloaded(bool successfully, wall_time now);

    // The text of /metrics (Prometheus exposition format 0.0.4). Any thread.
    std::string exposition() const;

private:
    class slots
    {
    public:
        slots(std::size_t capacity, std::vector<std::string> first) : capacity_{capacity}, names_{std::move(first)} {}
        std::size_t of(std::string_view name);
        std::vector<std::string> const& names() const noexcept { return names_; }

    private:
        std::size_t capacity_;
        std::vector<std::string> names_;
    };
    class fold;

    build_facts facts_;
    std::vector<std::unique_ptr<telemetry::shard>> shards_;
    mutable std::mutex mutex_; // for the slots and callbacks, never for a figure
    slots routes_;
    slots upstreams_;
    slots limits_;
    slots listeners_;
    std::vector<std::function<void(observations&)>> collectors_;
    gauge reload_succeeded_;
    gauge reload_succeeded_at_;
};

} // namespace yett::telemetry
