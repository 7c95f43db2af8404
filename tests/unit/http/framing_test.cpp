#include "tests/unit/http/parsed.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::http;
using namespace std::string_literals;

namespace {

// Refused with bad_request, and each way of saying so has its line in the output.
void check_refused(std::string const& bytes, errc expected = errc::bad_request)
{
    parsed const p{bytes};
    CAPTURE(bytes);
    REQUIRE(!p.h.has_value());
    CHECK(name_of(*p.why) == name_of(expected));
}

} // namespace

TEST_CASE("framing: a browser's request is read whole")
{
    parsed const p{"GET /a/b?c=d&e HTTP/1.1\r\nHost: Yett.Test:8443\r\nUser-Agent: Mozilla/5.0 (X11)\r\nAccept:text/html\r\n"
                   "X-Odd:\t two\twords \t\r\nX-Empty:\r\nCookie: a=1\r\ncookie: b=2\r\nX-Obs: caf\xc3\xa9\r\n\r\n"};
    REQUIRE(p.h.has_value());
    CHECK(p.h->method() == method::get);
    CHECK(p.h->raw_target() == "/a/b?c=d&e");
    CHECK(p.h->version() == version::http_1_1);
    CHECK(p.h->host() == "Yett.Test:8443");
    CHECK(p.h->fields().size() == 8);
    CHECK(p.h->value(known::accept) == "text/html");
    CHECK(p.h->find("x-odd")->value == "two\twords");
    CHECK(p.h->find("X-EMPTY")->value.empty());
    CHECK(p.h->find("x-obs")->value == "caf\xc3\xa9");
    CHECK(p.h->find("x-none") == nullptr);
    CHECK(p.h->find(known::origin) == nullptr);
    CHECK(p.h->value(known::origin).empty());
    CHECK(p.h->count(known::cookie) == 2);
    CHECK(p.h->body() == body_kind::none);
    CHECK(p.h->keep_alive());
    CHECK_FALSE(p.h->expects_continue());
}

TEST_CASE("framing: every view points into the bytes given")
{
    parsed const p{post("X-A: b\r\n")};
    REQUIRE(p.h.has_value());
    for (auto const& f : p.h->fields()) {
        CHECK((f.name.data() > p.bytes.data() && f.name.data() < p.bytes.data() + p.bytes.size()));
        CHECK((f.value.data() > p.bytes.data() && f.value.data() < p.bytes.data() + p.bytes.size()));
    }
}

TEST_CASE("framing: every method of ours is known, any other word is not")
{
    for (auto m : {method::get, method::head, method::post, method::put, method::delete_, method::patch, method::options,
                   method::propfind, method::proppatch, method::mkcol, method::copy, method::move, method::lock, method::unlock,
                   method::report, method::search}) {
        parsed const p{request(std::string{name_of(m)} + " / HTTP/1.1")};
        REQUIRE(p.h.has_value());
        CHECK(p.h->method() == m);
        CHECK(p.h->method_name() == name_of(m));
    }
    for (auto const* word : {"FOO", "GETS", "get", "Get", "QUERY", "PURGE", "X", "OPTION", "PATCHY", "DELETED", "HEAT", "POSS",
                             "PUR", "!#$%&'*+-.^_`|~09"})
        check_refused(request(std::string{word} + " / HTTP/1.1"), errc::not_implemented);
}

TEST_CASE("framing: a word that rules name is a method, in that case alone")
{
    std::vector<std::string> const named{"PURGE", "QUERY", "MKCALENDAR"};
    framing::limits limits;
    limits.methods = named;
    for (auto const& [word, m] : {std::pair{"PURGE", method::other}, {"QUERY", method::query}, {"MKCALENDAR", method::other}}) {
        parsed const p{request(std::string{word} + " / HTTP/1.1"), limits};
        REQUIRE(p.h.has_value());
        CHECK(p.h->method() == m);
        CHECK(p.h->method_name() == word);
    }
    for (auto const* word : {"purge", "PURGES", "Query", "BREW"})
        CHECK(parsed{request(std::string{word} + " / HTTP/1.1"), limits}.why == errc::not_implemented);
}

TEST_CASE("framing: TRACE and CONNECT are not allowed")
{
    check_refused(request("TRACE / HTTP/1.1"), errc::method_not_allowed);
    check_refused(request("CONNECT yett.test:443 HTTP/1.1"), errc::method_not_allowed);
}

TEST_CASE("framing: X-HTTP-Method-Override means nothing")
{
    parsed const p{post("X-HTTP-Method-Override: DELETE\r\n")};
    REQUIRE(p.h.has_value());
    CHECK(p.h->method() == method::post);
}

TEST_CASE("framing: a malformed request line is refused")
{
    for (auto const* line : {"GET  / HTTP/1.1",
                             "GET /  HTTP/1.1",
                             " GET / HTTP/1.1",
                             "GET / HTTP/1.1 ",
                             "GET\t/ HTTP/1.1",
                             "GET /\tHTTP/1.1",
                             "GET /",
                             "GET / ",
                             "GET",
                             "",
                             " ",
                             "/ HTTP/1.1",
                             "GET HTTP/1.1",
                             "GET /a b HTTP/1.1",
                             "G@T / HTTP/1.1",
                             "G\xc3\x8bT / HTTP/1.1",
                             "GET / HTTP/1.1\r",
                             "GET / HTTP/1.1\n",
                             "\"GET\" / HTTP/1.1",
                             "GET, / HTTP/1.1"})
        check_refused(request(line));
}

TEST_CASE("framing: versions other than 1.0 and 1.1 are refused")
{
    for (auto const* version :
         {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/2", "HTTP/1", "HTTP/1.", "HTTP/11", "HTTP/1.10", "HTTP/01.1", "HTTP/1.01",
          "HTTP/ 1.1", "http/1.1", "HTTP/1.1x", "HTTP/+1.1", "HTTPS/1.1", "HTTP 1.1", "ICE/1.0", "RTSP/1.0", "HTTP/1,1"})
        check_refused(request("GET / "s + version));
}

TEST_CASE("framing: control bytes and blanks in a target are refused, bytes beyond ASCII are told")
{
    for (int byte = 0; byte < 256; ++byte) {
        auto const target = "/a"s + static_cast<char>(byte) + "b";
        parsed const p{request("GET " + target + " HTTP/1.1")};
        CAPTURE(byte);
        CHECK(p.h.has_value() == (byte > 0x20 && byte != 0x7f));
        if (p.h) CHECK(p.h->has_raw_target_bytes() == (byte >= 0x80));
    }
}

TEST_CASE("framing: bytes that are no token are refused in names")
{
    std::string_view const others = "!#$%&'*+-.^_`|~";
    for (int byte = 0; byte < 256; ++byte) {
        auto const c = static_cast<char>(byte);
        if (c == ':') continue; // it ends the name
        parsed const p{post("X"s + c + "Y: 1\r\n")};
        CAPTURE(byte);
        bool const token = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           others.find(c) != std::string_view::npos;
        CHECK(p.h.has_value() == token);
    }
}

TEST_CASE("framing: control bytes in values are refused, tabs and obs-text are not")
{
    for (int byte = 0; byte < 256; ++byte) {
        // At several places, because values are scanned eight bytes at a time.
        for (std::string const before : {"", "abc", "abcdefgh", "0123456789abcde", "\xff\xfe\xfd\x80\x81\x82\x83"}) {
            parsed const p{post("X: a" + before + static_cast<char>(byte) + "b23456789\r\n")};
            CAPTURE(byte);
            CHECK(p.h.has_value() == (byte == '\t' || (byte >= 0x20 && byte != 0x7f)));
        }
    }
}

TEST_CASE("framing: bare CR and LF are refused wherever they stand")
{
    auto const whole = post("X-One: two\r\nX-Three: four\r\n");
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (whole[i] != '\r' && whole[i] != '\n') continue;
        auto lacking = whole;
        lacking.erase(i, 1);
        check_refused(lacking);
    }
    for (auto const* line : {"X: a\rb\r\n", "X: a\nb\r\n", "X: a\r\r\n", "X: a\n\r\n", "X:\r\n\n", "X\r: a\r\n", "\rX: a\r\n",
                             "\nX: a\r\n", "X: a\r", "X: a\n"})
        check_refused(post(line));
}

TEST_CASE("framing: folded lines are refused")
{
    for (auto const* lines : {"X: a\r\n b\r\n", "X: a\r\n\tb\r\n", " X: a\r\n", "\tX: a\r\n", "X:\r\n a\r\n", "X: a\r\n \r\n",
                              " \r\n", "Transfer-Encoding:\r\n chunked\r\n", "Content-Length:\r\n 5\r\n"})
        check_refused(post(lines));
}

TEST_CASE("framing: blanks around a name and lines without one are refused")
{
    for (auto const* line : {"X : a\r\n", "X\t: a\r\n", ": a\r\n", " : a\r\n", "NoColon\r\n", "X Y: a\r\n", "X,Y: a\r\n",
                             "X[]: a\r\n", "(X): a\r\n", "X@Y: a\r\n", "X\"Y: a\r\n", "X/Y: a\r\n", "X;Y: a\r\n", "{X}: a\r\n",
                             "Content-Length : 5\r\n", "Transfer-Encoding : chunked\r\n"})
        check_refused(post(line));
}

TEST_CASE("framing: bytes behind the empty line are no part of a head")
{
    check_refused(post("") + "x");
    check_refused(post("") + "\r\n");
    check_refused("GET / HTTP/1.1\r\nHost: a\r\n");
    check_refused("GET / HTTP/1.1\r\nHost: a\r\n\r");
    check_refused("");
}

TEST_CASE("framing: a length is one plain decimal number")
{
    for (auto const& [value, length] :
         {std::pair{"0", 0ull}, {"5", 5ull}, {"005", 5ull}, {"  7\t", 7ull}, {"9223372036854775807", 9223372036854775807ull}}) {
        parsed const p{post("Content-Length: "s + value + "\r\n")};
        REQUIRE_MESSAGE(p.h.has_value(), value);
        CHECK(p.h->body() == body_kind::length);
        CHECK(p.h->content_length() == length);
    }
    for (auto const* value : {"",
                              " ",
                              "-1",
                              "+5",
                              "-0",
                              "0x5",
                              "5x",
                              "5 5",
                              "1 0",
                              "5,5",
                              "5, 5",
                              "5, 6",
                              "5;",
                              "\"5\"",
                              "1_0",
                              "0o5",
                              "1e3",
                              "5.0",
                              "five",
                              "9223372036854775808",
                              "18446744073709551616",
                              "99999999999999999999",
                              "00000000000000000005",
                              "\xd9\xa5"})
        check_refused(post("Content-Length: "s + value + "\r\n"));
}

TEST_CASE("framing: two lengths are refused, equal ones too")
{
    check_refused(post("Content-Length: 5\r\nContent-Length: 6\r\n"));
    check_refused(post("Content-Length: 5\r\nContent-Length: 5\r\n"));
    check_refused(post("Content-Length: 0\r\nX: y\r\ncontent-length: 0\r\n"));
}

TEST_CASE("framing: the only transfer coding is chunked")
{
    for (auto const* value : {"chunked", "Chunked", "CHUNKED", "  chunked \t"}) {
        parsed const p{post("Transfer-Encoding: "s + value + "\r\n")};
        REQUIRE_MESSAGE(p.h.has_value(), value);
        CHECK(p.h->body() == body_kind::chunked);
    }
    for (auto const* value : {"",
                              "identity",
                              "gzip",
                              "gzip, chunked",
                              "chunked, gzip",
                              "chunked, chunked",
                              "chunked,",
                              ", chunked",
                              "xchunked",
                              "chunkedx",
                              "\"chunked\"",
                              "'chunked'",
                              "chunked;x",
                              "chunked;q=1",
                              "chunked chunked",
                              "chun ked",
                              "chunked\x0b",
                              "\x0b"
                              "chunked",
                              "chunked\xa0",
                              "x chunked",
                              "chunke",
                              "chunkef",
                              "trailers",
                              "chu\tnked",
                              "chunk\xc3\xa9"
                              "d"})
        check_refused(post("Transfer-Encoding: "s + value + "\r\n"));
    check_refused(post("Transfer-Encoding: chunked\0\r\n"s));
    check_refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"));
    check_refused(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"));
    check_refused(post("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"));
    check_refused(post("Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n"));
}

TEST_CASE("framing: a coding beside a length is refused in either order")
{
    check_refused(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"));
    check_refused(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"));
    check_refused(post("Content-Length: 0\r\nX: y\r\nTransfer-Encoding: chunked\r\n"));
}

TEST_CASE("framing: a coding in HTTP/1.0 is refused")
{
    check_refused("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("framing: look-alike framing fields frame nothing")
{
    parsed const p{
        post("Transfer_Encoding: chunked\r\nContent_Length: 9\r\nX-Content-Length: 7\r\nContent-Encoding: chunked\r\n")};
    REQUIRE(p.h.has_value());
    CHECK(p.h->body() == body_kind::none);
}

TEST_CASE("framing: a body with GET, HEAD and OPTIONS is told so that it can be drained")
{
    for (auto const* word : {"GET", "HEAD", "OPTIONS", "DELETE"}) {
        parsed const p{request(word + " / HTTP/1.1"s, "Host: a\r\nContent-Length: 5\r\n")};
        REQUIRE(p.h.has_value());
        CHECK(p.h->body() == body_kind::length);
        CHECK(p.h->content_length() == 5);
        parsed const q{request(word + " / HTTP/1.1"s, "Host: a\r\nTransfer-Encoding: chunked\r\n")};
        REQUIRE(q.h.has_value());
        CHECK(q.h->body() == body_kind::chunked);
    }
}

TEST_CASE("framing: a Host is there once, in both versions")
{
    check_refused(request("GET / HTTP/1.1", ""));
    check_refused(request("GET / HTTP/1.1", "Host: a\r\nHost: b\r\n"));
    check_refused(request("GET / HTTP/1.1", "Host: a\r\nhost: a\r\n"));
    check_refused(request("GET / HTTP/1.1", "Host:\r\n"));
    check_refused(request("GET / HTTP/1.1", "Host: \t \r\n"));
    check_refused(request("GET / HTTP/1.1", "X-Host: a\r\n"));
    check_refused(request("GET / HTTP/1.0", "Host: a\r\nHost: a\r\n"));
    check_refused(request("GET / HTTP/1.0", "Host: a:b\r\n"));
    check_refused(request("GET / HTTP/1.0", "Host:\r\nHost:\r\n"));
}

TEST_CASE("framing: HTTP/1.0 need not name a host")
{
    for (auto const& [line, fields] : {std::pair{"GET / HTTP/1.0", ""},
                                       {"HEAD /healthz HTTP/1.0", "Connection: keep-alive\r\n"},
                                       {"GET / HTTP/1.0", "Host:\r\n"},
                                       {"OPTIONS * HTTP/1.0", ""}}) {
        parsed const p{request(line, fields)};
        REQUIRE_MESSAGE(p.h.has_value(), line);
        CHECK(p.h->host().empty());
    }
}

TEST_CASE("framing: a malformed Host is refused")
{
    for (auto const* host :
         {"a", "yett.test", "yett.test.", "YETT.test:443", "a-b_c.d", "127.0.0.1:80", "[::1]", "[2001:db8::1]:8443",
          "[::ffff:1.2.3.4]", "xn--bcher-kva.example", "a:1", "a:65535", "a:", "127.0.0.1:", "[::1]:"}) {
        parsed const p{request("GET / HTTP/1.1", "Host: "s + host + "\r\n")};
        CHECK_MESSAGE(p.h.has_value(), host);
    }
    for (auto const* host : {"a, b",
                             "a b",
                             "a/b",
                             "a?b",
                             "a#b",
                             "u@a",
                             "a:b@c",
                             "http://a",
                             ".",
                             "..",
                             ".a",
                             "a..b",
                             "a..",
                             ":80",
                             ":",
                             "a::",
                             "a:0",
                             "a:65536",
                             "a:99999",
                             "a:080000",
                             "a:-1",
                             "a:+1",
                             "a:8 0",
                             "a:80:80",
                             "a:x",
                             "a%2eb",
                             "a\\b",
                             "a;b",
                             "a=b",
                             "a\"b",
                             "b\xc3\xbc"
                             "cher.example",
                             "[::1",
                             "::1",
                             "[::1]x",
                             "[]",
                             "[1.2.3.4]",
                             "[fe80::1%25eth0]",
                             "[fe80::1%eth0]",
                             "[:::1]",
                             "[g::1]",
                             "*",
                             "*.a",
                             "a,",
                             "(a)",
                             "a\tb",
                             "a`b"})
        check_refused(request("GET / HTTP/1.1", "Host: "s + host + "\r\n"));
    check_refused(request("GET / HTTP/1.1", "Host: " + std::string(256, 'a') + "\r\n"));
}

TEST_CASE("framing: an absolute target has to name the Host's server")
{
    for (auto const& [target, host] : {std::pair{"http://yett.test/a", "yett.test"},
                                       {"HTTP://Yett.Test/", "yEtt.test"},
                                       {"https://yett.test:443/", "yett.test"},
                                       {"http://yett.test", "yett.test:80"},
                                       {"http://yett.test:/", "yett.test"},
                                       {"http://yett.test:80/", "yett.test:"},
                                       {"http://yett.test?q", "yett.test."},
                                       {"http://[::1]:81/a", "[::1]:81"}}) {
        parsed const p{request("GET "s + target + " HTTP/1.1", "Host: "s + host + "\r\n")};
        CHECK_MESSAGE(p.h.has_value(), target);
    }
    for (auto const* target : {"http://other.test/",
                               "http://yett.test:81/",
                               "https://yett.test:80/",
                               "http://yett.test@other.test/",
                               "http://other.test@yett.test/",
                               "http://u:p@yett.test/",
                               "http:///a",
                               "http://",
                               "http:/yett.test/",
                               "http:yett.test",
                               "ftp://yett.test/",
                               "yett.test/",
                               "yett.test:80",
                               "a",
                               "?a",
                               "//yett.test:x",
                               "http//yett.test/",
                               "javascript:alert(1)",
                               "http://yett.test\\a/",
                               "*a"}) {
        if (target[0] == '/') continue;
        check_refused(request("GET "s + target + " HTTP/1.1"));
    }
}

TEST_CASE("framing: the asterisk goes with OPTIONS alone")
{
    CHECK(parsed{request("OPTIONS * HTTP/1.1")}.h.has_value());
    check_refused(request("GET * HTTP/1.1"));
    check_refused(request("POST * HTTP/1.1"));
}

TEST_CASE("framing: Expect is 100-continue or nothing")
{
    auto const expects = [](std::string const& bytes) {
        parsed const p{bytes};
        REQUIRE(p.h.has_value());
        return p.h->expects_continue();
    };
    CHECK(expects(post("Expect: 100-continue\r\nContent-Length: 5\r\n")));
    CHECK(expects(post("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n")));
    CHECK_FALSE(expects(post("Expect: 100-continue\r\nContent-Length: 0\r\n")));
    CHECK_FALSE(expects(post("Expect: 100-continue\r\n")));
    CHECK_FALSE(expects("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"));
    // Said twice it is the same expectation, in one line as in two.
    CHECK(expects(post("Content-Length: 5\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n")));
    CHECK(expects(post("Content-Length: 5\r\nExpect: 100-continue\r\nExpect: 100-Continue\r\nExpect: 100-continue\r\n")));
    CHECK(expects(post("Content-Length: 5\r\nExpect: 100-continue, 100-continue\r\n")));
    for (auto const* value : {"", ",", "200-ok", "100-continue, 200-ok", "100-continue;a", "y 100-continue", "100 continue",
                              "100-continu", "\"100-continue\"", "x=100-continue"})
        check_refused(post("Content-Length: 5\r\nExpect: "s + value + "\r\n"));
    check_refused(post("Content-Length: 5\r\nExpect: 100-continue\r\nExpect: x\r\n"));
}

TEST_CASE("framing: the connection is kept as version and options say")
{
    struct
    {
        char const* version;
        char const* field;
        bool kept;
    } const cases[] = {
        {"1.1", "", true},
        {"1.0", "", false},
        {"1.1", "Connection: close\r\n", false},
        {"1.1", "Connection: CLOSE\r\n", false},
        {"1.1", "Connection: keep-alive\r\n", true},
        {"1.1", "Connection: Upgrade, close\r\n", false},
        {"1.1", "Connection: upgrade ,\tClose,\r\n", false},
        {"1.1", "Connection: closed\r\n", true},
        {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
        {"1.0", "Connection: Keep-Alive\r\n", true},
        {"1.0", "Connection: keep-alive, close\r\n", false},
        {"1.0", "Connection: x\r\n", false},
        {"1.1", "Connection:\r\n", true},
        {"1.1", "Connection: ,,\r\n", true},
    };
    for (auto const& c : cases) {
        parsed const p{"GET / HTTP/"s + c.version + "\r\nHost: a\r\n" + c.field + "\r\n"};
        REQUIRE_MESSAGE(p.h.has_value(), c.field);
        CHECK_MESSAGE(p.h->keep_alive() == c.kept, c.version << c.field);
    }
    for (auto const* value : {"close;x", "\"close\"", "a b", "close@", "\xc3\xa9"})
        check_refused(post("Connection: "s + value + "\r\n"));
}

TEST_CASE("framing: an h2c upgrade is no error and changes nothing")
{
    parsed const p{post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n")};
    REQUIRE(p.h.has_value());
    CHECK(p.h->version() == version::http_1_1);
    CHECK(p.h->keep_alive());
}

TEST_CASE("framing: sizes are limited, and the refusal names the part to blame")
{
    auto const with_target = [](std::size_t n) { return request("GET /" + std::string(n - 1, 'a') + " HTTP/1.1"); };
    CHECK(parsed{with_target(8192)}.h.has_value());
    check_refused(with_target(8193), errc::uri_too_long);
    check_refused(with_target(20000), errc::uri_too_long);
    check_refused("GET /" + std::string(20000, 'a'), errc::uri_too_long);
    check_refused(post("X: " + std::string(17000, 'a') + "\r\n"), errc::header_too_large);
    check_refused(post("X-" + std::string(17000, 'a') + ": b\r\n"), errc::header_too_large);
    check_refused(std::string(17000, 'A') + " / HTTP/1.1\r\nHost: a\r\n\r\n", errc::header_too_large);
    check_refused(std::string(17000, 'A'), errc::header_too_large);

    auto const exact = post("X: 12345\r\n");
    CHECK(parsed{exact, {.header_bytes = exact.size()}}.h.has_value());
    CHECK(*parsed{exact, {.header_bytes = exact.size() - 1}}.why == errc::header_too_large);
}

TEST_CASE("framing: the number of fields is limited by the limit and by the storage")
{
    auto const with_fields = [](int n) {
        std::string lines;
        for (int i = 1; i < n; ++i) lines += "X: y\r\n";
        return post(lines);
    };
    CHECK(parsed{with_fields(100)}.h.has_value());
    check_refused(with_fields(101), errc::header_too_large);
    CHECK(parsed{with_fields(3), {.fields = 3}}.h.has_value());
    CHECK(*parsed{with_fields(4), {.fields = 3}}.why == errc::header_too_large);
    CHECK(*parsed{with_fields(101), {.fields = 1000}}.why == errc::header_too_large);
}

TEST_CASE("end of head: found wherever the reads cut it")
{
    auto const whole = post("X: y\r\nX-Tab: a\tb\r\n");
    auto const bytes = whole + "GET /next HTTP/1.1\r\n";
    for (std::size_t step = 1; step < bytes.size(); ++step) {
        std::size_t seen = 0;
        for (std::size_t have = step;; have += step) {
            auto const now = std::string_view{bytes}.substr(0, have);
            auto const end = framing::end_of_head(now, seen);
            if (now.size() < whole.size()) REQUIRE(end == framing::npos);
            else REQUIRE(end == whole.size());
            if (end != framing::npos) break;
            seen = now.size();
        }
    }
}

TEST_CASE("end of head: what can never become a request is not waited for")
{
    for (auto const& bytes : {"\x16\x03\x01\x02"s,
                              "\0"s,
                              "\r\nGET / HTTP/1.1\r\n"s,
                              "\n"s,
                              " GET /"s,
                              "\tGET"s,
                              "GET / HTTP/1.1\n"s,
                              "GET / HTTP/1.1\r\nHost: a\n"s,
                              "GET / HTTP/1.1\rX"s,
                              "GET / HTTP/1.1\r\nX: \x01"s,
                              "GET \0"s,
                              "GET / HTTP/1.1\r\nA: b\r\n\rX"s,
                              "GET / HTTP/1.1\r\nHost: a\n\n"s,
                              "GET /\r\n"s,
                              "HELO example.org\r\n"s,
                              "GET / HTTP/5.6\r\nHost"s,
                              "PRI * HTTP/2.0\r\n"s,
                              "\x80\x03"s,
                              "GET / HTTP/1.1\r\nX: \x7f"s,
                              "\xff\xd8"s}) {
        CAPTURE(bytes);
        auto const end = framing::end_of_head(bytes, 0);
        REQUIRE(end != framing::npos);
        REQUIRE(end <= bytes.size());
        parsed const p{std::string_view{bytes}.substr(0, end)};
        CHECK(!p.h.has_value());
        // The same garbage byte by byte is noticed, too.
        std::size_t at = 0;
        while (at < bytes.size() && framing::end_of_head(std::string_view{bytes}.substr(0, at + 1), at) == framing::npos) ++at;
        CHECK(at < bytes.size());
    }
}

TEST_CASE("end of head: what may still become a request is waited for")
{
    for (auto const* bytes : {"", "G", "GET", "GET /", "GET / HTTP/1.1", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n",
                              "GET / HTTP/1.1\r\nHost: a\r\n\r", "FOO / HTTP/1.0\r\nX"})
        CHECK_MESSAGE(framing::end_of_head(bytes, 0) == framing::npos, bytes);
    CHECK(framing::end_of_response_head("HTTP/1.1 200 OK\r\n", 0) == framing::npos);
    CHECK(framing::end_of_response_head("HTTP/1.1 200 OK\r\n\r\n", 0) == 19);
    CHECK(framing::end_of_response_head("HTTP/1.1 200 OK\n", 0) == 16);
}

// --- requests and replies that came in parts -----------------------------------------

namespace {

// How a request in parts fails; "": it does not.
std::string refusal_of(framing::request_parts const& parts, std::vector<field> fields = {}, framing::limits const& limits = {})
{
    auto const head = framing::check_request(parts, fields, limits);
    return head ? "" : std::string{name_of(head.error().code())} + ": " + head.error().note();
}

framing::request_parts parts_of(std::string_view method, std::string_view path, std::string_view authority = "a.test", bool ends = true)
{
    framing::request_parts parts;
    parts.method = method;
    parts.path = path;
    parts.authority = authority;
    parts.https = true;
    parts.ends = ends;
    return parts;
}

} // namespace

TEST_CASE("framing: a request in parts passes the same gate as one in text")
{
    struct
    {
        framing::request_parts parts;
        std::vector<field> fields;
        char const* refusal;
    } const rows[] = {
        {parts_of("GET", "/a?b"), {}, ""},
        {parts_of("OPTIONS", "*"), {}, ""},
        {parts_of("GET", "/", ""), {{"host", "a.test"}}, ""},
        {parts_of("GET", "/"), {{"host", "A.test.:443"}}, ""},
        {parts_of("GET", "/", "", true), {}, "bad_request: no Host"},
        {parts_of("GET", "/", ""), {{"host", "a"}, {"host", "a"}}, "bad_request: more than one Host"},
        {parts_of("GET", "/"), {{"host", "b.test"}}, "bad_request: Host disagrees with :authority"},
        {parts_of("GET", "/", "a b"), {}, "bad_request: Host is malformed"},
        {parts_of("GET", "/", "a@b"), {}, "bad_request: Host is malformed"},
        {parts_of("G T", "/"), {}, "bad_request: request line is malformed"},
        {parts_of("GET", "/a b"), {}, "bad_request: request line is malformed"},
        {parts_of("GET", ""), {}, "bad_request: request line is malformed"},
        {parts_of("GET", "*"), {}, "bad_request: asterisk without OPTIONS"},
        {parts_of("GET", "http://a.test/"), {}, "bad_request: target is malformed or disagrees with Host"},
        {parts_of("FOO", "/"), {}, "not_implemented: a method that no rule names"},
        {parts_of("CONNECT", "*"), {}, "method_not_allowed: never served"},
        {parts_of("TRACE", "/"), {}, "method_not_allowed: never served"},
        {parts_of("POST", "/"), {{"transfer-encoding", "chunked"}}, "bad_request: Transfer-Encoding in HTTP/2"},
        {parts_of("POST", "/"), {{"content-length", "3"}}, "bad_request: Content-Length without a body"},
        {parts_of("POST", "/"), {{"expect", "x"}}, "bad_request: Expect is not 100-continue"},
        {parts_of("GET", "/"), {{"x", "a\nb"}}, "bad_request: field value is malformed"},
    };
    for (auto const& row : rows) CHECK(refusal_of(row.parts, row.fields) == row.refusal);
    std::string const path(9000, '/');
    CHECK(refusal_of(parts_of("GET", path)) == "uri_too_long: client_limits.target_bytes");
    CHECK(refusal_of(parts_of("GET", "/"), std::vector<field>(101, {"a", "b"})) == "header_too_large: client_limits.header_fields");
}

TEST_CASE("framing: what outgrew its limits is named after what is to blame")
{
    framing::limits const limits;
    CHECK(framing::outgrown_request(limits.target_bytes + 1, true, limits) == errc::uri_too_long);
    CHECK(framing::outgrown_request(1, true, limits).note() == "client_limits.header_bytes");
    CHECK(framing::outgrown_request(1, false, limits).note() == "client_limits.header_fields");
}

TEST_CASE("framing: a reply in parts")
{
    std::vector<field> fields{{"content-length", "5"}, {"x", "y"}};
    auto const head = framing::check_response(200, fields, false, method::get, {});
    REQUIRE(head.has_value());
    CHECK(head->status() == 200);
    CHECK(head->content_length() == 5);
    CHECK(head->body() == response_body::length);
    CHECK(head->version() == version::http_2);
    CHECK(framing::check_response(200, fields, true, method::head, {})->body() == response_body::none);
    for (auto const status : {0u, 99u, 600u}) CHECK(framing::check_response(status, fields, false, method::get, {}).error() == errc::upstream_broken);
    std::vector<field> chunked{{"transfer-encoding", "chunked"}};
    CHECK(framing::check_response(200, chunked, false, method::get, {}).error() == errc::upstream_broken);
    std::vector<field> many(101, {"a", "b"});
    CHECK(framing::check_response(200, many, false, method::get, {}).error().note().find("reply_header_fields") != std::string::npos);
}
