#include "gateway/pipeline/request/unusual_credential.hpp"

#include "gateway/base/text/base64url.hpp"
#include "gateway/pipeline/request/session_cookies.hpp"
#include "tests/unit/pipeline/request/head_of.hpp"

using namespace yett;
using namespace yett::pipeline;
using tests::read_head;

namespace {

constexpr char const* cookie = "Cookie: __Host-yett_access=xyz\r\n";

auth_transport ways(bool header, bool by_cookie)
{
    auth_transport transport;
    transport.access_in_header = header;
    transport.access_in_cookie = by_cookie;
    return transport;
}

// "TOKEN", "TOKEN basic", "TOKEN protocol", "TOKEN, cookie TOKEN", "none", "!" where two disagree.
std::string found_in(std::string const& fields, credential_ways const& also, auth_transport const& by = ways(true, true))
{
    read_head const head{fields};
    std::string decoded;
    auto const found = unusual_credential_of(*head, by, also, decoded);
    if (!found) return found.error() == errc::credentials_disagree ? "!" : "malformed";
    if (found->by == credential::way::none) return "none";
    auto const how = found->by == credential::way::cookie ? "cookie " : "";
    auto const more = std::string{found->by_basic ? " basic" : ""} + (found->by_protocol ? " protocol" : "");
    auto const beside = found->in_cookie.empty() ? "" : ", cookie " + std::string{found->in_cookie};
    return how + std::string{found->token} + more + beside;
}

std::string basic(std::string const& credentials)
{
    auto text = base64url_encode(credentials);
    for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
    return "Authorization: Basic " + text + std::string((4 - text.size() % 4) % 4, '=') + "\r\n";
}

credential_ways with_basic()
{
    return {true, false, {}};
}

} // namespace

TEST_CASE("unusual credential: an API key may be the password of Basic, whatever the user is")
{
    for (auto const* user : {"x", "", "ada@example.com", "git", "yk1_else"})
        CHECK_MESSAGE(found_in(basic(std::string{user} + ":yk1_abc"), with_basic()) == "yk1_abc basic", user);
    CHECK(found_in(basic("x:yk1_abc"), with_basic(), ways(false, true)) == "yk1_abc basic");
    CHECK(found_in(basic("x:yk1_abc") + cookie, with_basic()) == "yk1_abc basic, cookie xyz");
}

TEST_CASE("unusual credential: no other password is ever tried")
{
    for (auto const* other : {"x:secret", "x:", "yk1_abc:", "x:YK1_abc", "x: yk1_abc", "x:yr1_abc", "yk1_abc", "x:eyJ.eyJ.c2ln"})
        CHECK_MESSAGE(found_in(basic(other), with_basic()) == "none", other);
    CHECK(found_in("Authorization: Basic !!!\r\n", with_basic()) == "none");
    CHECK(found_in("Authorization: Basic\r\n", with_basic()) == "none");
}

TEST_CASE("unusual credential: without the rule's leave a key in Basic is nobody's")
{
    CHECK(found_in(basic("x:yk1_abc"), {}) == "none");
    CHECK(found_in(basic("x:yk1_abc") + cookie, {}) == "cookie xyz");
    read_head const head{basic("x:yk1_abc")};
    CHECK(has_basic_key(*head));
    read_head const other{basic("x:secret")};
    CHECK_FALSE(has_basic_key(*other));
}

TEST_CASE("unusual credential, sibling: a key twice is one, two keys disagree, and so do two fields")
{
    CHECK(found_in(basic("x:yk1_abc") + "X-Api-Key: yk1_abc\r\n", with_basic()) == "yk1_abc basic");
    CHECK(found_in(basic("x:yk1_abc") + "X-Api-Key: yk1_abd\r\n", with_basic()) == "!");
    CHECK(found_in(basic("x:yk1_abc") + basic("y:yk1_abc"), with_basic(), ways(false, false)) == "!");
}

TEST_CASE("unusual credential, sibling: a colon belongs to the password, and a lost padding costs nothing")
{
    CHECK(found_in(basic("x:yk1_a:b"), with_basic()) == "yk1_a:b basic");
    CHECK(found_in("Authorization: basic eDp5azFfYWI\r\n", with_basic()) == "yk1_ab basic");
}

TEST_CASE("unusual credential: a rule may take the access token from a field of its own, and then from no other")
{
    credential_ways const also{false, false, "X-Access"};
    CHECK(found_in("X-Access: abc\r\n", also) == "abc");
    CHECK(found_in("x-access: Bearer abc\r\n", also) == "abc");
    CHECK(found_in("Authorization: Bearer theirs\r\n", also) == "none");
    CHECK(found_in("Authorization: Bearer theirs\r\nX-Access: abc\r\n", also) == "abc");
    CHECK(found_in("Authorization: Bearer a\r\nAuthorization: Bearer b\r\nX-Access: abc\r\n", also) == "abc");
    CHECK(found_in(std::string{"X-Access: abc\r\n"} + cookie, also) == "abc, cookie xyz");
    CHECK(found_in(cookie, also) == "cookie xyz");
    CHECK(found_in("X-Access:\r\n", also) == "none");
}

TEST_CASE("unusual credential, sibling: that field twice, or with more than one word, proves nothing")
{
    credential_ways const also{false, false, "X-Access"};
    CHECK(found_in("X-Access: a\r\nX-Access: a\r\n", also) == "!");
    CHECK(found_in("X-Access: a\r\nX_Access: b\r\n", also) == "!");
    for (auto const* value : {"a b", "a,b", "Bearer a b", "Bearer\ta"})
        CHECK_MESSAGE(found_in("X-Access: " + std::string{value} + "\r\n", also) == "malformed", value);
    CHECK(found_in("X-Access: abc\r\n", also, ways(false, true)) == "none");
}

TEST_CASE("unusual credential: a WebSocket's token may be a subprotocol")
{
    credential_ways const also{false, true, {}};
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer, yett.bearer.abc.def\r\n", also) == "abc.def protocol");
    CHECK(found_in("Sec-WebSocket-Protocol: chat,yett.bearer.abc\r\n", also) == "abc protocol");
    CHECK(found_in("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: yett.bearer.abc\r\n", also) == "abc protocol");
    CHECK(found_in("Sec-WebSocket-Protocol: chat\r\n", also) == "none");
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer\r\n", also) == "none");
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer.abc\r\n", {}) == "none");
}

TEST_CASE("unusual credential, sibling: two such subprotocols, an empty one, and another token beside it are refused")
{
    credential_ways const also{false, true, {}};
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer.a, yett.bearer.b\r\n", also) == "!");
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer.a, yett.bearer.a\r\n", also) == "!");
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer.\r\n", also) == "malformed");
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer.a\r\nAuthorization: Bearer b\r\n", also) == "!");
    CHECK(found_in("Sec-WebSocket-Protocol: yett.bearer.a\r\nAuthorization: Bearer a\r\n", also) == "a protocol");
}
