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
#include "gateway/upstream/balancing/options.hpp"
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

// A chain and its key, as files: they are read by whoever shows them, and again when they change.
//
// PEM, the leaf first.
struct certificate
{
    path chain_file;
    path key_file;
    path ocsp_file; // DER: what the issuer says of it; empty: nothing is stapled
    std::string place;
};

// The oldest that is spoken.
enum class oldest_tls
{
    tls_1_2,
    tls_1_3,
};

// Whether clients are asked for one, and whether they have to have one.
enum class client_certificates
{
    none,
    optional,
    required,
};

// Strict-Transport-Security (RFC 6797).
//
// Sent to clients that came by TLS, and to no others (section 7.2).
struct hsts
{
    seconds max_age = std::chrono::days{365}; // 0: browsers forget what they were told
    bool subdomains = false;
    bool preload = false;
};

// One address to listen on, and what is spoken there.
struct listener_tls
{
    // Files are checked when settings are loaded, that is, whether they can be read; whether they
    // fit together is found by whoever shows them.
    std::vector<certificate> certificates; // never empty; the first answers unknown names
    oldest_tls min_version = oldest_tls::tls_1_2;
    config::client_certificates client_certificates = config::client_certificates::none;
    // Whose certificates clients may bring; given exactly where they are asked for one.
    path client_ca_file;
    // What their authorities revoked; empty: nothing is asked about that.
    path client_crl_file;
    std::optional<config::hsts> hsts; // absent: the defaults, for names of the whole world alone
};

// What is offered by ALPN, and spoken without TLS.
enum class protocol
{
    http_1_1,
    h2,
};

// Whether a connection begins by naming the client behind the proxy.
enum class proxy_protocol
{
    off,
    required,
};

// Where a listener sends everybody instead of serving them.
enum class redirect
{
    none,
    https,
};

struct listener
{
    // Without tls it is for this machine, or for a proxy that has TLS.
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

// What operators and machines ask of the program: by HTTP on an address, by verbs on a socket.
struct management
{
    socket_address address{"127.0.0.1", 4090};
    path socket = "yett.sock";
};

// What a client may hold, and how long what it began may last at the end of all.
struct client_limits : net::client_limits
{
    client_limits() noexcept { target_bytes = 0; } // here: what header_bytes leaves room for

    milliseconds drain_delay{0}; // between the word that it ends and the end of accepting
    milliseconds drain_timeout = seconds{30};
    std::uint64_t buffer_memory = 256 << 20; // of all workers together
};

// How a server is spoken to.
enum class upstream_scheme
{
    http,
    https,
    h2c,
    unix_socket,
};

// Where one server of an application is.
struct upstream_server
{
    upstream_scheme scheme = upstream_scheme::http;
    std::string host;       // a name or an address without brackets; for unix_socket the path
    std::uint16_t port = 0; // never 0 but for unix_socket
    unsigned weight = 1;    // how many requests it gets beside the others

    bool operator==(upstream_server const&) const = default;
};

// How https servers are checked, and what they are shown.
struct upstream_tls
{
    path ca_file;            // empty: the system's
    std::string server_name; // empty: the host
    path certificate_file;   // both or neither
    path key_file;
    std::vector<protocol> protocols{protocol::http_1_1}; // offered, the first preferred
    bool insecure_skip_verify = false;                   // whoever answers is believed to be the server
};

// Which Host the application is told.
enum class host_sent
{
    pass,   // the client's
    server, // the server's own address
};

// `as` is for applications that know themselves by another name than their visitors do.
struct upstream_host
{
    host_sent send = host_sent::pass;
    std::string as; // this one, whatever `send` says; empty: none

    bool operator==(upstream_host const&) const = default;
};

// So many of something, or so many of a hundred, "25%".
//
// Of hundred, it is of what the pool may hold in all, rounded down.
struct share
{
    std::uint64_t amount = 100;
    bool of_hundred = true;

    // At least 1.
    std::uint64_t of(std::uint64_t whole) const noexcept;
    bool operator==(share const&) const = default;
};

// How many requests an application has at a time. A client's share is said as one, and made a number
// when it is divided among the workers.
struct bounded_requests : yett::upstream::in_flight_options
{
    share each_client{50, true}; // of `most`
};

using balance = yett::upstream::balance;
using health_check = yett::upstream::health_check;

// When servers are left alone that fail too often; how many at most is said as a share of them.
struct ejection : yett::upstream::ejection_rules
{
    share most{50, true};
};

// An application: its servers, how they are chosen and asked. What the room of upstreams takes
// itself is its own options.
struct upstream : yett::upstream::exchange_options
{
    // In the order of the file.
    std::vector<upstream_server> servers; // never empty
    config::balance balance = config::balance::least_requests;
    yett::upstream::pool_options pool;
    share connections_per_client{25, true};
    upstream_host host;
    std::optional<bounded_requests> requests;
    std::optional<health_check> health;
    std::optional<config::ejection> ejection;
    milliseconds slow_start{0};
    std::optional<upstream_tls> tls;
    std::string place;
};

// Some of its servers are spoken to with HTTP/2, or offered it.
bool may_speak_http2(upstream const& one);

// So many in so long, "5/15m".
struct rate
{
    // More than zero once loaded.
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

// The identity as a signed token for the application.
struct assertion
{
    // Signed with Yett's own keys, so that an application can check it with what is published; a
    // new one after half of `ttl`.
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

// What applications are told of who is asking.
struct identity_headers
{
    // `set` adds to what the preset has; names of all presets are kept from clients, whichever is
    // chosen.
    identity_preset preset = identity_preset::yett;
    std::map<std::string, std::string> set; // header name as written → claim: sub email roles scope iss aud jti sid
    std::optional<config::assertion> assertion;
    config::too_long too_long = config::too_long::refuse;
    std::uint64_t most_bytes = 8 << 10; // of one value
    written_roles roles;
};

using signature_algorithm = yett::tokens::algorithm;

// What Yett signs with, where the keys are kept, and when the next one takes over.
struct signing_keys
{
    // A new key is published for `publish_before`, signs for `rotate_every`, and is trusted for
    // `keep_for` after that.
    path directory;      // empty: in the storage
    yett::secret secret; // seals the keys; empty: they are kept in the clear
    seconds rotate_every = std::chrono::days{30};
    seconds publish_before = std::chrono::days{1};
    seconds keep_for = std::chrono::days{7};
};

// How tokens travel to clients and back.
//
// Not every word goes for both kinds of tokens; the comments say which.
enum class transport
{
    cookie,
    body,   // of refresh tokens
    header, // of access tokens
    both,
    automatic, // of access tokens; never once loaded
};

// How much is remembered of tokens that were verified.
//
// A token that was revoked is refused all the same: revocations are asked for each request.
struct token_cache
{
    // Never past a token's own end; 0 remembers nothing.
    milliseconds ttl = std::chrono::minutes{5};
    std::uint64_t bytes = 64 << 20; // of all workers together
};

// Where another issuer's claims say what; dotted paths.
struct claim_names
{
    // A dot leads into an object, unless the claim's own name has it.
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
//
// Its tokens bring identities, and no sessions that could be renewed or ended here.
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
    // The three sources of keys: an address, a file, or the issuer's metadata.
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

// What Yett signs, and whose tokens it takes besides.
struct tokens : yett::accounts::session_lifetimes
{
    // `iss` and `aud` of what Yett signs, and what it wants of such a token when it comes back.
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

// What the cookies of browsers have in common.
//
// `same_site: none` wants `secure`, and is complained about without it.
struct cookie
{
    // `__Host-yett_access` and its like; with a domain `__Secure-` stands in front, without
    // `secure` nothing does.
    std::string name = "yett"; // the middle of all names
    std::string domain;        // empty: the host that set it
    config::same_site same_site = config::same_site::lax;
    bool secure = true;
};

// As CSS has it, without transparency.
struct color
{
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;

    bool operator==(color const&) const = default;
};

// What people see where they sign in.
struct pages
{
    bool enabled = true;
    // What people read as the name of the site, on pages and in letters.
    std::string brand = "Yett";
    config::color color{0x2f, 0x5d, 0x50};
    path logo; // empty: the brand's name alone
    std::string after_login = "/";
    std::string after_logout; // empty: the login page
};

using remember_me = yett::accounts::memory;

// Where account endpoints lie and what they offer; the rules of accounts themselves are the room's
// own.
struct accounts : yett::accounts::account_rules
{
    std::vector<std::string> prefix{"/auth"}; // "/a/b", without a slash at the end
    config::cookie cookie;
    config::pages pages;
    std::optional<policies::cors_spec> cors; // of all endpoints that show no page
};

using password_hash = yett::accounts::hashing_rules::kind;

// How passwords are judged and hashed.
struct passwords : yett::accounts::hashing_rules, yett::accounts::password_rules
{
    unsigned argon2id_parallelism = 1; // the only one there is
};

// Where accounts, sessions and keys are kept.
enum class storage_kind
{
    sqlite,
    memory,
    postgresql,
};

// Who brings an older schema up to date.
enum class migration
{
    automatic, // by `yett run` and whatever else opens the store
    manual,    // by `yett migrate up` alone
};

// Where sessions are kept, unless it is where the users are.
struct session_storage
{
    yett::secret url;      // empty: storage.url
    bool in_redis = false; // what `redis` says counts
    redis_url redis;
    path url_file; // where the URL came from, to be read again; empty: from no file
};

// URLs that may carry a password travel as a secret; what they name is spelled out beside.
//
// Exactly the members of its kind are filled in; the others stay empty.
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
    session_storage sessions; // a section of its own in the file
};

// Where nodes keep what they have in common beside the store.
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

// How letters leave: as files in a folder, or by SMTP.
enum class mail_kind
{
    file,
    smtp,
};

// By what letters leave, what they look like, and where their links lead.
//
// Where there is no `url` that leads to a server, letters are files of a folder, one each, for
// whoever tries the program out.
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

// The least weight of a line that is written.
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

// Where one log goes.
//
// A file is opened for appending, and opened anew on USR1, so that it can be moved away.
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

// What is written, how, and to where.
struct logging
{
    log_level level = log_level::info;
    log_format format = log_format::automatic;
    log_target access;
    log_target audit;
};

// Where spans are sent, and of how many requests.
struct tracing
{
    // Not built yet; see config/reading/unsupported.
    std::string otlp_url; // empty: nothing is sent
    double sample = 0.01;
};

// Which of the two families of forwarding headers a trusted proxy is believed.
enum class forwarding_family
{
    x_forwarded,
    forwarded, // RFC 7239
};

// All of it. Whatever has no default is there once loaded: an upstream, and a route.
struct settings
{
    // Of the format: 1 is the only one there is.
    unsigned version = 1;
    unsigned workers = 0; // 0: one per core
    std::vector<listener> listeners = default_listeners();
    config::management management;
    std::vector<ip_prefix> trusted_proxies;
    forwarding_family trusted_proxies_send = forwarding_family::x_forwarded;
    config::client_limits client_limits;
    // By the names that routes use.
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
