#include "config/values/postgres_url.hpp"

#include "config/values/address.hpp"
#include "config/values/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

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

// What stands before the first `mark`, which goes with it; all of it when there is none.
std::string_view take_until(std::string_view& rest, char mark)
{
    auto const end = rest.find(mark);
    auto const taken = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
    return taken;
}

std::optional<std::string> unescaped(std::string_view text)
{
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            plain += text[i];
            continue;
        }
        unsigned char byte = 0;
        auto const digits = text.substr(i + 1, 2);
        auto const read = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || read.ptr != digits.data() + 2 || byte == 0) return std::nullopt;
        plain += static_cast<char>(byte);
        i += 2;
    }
    return plain;
}

result<std::string> plain(std::string_view text)
{
    auto got = unescaped(text);
    if (!got) return wrong("has a percent sign without two hexadecimal digits behind it; a percent sign itself is %25");
    return std::move(*got);
}

result<std::uint16_t> parse_port(std::string_view text)
{
    auto const number = parse_count(text);
    if (!number || *number == 0 || *number > 65'535) return wrong("has a port that is no number from 1 to 65535");
    return static_cast<std::uint16_t>(*number);
}

// "host", "host:port", "[2001:db8::1]:port"; a socket's folder is escaped, or comes by ?host=.
result<postgres_server> parse_server(std::string_view text)
{
    auto const bracketed = text.starts_with('[');
    auto const end = bracketed ? text.find(']') : text.find(':');
    if (bracketed && end == text.npos) return wrong("has an opening bracket without a closing one");
    auto const name = plain(bracketed ? text.substr(1, end - 1) : text.substr(0, end));
    if (!name) return name.error();
    postgres_server found;
    found.host = *name;
    auto const rest = end == text.npos ? std::string_view{} : text.substr(bracketed ? end + 1 : end);
    if (rest.empty()) return found;
    if (!rest.starts_with(':')) return wrong("has something else than a port behind a bracket");
    auto const port = parse_port(rest.substr(1));
    if (!port) return port.error();
    found.port = *port;
    return found;
}

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
        auto const one = parse_server(take_until(text, ','));
        if (!one) return one.error();
        if (one->host.empty()) return wrong("names a server without a host");
        into.servers.push_back(*one);
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
