#include "gateway/pipeline/authentication/shown_credential.hpp"

#include "tests/unit/pipeline/authentication/gate.hpp"

#include <map>

using namespace yett;
using namespace yett::tests;
using pipeline::credential;
using kind = policies::access_spec::kind;

namespace {

policies::route_spec for_the_authenticated(policies::route_spec spec)
{
    spec.access.is = kind::authenticated;
    return spec;
}

struct scene
{
    scene()
    {
        at.world.facts("named").ways.access_header = "X-Token";
        at.world.facts("basic").ways.basic = true;
        at.world.facts("protocol").ways.by_protocol = true;
        for (auto const* const each : {"named", "basic", "protocol"}) at.world.facts(each).unusual_ways = true;
        shown = {{"ada", at.sign_in("ada").access}, {"bob", at.sign_in("bob").access}, {"key", at.add_key("ada")}};
        auto text = base64url_encode("somebody:" + shown["key"]);
        text.resize((text.size() + 3) / 4 * 4, '=');
        for (auto& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
        encoded = text;
    }

    // How the request names its caller: the way, the token's name, the cookie beside it, and what set it apart.
    std::string read(std::string const& rule, std::string lines)
    {
        for (auto const& [name, value] : shown) replace(lines, '{' + name + '}', value);
        replace(lines, "{encoded}", encoded);
        ex.emplace("GET /" + rule + " HTTP/1.1\r\nHost: example.com\r\n" + lines + "\r\n");
        context.emplace(at.context_for(*ex, rule));
        auto const& found = context->found.shown;
        if (!found) return std::string{name_of(found.error().code())};
        CHECK(context->found.token.text() == found->token);
        auto told = std::string{found->by == credential::way::none     ? "none"
                                : found->by == credential::way::header ? "header"
                                                                       : "cookie"};
        if (!found->token.empty()) told += ' ' + called(found->token);
        if (!found->in_cookie.empty()) told += " beside " + called(found->in_cookie);
        if (found->by_basic) told += ", by Basic";
        if (found->by_protocol) told += ", by protocol";
        return told;
    }
    std::string called(std::string_view token) const
    {
        for (auto const& [name, value] : shown)
            if (value == token) return name;
        return std::string{token};
    }
    static void replace(std::string& in, std::string const& what, std::string const& by)
    {
        for (auto where = in.find(what); where != in.npos; where = in.find(what)) in.replace(where, what.size(), by);
    }

    gate at{{for_the_authenticated(rule("plain", "/plain")), for_the_authenticated(rule("named", "/named")),
             for_the_authenticated(rule("basic", "/basic")), for_the_authenticated(rule("protocol", "/protocol")),
             rule("ignoring", "/ignoring"), endpoint("login")}};
    std::map<std::string, std::string> shown;
    std::string encoded;
    std::optional<fake_exchange> ex;
    std::optional<pipeline::request_context> context;
};

constexpr auto handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

} // namespace

TEST_CASE("shown credential: by what holds everywhere, and by what a rule says besides")
{
    struct row
    {
        char const* what;
        char const* rule;
        std::string head;
        char const* read;
    };
    scene s;
    for (auto const& each : {
             row{"nothing", "plain", "", "none"},
             row{"a token in the header", "plain", "Authorization: Bearer {ada}\r\n", "header ada"},
             row{"a key in its own field", "plain", "X-Api-Key: {key}\r\n", "header key"},
             row{"a cookie", "plain", "Cookie: __Host-yett_access={ada}\r\n", "cookie ada"},
             row{"both: the header goes first", "plain", "Authorization: Bearer {ada}\r\nCookie: __Host-yett_access={bob}\r\n",
                 "header ada beside bob"},
             row{"two headers", "plain", "Authorization: Bearer {ada}\r\nAuthorization: Bearer {bob}\r\n",
                 "credentials_disagree"},
             row{"Basic is the application's business", "plain", "Authorization: Basic {encoded}\r\n", "none"},
             row{"unless the rule takes it", "basic", "Authorization: Basic {encoded}\r\n", "header key, by Basic"},
             row{"a field of another name is nothing", "plain", "X-Token: {ada}\r\n", "none"},
             row{"unless the rule names it", "named", "X-Token: {ada}\r\n", "header ada"},
             row{"with or without its scheme", "named", "X-Token: Bearer {ada}\r\n", "header ada"},
             row{"and then it is the only one", "named", "Authorization: Bearer {ada}\r\n", "none"},
             row{"with the cookie beside it", "named", "X-Token: {ada}\r\nCookie: __Host-yett_access={bob}\r\n",
                 "header ada beside bob"},
             row{"a subprotocol of what is no WebSocket", "protocol", "Sec-WebSocket-Protocol: bearer, {ada}\r\n", "none"},
         }) {
        INFO(std::string{each.what});
        CHECK(s.read(each.rule, each.head) == each.read);
        CHECK(s.context->reported.set_cookies.empty());
    }
    // How a token is spelled among subprotocols, websocket_protocols_test says.
    CHECK(s.read("protocol", std::string{handshake}) == "none");
}

TEST_CASE("shown credential: of several cookies the one that proves something, told to the browser once more")
{
    struct row
    {
        char const* what;
        char const* rule;
        std::string cookies;
        char const* read;
        bool mended;
    };
    scene s;
    auto const two = [](std::string const& a, std::string const& b) {
        return "Cookie: __Host-yett_access=" + a + "; __Host-yett_access=" + b + "\r\n";
    };
    for (auto const& each : {
             row{"a neighbour's before ours", "plain", two("theirs", "{ada}"), "cookie ada", true},
             row{"and behind it", "plain", two("{ada}", "theirs"), "cookie ada", true},
             row{"two people", "plain", two("{ada}", "{bob}"), "credentials_disagree", true},
             row{"where nobody looks nothing is chosen", "ignoring", two("theirs", "{ada}"), "cookie theirs", false},
             row{"but at endpoints of ours, which set them", "login", two("theirs", "{ada}"), "cookie ada", true},
         }) {
        INFO(std::string{each.what});
        CHECK(s.read(each.rule, each.cookies) == each.read);
        CHECK(s.context->reported.set_cookies.empty() != each.mended);
    }
}

TEST_CASE("shown credential: of several cookies none is chosen, nor deleted, while one of them cannot be looked at")
{
    scene s;
    s.at.spend_checks();
    auto const two = [](std::string const& a, std::string const& b) {
        return "Cookie: __Host-yett_access=" + a + "; __Host-yett_access=" + b + "\r\n";
    };
    CHECK(s.read("plain", two("theirs", "{ada}")) == "rate_limited");
    CHECK(s.context->reported.set_cookies.empty());
    (void)s.at.cache.identify(s.shown["ada"], wall_now()); // known from before
    CHECK(s.read("plain", two("theirs", "{ada}")) == "cookie ada");
    CHECK(s.read("plain", two("{ada}", "{bob}")) == "rate_limited"); // he may disagree
    CHECK(s.context->reported.set_cookies.empty());
}

TEST_CASE("shown credential: a Bearer that is set aside leaves the cookie beside it, or nothing")
{
    scene s;
    auto const why = client_error(errc::token_malformed);
    s.read("plain", "Authorization: Bearer theirs\r\nCookie: __Host-yett_access={ada}\r\n");
    set_bearer_aside(why, s.at.cache, *s.context);
    CHECK(s.context->found.shown->by == credential::way::cookie);
    CHECK(s.context->found.token.text() == s.shown["ada"]);
    CHECK(*s.context->found.set_aside == errc::token_malformed);

    s.read("plain", "Authorization: Bearer theirs\r\n");
    set_bearer_aside(why, s.at.cache, *s.context);
    CHECK(s.context->found.shown->by == credential::way::none);
    CHECK(s.context->found.token.text().empty());
}
