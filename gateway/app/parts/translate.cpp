#include "gateway/app/parts/translate.hpp"

#include "gateway/accounts/ports/link.hpp"
#include "gateway/http/head.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"

#include <algorithm>
#include <thread>

namespace yett::app {
namespace {

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

upstream::server_address address_of(config::upstream_server const& server, std::optional<config::upstream_tls> const& tls)
{
    using upstream::server_scheme;
    if (server.scheme == config::upstream_scheme::unix_socket)
        return {server.host, 0, "unix:" + server.host, server_scheme::unix_socket};
    upstream::server_address to{server.host, server.port, bracketed(server.host) + ":" + std::to_string(server.port)};
    if (server.scheme != config::upstream_scheme::https) return to;
    to.scheme = server_scheme::https;
    to.server_name = tls && !tls->server_name.empty() ? tls->server_name : server.host;
    return to;
}

upstream::balancing_options balancing_of(config::upstream const& u)
{
    upstream::balancing_options options{u.balance, u.health, {}, u.slow_start};
    // There is nobody in place of a single server.
    if (!u.ejection || u.servers.size() == 1) return options;
    options.ejection = *u.ejection;
    options.ejection->servers_away = static_cast<std::size_t>(u.ejection->most.of(u.servers.size()));
    return options;
}

// What the application is told as Host; empty: the client's.
std::string host_for(config::upstream_host const& wanted, upstream::server_address const& server)
{
    if (!wanted.as.empty() || wanted.send == config::host_sent::pass) return wanted.as;
    return server.port == server.usual_port() ? bracketed(server.host) : std::string{server.authority()};
}

std::size_t part_of(std::size_t whole, unsigned workers)
{
    return std::max<std::size_t>(1, whole / workers);
}

// Rounded down, so that all workers together keep to what is configured.
upstream::in_flight_options part_of(config::bounded_requests const& all, unsigned workers)
{
    upstream::in_flight_options part = all;
    part.most = part_of(all.most, workers);
    part.per_client = part_of(all.each_client.of(all.most), workers);
    if (all.queue > 0) part.queue = part_of(all.queue, workers);
    if (part.adaptive) part.adaptive->least = part_of(all.adaptive->least, workers);
    return part;
}

rewriting::path_rewrite::options rewrite_of(policies::route const& rule, policies::rewrite_spec const& spec)
{
    rewriting::path_rewrite::options wanted;
    wanted.prefixes = rewriting::prefix_change{spec.strip_prefix, spec.add_prefix, rule.path().any_case()};
    if (spec.replace) wanted.replacement = rewriting::path_replacement::from(spec.replace->from, spec.replace->to).value();
    wanted.encoded_slash = rule.encoded_slash_allowed();
    wanted.lenient = rule.lenient_paths();
    wanted.double_encoding = rule.double_encoding_allowed();
    wanted.spelled_out = rule.path().spelled_out();
    return wanted;
}

} // namespace

accounts::rules rules_of(config::settings const& s)
{
    accounts::rules rules{s.accounts, s.tokens, !s.mail.public_url.empty(), s.passwords};
    rules.access_jitter = 20;
    rules.claims_room = claims_room_of(s);
    return rules;
}

issuers::source source_of(config::issuer const& i)
{
    return {i.iss, i.jwks_url, i.algorithms, i.timeout};
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
    for (auto const& [name, each] : s.limits) {
        auto& spec = specs.emplace_back(each);
        spec.name = name;
        if (spec.algorithm != limits::counting_algorithm::gcra) spec.burst = 0;
    }
    return specs;
}

net::client_limits client_limits_of(config::settings const& s)
{
    net::client_limits limits = s.client_limits;
    if (limits.target_bytes == 0) limits.target_bytes = limits.header_bytes;
    limits.methods = unusual_methods(s.routes);
    return limits;
}

transport::tls_options tls_of(config::listener const& l)
{
    auto const& t = *l.tls;
    transport::tls_options options;
    options.protocols.clear();
    for (auto const each : l.protocols) options.protocols.emplace_back(each == config::protocol::h2 ? "h2" : "http/1.1");
    for (auto const& each : t.certificates)
        options.certificates.push_back({each.chain_file.string(), each.key_file.string(), each.ocsp_file.string()});
    options.min_version =
        t.min_version == config::oldest_tls::tls_1_3 ? transport::tls_floor::tls13 : transport::tls_floor::tls12;
    options.clients = {t.client_ca_file.string(), t.client_crl_file.string(),
                       t.client_certificates == config::client_certificates::required};
    return options;
}

transport::tls_client_options tls_of(config::upstream const& u)
{
    transport::tls_client_options options;
    if (!u.tls) return options;
    options.ca_file = u.tls->ca_file.string();
    options.verify = !u.tls->insecure_skip_verify;
    return options;
}

bool speaks_tls(config::upstream const& u)
{
    return std::ranges::any_of(u.servers, [](auto const& each) { return each.scheme == config::upstream_scheme::https; });
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

upstream::forward_options forwarding_of(config::upstream const& u, unsigned workers)
{
    upstream::forward_options options{u, {}, u.pool};
    options.balancing = balancing_of(u);
    for (auto const& each : u.servers) {
        auto at = address_of(each, u.tls);
        auto host = host_for(u.host, at);
        options.servers.push_back({std::move(at), std::move(host), each.weight});
    }
    options.connections.per_client = u.connections_per_client.of(u.pool.connections);
    options.connections.keep_timeout = std::min(u.idle_timeout, u.pool.keep_timeout);
    options.retry_budget.period *= workers;
    if (u.requests) options.in_flight = part_of(*u.requests, workers);
    // Whatever its query: who asks from outside may have another one.
    if (u.health) options.urgent_path = u.health->path.substr(0, u.health->path.find('?'));
    return options;
}

upstream::header_options headers_of(config::settings const& s)
{
    upstream::header_options options;
    options.identity = s.identity_headers.preset;
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

upstream::reply_changes::options reply_changes_of(policies::route_spec const& r)
{
    return {r.response_headers.set, r.response_headers.remove, r.cors.has_value()};
}

pipeline::rule_changes changes_of(policies::route const& rule)
{
    auto const& spec = rule.spec();
    pipeline::rule_changes changes;
    if (!spec.request_headers.empty()) changes.request_fields.emplace(field_rules_of(spec.request_headers));
    if (!spec.response_headers.empty()) changes.reply_fields.emplace(reply_changes_of(spec));
    if (spec.rewrite) changes.path.emplace(rewrite_of(rule, *spec.rewrite));
    if (spec.redirect) changes.redirect = rewriting::redirect_template::from(spec.redirect->to).value();
    return changes;
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
    transport.same_site = s.accounts.cookie.same_site;
    transport.secure = s.accounts.cookie.secure;
    transport.realm = s.accounts.pages.brand;
    if (transport.access_in_cookie && s.accounts.pages.enabled) transport.login_page = s.accounts.prefix.front() + "/login";
    return transport;
}

std::string text_of(config::socket_address const& a)
{
    return bracketed(a.host) + ":" + std::to_string(a.port);
}

} // namespace yett::app
