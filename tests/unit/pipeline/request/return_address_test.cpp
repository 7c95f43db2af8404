#include "gateway/pipeline/request/return_address.hpp"

#include <doctest/doctest.h>

#include <string>

using yett::pipeline::return_address;

namespace {

bool is_followed(std::string_view wanted)
{
    auto const to = return_address(wanted, "/home");
    CHECK((to == wanted || to == "/home"));
    return to == wanted;
}

} // namespace

TEST_CASE("return_address: a page of this site is returned to as it was asked for")
{
    for (auto const* address : {"/",
                                "/a",
                                "/a/b",
                                "/a/",
                                "/a?b=c&d=e",
                                "/?",
                                "/a?x=/evil//evil",
                                "/a?x=https://evil.example/",
                                "/a%20b",
                                "/%E6%97%A5",
                                "/a/b%2Fc",
                                "/a:b@c",
                                "/~a/-_.!$&'()*+,=",
                                "/a?b=%0d%0a",
                                "/a?%zz",
                                "/a?b=c;d",
                                "/wiki/100%25Deal",
                                "/a...b",
                                "/.well-known/x",
                                "/https:evil"})
        CHECK_MESSAGE(is_followed(address), address);
}

TEST_CASE("return_address: what somebody could read as another origin is not followed")
{
    for (auto const* address : {
             "//evil",
             "///evil",
             "////evil",
             "/\\evil",
             "\\\\evil",
             "\\/evil",
             "/\\/evil",
             "/\\\\evil",
             "\\evil",
             "//\\evil",
             "/a//evil",
             "/a\\evil",
             "https:evil",
             "https:/evil",
             "https://evil",
             "HTTPS://evil",
             "http:evil",
             "//evil@host/",
             "https://host@evil/",
             "https:\\\\evil",
             "ftp://evil",
             "evil",
             "evil.example/x",
             "javascript:alert(1)",
             "JavaScript:alert(1)",
             "/javascript:x\\",
             "java\tscript:alert(1)",
             "data:text/html,x",
             "vbscript:x",
             "blob:x",
             "about:blank",
             "",
             "?next=/",
             "#",
             "/#//evil",
             "/a#b",
             "/a?b#c",
             "/%09/evil",
             "/%0a/evil",
             "/%0d%0aLocation:x",
             "/%00/evil",
             "/%20/../evil\t",
             "/\t/evil",
             "\t//evil",
             " //evil",
             " /a",
             "/a ",
             "/ /evil",
             "/\r\n/evil",
             "/a\r\nSet-Cookie: x=y",
             "/a\nb",
             "/a?b\r\nc",
             "/\x0b/evil",
             "/\x7f/evil",
             "/a?\x01",
             "/%2f/evil",
             "/%2F/evil",
             "/%2Fevil",
             "/%2fevil",
             "%2fevil",
             "%2f%2fevil",
             "/%5cevil",
             "/%5Cevil",
             "/%5c%5cevil",
             "%5c%5cevil",
             "/%252f/evil",
             "/%252Fevil",
             "/%255cevil",
             "/%2509/evil",
             "/%25252fevil",
             "%252f%252fevil",
             "/.//evil",
             "/..//evil",
             "/./evil",
             "/../evil",
             "/a/..//evil",
             "/%2e%2e//evil",
             "/%2e/evil",
             "/..%2fevil",
             "/a/..%2f..%2fevil",
             "/;/evil",
             "/..;/evil",
             "/a;b=c",
             "/\xef\xbc\x8f"
             "evil",
             "\xef\xbc\x8f\xef\xbc\x8f"
             "evil",
             "/\xe2\x88\x95"
             "evil",
             "/\xe2\x81\x84"
             "evil",
             "/\xe3\x80\x82"
             "evil",
             "\xe2\x80\xae/evil",
             "/\xc2\xa0/evil",
             "/\xc0\xaf"
             "evil",
             "/%c0%afevil",
             "/%e0%80%afevil",
             "/%",
             "/%2",
             "/%zz",
             "/a%",
             "/a<b",
             "/a\"b",
             "/a`b",
             "/a{b}",
             "/a|b",
             "/a^b",
             "/%41",
             "/%7E",
         })
        CHECK_MESSAGE(!is_followed(address), address);
}

TEST_CASE("return_address: a backslash is followed behind the first question mark alone, as %5C")
{
    CHECK(return_address("/q?v=a\\b", "/home") == "/q?v=a%5Cb");
    CHECK(return_address("/q?\\/evil?\\", "/home") == "/q?%5C/evil?%5C");
    CHECK(return_address("/q\\?v", "/home") == "/home");
    CHECK(return_address("\\?v", "/home") == "/home");
}

TEST_CASE("return_address: no control byte and no byte beyond ASCII is followed, wherever it stands")
{
    for (unsigned byte = 0; byte < 256; ++byte) {
        if (byte > 0x20 && byte < 0x7f) continue;
        auto const c = static_cast<char>(byte);
        for (auto const& address :
             {std::string{"/"} + c + "/evil", std::string{"/a"} + c, c + std::string{"//evil"}, std::string{"/a?b"} + c + "d"})
            CHECK_MESSAGE(!is_followed(address), byte);
    }
}

TEST_CASE("return_address: an address that no header could hold is not followed")
{
    CHECK(is_followed("/" + std::string(4095, 'a')));
    CHECK_FALSE(is_followed("/" + std::string(4096, 'a')));
    CHECK(return_address("/" + std::string(7000, 'a'), "/home", 8000).size() == 7001);
}
