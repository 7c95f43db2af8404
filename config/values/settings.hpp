#pragma once

#include "config/values/postgres_url.hpp"
#include "config/values/redis_url.hpp"
#include "gateway/accounts/rules.hpp"
#include "gateway/base/ip.hpp"
#include "gateway/base/secret.hpp"
#include "gateway/http/fields/cookies.hpp"
#include "gateway/issuers/refresh_policy.hpp"
#include "gateway/limits/spec.hpp"
#include "gateway/net/client_limits.hpp"
#include "gateway/tokens/completeness.hpp"
#include "gateway/tokens/keys/algorithm.hpp"
#include "gateway/upstream/cluster/options.hpp"
#include "gateway/upstream/headers/identity_fields.hpp"
#include "policies/spec.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The complete configuration as plain values, defaults included. `load` makes one from
// a file; whoever has one may rely on what is said here and checks nothing again.
//
// Paths are absolute or relative to the working directory, already resolved against the
// folder of the configuration file. A `place` is "file:line:column" of what it belongs
// to, for messages of those who find out later (a port in use, a key that does not fit).
namespace yett::config {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::filesystem::path;

// An IP address in numbers, without brackets. Port 0 lets the system choose.
struct socket_address
{
    std::string host;
    std::uint16_t port = 0;

    bool operator==(socket_address const&) const = default;
};

struct certificate
{
    path chain_file;
    path key_file;
    std::string place;
};

enum class oldest_tls
{
    tls_1_2,
    tls_1_3,
};

enum class client_certificates
{
    none,
    optional,
    required,
};

// Strict-Transport-Security (RFC 6797).
struct hsts
{
    seconds max_age = std::chrono::days{365}; // 0: browsers forget what they were told
    bool subdomains = false;
    bool preload = false;
};

struct listener_tls
{
    std::vector<certificate> certificates; // never empty; the first answers unknown names
    oldest_tls min_version = oldest_tls::tls_1_2;
    config::client_certificates client_certificates = config::client_certificates::none;
    path client_ca_file;
    std::optional<config::hsts> hsts; // absent: the defaults, for names of the whole world alone
};

enum class protocol
{
    http_1_1,
    h2,
};

enum class proxy_protocol
{
    off,
    required,
};

enum class redirect
{
    none,
    https,
};

struct listener
{
    socket_address address{"127.0.0.1", 4080};
    std::optional<listener_tls> tls;
    std::vector<protocol> protocols{protocol::http_1_1};
    config::proxy_protocol proxy_protocol = config::proxy_protocol::off;
    config::redirect redirect = config::redirect::none;
    std::uint16_t redirect_port = 0;  // 0: that of the first listener with tls
    std::optional<config::hsts> hsts; // of a listener without tls, for clients that came by TLS to a trusted proxy
    std::string place;
};

// Plain HTTP for this machine alone, on 127.0.0.1:4080.
std::vector<listener> default_listeners();

struct management
{
    socket_address address{"127.0.0.1", 4090};
    path socket = "yett.sock";
};

// What a client may hold, and how long what it began may last at the end of all.
struct client_limits : net::client_limits
{
    client_limits() noexcept { target_bytes = 0; } // here: what header_bytes leaves room for

    milliseconds drain_timeout = seconds{30};
    std::uint64_t buffer_memory = 256 << 20; // of all workers together
};

enum class upstream_scheme
{
    http,
    https,
    h2c,
    unix_socket,
};

struct upstream_server
{
    upstream_scheme scheme = upstream_scheme::http;
    std::string host;       // a name or an address without brackets; for unix_socket the path
    std::uint16_t port = 0; // never 0 but for unix_socket

    bool operator==(upstream_server const&) const = default;
};

enum class balance
{
    round_robin,
    least_requests,
    consistent_hash,
};

struct health_check
{
    std::string path = "/healthz";
    milliseconds interval = seconds{5};
    milliseconds timeout = seconds{2};
    unsigned healthy_after = 2;
    unsigned unhealthy_after = 3;
};

struct ejection
{
    unsigned failures = 5;
    milliseconds duration = seconds{10};
};

struct upstream_tls
{
    path ca_file;            // empty: the system's
    std::string server_name; // empty: the host
    path certificate_file;   // both or neither
    path key_file;
};

// Which Host the application is told.
enum class host_sent
{
    pass,   // the client's
    server, // the server's own address
};

struct upstream_host
{
    host_sent send = host_sent::pass;
    std::string as; // this one, whatever `send` says; empty: none

    bool operator==(upstream_host const&) const = default;
};

// So many of something, or so many of a hundred, "25%".
struct share
{
    std::uint64_t amount = 100;
    bool of_hundred = true;

    // At least 1.
    std::uint64_t of(std::uint64_t whole) const noexcept;
    bool operator==(share const&) const = default;
};

struct upstream : yett::upstream::exchange_options
{
    std::vector<upstream_server> servers; // never empty
    config::balance balance = config::balance::least_requests;
    yett::upstream::pool_options pool;
    share connections_per_client{25, true};
    upstream_host host;
    std::optional<health_check> health;
    std::optional<config::ejection> ejection;
    std::optional<upstream_tls> tls;
    std::string place;
};

// So many in so long, "5/15m".
struct rate
{
    std::uint64_t amount = 0;
    milliseconds period{0};

    bool operator==(rate const&) const = default;
};

// A limit as the limiter takes it; its name is the one it has among the settings.
struct limit : limits::limit_spec
{
    std::string place; // empty for the ones that exist without being named
};

rate rate_of(limits::limit_spec const& of) noexcept;

// Those that exist without being named: limits::built_in_limits.
std::map<std::string, limit> built_in_limits();

using identity_preset = yett::upstream::preset;

// An assertion's audience that depends on the route.
inline constexpr std::string_view route_host = "route_host";

struct assertion
{
    std::string header = "X-Yett-Assertion";
    milliseconds ttl = seconds{60};
    std::string audience{route_host};
};

// What happens to a request whose identity does not fit into its headers.
enum class too_long
{
    refuse,
    omit, // of roles and scopes alone: the whole header is left out and said to be
};

// Which roles an application is told of; rules see all of them.
struct written_roles
{
    std::vector<std::string> only; // patterns, `*` stands for any text; empty: all roles
};

struct identity_headers
{
    identity_preset preset = identity_preset::yett;
    std::map<std::string, std::string> set; // header name as written → claim: sub email roles scope iss aud jti sid
    std::optional<config::assertion> assertion;
    config::too_long too_long = config::too_long::refuse;
    std::uint64_t most_bytes = 8 << 10; // of one value
    written_roles roles;
};

using signature_algorithm = yett::tokens::algorithm;

struct signing_keys
{
    path directory;      // empty: in the storage
    yett::secret secret; // seals the keys; empty: they are kept in the clear
    seconds rotate_every = std::chrono::days{30};
    seconds publish_before = std::chrono::days{1};
    seconds keep_for = std::chrono::days{7};
};

enum class transport
{
    cookie,
    body,   // of refresh tokens
    header, // of access tokens
    both,
    automatic, // of access tokens; never once loaded
};

struct token_cache
{
    milliseconds ttl = std::chrono::minutes{5};
    std::uint64_t bytes = 64 << 20; // of all workers together
};

// Where another issuer's claims say what; dotted paths.
struct claim_names
{
    std::string user = "sub";
    std::string email = "email";
    std::string roles = "roles";
    std::string scopes = "scope";
};

// Which addresses of an issuer count.
enum class believed_emails
{
    verified, // those that come with `email_verified: true`
    trusted,  // those without the claim, too
};

// Stands in `types` for a token that has no `typ`.
inline constexpr std::string_view no_type = "none";

// Somebody else whose tokens are accepted. Exactly one of the three sources of keys is set.
struct issuer
{
    std::string iss;  // compared whole
    std::string name; // what stands before its subjects, NAME:sub; never empty once loaded, unique but for case
    bool bare_subjects = false;
    believed_emails emails = believed_emails::verified;
    std::vector<std::string> types{std::string{no_type}, "JWT", "at+jwt", "okta-internal-at+jwt"};
    unsigned most_depth = 32; // of nested objects and lists in its claims
    std::vector<std::string> audience;
    std::vector<signature_algorithm> algorithms;
    std::string jwks_url;
    path jwks_file;
    bool discovery = false;
    path ca_file;                   // empty: the system's
    bool private_addresses = false; // of the issuer: allowed, and http on this machine too
    bool redirects = false;         // are followed
    milliseconds timeout = seconds{10};
    issuers::refresh_policy refresh;
    claim_names claims;
    std::string place;
};

struct tokens : yett::accounts::session_lifetimes
{
    std::string issuer = "yett";
    std::vector<std::string> audience{"api"};
    signature_algorithm algorithm = signature_algorithm::es256;
    yett::secret secret; // of HS256 alone, at least 32 bytes
    signing_keys keys;
    transport refresh_transport = transport::cookie;   // cookie, body or both
    transport access_transport = transport::automatic; // once loaded header, cookie or both
    std::uint64_t most_bytes = 16 << 10;               // of an access token
    token_cache cache;
    std::vector<config::issuer> issuers;
};

using registration = yett::accounts::registration_policy;
using http::same_site;

struct cookie
{
    std::string name = "yett"; // the middle of all names
    std::string domain;        // empty: the host that set it
    config::same_site same_site = config::same_site::lax;
    bool secure = true;
};

struct color
{
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;

    bool operator==(color const&) const = default;
};

struct pages
{
    bool enabled = true;
    std::string brand = "Yett";
    config::color color{0x2f, 0x5d, 0x50};
    path logo; // empty: the brand's name alone
    std::string after_login = "/";
    std::string after_logout; // empty: the login page
};

using remember_me = yett::accounts::memory;

struct accounts : yett::accounts::account_rules
{
    std::vector<std::string> prefix{"/auth"}; // "/a/b", without a slash at the end
    config::cookie cookie;
    config::pages pages;
    std::optional<policies::cors_spec> cors; // of all endpoints that show no page
};

using password_hash = yett::accounts::hashing_rules::kind;

struct passwords : yett::accounts::hashing_rules, yett::accounts::password_rules
{
    unsigned argon2id_parallelism = 1; // the only one there is
};

enum class storage_kind
{
    sqlite,
    memory,
    postgresql,
};

enum class migration
{
    automatic, // by `yett run` and whatever else opens the store
    manual,    // by `yett migrate up` alone
};

// URLs that may carry a password travel as a secret; what they name is spelled out beside.
struct storage
{
    yett::secret url{"sqlite:var/yett.db"};
    storage_kind kind = storage_kind::sqlite;
    path file;               // of sqlite
    postgres_url postgres;   // of postgresql
    path url_file;           // where the URL came from, to be read again; empty: from no file
    yett::secret listen_url; // of postgresql: past a pooler that shares sessions; empty: `url`
    postgres_url listen;     // once loaded never empty where `postgres` is not
    path listen_url_file;    // where that one came from
    unsigned connections = 8;
    bool prepared = true; // keep prepared statements, and settings of a session
    migration migrate = migration::automatic;
};

enum class shared_state_kind
{
    memory,
    redis,
};

// How old what is known of the others' revocations may be, and what becomes of a token then.
struct shared_state : yett::tokens::staleness_rules
{
    yett::secret url{"memory:"};
    shared_state_kind kind = shared_state_kind::memory;
    redis_url redis;            // of redis
    path url_file;              // where the URL came from, to be read again; empty: from no file
    std::string prefix{"yett"}; // of every key, in front of a colon
};

enum class mail_kind
{
    file,
    smtp,
};

struct mail
{
    yett::secret url{"file:var/outbox"};
    mail_kind kind = mail_kind::file;
    path folder;           // of file
    std::string host;      // of smtp
    bool loopback = false; // smtp to this machine, by its address or as localhost
    path ca_file;          // verifies the server of smtp; empty: the system's
    std::string from = "Yett <no-reply@localhost>";
    path templates;         // empty: the built-in ones
    std::string public_url; // "https://host[:port]" without a slash at the end; empty: links lead to the first listener
};

enum class log_level
{
    debug,
    info,
    warning,
    error,
};

enum class log_format
{
    automatic, // text on a terminal, JSON otherwise
    text,
    json,
};

struct log_target
{
    enum class kind
    {
        off,
        standard_output,
        standard_error,
        file,
    };

    kind is = kind::standard_output;
    path file;
};

struct logging
{
    log_level level = log_level::info;
    log_format format = log_format::automatic;
    log_target access;
    log_target audit;
};

struct tracing
{
    std::string otlp_url; // empty: nothing is sent
    double sample = 0.01;
};

// Which of the two families of forwarding headers a trusted proxy is believed.
enum class forwarding_family
{
    x_forwarded,
    forwarded, // RFC 7239
};

struct settings
{
    unsigned version = 1;
    unsigned workers = 0; // 0: one per core
    std::vector<listener> listeners = default_listeners();
    config::management management;
    std::vector<ip_prefix> trusted_proxies;
    forwarding_family trusted_proxies_send = forwarding_family::x_forwarded;
    config::client_limits client_limits;
    std::map<std::string, upstream> upstreams;
    std::vector<policies::route_spec> routes; // in the order of the file
    std::map<std::string, limit> limits = built_in_limits();
    config::identity_headers identity_headers;
    config::tokens tokens;
    config::accounts accounts;
    config::passwords passwords;
    config::storage storage;
    config::shared_state shared_state;
    config::mail mail;
    config::logging logging;
    config::tracing tracing;
};

} // namespace yett::config
