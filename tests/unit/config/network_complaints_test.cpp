#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett::tests;

TEST_CASE("config: listeners")
{
    check(
        {
            {"listeners: []\n", R"(
yett.yaml:2:12: listeners: is an empty list; at least one entry is wanted
)"},
            {"listeners: [{}]\n", R"(
yett.yaml:2:13: listeners[0].address: is missing and has no default
)"},
            {"listeners:\n", R"(
yett.yaml:2:1: listeners: is empty; a list is wanted
)"},
            {"listeners: { address: 127.0.0.1:1 }\n", R"(
yett.yaml:2:12: listeners: a mapping stands where a list is wanted
)"},
            {"listeners: [{ address: 0.0.0.0:80 }]\n", R"(
yett.yaml:2:24: warning: listeners[0].address: has no tls and can be reached from other machines: passwords and tokens cross the network in clear
yett.yaml:7:11: warning: accounts.cookie.secure: keeps browsers from sending the cookie back, for no listener has tls and there are no trusted_proxies that could have
)"},
            {"listeners: [{ address: 127.0.0.1:80 }, { address: 127.0.0.1:80 }]\n", R"(
yett.yaml:2:51: listeners[1].address: is the address of an earlier listener
)"},
            {"listeners: [{ address: 127.0.0.1:0 }, { address: 127.0.0.1:0 }]\n", R"(
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: {} }]\n", R"(
yett.yaml:2:43: listeners[0].tls.certificates: is missing and has no default
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [] } }]\n", R"(
yett.yaml:2:59: listeners[0].tls.certificates: is an empty list; at least one entry is wanted
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: good }] } }]\n", R"(
yett.yaml:2:60: listeners[0].tls.certificates[0].key_file: is missing and has no default
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: gone, key_file: open }], min_version: 1.1 } }]\n",
             R"(
yett.yaml:2:74: listeners[0].tls.certificates[0].chain_file: gone cannot be read: No such file or directory
yett.yaml:2:90: warning: listeners[0].tls.certificates[0].key_file: open is a private key that others can read; its mode should be 0600, or 0640 when root owns it
yett.yaml:2:112: listeners[0].tls.min_version: "1.1" is unknown; allowed: 1.2, 1.3
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: good, key_file: good }], client_ca_file: good } }]\n",
             R"(
yett.yaml:2:115: listeners[0].tls.client_ca_file: is used only with client_certificates: optional or required
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: good, key_file: good }], client_certificates: optional, client_ca_file: good, client_crl_file: good } }]\n",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: good, key_file: good }], client_certificates: optional } }]\n",
             R"(
yett.yaml:2:43: listeners[0].tls.client_ca_file: is missing; client certificates are checked against it
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: good, key_file: good }], client_certificates: required, client_ca_file: gone, client_crl_file: gone } }]\n",
             R"(
yett.yaml:2:146: listeners[0].tls.client_ca_file: gone cannot be read: No such file or directory
yett.yaml:2:169: listeners[0].tls.client_crl_file: gone cannot be read: No such file or directory
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: null, protocols: [http/2] }]\n", R"(
yett.yaml:2:61: listeners[0].protocols[0]: "http/2" is unknown; allowed: h2, http/1.1
)"},
            {"listeners: [{ address: 127.0.0.1:80, tls: { certificates: [{ chain_file: good, key_file: good }] }, redirect: https }]\n",
             R"(
yett.yaml:2:111: listeners[0].redirect: is for listeners without tls
)"},
            {"listeners: [{ address: 127.0.0.1:80, redirect: https }]\n", R"(
yett.yaml:2:48: listeners[0].redirect: leads nowhere, for no listener has tls; a proxy in front that has it redirects itself
)"},
            {"listeners: [{ address: 127.0.0.1:80, redirect_port: 8443 }]\n", R"(
yett.yaml:2:53: listeners[0].redirect_port: is used only with redirect: https
)"},
            {"listeners: [{ address: 0.0.0.0:80, redirect: https }, { address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }] } }]\n",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:80, redirect: https, redirect_port: auto }, { address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }] } }]\n",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:80, redirect: https, redirect_port: 0 }, { address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }] } }]\n",
             R"(
yett.yaml:2:70: listeners[0].redirect_port: "0" is out of range; 1 to 65535 is allowed
)"},
            {"listeners: [{ address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }], hsts: { max_age: 1d, subdomains: true, preload: true } } }]\n",
             R"(
yett.yaml:2:148: listeners[0].tls.hsts.preload: is taken by the lists of browsers only with subdomains: true and max_age of 365d or more
)"},
            {"listeners: [{ address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }], hsts: { preload: true } } }]\n",
             R"(
yett.yaml:2:117: listeners[0].tls.hsts.preload: is taken by the lists of browsers only with subdomains: true and max_age of 365d or more
)"},
            {"listeners: [{ address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }], hsts: { max_age: 730d, subdomains: true, preload: true } } }]\n",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }], hsts: { max_age: 0s } } }]\n",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:443, tls: { certificates: [{ chain_file: good, key_file: good }] }, hsts: {} }]\n",
             R"(
yett.yaml:2:108: listeners[0].hsts: stands inside tls where there is one
)"},
            {"listeners: [{ address: 127.0.0.1:80, hsts: {} }]\n", R"(
yett.yaml:2:44: listeners[0].hsts: is for clients that came by TLS to one of trusted_proxies, and there are none
)"},
            {R"(listeners: [{ address: 127.0.0.1:80, hsts: {} }]
trusted_proxies: [127.0.0.1]
)",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:80, proxy_protocol: required }]\n", R"(
yett.yaml:2:54: listeners[0].proxy_protocol: needs trusted_proxies; nobody could connect without
)"},
            {R"(listeners: [{ address: 127.0.0.1:80, proxy_protocol: required }]
trusted_proxies: [127.0.0.1]
)",
             R"(
)"},
            {"listeners: [{ address: 127.0.0.1:9000 }]\n", R"(
yett.yaml:4:20: upstreams.app.servers[0]: is a listener of this gateway; requests would go round in circles
)"},
            {"listeners: [{ address: 0.0.0.0:9000 }]\n", R"(
yett.yaml:2:24: warning: listeners[0].address: has no tls and can be reached from other machines: passwords and tokens cross the network in clear
yett.yaml:4:20: upstreams.app.servers[0]: is a listener of this gateway; requests would go round in circles
yett.yaml:7:11: warning: accounts.cookie.secure: keeps browsers from sending the cookie back, for no listener has tls and there are no trusted_proxies that could have
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: management")
{
    check(
        {
            {"management:\n", R"(
yett.yaml:2:1: management: is empty; a mapping of keys and values is wanted
)"},
            {"management: 5\n", R"(
yett.yaml:2:13: management: is not a mapping; keys and values are wanted
)"},
            {"management: [a]\n", R"(
yett.yaml:2:13: management: is not a mapping; keys and values are wanted
)"},
            {"management: { address: localhost:1 }\n", R"(
yett.yaml:2:24: management.address: "localhost:1" is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443
)"},
            {"management: { address: 127.0.0.1 }\n", R"(
yett.yaml:2:24: management.address: "127.0.0.1" is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443
)"},
            {R"(management: { address: "::1:80" }
)",
             R"(
yett.yaml:2:24: management.address: "::1:80" is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443
)"},
            {R"(management: { address: "[::1]:80" }
)",
             R"(
)"},
            {R"(management: { address: "[::1:80" }
)",
             R"(
yett.yaml:2:24: management.address: "[::1:80" is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443
)"},
            {"management: { address: 127.0.0.1:65536 }\n", R"(
yett.yaml:2:24: management.address: "127.0.0.1:65536" is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443
)"},
            {R"(management: { address: "[127.0.0.1]:80" }
)",
             R"(
yett.yaml:2:24: management.address: "[127.0.0.1]:80" is not an address; an IP address and a port are allowed, as in 0.0.0.0:4443 or [::1]:4443
)"},
            {"management: { address: 0.0.0.0:4090 }\n", R"(
yett.yaml:2:24: warning: management.address: can be reached from other machines, and asks nobody for a password
)"},
            {"management: { address: 127.0.0.1:4080 }\n", R"(
yett.yaml:2:24: management.address: is the address of a listener
)"},
            {"management: { socket: null }\n", R"(
)"},
            {R"(management: { socket: "" }
)",
             R"(
yett.yaml:2:23: management.socket: "" is empty
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: client limits")
{
    check(
        {
            {"client_limits: { header_bytes: 16 }\n", R"(
yett.yaml:2:32: client_limits.header_bytes: "16" has no unit; a whole number and one unit are allowed: B, KiB, MiB, GiB, as in 16KiB
)"},
            {"client_limits: { header_bytes: 16KB }\n", R"(
yett.yaml:2:32: client_limits.header_bytes: "16KB" is not a size; a whole number and one unit are allowed: B, KiB, MiB, GiB, as in 16KiB
)"},
            {"client_limits: { header_bytes: KiB }\n", R"(
yett.yaml:2:32: client_limits.header_bytes: "KiB" is not a size; a whole number and one unit are allowed: B, KiB, MiB, GiB, as in 16KiB
)"},
            {"client_limits: { header_bytes: 2GiB }\n", R"(
yett.yaml:2:32: client_limits.header_bytes: "2GiB" is out of range; 1KiB to 1MiB is allowed
)"},
            {"client_limits: { header_bytes: 9999999999GiB }\n", R"(
yett.yaml:2:32: client_limits.header_bytes: "9999999999GiB" is too large
)"},
            {"client_limits: { body_bytes: 0 }\n", R"(
)"},
            {"client_limits: { header_timeout: 10 }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "10" has no unit; a whole number and one unit are allowed: ms, s, m, h, d, as in 30s or 15m
)"},
            {"client_limits: { header_timeout: 10sec }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "10sec" is not a duration; a whole number and one unit are allowed: ms, s, m, h, d, as in 30s or 15m
)"},
            {"client_limits: { header_timeout: 1h30m }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "1h30m" is not a duration; a whole number and one unit are allowed: ms, s, m, h, d, as in 30s or 15m
)"},
            {"client_limits: { header_timeout: 10ms }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "10ms" is out of range; 1s to 5m is allowed
)"},
            {"client_limits: { header_timeout: -1s }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "-1s" is not a duration; a whole number and one unit are allowed: ms, s, m, h, d, as in 30s or 15m
)"},
            {"client_limits: { header_timeout: 99999999999d }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "99999999999d" is too large
)"},
            {"client_limits: { header_timeout: 010s }\n", R"(
yett.yaml:2:34: client_limits.header_timeout: "010s" begins with a zero; write the number without it
)"},
            {"client_limits: { buffer_memory: 32KiB }\n", R"(
yett.yaml:2:33: client_limits.buffer_memory: is less than one upload_buffer or reply_buffer
)"},
            {"client_limits: { buffer_memory: 0, upload_buffer: 0, reply_buffer: 0, least_rate: 0, half_close_timeout: 0s }\n",
             R"(
)"},
            {"client_limits: { least_rate: 256 }\n", R"(
yett.yaml:2:30: client_limits.least_rate: "256" is not a size a second; 0 is allowed, or as in 256B/s or 1KiB/s
)"},
            {"client_limits: { connections: 10, connections_per_client: 11 }\n", R"(
yett.yaml:2:59: client_limits.connections_per_client: is more than client_limits.connections
)"},
            {"client_limits: { connection: 10 }\n", R"(
yett.yaml:2:18: client_limits.connection: is unknown; did you mean connections?
)"},
        },
        version, std::string{rules} + unverified);
}

TEST_CASE("config: trusted proxies")
{
    check(
        {
            {"trusted_proxies: [10.0.0.1/8, 10.0.0.0/33, x, fd00::/8, 192.0.2.7]\n", R"(
yett.yaml:2:19: trusted_proxies[0]: "10.0.0.1/8" is not a range of addresses; allowed are an address or a CIDR block without bits behind its prefix, as in 10.0.0.0/8 or fd00::/8
yett.yaml:2:31: trusted_proxies[1]: "10.0.0.0/33" is not a range of addresses; allowed are an address or a CIDR block without bits behind its prefix, as in 10.0.0.0/8 or fd00::/8
yett.yaml:2:44: trusted_proxies[2]: "x" is not a range of addresses; allowed are an address or a CIDR block without bits behind its prefix, as in 10.0.0.0/8 or fd00::/8
)"},
            {"trusted_proxies: 10.0.0.0/8\n", R"(
)"},
            {R"(trusted_proxies: [0.0.0.0/0, "::/0"]
)",
             R"(
yett.yaml:2:19: warning: trusted_proxies[0]: believes everybody: each client could choose its own address
yett.yaml:2:30: warning: trusted_proxies[1]: believes everybody: each client could choose its own address
)"},
            {"trusted_proxies:\n", R"(
yett.yaml:2:1: trusted_proxies: is empty; a list is wanted
)"},
            {"trusted_proxies: {}\n", R"(
yett.yaml:2:18: trusted_proxies: a mapping stands where a list is wanted
)"},
            {"trusted_proxies: [[a]]\n", R"(
yett.yaml:2:19: trusted_proxies[0]: a list stands where a range is wanted
)"},
            {"trusted_proxies: [~]\n", R"(
yett.yaml:2:19: trusted_proxies[0]: nothing stands where a range is wanted
)"},
        },
        version, std::string{rules} + unverified);
}
