#pragma once

#include "config/values/settings.hpp"
#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

// Where things are: spelling of addresses and URLs. Failures as in text.hpp.
namespace yett::config {

// "0.0.0.0:4443", "[::1]:0". Names are not resolved.
result<socket_address> parse_socket_address(std::string_view text);
std::string show_socket_address(socket_address const& value);
bool is_loopback(socket_address const& value);

// "10.0.0.0/8", "fd00::/8", "192.0.2.7".
result<ip_prefix> parse_range(std::string_view text);
std::string show_range(ip_prefix const& value);

// "http://127.0.0.1:9000", "https://app.internal", "h2c://[::1]:50051", "unix:/run/app.sock".
// The default ports are 80, 443 and 80.
result<upstream_server> parse_server(std::string_view text);
std::string show_server(upstream_server const& value);

// An origin that people see: "https://example.com", "http://localhost:4080"; comes back
// without a slash at the end.
result<std::string> parse_origin(std::string_view text);

// What pages may be let in by: an origin with any scheme, "capacitor://localhost", or one of the
// words `*`, `null` and `file://`. The scheme comes out in lower case.
result<std::string> parse_page_origin(std::string_view text);
// True for the three words, which stand for no page in particular.
bool is_open_origin(std::string_view text);

// The host of a mail server's URL: "smtp://mail.example.com:587", "smtps://user:password@[::1]".
// The failure's note repeats nothing of it. Percent-encoding is allowed in user and password.
result<std::string> parse_mail_server(std::string_view text);

// "http://host/path" or https.
result<std::string> parse_web_url(std::string_view text);
// Whether such a URL leads to this machine by its address or as localhost.
bool is_loopback_url(std::string_view url);

// "example.com", "localhost".
result<std::string> parse_host_name(std::string_view text);

// What a Host field may say: "app.internal", "localhost:8080", "[::1]:9000".
result<std::string> parse_host(std::string_view text);

// A path below which something is served: "/auth", "/api/v1/auth".
result<std::string> parse_prefix(std::string_view text);

} // namespace yett::config
