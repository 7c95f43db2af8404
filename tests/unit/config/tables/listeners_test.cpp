#include "section.hpp"

namespace yett::config {
namespace {

using namespace std::chrono_literals;
using namespace yett::tests;
using arrives = arrival<listener>;
using limits_row = arrival<client_limits>;

constexpr auto base = "address: 127.0.0.1:80\n";
constexpr auto tls = "tls: { certificates: [{ chain_file: a, key_file: b }], ";

std::string in_tls(std::string const& rest)
{
    return tls + rest + " }";
}

} // namespace

TEST_CASE("listener keys: what is written arrives")
{
    check_arrivals<listener>(listener_keys(), "",
                             {
                                 arrives{"address: 0.0.0.0:443",
                                         [](listener const& l) {
                                             return l.address == socket_address{"0.0.0.0", 443};
                                         }},
                                 arrives{"address: \"[::1]:443\"",
                                         [](listener const& l) {
                                             return l.address == socket_address{"::1", 443};
                                         }},
                                 arrives{"address: 127.0.0.1:0", [](listener const& l) { return l.address.port == 0; }},
                             });
    check_arrivals<listener>(
        listener_keys(), base,
        {
            arrives{"tls: null", [](listener const& l) { return !l.tls; }},
            arrives{"protocols: http/1.1", [](listener const& l) { return l.protocols == std::vector{protocol::http_1_1}; }},
            arrives{"protocols: [h2, http/1.1]", [](listener const& l) { return l.protocols.front() == protocol::h2; }},
            arrives{"proxy_protocol: off", [](listener const& l) { return l.proxy_protocol == proxy_protocol::off; }},
            arrives{"proxy_protocol: required", [](listener const& l) { return l.proxy_protocol == proxy_protocol::required; }},
            arrives{"redirect: none", [](listener const& l) { return l.redirect == redirect::none; }},
            arrives{"redirect: https", [](listener const& l) { return l.redirect == redirect::https && l.redirect_port == 0; }},
            arrives{"redirect: https\nredirect_port: 8443", [](listener const& l) { return l.redirect_port == 8443; }},
            arrives{"redirect: https\nredirect_port: auto", [](listener const& l) { return l.redirect_port == 0; }},
            arrives{"hsts: {}", [](listener const& l) { return l.hsts && l.hsts->max_age == std::chrono::days{365}; }},
            arrives{"hsts: { max_age: 1d }", [](listener const& l) { return l.hsts->max_age == std::chrono::days{1}; }},
            arrives{"hsts: { subdomains: true }", [](listener const& l) { return l.hsts->subdomains && !l.hsts->preload; }},
            arrives{"hsts: null", [](listener const& l) { return !l.hsts; }},
            arrives{"hsts: { subdomains: true, preload: true }", [](listener const& l) { return l.hsts->preload; }},
            arrives{in_tls("min_version: 1.2"), [](listener const& l) { return l.tls->min_version == oldest_tls::tls_1_2; }},
            arrives{in_tls("min_version: 1.3"), [](listener const& l) { return l.tls->min_version == oldest_tls::tls_1_3; }},
            arrives{in_tls("client_certificates: none"),
                    [](listener const& l) { return l.tls->client_certificates == client_certificates::none; }},
            arrives{in_tls("client_certificates: optional, client_ca_file: ca"),
                    [](listener const& l) { return l.tls->client_certificates == client_certificates::optional; }},
            arrives{in_tls("client_certificates: required, client_ca_file: ca"),
                    [](listener const& l) { return l.tls->client_ca_file == "ca" && l.tls->client_crl_file.empty(); }},
            arrives{in_tls("client_certificates: required, client_ca_file: ca, client_crl_file: crl"),
                    [](listener const& l) { return l.tls->client_crl_file == "crl"; }},
            arrives{in_tls("hsts: { max_age: 0s }"), [](listener const& l) { return l.tls->hsts->max_age == 0s; }},
            arrives{in_tls("hsts: null"), [](listener const& l) { return !l.tls->hsts; }},
            arrives{"tls: { certificates: [{ chain_file: a, key_file: b }, { chain_file: c, key_file: d }] }",
                    [](listener const& l) { return l.tls->certificates[1].key_file == "d"; }},
            arrives{"tls: { certificates: [{ chain_file: a, key_file: b, ocsp_file: a.der }, { chain_file: c, key_file: d }] }",
                    [](listener const& l) {
                        return l.tls->certificates[0].ocsp_file == "a.der" && l.tls->certificates[1].ocsp_file.empty();
                    }},
        });
}

TEST_CASE("listener keys: bounds and what does not go together")
{
    check_bounds(listener_keys(), base,
                 {
                     {"redirect: https\nredirect_port: $", "1", "0", "65535", nullptr, "1 to 65535"},
                     {"hsts: { max_age: $ }", "0s", nullptr, "3650d", "3651d", "0s to 3650d"},
                 });
    auto const preload = "is taken by the lists of browsers only with subdomains: true and max_age of 365d or more\n";
    check_refusals(
        listener_keys(), base,
        {
            {"hsts: { preload: true }", std::string{"hsts.preload: "} + preload},
            {"hsts: { preload: true, subdomains: true, max_age: 364d }", std::string{"hsts.preload: "} + preload},
            {in_tls("hsts: { preload: true }"), std::string{"tls.hsts.preload: "} + preload},
            {"hsts: { max_age: 1500ms }", "hsts.max_age: \"1500ms\" is not in whole seconds; allowed units: s, m, h, d\n"},
            {"redirect_port: 443", "redirect_port: is used only with redirect: https\n"},
            {"redirect: http", "redirect: \"http\" is unknown; allowed: none, https\n"},
            {in_tls("min_version: 1.3") + "\nredirect: https", "redirect: is for listeners without tls\n"},
            {in_tls("min_version: 1.3") + "\nhsts: {}", "hsts: stands inside tls where there is one\n"},
            {in_tls("client_certificates: required"),
             "tls.client_ca_file: is missing; client certificates are checked against it\n"},
            {in_tls("client_certificates: optional"),
             "tls.client_ca_file: is missing; client certificates are checked against it\n"},
            {in_tls("client_ca_file: ca"), "tls.client_ca_file: is used only with client_certificates: optional or required\n"},
            {in_tls("client_crl_file: crl"),
             "tls.client_crl_file: is used only with client_certificates: optional or required\n"},
            {in_tls("min_version: 1.1"), "tls.min_version: \"1.1\" is unknown; allowed: 1.2, 1.3\n"},
            {"protocols: [spdy]", "protocols[0]: \"spdy\" is unknown; allowed: h2, http/1.1\n"},
            {"protocols: []", "protocols: is an empty list; at least one entry is wanted\n"},
        });
    check_refusals(listener_keys(), "",
                   {
                       {"redirect: none", "address: is missing and has no default\n"},
                       {"address: 127.0.0.1", "address: \"127.0.0.1\" is not an address; an IP address and a port are allowed, "
                                              "as in 0.0.0.0:4443 or [::1]:4443\n"},
                   });
}

TEST_CASE("management keys: what is written arrives")
{
    check_arrivals<management>(management_keys(), "",
                               {
                                   {"address: 127.0.0.1:1",
                                    [](management const& m) {
                                        return m.address == socket_address{"127.0.0.1", 1};
                                    }},
                                   {"socket: run/it.sock", [](management const& m) { return m.socket == "run/it.sock"; }},
                                   {"{}", [](management const& m) { return m.address.port == 4090 && m.socket == "yett.sock"; }},
                               });
}

TEST_CASE("client limits: what is written arrives")
{
    using l = client_limits;
    check_arrivals<l>(client_limit_keys(), "",
                      {
                          limits_row{"connections: 9", [](l const& c) { return c.connections == 9; }},
                          limits_row{"connections_per_client: 9", [](l const& c) { return c.connections_per_client == 9; }},
                          limits_row{"header_bytes: 8KiB", [](l const& c) { return c.header_bytes == 8u << 10; }},
                          limits_row{"header_fields: 50", [](l const& c) { return c.header_fields == 50; }},
                          limits_row{"target_bytes: 2KiB", [](l const& c) { return c.target_bytes == 2u << 10; }},
                          limits_row{"target_bytes: null", [](l const& c) { return c.target_bytes == 0; }},
                          limits_row{"body_bytes: 0", [](l const& c) { return c.body_bytes == 0; }},
                          limits_row{"body_bytes: 1GiB", [](l const& c) { return c.body_bytes == 1u << 30; }},
                          limits_row{"header_timeout: 3s", [](l const& c) { return c.header_timeout == 3s; }},
                          limits_row{"body_idle_timeout: 3s", [](l const& c) { return c.body_idle_timeout == 3s; }},
                          limits_row{"idle_timeout: 3s", [](l const& c) { return c.idle_timeout == 3s; }},
                          limits_row{"handshake_timeout: 3s", [](l const& c) { return c.handshake_timeout == 3s; }},
                          limits_row{"drain_delay: 3s", [](l const& c) { return c.drain_delay == 3s; }},
                          limits_row{"drain_timeout: 3s", [](l const& c) { return c.drain_timeout == 3s; }},
                          limits_row{"first_byte_timeout: 3s", [](l const& c) { return c.first_byte_timeout == 3s; }},
                          limits_row{"least_rate: 1KiB/s", [](l const& c) { return c.least_rate == 1u << 10; }},
                          limits_row{"least_rate: 0", [](l const& c) { return c.least_rate == 0; }},
                          limits_row{"upload_buffer: 1MiB", [](l const& c) { return c.upload_buffer == 1u << 20; }},
                          limits_row{"reply_buffer: 1MiB", [](l const& c) { return c.reply_buffer == 1u << 20; }},
                          limits_row{"buffer_memory: 1GiB", [](l const& c) { return c.buffer_memory == 1u << 30; }},
                          limits_row{"half_close_timeout: 0s", [](l const& c) { return c.half_close_timeout == 0s; }},
                      });
}

TEST_CASE("client limits: their bounds")
{
    check_bounds(client_limit_keys(), "",
                 {
                     {"connections: $", "1", "0", "10000000", "10000001", "1 to 10000000"},
                     {"connections_per_client: $", "1", "0", "10000000", "10000001", "1 to 10000000"},
                     {"header_bytes: $", "1KiB", "1023B", "1MiB", "1025KiB", "1KiB to 1MiB"},
                     {"header_fields: $", "8", "7", "1000", "1001", "8 to 1000"},
                     {"target_bytes: $", "128B", "127B", "1MiB", "1025KiB", "128B to 1MiB"},
                     {"body_bytes: $", "0", nullptr, "1024GiB", nullptr, "0 to 1024GiB"},
                     {"header_timeout: $", "1s", "999ms", "5m", "301s", "1s to 5m"},
                     {"body_idle_timeout: $", "1s", "999ms", "1h", "61m", "1s to 1h"},
                     {"idle_timeout: $", "1s", "999ms", "1d", "25h", "1s to 1d"},
                     {"handshake_timeout: $", "1s", "999ms", "5m", "301s", "1s to 5m"},
                     {"drain_delay: $", "0s", nullptr, "1h", "61m", "0s to 1h"},
                     {"drain_timeout: $", "0s", nullptr, "1d", "25h", "0s to 1d"},
                     {"first_byte_timeout: $", "1s", "999ms", "1h", "61m", "1s to 1h"},
                     {"least_rate: $", "0", nullptr, "1GiB/s", "2GiB/s", "0 to 1GiB/s"},
                     {"upload_buffer: $", "0", nullptr, "16MiB", "17MiB", "0 to 16MiB"},
                     {"reply_buffer: $", "0", nullptr, "16MiB", "17MiB", "0 to 16MiB"},
                     {"buffer_memory: $", "0", nullptr, "1024GiB", nullptr, "0 to 1024GiB"},
                     {"half_close_timeout: $", "0s", nullptr, "1h", "61m", "0s to 1h"},
                 });
}

} // namespace yett::config
