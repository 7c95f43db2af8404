#include "config/values/redis_url.hpp"

#include "config/values/address.hpp"
#include "config/values/text.hpp"
#include "config/values/url_parts.hpp"

#include <algorithm>

namespace yett::config {
namespace {

constexpr std::uint16_t server_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;
constexpr auto spelling = "it is spelled redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]";
constexpr auto sentinel_spelling =
    "it is spelled redis+sentinel://[USER[:PASSWORD]@]HOST[:PORT][,HOST[:PORT]…]/MASTER[/DATABASE]";
constexpr auto allowed_names = "allowed: ca_file, certificate_file, key_file, sentinel_password, sentinel_user";

result<void> read_user(redis_url& into, std::string_view text)
{
    auto const user = plain(take_until(text, ':'));
    auto const password = plain(text);
    if (!user || !password) return user ? password.error() : user.error();
    into.user = *user;
    into.password = secret{*password};
    if (!into.user.empty() && into.password.empty()) return wrong("names a user without a password");
    return {};
}

result<void> read_hosts(redis_url& into, std::string_view text, std::uint16_t usual)
{
    while (!text.empty()) {
        auto const one = parse_host_and_port(take_until(text, ','));
        if (!one) return one.error();
        if (one->host.empty()) return wrong("names a server without a host");
        into.hosts.push_back({one->host, one->port.value_or(usual)});
    }
    return {};
}

result<void> read_database(redis_url& into, std::string_view text)
{
    if (text.empty()) return {};
    auto const number = parse_count(text);
    if (!number || *number > 65'535) return wrong("has a database that is no number from 0 to 65535");
    into.database = static_cast<unsigned>(*number);
    return {};
}

result<void> read_parameter(redis_url& into, std::string_view text)
{
    auto const name = take_until(text, '=');
    auto const value = plain(text);
    if (!value) return value.error();
    if (name == "ca_file") into.ca_file = *value;
    else if (name == "certificate_file") into.certificate_file = *value;
    else if (name == "key_file") into.key_file = *value;
    else if (name == "sentinel_user") into.sentinel_user = *value;
    else if (name == "sentinel_password") into.sentinel_password = secret{*value};
    else return wrong(std::string{"has a parameter that is not known; "} + allowed_names);
    return {};
}

result<void> read_parameters(redis_url& into, std::string_view text)
{
    while (!text.empty())
        if (auto const done = read_parameter(into, take_until(text, '&')); !done) return done;
    return {};
}

result<void> judge_files(redis_url const& url)
{
    for (auto const* each : {&url.ca_file, &url.certificate_file, &url.key_file}) {
        if (each->empty()) continue;
        if (!each->starts_with('/')) return wrong("has a file that is not named from the root, by a leading /");
        if (!url.tls) return wrong("has a file for TLS, which is rediss:");
    }
    if (url.certificate_file.empty() != url.key_file.empty())
        return wrong("has one of certificate_file and key_file, which go together");
    return {};
}

result<redis_url> whole(redis_url url, bool by_sentinels)
{
    auto const* const spelled = by_sentinels ? sentinel_spelling : spelling;
    if (url.hosts.empty()) return wrong(std::string{"names no host; "} + spelled);
    if (by_sentinels && url.master_name.empty())
        return wrong(std::string{"does not say what the sentinels call the server; "} + spelled);
    if (!by_sentinels && url.hosts.size() > 1)
        return wrong("names several servers, which is for sentinels alone: redis+sentinel://HOST,HOST/MASTER");
    if (auto const fine = judge_files(url); !fine) return fine.error();
    if (!by_sentinels && (!url.sentinel_user.empty() || !url.sentinel_password.empty()))
        return wrong("has something for sentinels, which are redis+sentinel:");
    return url;
}

bool is_here(redis_host const& one)
{
    return one.host == "localhost" || is_loopback({one.host, 0});
}

} // namespace

bool trusts_the_network(redis_url const& url)
{
    return !url.tls && !std::ranges::all_of(url.hosts, is_here);
}

result<redis_url> parse_redis_url(std::string_view text)
{
    redis_url found;
    auto rest = text;
    auto const scheme = take_until(rest, ':');
    auto const by_sentinels = scheme.ends_with("+sentinel");
    found.tls = scheme.starts_with("rediss");
    if (!rest.starts_with("//"))
        return wrong(std::string{"has no // behind its scheme; "} + (by_sentinels ? sentinel_spelling : spelling));
    rest.remove_prefix(2);
    auto path = take_until(rest, '?');
    auto const parameters = rest;
    auto const authority = take_until(path, '/');
    auto const at = authority.rfind('@');
    auto done = at == authority.npos ? result<void>{} : read_user(found, authority.substr(0, at));
    auto const hosts = authority.substr(at == authority.npos ? 0 : at + 1);
    if (done) done = read_hosts(found, hosts, by_sentinels ? sentinel_port : server_port);
    auto const name = by_sentinels ? plain(take_until(path, '/')) : result<std::string>{std::string{}};
    if (done && !name) done = name.error();
    if (done) found.master_name = *name;
    if (done) done = read_database(found, path);
    if (done) done = read_parameters(found, parameters);
    if (!done) return done.error();
    return whole(std::move(found), by_sentinels);
}

} // namespace yett::config
