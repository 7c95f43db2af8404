#include "gateway/pipeline/call/navigation.hpp"

#include "gateway/http/bodies/form.hpp"
#include "gateway/pipeline/request/return_address.hpp"
#include "tests/unit/http/parsed.hpp"
#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using tests::read_head;

namespace {

std::string login_address_for(std::string const& target)
{
    http::parsed const p{http::request("GET " + target + " HTTP/1.1")};
    REQUIRE(p.h.has_value());
    auto const where = http::target::from(*p.h);
    REQUIRE(where.has_value());
    return pipeline::login_address("/auth/login", pipeline::address_of(*where)).address;
}

} // namespace

TEST_CASE("navigation: a person who waits for a page is told from scripts and programs")
{
    struct
    {
        char const* fields;
        bool navigates;
    } const cases[] = {
        {"Sec-Fetch-Mode: navigate\r\nAccept: text/html\r\n", true},
        {"Sec-Fetch-Mode: navigate\r\n", true},
        {"Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\nAccept: */*\r\n", true},
        {"Sec-Fetch-Mode: cors\r\nAccept: text/html\r\n", false},
        {"Sec-Fetch-Mode: no-cors\r\nSec-Fetch-Dest: image\r\nAccept: image/*\r\n", false},
        {"Sec-Fetch-Mode: same-origin\r\nAccept: text/html\r\n", false},
        {"Sec-Fetch-Mode: websocket\r\n", false},
        {"Sec-Fetch-Site: same-origin\r\nAccept: text/html\r\n", false},
        {"Sec-Fetch-Dest: empty\r\nAccept: text/html\r\n", false},
        {"Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r\n", true},
        {"Accept: application/json, text/html;q=0.5\r\n", false},
        {"Accept: application/json\r\n", false},
        {"Accept: */*\r\n", false},
        {"", false},
    };
    for (auto const& each : cases) {
        read_head const head{each.fields};
        CHECK_MESSAGE(pipeline::is_navigation(*head) == each.navigates, each.fields);
    }
}

TEST_CASE("navigation: only a GET can be sent elsewhere and come back")
{
    for (auto const* method : {"HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
        http::parsed const p{http::request(std::string{method} + " / HTTP/1.1",
                                           "Host: a\r\nSec-Fetch-Mode: navigate\r\nAccept: text/html\r\nContent-Length: 0\r\n")};
        REQUIRE(p.h.has_value());
        CHECK_FALSE_MESSAGE(pipeline::is_navigation(*p.h), method);
    }
}

TEST_CASE("navigation: the login page's address leads back to the very page")
{
    CHECK(login_address_for("/") == "/auth/login?next=/");
    CHECK(login_address_for("/a/b") == "/auth/login?next=/a/b");
    CHECK(login_address_for("/a?b=c&d=e+f%20g") == "/auth/login?next=/a%3Fb%3Dc%26d%3De%2Bf%2520g");
    CHECK(login_address_for("/a?") == "/auth/login?next=/a%3F");
    CHECK(login_address_for("/%e6%97%a5") == "/auth/login?next=/%25E6%2597%25A5");
    for (auto const* page : {"/", "/a", "/a?b=c&d=e+f%20g", "/a?", "/%E6%97%A5?x=%2F", "/a/b%2Fc",
                             "/?next=/auth/login%3Fnext%3D/", "/a?b=\"<>'&amp;", "/a'b?c=d%0d%0a"}) {
        auto const address = login_address_for(page);
        auto const next = http::form_decoded(address.substr(address.find("next=") + 5));
        REQUIRE(next.has_value());
        CHECK(*next == page);
        CHECK_MESSAGE(pipeline::return_address(*next, "/home") == page, page);
    }
}

TEST_CASE("navigation: what is written as next is accepted back, a backslash in a query as %5C")
{
    auto const comes_back = [](std::string const& page, std::string const& as) {
        auto const address = login_address_for(page);
        auto const next = http::form_decoded(address.substr(address.find("next=") + 5));
        REQUIRE(next.has_value());
        CHECK_MESSAGE(pipeline::return_address(*next, "/home") == as, page);
    };
    comes_back("/q?v=a\\b", "/q?v=a%5Cb");
    comes_back("/q?\\\\evil", "/q?%5C%5Cevil");
    comes_back("/q?v=%5c&w=?\\", "/q?v=%5c&w=?%5C");
}

TEST_CASE("navigation: every query that the gate lets through is accepted back (sibling)")
{
    for (unsigned byte = 0x21; byte < 0x7f; ++byte) {
        auto const c = static_cast<char>(byte);
        if (c == '#') continue;
        auto const page = std::string{"/a/b?x="} + c + "y";
        auto const back = pipeline::return_address(page, "/home");
        CHECK_MESSAGE(back == (c == '\\' ? "/a/b?x=%5Cy" : page), page);
    }
}

TEST_CASE("navigation: a page whose address is too long waits in the browser")
{
    auto const way_to = [](std::string const& page) { return pipeline::login_address("/auth/login", page); };
    CHECK(way_to("/" + std::string(4000, 'a')).address.size() == 4018);
    CHECK_FALSE(way_to("/" + std::string(4000, 'a')).waits);
    for (auto const& page : {"/" + std::string(5000, 'a'), "/?" + std::string(2000, '%'), "/q?" + std::string(7000, 'x')}) {
        CHECK(way_to(page).address == "/auth/login?next=kept");
        CHECK(way_to(page).waits);
    }
}

TEST_CASE("navigation: whoever is signed in is asked once more, and comes back")
{
    CHECK(pipeline::login_address("/auth/login", "/a?b", true).address == "/auth/login?next=/a%3Fb&confirm=1");
}
