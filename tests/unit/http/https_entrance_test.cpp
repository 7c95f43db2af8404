#include "gateway/http/https_entrance.hpp"

#include "gateway/http/framing.hpp"
#include "gateway/http/target.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using namespace yett;

namespace {

std::string sent_to(std::string const& line, std::string const& host, std::uint16_t port = 443)
{
    std::vector<std::string> const names{"app.test", "*.apps.test", "XN--BCHER-KVA.test", "192.0.2.7", "2001:db8::7"};
    http::https_entrance const entrance{http::certificate_names{names}, port};
    std::string const bytes = line + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n";
    std::array<http::field, 8> storage;
    auto const head = http::framing::read_request(bytes, storage, {});
    REQUIRE_MESSAGE(head.has_value(), bytes);
    auto const where = http::target::from(*head);
    REQUIRE(where.has_value());
    return entrance.address_for(*where).value_or("nowhere");
}

} // namespace

TEST_CASE("https_entrance: whoever asked for a name of a certificate is sent to the same place by HTTPS")
{
    CHECK(sent_to("GET /", "app.test") == "https://app.test/");
    CHECK(sent_to("GET /a/b?c=d&e", "app.test") == "https://app.test/a/b?c=d&e");
    CHECK(sent_to("GET /?", "app.test") == "https://app.test/?");
    CHECK(sent_to("POST /x", "app.test") == "https://app.test/x");
    CHECK(sent_to("GET /", "APP.test.:80") == "https://app.test/");
    CHECK(sent_to("GET http://app.test:8080/x", "app.test:8080") == "https://app.test/x");
    CHECK(sent_to("GET /", "one.apps.test") == "https://one.apps.test/");
    CHECK(sent_to("GET /", "xn--bcher-kva.test") == "https://xn--bcher-kva.test/");
    CHECK(sent_to("GET /", "192.0.2.7") == "https://192.0.2.7/");
    CHECK(sent_to("GET /", "[2001:DB8:0::7]:80") == "https://[2001:db8:0::7]/");
}

TEST_CASE("https_entrance: the port is written unless it is 443")
{
    CHECK(sent_to("GET /x", "app.test:4080", 4443) == "https://app.test:4443/x");
    CHECK(sent_to("GET /x", "[2001:db8::7]", 8443) == "https://[2001:db8::7]:8443/x");
}

TEST_CASE("https_entrance: nobody is sent to a name that no certificate has")
{
    for (auto const* host : {"evil.test", "app.test.evil", "sub.app.test", "apps.test", "a.b.apps.test", "192.0.2.8",
                             "[2001:db8::8]", "localhost", "xapp.test"})
        CHECK_MESSAGE(sent_to("GET /", host) == "nowhere", host);
    CHECK(sent_to("OPTIONS *", "app.test") == "nowhere");
}

TEST_CASE("https_entrance: HTTPS alone is never promised for addresses and this machine")
{
    for (auto const* host : {"app.test", "example.com", "localhost.example.com", "intranet", "a.localhosts"})
        CHECK_MESSAGE(http::may_be_https_only(host), host);
    for (auto const* host :
         {"", "localhost", "LOCALHOST", "app.localhost", "127.0.0.1", "192.0.2.7", "::1", "[::1]", "[2001:db8::7]"})
        CHECK_MESSAGE(!http::may_be_https_only(host), host);
}
