#include "gateway/app/translate.hpp"

#include "gateway/accounts/link.hpp"
#include "gateway/http/head.hpp"
#include "gateway/tokens/api_key.hpp"
#include "gateway/tokens/refresh_token.hpp"

#include <algorithm>
#include <thread>

namespace yett::app {
namespace {

limits::key_part key_of(config::limit_key const& k)
{
    using from = config::limit_key::kind;
    using to = limits::key_part::kind;
    switch (k.is) {
    case from::client: return {to::client, {}};
    case from::user: return {to::user, {}};
    case from::account: return {to::account, {}};
    case from::token: return {to::token, {}};
    case from::route: return {to::route, {}};
    case from::header: return {to::header, k.header};
    }
    return {};
}

limits::algorithm algorithm_of(config::limit_algorithm a)
{
    switch (a) {
    case config::limit_algorithm::window: return limits::algorithm::window;
    case config::limit_algorithm::gcra: return limits::algorithm::gcra;
    case config::limit_algorithm::backoff: return limits::algorithm::backoff;
    }
    return limits::algorithm::window;
}

limits::limit_spec limit_of(std::string const& name, config::limit const& l)
{
    limits::limit_spec spec;
    spec.name = name;
    spec.amount = static_cast<std::uint32_t>(l.rate.amount);
    spec.period = l.rate.period;
    if (l.algorithm == config::limit_algorithm::gcra) spec.burst = static_cast<std::uint32_t>(l.burst);
    spec.algorithm = algorithm_of(l.algorithm);
    spec.counts = l.count == config::limit_count::failures ? limits::counted::failures : limits::counted::requests;
    spec.report_only = l.mode == config::limit_mode::report_only;
    spec.keys.clear();
    for (auto const& each : l.key) spec.keys.push_back(key_of(each));
    return spec;
}

http::same_site same_site_of(config::same_site s)
{
    switch (s) {
    case config::same_site::lax: return http::same_site::lax;
    case config::same_site::strict: return http::same_site::strict;
    case config::same_site::none: return http::same_site::none;
    }
    return http::same_site::strict;
}

upstream::preset preset_of(config::identity_preset p)
{
    switch (p) {
    case config::identity_preset::yett: return upstream::preset::yett;
    case config::identity_preset::oauth2_proxy: return upstream::preset::oauth2_proxy;
    case config::identity_preset::remote_user: return upstream::preset::remote_user;
    case config::identity_preset::none: return upstream::preset::none;
    }
    return upstream::preset::none;
}

upstream::value_rules values_of(config::identity_headers const& h)
{
    return {static_cast<std::size_t>(h.most_bytes), h.too_long == config::too_long::omit, told_roles{h.roles.only}};
}

// The strongest name the settings allow: a __Host- cookie cannot be set by a neighbouring
// host, but it has neither a domain nor a path of its own.
std::string cookie_prefix_of(config::cookie const& c)
{
    if (!c.secure) return {};
    return c.domain.empty() ? "__Host-" : "__Secure-";
}

// Of this host alone.
std::string own_cookie_of(config::cookie const& c, char const* end)
{
    return (c.secure ? "__Host-" : "") + c.name + end;
}

// Where the cookies may lie from a time when other settings chose their path.
std::vector<std::string> cookie_paths_of(config::settings const& s)
{
    std::vector<std::string> paths{"/"};
    paths.insert(paths.end(), s.accounts.prefix.begin(), s.accounts.prefix.end());
    return paths;
}

// All that the application never sees and never sets: of the default name as well, which browsers
// may hold from before another was chosen.
std::vector<std::string> withheld_cookies_of(config::cookie const& c)
{
    std::vector<std::string> names;
    for (auto const& middle : {std::string{"yett"}, c.name})
        for (auto const* prefix : {"", "__Host-", "__Secure-"})
            for (auto const* end : {"_refresh", "_access", "_form", "_next", "_next2", "_device"})
                if (auto name = prefix + middle + end; std::ranges::find(names, name) == names.end())
                    names.push_back(std::move(name));
    return names;
}

// Where browsers send the cookies: to the account endpoints alone, unless other paths need
// them, or the name rules it out.
std::string cookie_path_of(config::settings const& s, std::string const& prefix)
{
    auto const everywhere = s.tokens.access_transport != config::transport::header;
    return everywhere || prefix == "__Host-" || s.accounts.prefix.size() > 1 ? "/" : s.accounts.prefix.front();
}

accounts::admission admission_of(config::registration r)
{
    switch (r) {
    case config::registration::open: return accounts::admission::open;
    case config::registration::invite: return accounts::admission::invited;
    case config::registration::closed: return accounts::admission::closed;
    }
    return accounts::admission::closed;
}

accounts::memory memory_of(config::remember_me r)
{
    switch (r) {
    case config::remember_me::always: return accounts::memory::always;
    case config::remember_me::ask: return accounts::memory::ask;
    case config::remember_me::never: return accounts::memory::never;
    }
    return accounts::memory::never;
}

// A cookie holds 4096 bytes with its name (RFC 6265bis section 5.6). What is left of them for a
// user's address and roles, in the payload of an access token that fills one: 0 where none has to.
std::size_t claims_room_of(config::settings const& s)
{
    if (s.tokens.access_transport == config::transport::header) return 0;
    auto const cookie = 4096 - s.accounts.cookie.name.size() - 16;    // a name of ours
    constexpr std::size_t header = 4 * 96 / 3;                        // alg, typ, and a kid of 43
    constexpr std::size_t claims = 2 + 13 * 6 + 88 + 4 * 36 + 4 * 11; // signs, names, ids, times
    auto const signature = s.tokens.algorithm == config::signature_algorithm::rs256 ? 342u : 86u;
    auto const payload = (cookie - header - signature - 2) / 4 * 3;
    auto own = s.tokens.issuer.size() + 2;
    for (auto const& each : s.tokens.audience) own += each.size() + 3;
    // An issuer so long that nothing is left is an odd one, and its logins say so.
    return payload > claims + own ? payload - claims - own : 1;
}

// What the rules name beside the methods that are served anyway.
std::vector<std::string> unusual_methods(std::vector<policies::route_spec> const& routes)
{
    std::vector<std::string> methods;
    for (auto const& route : routes)
        for (auto const& word : route.match.methods)
            if (!http::is_usual(word) && std::find(methods.begin(), methods.end(), word) == methods.end())
                methods.push_back(word);
    return methods;
}

std::string bracketed(std::string const& host)
{
    return host.find(':') == host.npos ? host : "[" + host + "]";
}

// What the application is told as Host; empty: the client's.
std::string host_for(config::upstream_host const& wanted, config::upstream_server const& server)
{
    if (!wanted.as.empty() || wanted.send == config::host_sent::pass) return wanted.as;
    auto const port = server.port == 80 ? std::string{} : ":" + std::to_string(server.port);
    return bracketed(server.host) + port;
}

} // namespace

tokens::algorithm algorithm_of(config::signature_algorithm a)
{
    switch (a) {
    case config::signature_algorithm::es256: return tokens::algorithm::es256;
    case config::signature_algorithm::es384: return tokens::algorithm::es384;
    case config::signature_algorithm::es512: return tokens::algorithm::es512;
    case config::signature_algorithm::eddsa: return tokens::algorithm::eddsa;
    case config::signature_algorithm::rs256: return tokens::algorithm::rs256;
    case config::signature_algorithm::rs384: return tokens::algorithm::rs384;
    case config::signature_algorithm::rs512: return tokens::algorithm::rs512;
    case config::signature_algorithm::ps256: return tokens::algorithm::ps256;
    case config::signature_algorithm::ps384: return tokens::algorithm::ps384;
    case config::signature_algorithm::ps512: return tokens::algorithm::ps512;
    case config::signature_algorithm::hs256: return tokens::algorithm::hs256;
    }
    return tokens::algorithm::es256;
}

accounts::rules rules_of(config::settings const& s)
{
    accounts::rules rules;
    rules.registration = admission_of(s.accounts.registration);
    rules.require_verified_email = s.accounts.require_verified_email;
    rules.links = !s.mail.public_url.empty();
    rules.verify_ttl = s.accounts.verify_ttl;
    rules.reset_ttl = s.accounts.reset_ttl;
    rules.password = {s.passwords.min_length, s.passwords.max_bytes, static_cast<int>(s.passwords.min_strength)};
    rules.access_ttl = s.tokens.access_ttl;
    rules.access_jitter = 20;
    rules.refresh_ttl = s.tokens.refresh_ttl;
    rules.session_ttl = s.tokens.session_ttl;
    rules.refresh_grace = s.tokens.refresh_grace;
    rules.clock_skew = s.tokens.clock_skew;
    rules.sessions_per_user = s.accounts.sessions.per_user;
    rules.remember = memory_of(s.accounts.remember_me);
    rules.short_session_ttl = s.accounts.short_session_ttl;
    rules.self_delete = s.accounts.self_delete;
    rules.claims_room = claims_room_of(s);
    auto const& keys = s.accounts.api_keys;
    rules.api_keys = {keys.self_service, keys.scopes, keys.max_ttl, keys.per_user};
    return rules;
}

accounts::hashing_rules hashing_of(config::passwords const& p)
{
    accounts::hashing_rules rules;
    rules.hash =
        p.hash == config::password_hash::bcrypt ? accounts::hashing_rules::kind::bcrypt : accounts::hashing_rules::kind::argon2id;
    rules.argon2id_memory = p.argon2id.memory;
    rules.argon2id_iterations = p.argon2id.iterations;
    rules.bcrypt_cost = p.bcrypt.cost;
    rules.threads = p.hashing.threads;
    rules.memory = p.hashing.memory;
    rules.queue = p.hashing.queue;
    rules.wait = p.hashing.wait;
    return rules;
}

issuers::source source_of(config::issuer const& i)
{
    issuers::source from{i.iss, i.jwks_url, {}, i.timeout};
    for (auto const each : i.algorithms) from.algorithms.push_back(algorithm_of(each));
    return from;
}

issuers::schedule schedule_of(config::issuer const& i)
{
    issuers::schedule by;
    by.least = i.refresh.least;
    by.most = i.refresh.most;
    return by;
}

issuers::web_options web_of(config::issuer const& i)
{
    issuers::web_options options;
    options.ca_file = i.ca_file.string();
    options.private_addresses = i.private_addresses;
    options.redirects = i.redirects;
    return options;
}

std::vector<limits::limit_spec> limits_of(config::settings const& s)
{
    std::vector<limits::limit_spec> specs;
    specs.reserve(s.limits.size());
    for (auto const& [name, each] : s.limits) specs.push_back(limit_of(name, each));
    return specs;
}

net::client_limits client_limits_of(config::settings const& s)
{
    auto const& l = s.client_limits;
    net::client_limits limits;
    limits.connections = l.connections;
    limits.connections_per_client = l.connections_per_client;
    limits.header_bytes = l.header_bytes;
    limits.header_fields = l.header_fields;
    limits.target_bytes = l.target_bytes == 0 ? l.header_bytes : l.target_bytes;
    limits.methods = unusual_methods(s.routes);
    limits.body_bytes = l.body_bytes;
    limits.header_timeout = l.header_timeout;
    limits.body_idle_timeout = l.body_idle_timeout;
    limits.idle_timeout = l.idle_timeout;
    limits.handshake_timeout = l.handshake_timeout;
    limits.half_close_timeout = l.half_close_timeout;
    limits.first_byte_timeout = l.first_byte_timeout;
    limits.least_rate = l.least_rate;
    limits.upload_buffer = l.upload_buffer;
    limits.reply_buffer = l.reply_buffer;
    return limits;
}

transport::tls_options tls_of(config::listener_tls const& t)
{
    transport::tls_options options;
    for (auto const& each : t.certificates) options.certificates.push_back({each.chain_file.string(), each.key_file.string()});
    options.min_version =
        t.min_version == config::tls_version::tls_1_3 ? transport::tls_floor::tls13 : transport::tls_floor::tls12;
    return options;
}

net::hsts_policy hsts_of(config::listener const& l)
{
    auto const& written = l.tls ? l.tls->hsts : l.hsts;
    if (!l.tls && !written) return {};
    auto const policy = written.value_or(config::hsts{});
    auto text = "max-age=" + std::to_string(policy.max_age.count());
    if (policy.subdomains) text += "; includeSubDomains";
    if (policy.preload) text += "; preload";
    return {std::move(text), written.has_value()};
}

upstream::forward_options forwarding_of(config::upstream const& u)
{
    upstream::forward_options options;
    for (auto const& each : u.servers)
        options.servers.push_back(
            {{each.host, each.port, bracketed(each.host) + ":" + std::to_string(each.port)}, host_for(u.host, each)});
    options.connections.connections = u.connections;
    options.connections.pending = u.pending;
    options.connections.per_client = u.connections_per_client.of(u.connections);
    options.connections.connect_timeout = u.connect_timeout;
    options.connections.keep_timeout = std::min(u.idle_timeout, options.connections.keep_timeout);
    options.reply_timeout = u.reply_timeout;
    options.idle_timeout = u.idle_timeout;
    options.reply_header_bytes = u.reply_header_bytes;
    options.connections.reply_fields = u.reply_header_fields;
    options.retries = u.retries;
    return options;
}

upstream::header_options headers_of(config::settings const& s)
{
    upstream::header_options options;
    options.identity = preset_of(s.identity_headers.preset);
    for (auto const prefix : {tokens::api_key_prefix, tokens::refresh_token_prefix, accounts::link_token_prefix})
        options.secret_prefixes.emplace_back(prefix);
    options.identity_values = values_of(s.identity_headers);
    options.trusts_forwarded = s.trusted_proxies_send == config::forwarding_family::forwarded;
    options.set.assign(s.identity_headers.set.begin(), s.identity_headers.set.end());
    if (auto const& assertion = s.identity_headers.assertion) options.assertion_header = assertion->header;
    options.cookies = withheld_cookies_of(s.accounts.cookie);
    for (auto const& each : s.routes)
        if (!each.access_header.empty()) options.token_fields.push_back(each.access_header);
    return options;
}

upstream::field_rules::options field_rules_of(policies::header_spec const& h)
{
    return {h.pass, h.set, h.remove};
}

pipeline::auth_transport transport_of(config::settings const& s)
{
    auto const way = s.tokens.refresh_transport;
    pipeline::auth_transport transport;
    transport.refresh_in_cookie = way != config::transport::body;
    transport.refresh_in_body = way != config::transport::cookie;
    auto const access_way = s.tokens.access_transport;
    transport.access_in_header = access_way != config::transport::cookie;
    transport.access_in_cookie = access_way != config::transport::header;
    auto const prefix = cookie_prefix_of(s.accounts.cookie);
    transport.refresh_cookie = prefix + s.accounts.cookie.name + "_refresh";
    transport.access_cookie = prefix + s.accounts.cookie.name + "_access";
    transport.form_cookie = own_cookie_of(s.accounts.cookie, "_form");
    transport.next_cookie = own_cookie_of(s.accounts.cookie, "_next");
    transport.device_cookie = own_cookie_of(s.accounts.cookie, "_device");
    transport.cookie_path = cookie_path_of(s, prefix);
    transport.cookie_paths = cookie_paths_of(s);
    transport.cookie_domain = s.accounts.cookie.domain;
    transport.same_site = same_site_of(s.accounts.cookie.same_site);
    transport.secure = s.accounts.cookie.secure;
    transport.realm = s.accounts.pages.brand;
    if (transport.access_in_cookie && s.accounts.pages.enabled) transport.login_page = s.accounts.prefix.front() + "/login";
    return transport;
}

tokens::staleness_rules staleness_of(config::shared_state const& s)
{
    return {s.max_staleness, s.on_unknown == config::unknown_revocations::serve_until_exp};
}

std::string text_of(config::socket_address const& a)
{
    return bracketed(a.host) + ":" + std::to_string(a.port);
}

} // namespace yett::app
