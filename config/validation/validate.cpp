#include "config/validation/validate.hpp"

#include "config/reading/reading.hpp"
#include "config/reading/schema.hpp"
#include "config/reading/secrets.hpp"
#include "config/validation/validate_browsers.hpp"
#include "config/validation/validate_identity.hpp"
#include "config/validation/validate_stores.hpp"
#include "config/values/address.hpp"
#include "policies/path_pattern.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

// Checks over the whole of the settings, after each key was read by itself. One function a concern,
// all of them run, so that one reading shows everything. Three habits keep the list of complaints
// useful:
//
// A value that was complained about already is left alone (`has_complaint_at`): one mistake, one
// line. What is merely unused is looked for only when there is no error, since a mistyped name
// makes its neighbour unused, too.
//
// An error is what cannot work or breaks a promise; a warning is what works, is probably not meant,
// and may be: it keeps nothing from starting.
//
// A complaint names the key that has to change, which is not always the one that was written: a
// missing `mail.public_url` is complained about although nobody wrote it.

namespace yett::config {
namespace {

template<class T>
std::vector<std::string> names_in(std::map<std::string, T> const& all)
{
    std::vector<std::string> names;
    names.reserve(all.size());
    for (auto const& [name, value] : all) names.push_back(name);
    return names;
}

// A name that should be in a map and is not.
void complain_unknown(reading& r, std::string const& path, std::string_view what, std::string const& name,
                      std::vector<std::string> const& known)
{
    auto const near = closest(name, known);
    r.complain_at(
        path, fmt::format("names {} that does not exist{}", what, near.empty() ? "" : fmt::format("; did you mean {}?", near)));
}

bool begins_with_segments(std::string_view path, std::string_view prefix)
{
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// Two paths become one where only some requests have the prefix, and may not have been meant to.
void check_stripped_prefix(reading& r, policies::route_spec const& route, std::string const& path)
{
    if (!route.rewrite || route.rewrite->strip_prefix.empty()) return;
    auto const pattern = policies::path_pattern::from(route.match.path);
    if (!pattern || begins_with_segments(pattern->spelled_out(), route.rewrite->strip_prefix)) return;
    r.complain_at(path + ".rewrite.strip_prefix", "is not the begin of match.path: a path without it stays as it is",
                  severity::warning);
}

void check_route(reading& r, settings const& all, std::size_t i)
{
    auto const& route = all.routes[i];
    auto const path = fmt::format("routes[{}]", i);
    if (!route.target.empty() && !all.upstreams.contains(route.target))
        complain_unknown(r, path + ".upstream", "an upstream", route.target, names_in(all.upstreams));
    for (std::size_t j = 0; j < route.limits.size(); ++j)
        if (!all.limits.contains(route.limits[j]))
            complain_unknown(r, fmt::format("{}.limits[{}]", path, j), "a limit", route.limits[j], names_in(all.limits));
        else if (route.limits[j] == limits::for_verifications)
            r.complain_at(fmt::format("{}.limits[{}]", path, j),
                          "counts no requests, but what is checked for strangers, on every route");
    check_stripped_prefix(r, route, path);
    auto const to = all.upstreams.find(route.target);
    if (route.websocket && to != all.upstreams.end() && may_speak_http2(to->second))
        r.complain_at(path + ".websocket",
                      fmt::format("needs HTTP/1.1, and upstreams.{} may be spoken to with HTTP/2 (h2c, or h2 in tls.protocols)",
                                  route.target));
}

// What anybody can bring about is no proof of who sends a cookie along.
void check_websocket_origins(reading& r, settings const& all)
{
    for (std::size_t i = 0; i < all.routes.size(); ++i) {
        if (!all.routes[i].websocket) continue;
        auto const& allowed = all.routes[i].websocket->allowed_origins;
        for (std::size_t j = 0; j < allowed.size(); ++j)
            if (is_open_origin(allowed[j]))
                r.complain_at(fmt::format("routes[{}].websocket.allowed_origins[{}]", i, j),
                              fmt::format("\"{}\" names nobody in particular: WebSockets that it alone admits are never "
                                          "authenticated by a cookie or by Basic, but refused (csrf_rejected)",
                                          allowed[j]),
                              severity::warning);
    }
}

void check_routes(reading& r, settings const& all)
{
    std::set<std::string_view> names;
    for (std::size_t i = 0; i < all.routes.size(); ++i) {
        check_route(r, all, i);
        if (auto const& name = all.routes[i].name; !name.empty() && !names.insert(name).second)
            r.complain_at(fmt::format("routes[{}].name", i), "is the name of an earlier route; each is wanted only once");
    }
}

// What keeps guesses and letters within bounds is no experiment.
void check_modes(reading& r, settings const& all)
{
    for (auto const& [name, one] : built_in_limits())
        if (all.limits.at(name).report_only)
            r.complain_at("limits." + name + ".mode", "report_only is not for the limits that exist without being named");
}

// Whoever shows a token is nobody until it was checked, and nothing but an address is known of them.
void check_verifications(reading& r, settings const& all)
{
    std::string const path = std::string{"limits."} + limits::for_verifications;
    auto const& one = all.limits.at(limits::for_verifications);
    if (one.keys != std::vector{limits::key_part{}})
        r.complain_at(path + ".key", "is always client; nothing else is known before a check");
    if (one.counts != limits::counted_events::requests)
        r.complain_at(path + ".count", "is left out; what is checked counts until it has held");
}

// What nobody uses is often a slip of the pen somewhere else. Who got something wrong may have meant it.
void check_unused(reading& r, settings const& all)
{
    if (r.has_error()) return;
    std::set<std::string_view> used;
    for (auto const& route : all.routes) {
        used.insert(route.target);
        used.insert(route.limits.begin(), route.limits.end());
    }
    for (auto const& [name, one] : all.upstreams)
        if (!used.contains(name)) r.complain_at("upstreams." + name, "is used by no route", severity::warning);
    auto const built_in = built_in_limits();
    for (auto const& [name, one] : all.limits)
        if (!used.contains(name) && !built_in.contains(name))
            r.complain_at("limits." + name, "is used by no route", severity::warning);
}

// Fewer different characters than this among 32 do not come from a generator.
constexpr std::size_t least_different = 8;

void check_secret(reading& r, tokens const& t)
{
    auto const path = r.given_as("tokens.secret");
    if (r.has_complaint_at(path)) return;
    if (t.algorithm != signature_algorithm::hs256) {
        if (!t.secret.empty())
            r.complain_at(path, fmt::format("is used by HS256 alone, and tokens.algorithm is {}", name_of(t.algorithm)));
    } else if (t.secret.empty()) {
        r.complain_at(path, "is missing; HS256 signs with it");
    } else if (t.secret.size() < least_secret_bytes) {
        r.complain_at(path, fmt::format("is too short; HS256 wants at least {} bytes, as `openssl rand -hex 32` makes them",
                                        least_secret_bytes));
    } else if (std::set<char>(t.secret.reveal().begin(), t.secret.reveal().end()).size() < least_different) {
        r.complain_at(path, "repeats too few characters to be a secret; `openssl rand -hex 32` makes another");
    } else if (is_published(t.secret.reveal())) {
        r.complain_at(path, "is on a published list of secrets; anybody can sign with it. `openssl rand -hex 32` makes another");
    }
}

// An application checks assertions with published keys.
void check_assertion(reading& r, settings const& all)
{
    auto const& wanted = all.identity_headers.assertion;
    if (!wanted) return;
    auto const with = all.tokens.algorithm;
    if (with != signature_algorithm::es256 && with != signature_algorithm::eddsa)
        r.complain_at("identity_headers.assertion",
                      fmt::format("needs tokens.algorithm ES256 or EdDSA, and it is {}", name_of(with)));
    if (all.tokens.keys.keep_for < wanted->ttl)
        r.complain_at("identity_headers.assertion.ttl",
                      "is longer than tokens.keys.keep_for; good assertions could not be checked");
}

bool is_everybody(socket_address const& value)
{
    return value.host == "0.0.0.0" || parse_ip(value.host) == parse_ip("::");
}

// Where is HTTPS, and who would say that a client came by it?
void check_https(reading& r, settings const& all, listener const& one, std::string const& path)
{
    auto const has_tls = [](listener const& l) { return l.tls.has_value(); };
    if (one.redirect == redirect::https && !one.tls && std::ranges::none_of(all.listeners, has_tls))
        r.complain_at(path + ".redirect",
                      "leads nowhere, for no listener has tls; a proxy in front that has it redirects itself");
    if (one.hsts && !one.tls && all.trusted_proxies.empty())
        r.complain_at(path + ".hsts", "is for clients that came by TLS to one of trusted_proxies, and there are none");
}

void check_listeners(reading& r, settings const& all)
{
    for (std::size_t i = 0; i < all.listeners.size(); ++i) {
        auto const& one = all.listeners[i];
        auto const path = fmt::format("listeners[{}]", i);
        auto const end = all.listeners.begin() + static_cast<std::ptrdiff_t>(i);
        if (one.address.port != 0 && std::ranges::find(all.listeners.begin(), end, one.address, &listener::address) != end)
            r.complain_at(path + ".address", "is the address of an earlier listener");
        check_https(r, all, one, path);
        auto const serves = one.redirect == redirect::none || !all.trusted_proxies.empty();
        if (!one.tls && serves && !is_loopback(one.address))
            r.complain_at(path + ".address",
                          "has no tls and can be reached from other machines: passwords and tokens cross the network in clear",
                          severity::warning);
        if (one.proxy_protocol == proxy_protocol::required && all.trusted_proxies.empty())
            r.complain_at(path + ".proxy_protocol", "needs trusted_proxies; nobody could connect without");
    }
}

// The management listener asks for no credential: whoever reaches it reads the metrics.
void check_management(reading& r, settings const& all)
{
    auto const& address = all.management.address;
    if (!is_loopback(address))
        r.complain_at("management.address", "can be reached from other machines, and asks nobody for a password",
                      severity::warning);
    if (address.port != 0 && std::ranges::find(all.listeners, address, &listener::address) != all.listeners.end())
        r.complain_at("management.address", "is the address of a listener");
}

// Would the gateway forward to itself?
void check_loops(reading& r, settings const& all)
{
    auto const same = [](listener const& l, upstream_server const& s) {
        auto const host = s.host == "localhost" ? "127.0.0.1" : s.host;
        auto const here = host == l.address.host || (is_everybody(l.address) && is_loopback({host, s.port}));
        return here && s.port == l.address.port && s.port != 0;
    };
    for (auto const& [name, one] : all.upstreams)
        for (std::size_t i = 0; i < one.servers.size(); ++i)
            if (std::ranges::any_of(all.listeners, [&](auto const& l) { return same(l, one.servers[i]); }))
                r.complain_at(fmt::format("upstreams.{}.servers[{}]", name, i),
                              "is a listener of this gateway; requests would go round in circles");
}

void check_cookie(reading& r, settings const& all)
{
    auto const& cookie = all.accounts.cookie;
    auto const in_clear = [](listener const& l) { return !l.tls && !is_loopback(l.address); };
    auto const only_clear = std::ranges::all_of(all.listeners, in_clear);
    if (cookie.secure && only_clear && all.trusted_proxies.empty() && !all.listeners.empty())
        r.complain_at(
            "accounts.cookie.secure",
            "keeps browsers from sending the cookie back, for no listener has tls and there are no trusted_proxies that could have",
            severity::warning);
    if (!cookie.secure && !std::ranges::all_of(all.listeners, [](auto const& l) { return !l.tls && is_loopback(l.address); }))
        r.complain_at("accounts.cookie.secure", "lets the cookie travel without TLS", severity::warning);
}

void check_mail(reading& r, settings const& all)
{
    auto const wanted = all.accounts.require_verified_email && all.accounts.registration != registration::closed;
    if (wanted && all.mail.public_url.empty() && !r.has_complaint_at("accounts.require_verified_email") &&
        !r.has_complaint_at("mail.public_url"))
        r.complain_at("mail.public_url", "is missing; the links that verify addresses are built from it");
    if (all.mail.kind != mail_kind::smtp || all.mail.host.empty()) return;
    if (!wanted && all.mail.public_url.empty() && !r.has_complaint_at("mail.public_url"))
        r.complain_at("mail.public_url", "is missing; the links in mails that leave this machine are built from it");
    if (!r.is_given("mail.from") && !all.mail.loopback)
        r.complain_at("mail.from", "is missing; no server takes mail from no-reply@localhost");
}

// Settings that take back what another one says: a proxy that is believed whoever it is, a store
// that forgets, a share of a limit that is more than the whole.
void check_promises(reading& r, settings const& all)
{
    for (std::size_t i = 0; i < all.trusted_proxies.size(); ++i) {
        auto const& range = all.trusted_proxies[i];
        if (range.length == (range.network.is_v4() ? 96u : 0u))
            r.complain_at(fmt::format("trusted_proxies[{}]", i), "believes everybody: each client could choose its own address",
                          severity::warning);
    }
    if (all.storage.kind == storage_kind::memory && r.is_given("storage.url") && !r.has_complaint_at("storage.url"))
        r.complain_at("storage.url", "keeps accounts and sessions in memory; they are lost when the program ends",
                      severity::warning);
    if (all.client_limits.connections_per_client > all.client_limits.connections &&
        r.is_given("client_limits.connections_per_client"))
        r.complain_at("client_limits.connections_per_client", "is more than client_limits.connections");
    auto const& limits = all.client_limits;
    auto const most = std::max(limits.upload_buffer, limits.reply_buffer);
    if (limits.buffer_memory < most && r.is_given("client_limits.buffer_memory"))
        r.complain_at("client_limits.buffer_memory", "is less than one upload_buffer or reply_buffer");
    for (auto const& [name, one] : all.upstreams)
        if (one.tls && one.tls->insecure_skip_verify)
            r.complain_at(fmt::format("upstreams.{}.tls.insecure_skip_verify", name),
                          "believes everybody: whoever answers passes for the application", severity::warning);
    for (auto const& [name, one] : all.upstreams)
        if (auto const& share = one.connections_per_client; !share.of_hundred && share.amount > one.pool.connections)
            r.complain_at(fmt::format("upstreams.{}.connections_per_client", name),
                          fmt::format("is more than upstreams.{}.connections", name));
}

// Reads what settings name, so that a typing error in a path is found by `yett check` and not by
// the restart at night. The contents are used later and by others; here it matters that they can be
// read, and who else can. A file that is missing is a mistake of its own, whatever else was said of the key that
// names it: a URL that names three of them was perhaps warned of already.
class files
{
public:
    explicit files(reading& r) : r_{r} {}

    void readable(std::string const& path, config::path const& file)
    {
        if (!file.empty()) (void)read(path, file);
    }

    void private_key(std::string const& path, config::path const& file)
    {
        if (file.empty()) return;
        if (auto const content = read(path, file); content && content->readable_by_others)
            r_.complain_at(
                path,
                fmt::format("{} is a private key that others can read; its mode should be 0600, or 0640 when root owns it",
                            file.string()),
                severity::warning);
    }

    // Pages stay small, whatever the brand.
    void picture(std::string const& path, config::path const& file)
    {
        constexpr std::size_t most = 8 * 1024;
        constexpr std::string_view kinds[] = {".svg", ".png", ".webp", ".jpg"};
        if (file.empty() || r_.has_complaint_at(path)) return;
        if (std::ranges::find(kinds, file.extension().string()) == std::ranges::end(kinds))
            return r_.complain_at(path, fmt::format("{} is no picture; allowed: .svg, .png, .webp, .jpg", file.string()));
        auto const content = read(path, file);
        if (content && content->bytes.empty()) r_.complain_at(path, fmt::format("{} is empty", file.string()));
        if (content && content->bytes.size() > most)
            r_.complain_at(path, fmt::format("{} has {} bytes; at most 8KiB are allowed", file.string(), content->bytes.size()));
    }

private:
    result<file_content> read(std::string const& path, config::path const& file)
    {
        auto content = r_.around().read(file);
        if (!content) r_.complain_at(path, fmt::format("{} cannot be read: {}", file.string(), content.error().note()));
        return content;
    }

    reading& r_;
};

void check_listener_files(files check, listener const& one, std::string const& path)
{
    for (std::size_t i = 0; one.tls && i < one.tls->certificates.size(); ++i) {
        auto const& certificate = one.tls->certificates[i];
        auto const at = fmt::format("{}.certificates[{}]", path, i);
        check.readable(at + ".chain_file", certificate.chain_file);
        check.private_key(at + ".key_file", certificate.key_file);
        check.readable(at + ".ocsp_file", certificate.ocsp_file);
    }
    if (!one.tls) return;
    check.readable(path + ".client_ca_file", one.tls->client_ca_file);
    check.readable(path + ".client_crl_file", one.tls->client_crl_file);
}

void check_redis_files(files& check, redis_url const& url, std::string const& path)
{
    check.readable(path, url.ca_file);
    check.readable(path, url.certificate_file);
    check.private_key(path, url.key_file);
}

void check_files(reading& r, settings const& all)
{
    files check{r};
    check_redis_files(check, all.storage.sessions.redis, r.given_as("sessions.url"));
    check_redis_files(check, all.shared_state.redis, r.given_as("shared_state.url"));
    for (std::size_t i = 0; i < all.listeners.size(); ++i)
        check_listener_files(check, all.listeners[i], fmt::format("listeners[{}].tls", i));
    for (auto const& [name, one] : all.upstreams)
        if (one.tls) {
            check.readable(fmt::format("upstreams.{}.tls.ca_file", name), one.tls->ca_file);
            check.readable(fmt::format("upstreams.{}.tls.certificate_file", name), one.tls->certificate_file);
            check.private_key(fmt::format("upstreams.{}.tls.key_file", name), one.tls->key_file);
        }
    check.picture("accounts.pages.logo", all.accounts.pages.logo);
    for (std::size_t i = 0; i < all.tokens.issuers.size(); ++i) {
        check.readable(fmt::format("tokens.issuers[{}].jwks_file", i), all.tokens.issuers[i].jwks_file);
        check.readable(fmt::format("tokens.issuers[{}].ca_file", i), all.tokens.issuers[i].ca_file);
    }
}

} // namespace

void validate(reading& r, settings const& all)
{
    if (all.upstreams.empty() && r.is_given("upstreams")) r.complain_at("upstreams", "is empty; at least one is wanted");
    check_listeners(r, all);
    check_management(r, all);
    check_routes(r, all);
    check_websocket_origins(r, all);
    check_loops(r, all);
    check_secret(r, all.tokens);
    check_assertion(r, all);
    check_cookie(r, all);
    validate_browsers(r, all);
    check_mail(r, all);
    validate_stores(r, all);
    check_promises(r, all);
    validate_identity(r, all);
    check_files(r, all);
    check_modes(r, all);
    check_verifications(r, all);
    check_unused(r, all);
}

} // namespace yett::config
