#include "gateway/http/bodies/glimpse.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett::http;

TEST_CASE("glimpse: what is there of a refused head is told")
{
    auto const seen = glimpse_of("GET //a;b?token=x HTTP/1.1\r\nHost: App.test\r\nAccept: text/html\r\nbroken line\r\n"
                                 "User-Agent:  curl \r\nAccept-Language: de\r\nSec-Fetch-Mode: navigate\r\n\r\n");
    CHECK(seen.method == "GET");
    CHECK(seen.path == "//a;b");
    CHECK(seen.host == "App.test");
    CHECK(seen.accept == "text/html");
    CHECK(seen.accept_language == "de");
    CHECK(seen.user_agent == "curl");
    CHECK(prefers_html(seen));
}

TEST_CASE("glimpse: a head may be cut off anywhere, and be anything")
{
    std::string const whole = "POST http://a.test/x%00y?q#f HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n\r\n";
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        auto const seen = glimpse_of(std::string_view{whole}.substr(0, size));
        CAPTURE(size);
        CHECK(std::string_view{"POST"}.starts_with(seen.method));
        CHECK(std::string_view{"/x%00y"}.starts_with(seen.path));
    }
    CHECK(glimpse_of(whole).path == "/x%00y");
    CHECK(glimpse_of("").method.empty());
    CHECK(glimpse_of("\x16\x03\x01\x02").method.empty());
    CHECK(glimpse_of(" GET / HTTP/1.1\r\n").method.empty());
    CHECK(glimpse_of(std::string(40, 'A') + " / HTTP/1.1\r\n").method.empty());
    CHECK(glimpse_of("GET /" + std::string(10000, 'a')).path.size() == 2048);
    CHECK(glimpse_of("GET /a\nHost: b\n\n").host == "b");
    CHECK(glimpse_of("OPTIONS * HTTP/1.1\r\n").path == "*");
    CHECK(glimpse_of("GET / HTTP/1.1\r\nHost: a\r\n\r\nHost: b\r\n").host == "a");
    CHECK(glimpse_of("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: b\r\n").host.empty());
}

TEST_CASE("glimpse: only a browser that navigates gets a page")
{
    auto const page = [](std::string const& method, std::string const& fields) {
        return prefers_html(glimpse_of(method + " / HTTP/1.1\r\n" + fields + "\r\n"));
    };
    CHECK(page("GET", "Accept: text/html,*/*;q=0.8\r\n"));
    CHECK(page("POST", "Accept: text/html\r\nContent-Type: multipart/form-data; boundary=x\r\n"));
    CHECK(page("POST", "Accept: text/html\r\nContent-Type: text/plain\r\n"));
    CHECK_FALSE(page("POST", "Accept: text/html\r\nContent-Type: application/json\r\n"));
    CHECK_FALSE(page("GET", "Accept: */*\r\n"));
    CHECK_FALSE(page("GET", "Accept: text/html\r\nSec-Fetch-Mode: cors\r\n"));
    CHECK_FALSE(page("PUT", "Accept: text/html\r\n"));
    CHECK_FALSE(page("GET", ""));
}
