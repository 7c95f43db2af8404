#include "config/values/address.hpp"

#include "config/values/text.hpp"
#include "gateway/base/ip_prefix_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

// Addresses, hosts and URLs as an operator writes them. Nothing is resolved: whether a name exists
// is found out by whoever connects, and may change while the program runs. What is checked is that
// the text can only be read in one way. A last label of digits makes it an address, and then it has
// to be one (`is_host`), for 127.1 and 0x7f.1 are addresses to some libraries and names to others.
// A host of a URL has no user, no path and no query unless the function says so.
//
// Every complaint says what is allowed and gives an example, because the text it is about may come
// from `${NAME}`, where an operator does not see it.

namespace yett::config {
namespace {

bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Labels of letters, digits, - and _, with single dots between them.
bool is_host_name(std::string_view text)
{
    if (text.empty() || text.size() > 253) return false;
    for (std::size_t begin = 0; begin <= text.size();) {
        auto const end = std::min(text.find('.', begin), text.size());
        auto const label = text.substr(begin, end - begin);
        if (label.empty() || label.size() > 63 || !std::ranges::all_of(label, is_name_character)) return false;
        begin = end + 1;
    }
    return true;
}

// A last label of digits can only be an address, and then it has to be one.
bool is_host(std::string_view text)
{
    auto const last = text.substr(text.rfind('.') + 1);
    auto const numeric = !last.empty() && std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
    return numeric ? parse_ip(text).has_value() : is_host_name(text);
}

std::optional<std::uint16_t> read_port(std::string_view text)
{
    auto const value = parse_count(text);
    if (!value || *value > 65'535) return std::nullopt;
    return static_cast<std::uint16_t>(*value);
}

struct authority
{
    std::string host; // without brackets
    bool bracketed = false;
    std::optional<std::uint16_t> port; // absent when none was written
};

// Does not look at what the host is: callers want different things of it.
std::optional<authority> split(std::string_view text)
{
    authority out;
    auto rest = text;
    if (text.starts_with('[')) {
        auto const end = text.find(']');
        if (end == text.npos) return std::nullopt;
        out = {std::string{text.substr(1, end - 1)}, true, {}};
        rest = text.substr(end + 1);
    } else {
        out.host = text.substr(0, text.find(':'));
        rest = text.substr(out.host.size());
    }
    if (rest.empty()) return out;
    if (!rest.starts_with(':')) return std::nullopt;
    out.port = read_port(rest.substr(1));
    if (!out.port) return std::nullopt;
    return out;
}

// Host and port of a URL: a name, an IPv4 address, or an IPv6 address in brackets.
std::optional<authority> split_url_authority(std::string_view text)
{
    auto parts = split(text);
    if (!parts || parts->port == 0) return std::nullopt;
    auto const v6 = parts->bracketed && parse_ip(parts->host) && parts->host.find(':') != std::string::npos;
    if (parts->bracketed ? !v6 : !is_host(parts->host)) return std::nullopt;
    return parts;
}

std::string bracketed(std::string const& host)
{
    return host.find(':') == std::string::npos ? host : fmt::format("[{}]", host);
}

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string lower(std::string_view text)
{
    std::string out{text};
    std::ranges::transform(out, out.begin(), [](char c) { return lower(c); });
    return out;
}

// RFC 3986 section 3.1.
bool is_url_scheme(std::string_view text)
{
    auto const is_letter = [](char c) { return lower(c) >= 'a' && lower(c) <= 'z'; };
    auto const fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'; };
    return !text.empty() && is_letter(text.front()) && std::ranges::all_of(text, fits);
}

struct scheme
{
    std::string_view text;
    upstream_scheme is;
    std::uint16_t port;
};

constexpr std::array schemes{scheme{"http://", upstream_scheme::http, 80}, scheme{"https://", upstream_scheme::https, 443},
                             scheme{"h2c://", upstream_scheme::h2c, 80}};
constexpr std::string_view unix_scheme = "unix:";

// 107 bytes and a zero are what `sun_path` holds (unix(7)); a longer path would be cut by some and
// refused by others.
result<upstream_server> parse_unix(std::string_view socket)
{
    if (!socket.starts_with('/') || socket.size() > 107)
        return wrong("is not the URL of a server; an absolute path of at most 107 bytes is allowed, as in unix:/run/app.sock");
    return upstream_server{upstream_scheme::unix_socket, std::string{socket}, 0};
}

} // namespace

result<socket_address> parse_socket_address(std::string_view text)
{
    auto const parts = split(text);
    auto const ip = parts ? parse_ip(parts->host) : std::nullopt;
    auto const v6 = parts && parts->host.find(':') != std::string::npos;
    if (!ip || !parts->port || v6 != parts->bracketed)
        return wrong("is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443");
    return socket_address{parts->host, *parts->port};
}

std::string show_socket_address(socket_address const& value)
{
    return fmt::format("{}:{}", bracketed(value.host), value.port);
}

bool is_loopback(socket_address const& value)
{
    auto const ip = parse_ip(value.host);
    return ip && (parse_ip_prefix("127.0.0.0/8")->contains(*ip) || *ip == *parse_ip("::1"));
}

result<ip_prefix> parse_range(std::string_view text)
{
    auto const range = parse_ip_prefix(text);
    if (!range)
        return wrong("is not a range of addresses; allowed are an address or a CIDR block without bits behind its "
                     "prefix, as in 10.0.0.0/8 or fd00::/8");
    return *range;
}

std::string show_range(ip_prefix const& value)
{
    return to_string(value);
}

result<upstream_server> parse_server(std::string_view text)
{
    if (text.starts_with(unix_scheme)) return parse_unix(text.substr(unix_scheme.size()));
    auto const fits = [&](scheme const& s) { return text.starts_with(s.text); };
    auto const found = std::ranges::find_if(schemes, fits);
    if (found == schemes.end())
        return wrong("is not the URL of a server; allowed: http://HOST:PORT, https://HOST:PORT, h2c://HOST:PORT, unix:/PATH");
    auto const parts = split_url_authority(text.substr(found->text.size()));
    if (!parts)
        return wrong("is not the URL of a server; a host and a port are allowed behind the scheme and nothing else, as "
                     "in http://127.0.0.1:9000");
    return upstream_server{found->is, parts->host, parts->port.value_or(found->port)};
}

std::string show_server(upstream_server const& value)
{
    if (value.scheme == upstream_scheme::unix_socket) return fmt::format("{}{}", unix_scheme, value.host);
    auto const& scheme = *std::ranges::find(schemes, value.scheme, &scheme::is);
    return fmt::format("{}{}:{}", scheme.text, bracketed(value.host), value.port);
}

result<std::string> parse_origin(std::string_view text)
{
    auto const origin = text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
    for (auto const& scheme : schemes)
        if (scheme.is != upstream_scheme::h2c && origin.starts_with(scheme.text) &&
            split_url_authority(origin.substr(scheme.text.size())))
            return std::string{origin};
    return wrong("is not the address of a site; allowed: https://HOST or https://HOST:PORT, without path");
}

bool is_open_origin(std::string_view text)
{
    return text == "*" || text == "null" || text == "file://";
}

result<std::string> parse_page_origin(std::string_view text)
{
    if (is_open_origin(text)) return std::string{text};
    auto const origin = text.ends_with('/') ? text.substr(0, text.size() - 1) : text;
    auto const end = origin.find("://");
    if (end == origin.npos || !is_url_scheme(origin.substr(0, end)) || !split_url_authority(origin.substr(end + 3)))
        return wrong("is not the origin of a page; allowed: https://HOST, https://HOST:PORT, SCHEME://HOST without path, and "
                     "\"null\", \"file://\", \"*\"");
    return lower(origin.substr(0, end)) + std::string{origin.substr(end)};
}

// RFC 3986 lets a user and password stand before the host. Both are given or neither: half of a
// login fails at the server, and only there.
result<std::string> parse_mail_server(std::string_view text)
{
    constexpr auto allowed = "; allowed: smtp://HOST:PORT, smtps://HOST, with USER:PASSWORD@ before the host";
    auto const slashes = text.find("://");
    auto const visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
    if (slashes == text.npos || !visible) return wrong(fmt::format("is not the URL of a mail server{}", allowed));
    auto const begin = slashes + 3;
    auto const end = std::min(text.find_first_of("/?#", begin), text.size());
    auto authority = text.substr(begin, end - begin);
    if (auto const at = authority.rfind('@'); at != authority.npos) {
        auto const user = authority.substr(0, at);
        auto const colon = user.find(':');
        if (user.find('@') != user.npos) return wrong("has two @; one inside a user or password is written %40");
        if (colon == user.npos || colon == 0 || colon + 1 == user.size())
            return wrong("has a user without a password, or the other way round");
        authority.remove_prefix(at + 1);
    }
    auto const server = split_url_authority(authority);
    if (!server) return wrong(fmt::format("names no host, or no port after the colon{}", allowed));
    auto const name = text.substr(end);
    if (name.size() > 1 && !is_host_name(name.substr(1)))
        return wrong("has a path; what may follow the host is the name that EHLO tells, as in smtp://HOST/NAME");
    return server->host;
}

result<std::string> parse_web_url(std::string_view text)
{
    constexpr std::string_view longest_scheme = "https://";
    auto const end = std::min(text.find_first_of("/?#", longest_scheme.size()), text.size());
    auto const visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; });
    if (!visible || !parse_origin(text.substr(0, end)))
        return wrong("is not a URL; allowed: http://HOST:PORT/PATH, https://HOST:PORT/PATH");
    return std::string{text};
}

bool is_loopback_url(std::string_view url)
{
    auto const scheme = url.find("://");
    if (scheme == url.npos) return false;
    auto host = url.substr(scheme + 3);
    host = host.substr(0, host.find_first_of("/?#"));
    host = host.starts_with('[') ? host.substr(1, host.find(']') - 1) : host.substr(0, host.find(':'));
    return host == "localhost" || is_loopback({std::string{host}, 0});
}

result<std::string> parse_host_name(std::string_view text)
{
    if (!is_host_name(text)) return wrong("is not the name of a host; letters, digits, - and single dots are allowed");
    return std::string{text};
}

result<std::string> parse_host(std::string_view text)
{
    auto const fits = text.find('/') == text.npos && parse_server("http://" + std::string{text});
    if (!fits) return wrong("is not a host, with a port perhaps, as in app.internal:8080");
    return std::string{text};
}

// Only characters that need no escape and no dot segment: a prefix is compared with normalised
// paths as it stands.
result<std::string> parse_prefix(std::string_view text)
{
    auto const fits = [](char c) { return is_name_character(c) || c == '/' || c == '.' || c == '~'; };
    auto const plain = text.size() > 1 && text.front() == '/' && text.back() != '/' && std::ranges::all_of(text, fits);
    if (!plain || text.find("//") != text.npos || text.find("/.") != text.npos)
        return wrong("is not a path to serve; letters, digits and - . _ ~ between single slashes are allowed, as in /auth");
    return std::string{text};
}

} // namespace yett::config
