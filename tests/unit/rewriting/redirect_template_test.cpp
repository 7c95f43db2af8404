#include "gateway/rewriting/redirect_template.hpp"

#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using yett::rewriting::redirect_template;

namespace {

std::string refusal_of(std::string const& text)
{
    auto const made = redirect_template::from(text);
    if (made) return "taken";
    CHECK(made.error() == errc::bad_request);
    return made.error().note();
}

std::string address(std::string const& text, std::string const& sent)
{
    auto const made = redirect_template::from(text);
    REQUIRE_MESSAGE(made.has_value(), text);
    auto const where = http::target::from(sent, "old.test");
    REQUIRE_MESSAGE(where.has_value(), sent);
    return made->address_for(*where);
}

} // namespace

TEST_CASE("redirect_template: literal, but for path and query")
{
    struct
    {
        char const* to;
        char const* sent;
        char const* address;
    } const rows[] = {
        {"https://new.test", "/a?b", "https://new.test"},
        {"https://new.test/", "/a?b", "https://new.test/"},
        {"https://new.test:8443/fixed?x=1#y", "/a?b", "https://new.test:8443/fixed?x=1#y"},
        {"https://new.test?x", "/a?b", "https://new.test?x"},
        {"HTTP://[2001:db8::1]:80/x", "/a", "HTTP://[2001:db8::1]:80/x"},
        {"/fixed", "/a?b", "/fixed"},
        {"/", "/a?b", "/"},
        {"https://new.test/{path}", "/a/b", "https://new.test/a/b"},
        {"https://new.test/{path}", "/", "https://new.test/"},
        {"https://new.test/{path}", "/a%20b/%C3%A4", "https://new.test/a%20b/%C3%A4"},
        {"https://new.test/old/{path}", "/a/b", "https://new.test/old/a/b"},
        {"https://new.test/{path}?{query}", "/a?b=c&d", "https://new.test/a?b=c&d"},
        {"https://new.test/{path}?{query}", "/a", "https://new.test/a"},
        {"https://new.test/{path}?{query}", "/a?", "https://new.test/a"},
        {"https://new.test/{path}?{query}#top", "/a?b", "https://new.test/a?b#top"},
        {"https://new.test/{path}?from=old&{query}", "/a?b=c", "https://new.test/a?from=old&b=c"},
        {"https://new.test/{path}?from=old&{query}", "/a", "https://new.test/a?from=old"},
        {"https://new.test/?{query}&from=old", "/a?b=c&d=e", "https://new.test/?b%3Dc%26d%3De&from=old"},
        {"https://sso.test/login?next=/{path}", "/a/b", "https://sso.test/login?next=/a/b"},
        {"https://sso.test/login?next=/{path}%3F{query}", "/a?b=c", "https://sso.test/login?next=/a%3Fb%3Dc"},
        {"https://sso.test/login?next=/{path}", "/a&next=https:%2F", "https://sso.test/login?next=/a%26next%3Dhttps%3A%252F"},
        {"https://sso.test/login?next=/{path}", "/a+b%20c", "https://sso.test/login?next=/a%2Bb%2520c"},
        {"/new/{path}", "/a", "/new/a"},
        {"/new{path}", "/a", "/newa"},
        {"/x?back=/{path}", "/a=b", "/x?back=/a%3Db"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.to});
        CHECK(address(row.to, row.sent) == row.address);
    }
}

TEST_CASE("redirect_template: the operator alone chooses the host")
{
    struct
    {
        char const* to;
        char const* why;
    } const rows[] = {
        {"{path}", "begins neither with"},
        {"/{path}", "has {path} before anything that keeps the address on its host"},
        {"//{path}", "begins with what browsers take for a host"},
        {"/\\{path}", "begins with what browsers take for a host"},
        {"//new.test/{path}", "begins with what browsers take for a host"},
        {"/\\new.test/", "begins with what browsers take for a host"},
        {"https://{path}", "lets requests choose the host"},
        {"https://{path}/", "lets requests choose the host"},
        {"https://new.test{path}", "lets requests choose the host"},
        {"https://{query}.new.test/", "lets requests choose the host"},
        {"https://new.test:{path}/", "lets requests choose the host"},
        {"https://user@{path}/", "lets requests choose the host"},
        {"https://new.test?{query}", "has {query} before anything"},
        {"https://new.test#{path}", "has {path} before anything"},
        {"https:///{path}", "names no host"},
        {"https://", "names no host"},
        {"https://user@new.test/", "names no host"},
        {"https://new.test\\@evil.test/", "holds what an address has to escape"},
        {"https:/{path}", "begins neither with"},
        {"https:{path}", "begins neither with"},
        {"javascript:alert(1)", "begins neither with"},
        {"javascript://new.test/{path}", "begins neither with"},
        {"data:text/html,x", "begins neither with"},
        {"{path}://new.test/", "begins neither with"},
        {"new.test/{path}", "begins neither with"},
        {"?{query}", "begins neither with"},
        {"", "begins neither with"},
        {"https://a..b/", "names no host"},
        {"https://a b/", "names no host"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.to});
        auto const said = refusal_of(row.to);
        CHECK_MESSAGE(said.find(row.why) == 0, said);
    }
}

TEST_CASE("redirect_template: what an address cannot hold, and braces that mean nothing")
{
    struct
    {
        char const* to;
        char const* why;
    } const rows[] = {
        {"/a b", "holds what an address has to escape"},
        {"/a\r\nSet-Cookie: x=y", "holds what an address has to escape"},
        {"/a\tb", "holds what an address has to escape"},
        {"/\xc3\xa4", "holds what an address has to escape"},
        {"/a\"b", "holds what an address has to escape"},
        {"/a}", "holds what an address has to escape"},
        {"/a%", "holds a '%' without two hexadecimal digits"},
        {"/a%4", "holds a '%' without two hexadecimal digits"},
        {"/a/{host}", "has braces that hold neither path nor query"},
        {"/a/{Path}", "has braces that hold neither path nor query"},
        {"/a/{path", "has braces that hold neither path nor query"},
        {"/a/{}", "has braces that hold neither path nor query"},
        {"/a/{query}", "has {query} in a path"},
        {"/a#{path}", "has {path} behind a '#'"},
        {"https://new.test/#/{path}", "has {path} behind a '#'"},
        {"/a/../b", "holds dot segments"},
        {"/a/./{path}", "holds dot segments"},
        {"https://new.test/%2e%2e/{path}", "holds dot segments"},
    };
    for (auto const& row : rows) {
        CAPTURE(std::string{row.to});
        auto const said = refusal_of(row.to);
        CHECK_MESSAGE(said.find(row.why) == 0, said);
    }
}

TEST_CASE("redirect_template: no path that passes the gate leads to another host, or to a second line")
{
    char const* const nasty[] = {"//evil.test", "///evil.test", "/\\evil.test", "/%5Cevil.test", "/%5C%5Cevil.test", "/%2Fevil.test",
                                 "/%2F%2Fevil.test", "/%252Fevil.test", "/.//evil.test", "/..//evil.test", "/@evil.test",
                                 "/a@evil.test/", "/:443@evil.test", "/evil.test", "/.evil.test", "/https://evil.test", "/%0D%0ASet-Cookie:x=y",
                                 "/%0ALocation:x", "/%09//evil.test", "/\t/evil.test", "/%00", "/;//evil.test", "/a?//evil.test",
                                 "/?@evil.test", "/?\r\nX: y", "/a?{path}", "/{path}", "/%7Bquery%7D", "/#@evil.test", "/a?b#@evil.test",
                                 "/%E2%80%AE", "/\xe3\x80\x82", "/?\xc3\xa4", "/a&b=c", "/'\"><script>"};
    struct
    {
        char const* to;
        char const* stays; // how every address begins
    } const templates[] = {
        {"https://new.test/{path}", "https://new.test/"},
        {"https://new.test/{path}?{query}", "https://new.test/"},
        {"https://new.test/x?next=/{path}&q={query}", "https://new.test/x?next=/"},
        {"https://new.test/x?{query}", "https://new.test/x"},
        {"/x/{path}?{query}", "/x/"},
        {"/x{path}", "/x"},
    };
    auto judged = 0;
    for (auto const* sent : nasty) {
        CAPTURE(std::string{sent});
        http::parsed const p{http::request(std::string{"GET "} + sent + " HTTP/1.1")};
        if (!p.h) continue;
        auto const where = http::target::from(*p.h);
        if (!where) continue;
        ++judged;
        for (auto const& each : templates) {
            auto const made = redirect_template::from(each.to)->address_for(*where);
            CHECK_MESSAGE(made.starts_with(each.stays), made);
            for (char const c : made) CHECK((c > ' ' && c < 0x7f));
            auto const path = made.substr(0, made.find_first_of("?#"));
            CHECK(path.find('\\') == path.npos);
        }
    }
    CHECK(judged > 10);
}

TEST_CASE("redirect_template: what stands in a query stays one value of it")
{
    auto const made = address("/x?a={query}&b=/{path}&c=1", "/p&q=r?s=t&u=%26");
    CHECK(made == "/x?a=s%3Dt%26u%3D%2526&b=/p%26q%3Dr&c=1");
}
