#include "config/values/postgres_url.hpp"

#include "config/values/address.hpp"
#include "config/values/text.hpp"
#include "config/values/url_parts.hpp"

#include <algorithm>
#include <array>

// The form of libpq's connection URIs, and less of it: what is not known is refused instead of
// passed on, so that a parameter with a typing error does not silently mean its default. `sslmode`
// is the one where that would be dangerous.
//
// The text may hold a password in the clear, and people forget to escape an @, a slash or a
// question mark in it. Then the pieces are cut in the wrong places, and what looks like a host or a
// database is the tail of a password. That is why no complaint here repeats what it is about.

namespace yett::config {
namespace {

constexpr std::array<std::string_view, 6> tls_modes{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
constexpr auto allowed_names = "allowed: host, passfile, sslcert, sslkey, sslmode, sslrootcert";

result<void> read_user(postgres_url& into, std::string_view text)
{
    auto const user = plain(take_until(text, ':'));
    auto const password = plain(text);
    if (!user || !password) return user ? password.error() : user.error();
    into.user = *user;
    into.password = secret{*password};
    return {};
}

result<void> read_servers(postgres_url& into, std::string_view text)
{
    while (!text.empty()) {
        auto const one = parse_host_and_port(take_until(text, ','));
        if (!one) return one.error();
        if (one->host.empty()) return wrong("names a server without a host");
        into.servers.push_back({one->host, one->port.value_or(postgres_server{}.port)});
    }
    return {};
}

std::string* member_for(postgres_url& of, std::string_view name)
{
    if (name == "passfile") return &of.passfile;
    if (name == "sslmode") return &of.sslmode;
    if (name == "sslrootcert") return &of.sslrootcert;
    if (name == "sslcert") return &of.sslcert;
    if (name == "sslkey") return &of.sslkey;
    return nullptr;
}

result<void> read_parameter(postgres_url& into, std::string_view text)
{
    auto const name = take_until(text, '=');
    auto const value = plain(text);
    if (!value) return value.error();
    if (name == "host") {
        into.servers.push_back({*value});
        return {};
    }
    auto* const member = member_for(into, name);
    if (!member) return wrong(std::string{"has a parameter that is not known; "} + allowed_names);
    *member = *value;
    return {};
}

result<void> read_parameters(postgres_url& into, std::string_view text)
{
    while (!text.empty())
        if (auto const done = read_parameter(into, take_until(text, '&')); !done) return done;
    return {};
}

// Files are named from the root: libpq would resolve them against the working directory of the
// moment, which is another one under systemd than in a shell.
result<postgres_url> whole(postgres_url url)
{
    if (url.user.empty()) return wrong("names no user; it is spelled postgresql://USER@HOST/DATABASE");
    if (url.servers.empty()) return wrong("names no host; it is spelled postgresql://USER@HOST/DATABASE");
    if (url.database.empty()) return wrong("names no database; it is spelled postgresql://USER@HOST/DATABASE");
    for (auto const* const file : {&url.passfile, &url.sslrootcert, &url.sslcert, &url.sslkey})
        if (!file->empty() && !file->starts_with('/')) return wrong("has a file that is not named from the root, by a leading /");
    if (std::ranges::find(tls_modes, url.sslmode) == tls_modes.end())
        return wrong("has an sslmode that is not known; allowed: disable, allow, prefer, require, verify-ca, verify-full");
    return url;
}

bool is_here(postgres_server const& one)
{
    return one.host.starts_with('/') || one.host == "localhost" || is_loopback({one.host, 0});
}

} // namespace

bool trusts_the_network(postgres_url const& url)
{
    return url.sslmode != "verify-full" && !std::ranges::all_of(url.servers, is_here);
}

// The last @ ends the user, so that one in a password does no harm; the first / ends the servers.
result<postgres_url> parse_postgres_url(std::string_view text)
{
    postgres_url found;
    auto rest = text;
    take_until(rest, ':');
    if (!rest.starts_with("//")) return wrong("has no // behind its scheme; it is spelled postgresql://USER@HOST/DATABASE");
    rest.remove_prefix(2);
    auto before_parameters = take_until(rest, '?');
    auto const parameters = rest;
    auto authority = take_until(before_parameters, '/');
    auto const database = plain(before_parameters);
    if (!database) return database.error();
    found.database = *database;
    auto const at = authority.rfind('@');
    auto done = at == authority.npos ? result<void>{} : read_user(found, authority.substr(0, at));
    if (done) done = read_servers(found, authority.substr(at == authority.npos ? 0 : at + 1));
    if (done) done = read_parameters(found, parameters);
    if (!done) return done.error();
    return whole(std::move(found));
}

} // namespace yett::config
