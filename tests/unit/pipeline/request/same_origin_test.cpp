#include "gateway/pipeline/request/same_origin.hpp"

#include "gateway/http/fields/origin.hpp"

#include "tests/unit/pipeline/request/head_of.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace yett;

TEST_CASE("same_origin: a WebSocket is opened by pages of allowed sites and by programs")
{
    struct row
    {
        char const* fields;
        std::vector<std::string> allowed;
        bool https;
        bool by_cookie;
        bool fits;
    };
    std::vector<std::string> const none;
    std::vector<std::string> const sites{"https://a.example", "https://b.example:443", "http://c.example:8080"};
    std::vector<row> const rows{
        {"", none, true, false, true},
        {"", none, true, true, false},
        {"", sites, true, true, false},
        {"Sec-Fetch-Site: same-origin\r\n", none, true, true, false},
        {"Origin: https://app.example\r\n", none, true, true, true},
        {"Origin: HTTPS://APP.EXAMPLE\r\n", none, true, true, false},
        {"Origin: https://APP.example\r\n", none, true, true, true},
        {"Origin: http://app.example\r\n", none, true, false, false},
        {"Origin: http://app.example\r\n", none, false, false, true},
        {"Origin: https://app.example.evil.example\r\n", none, true, false, false},
        {"Origin: https://evil.example\r\n", none, true, false, false},
        {"Origin: null\r\n", none, true, false, false},
        {"Origin:\r\n", none, true, false, false},
        {"Origin: https://app.example\r\nOrigin: https://app.example\r\n", none, true, false, false},
        {"Origin: https://a.example\r\n", sites, true, true, true},
        {"Origin: https://b.example\r\n", sites, true, true, true},
        {"Origin: http://c.example:8080\r\n", sites, true, true, true},
        {"Origin: http://c.example\r\n", sites, true, true, false},
        {"Origin: http://a.example\r\n", sites, true, false, false},
        {"Origin: https://a.example:8443\r\n", sites, true, false, false},
        {"Origin: https://sub.a.example\r\n", sites, true, false, false},
        {"Origin: https://app.example\r\n", sites, true, false, false},
        {"Origin: https://a.example https://b.example\r\n", sites, true, false, false},
        {"Origin: null\r\n", sites, true, false, false},
    };
    for (auto const& r : rows) {
        CAPTURE(r.fields);
        CAPTURE(r.by_cookie);
        tests::read_head const asked{r.fields};
        http::origin_list const allowed{r.allowed};
        auto const fit = pipeline::require_websocket_origin(*asked, r.https, {allowed}, r.by_cookie);
        CHECK(fit.has_value() == r.fits);
        if (!fit) CHECK(fit.error() == errc::csrf_rejected);
    }
}

TEST_CASE("same_origin: ports that the scheme implies make no other site")
{
    struct
    {
        char const *host, *origin;
        bool https, fits;
    } const rows[] = {
        {"app.test:443", "https://app.test", true, true},   {"app.test", "https://app.test:443", true, true},
        {"app.test:80", "http://app.test", false, true},    {"app.test:", "https://app.test", true, true},
        {"[::1]:443", "https://[::1]", true, true},         {"app.test.", "https://app.test", true, true},
        {"app.test:80", "https://app.test", true, false},   {"app.test:8443", "https://app.test", true, false},
        {"app.test:443", "https://app.test", false, false},
    };
    http::origin_list const nobody;
    for (auto const& r : rows) {
        CAPTURE(r.host);
        tests::read_head const asked{"Origin: " + std::string{r.origin} + "\r\n", r.host};
        CHECK(pipeline::require_same_origin(*asked, r.https).has_value() == r.fits);
        CHECK(pipeline::refuse_foreign_origin(*asked, r.https).has_value() == r.fits);
        CHECK(pipeline::require_websocket_origin(*asked, r.https, {nobody}, true).has_value() == r.fits);
    }
}

TEST_CASE("same_origin: what *, null and file:// alone admit speaks for nobody who has a cookie")
{
    struct
    {
        std::vector<std::string> allowed;
        char const* origin;
        bool without, with; // a cookie, or Basic
    } const rows[] = {
        {{"*"}, "https://evil.test", true, false},
        {{"*"}, "null", true, false},
        {{"*"}, "capacitor://localhost", true, false},
        {{"null"}, "null", true, false},
        {{"file://"}, "file://", true, false},
        {{"null", "file://"}, "https://evil.test", false, false},
        {{"capacitor://localhost"}, "capacitor://localhost", true, true},
        {{"*", "capacitor://localhost"}, "capacitor://localhost", true, true},
        {{"chrome-extension://abc"}, "chrome-extension://abc", true, true},
        // The site itself is known by more than the word.
        {{"*"}, "https://app.example", true, true},
        {{"null"}, "https://app.example", false, false},
    };
    for (auto const& r : rows) {
        CAPTURE(r.origin);
        http::origin_list const allowed{r.allowed};
        tests::read_head const asked{"Origin: " + std::string{r.origin} + "\r\n"};
        CHECK(pipeline::require_websocket_origin(*asked, true, {allowed}, false).has_value() == r.without);
        auto const fit = pipeline::require_websocket_origin(*asked, true, {allowed}, true);
        CHECK(fit.has_value() == r.with);
        if (!fit) CHECK(fit.error() == errc::csrf_rejected);
    }
}

TEST_CASE("same_origin: a refusal names both origins and the setting")
{
    auto const note = [](std::string const& origin, bool https, std::vector<std::string> const& list, bool ambient) {
        http::origin_list const allowed{list};
        tests::read_head const asked{"Origin: " + origin + "\r\n", "app.test:8443"};
        auto const fit = pipeline::require_websocket_origin(*asked, https, {allowed}, ambient);
        REQUIRE(!fit);
        return fit.error().note();
    };
    auto const has = [](std::string const& text, std::string_view part) { return text.find(part) != text.npos; };
    for (auto const& text :
         {note("https://evil.test", true, {}, false), note("https://evil.test", true, {"https://a.test"}, false),
          note("https://evil.test", true, {"*"}, true)}) {
        CHECK_MESSAGE(has(text, "\"https://evil.test\""), text);
        CHECK_MESSAGE(has(text, "\"https://app.test:8443\""), text);
        CHECK_MESSAGE(has(text, "websocket.allowed_origins"), text);
        CHECK_MESSAGE(!has(text, "trusted_proxies"), text);
    }
    // Behind a proxy that nobody listed it is the scheme alone.
    auto const behind = note("https://app.test:8443", false, {}, true);
    CHECK_MESSAGE(has(behind, "\"http://app.test:8443\""), behind);
    CHECK_MESSAGE(has(behind, "trusted_proxies"), behind);
    CHECK(note("https://" + std::string(5000, 'a'), true, {}, false).size() < 1000);

    tests::read_head const posted{"Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n"};
    auto const text = pipeline::require_same_origin(*posted, true).error().note();
    CHECK_MESSAGE(has(text, "\"https://evil.test\""), text);
    CHECK_MESSAGE(has(text, "\"https://app.example\""), text);
}

TEST_CASE("same_origin: a listed friend counts as the site itself, and nobody else does")
{
    std::vector<std::string> const names{"https://spa.test"};
    http::origin_list const friends{names};
    http::origin_list const nobody;
    struct
    {
        char const* fields;
        bool fits;
    } const rows[] = {
        {"Origin: https://spa.test\r\n", true},
        {"Origin: https://spa.test:443\r\nSec-Fetch-Site: cross-site\r\n", true},
        {"Origin: https://spa.test\r\nSec-Fetch-Site: same-site\r\n", true},
        {"Origin: https://app.example\r\n", true},
        {"Origin: http://spa.test\r\n", false},
        {"Origin: https://spa.test\r\nOrigin: https://spa.test\r\n", false},
        {"Origin: https://evil.test\r\nSec-Fetch-Site: cross-site\r\n", false},
        {"Origin: null\r\n", false},
        {"Sec-Fetch-Site: cross-site\r\n", false},
        {"", false},
    };
    for (auto const& r : rows) {
        CAPTURE(r.fields);
        tests::read_head const asked{r.fields};
        CHECK(pipeline::require_same_origin(*asked, true, &friends).has_value() == r.fits);
    }
    tests::read_head const socket{"Origin: https://spa.test\r\n"};
    CHECK(pipeline::require_websocket_origin(*socket, true, {nobody, &friends}, true).has_value());
    CHECK(!pipeline::require_websocket_origin(*socket, true, {nobody}, true).has_value());
}

TEST_CASE("same_origin: what a page of another site sends is told from our own pages, programs and people that are led here")
{
    struct row
    {
        char const* fields;
        bool other;
    };
    for (auto const& each : {
             row{"", false},
             {"Sec-Fetch-Site: same-origin\r\n", false},
             {"Sec-Fetch-Site: none\r\n", false},
             {"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", true},
             {"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", true},
             {"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n", true},
             {"Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\n", false},
             {"Origin: https://evil.test\r\n", true},
             {"Origin: null\r\n", true},
             {"Origin: https://app.example.evil.test\r\n", true},
         }) {
        tests::read_head const asked{each.fields};
        CHECK_MESSAGE(pipeline::is_sent_by_other_site(*asked) == each.other, each.fields);
    }
}

TEST_CASE("same_origin, sibling: a browser without Sec-Fetch-Site behind a proxy that ends TLS at another port is no other site")
{
    for (std::string const origin : {"https://app.example", "http://app.example", "https://app.example:8443"}) {
        tests::read_head const asked{"Origin: " + origin + "\r\n"};
        CHECK_MESSAGE(!pipeline::is_sent_by_other_site(*asked), origin);
    }
}
