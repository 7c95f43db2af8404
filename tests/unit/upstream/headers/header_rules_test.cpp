#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/recorded_head.hpp"

#include "tests/support/fake_exchange.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

// The rules of `header_plan`, row by row, as fields: nothing here knows how a head is spelled. What the
// bytes look like is `headers_test`; that both come from one decision is shown at the end.

using namespace yett;
using namespace yett::upstream;
using yett::tests::fake_exchange;
using field_text = recorded_head::field_text;
using telemetry::dropped_field;

namespace {

struct asking
{
    header_options options = {};
    client_facts client = {.address = "192.0.2.7", .trusted = false, .https = true};
    identity const* who = nullptr;
    std::string request_id = {};
    bearer_terms bearers = {};
    std::optional<std::uint64_t> length = {};
    std::string host = {};
    std::optional<field_rules> rules = {};
    bool websocket = false;
    bool bare = false;
};

// One request under one plan, told to any sink.
class question
{
public:
    question(std::string_view request, asking const& a)
        : asked_{a},
          plan_{*header_plan::from(a.options)},
          exchange_{request, fake_exchange::local_peer()}
    {
    }

    template<class Sink>
    result<composed> tell(Sink& to)
    {
        composition c{exchange_.request(), exchange_.where(), exchange_.from(), asked_.client};
        c.who = asked_.who;
        c.request_id = asked_.request_id;
        c.bearers = asked_.bearers;
        c.length = asked_.length;
        c.host = asked_.host;
        c.rules = asked_.rules ? &*asked_.rules : nullptr;
        c.websocket = asked_.websocket;
        c.bare = asked_.bare;
        c.dropped = &dropped;
        return plan_.apply(c, to);
    }

    telemetry::by<dropped_field> dropped;

private:
    asking const& asked_;
    header_plan plan_;
    fake_exchange exchange_;
};

recorded_head told(std::string_view request, asking const& a = {})
{
    recorded_head head;
    question q{request, a};
    REQUIRE(q.tell(head).has_value());
    return head;
}

std::string get_with(std::string_view fields)
{
    return "GET /p HTTP/1.1\r\nHost: example.com\r\n" + std::string{fields} + "\r\n";
}

// What is there between Host and Via: the fields of the client, and of its rule.
std::vector<field_text> passed(std::string_view fields, asking const& a = {})
{
    auto const all = told(get_with(fields), a).fields();
    auto const via = std::find_if(all.begin(), all.end(), [](field_text const& f) { return f.name == "Via"; });
    return {all.begin() + 1, via};
}

asking trusted()
{
    asking a;
    a.client.trusted = true;
    return a;
}

} // namespace

TEST_CASE("header rules: a field passes or not by its name and by who sent it, and is counted where it does not")
{
    struct row
    {
        std::string_view field;
        bool from_stranger;
        bool from_proxy;
        dropped_field cause = dropped_field::count_; // from a stranger
    };
    row const rows[] = {
        {"Accept: */*", true, true},
        {"X-Mine: 1", true, true},
        {"Keep-Alive: 1", false, false},
        {"TE: trailers", false, false},
        {"Proxy-Authorization: Basic x", false, false},
        {"HTTP2-Settings: x", false, false},
        {"X-Yett-User: eve", false, false, dropped_field::identity},
        {"Remote_User: eve", false, false, dropped_field::identity},
        {"X-Forwarded-User: eve", false, false, dropped_field::identity},
        {"X-Original-URL: /admin", false, false, dropped_field::rewriting},
        {"X-HTTP-Method-Override: DELETE", false, false, dropped_field::rewriting},
        {"X-Middleware-Subrequest: 1", false, false, dropped_field::internal},
        {"my_name: 1", false, false, dropped_field::spelling},
        {"my.name: 1", false, false, dropped_field::spelling},
        {"X-Accel-Redirect: /x", false, true, dropped_field::internal},
        {"X-SSL-Client-Verify: SUCCESS", false, true, dropped_field::identity},
        {"CF-Connecting-IP: ::1", false, true, dropped_field::forwarding},
        {"X-Forwarded-Prefix: /p", false, true, dropped_field::forwarding},
    };
    for (auto const& each : rows) {
        CAPTURE(each.field);
        auto const line = std::string{each.field} + "\r\n";
        CHECK(passed(line).size() == (each.from_stranger ? 1 : 0));
        CHECK(passed(line, trusted()).size() == (each.from_proxy ? 1 : 0));
        asking const a;
        question q{get_with(line), a};
        recorded_head ignored;
        REQUIRE(q.tell(ignored).has_value());
        if (each.cause != dropped_field::count_) CHECK(q.dropped[each.cause].value() == 1);
    }
}

TEST_CASE("header rules: trusted proxies that write Forwarded do not write X-Forwarded-*, everything else they may say")
{
    auto by_forwarded = trusted();
    by_forwarded.options.trusts_forwarded = true;
    CHECK(passed("X-Forwarded-Prefix: /p\r\n", by_forwarded).empty());
    CHECK(passed("X-Forwarded-Client-Cert: x\r\n", by_forwarded).empty());
    CHECK(passed("X-Forwarded-Tls-Client-Cert: x\r\n", by_forwarded).empty());
    CHECK(passed("X-Client-Cert: x\r\n", by_forwarded).size() == 1);
    CHECK(passed("CF-Connecting-IP: ::1\r\n", by_forwarded).size() == 1);
    CHECK(passed("X-Accel-Redirect: /x\r\n", by_forwarded).size() == 1);
}

TEST_CASE("header rules: what Connection nominates ends here, and too many nominations end the request")
{
    CHECK(passed("Connection: x-a, close\r\nX-A: 1\r\nX-B: 2\r\n") == std::vector<field_text>{{"X-B", "2"}});
    std::string many = "Connection: a0";
    for (int i = 1; i < 33; ++i) many += ", a" + std::to_string(i);
    asking const a;
    question q{get_with(many + "\r\n"), a};
    recorded_head head;
    auto const answer = q.tell(head);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code() == errc::bad_request);
    CHECK(head.fields().empty());
}

TEST_CASE("header rules: a rule's own fields stand behind the client's, which lose those names")
{
    asking a;
    a.rules.emplace(field_rules::options{.set = {{"X-Tenant", "one"}, {"X-Env", ""}}});
    std::vector<field_text> const wanted{{"X-Other", "1"}, {"X-Tenant", "one"}, {"X-Env", ""}};
    CHECK(passed("x_tenant: eve\r\nX-TENANT: eve\r\nX-Other: 1\r\n", a) == wanted);
}

TEST_CASE("header rules: credentials and cookies pass by what they hold, and none of them with a preflight")
{
    struct row
    {
        std::string_view fields;
        std::vector<field_text> usual;
    };
    row const rows[] = {
        {"Authorization: Bearer x.y.z\r\n", {}},
        {"Authorization: Basic YTpi\r\n", {{"Authorization", "Basic YTpi"}}},
        {"Authorization: Basic eDp5azFfYWJj\r\n", {}},
        {"X-Api-Key: yk1_abc\r\n", {}},
        {"X-Api-Key: theirs\r\n", {{"X-Api-Key", "theirs"}}},
        {"Cookie: ours=1\r\n", {}},
        {"Cookie: ours=1; a=b\r\nCookie: c=d\r\n", {{"Cookie", "a=b; c=d"}}},
        {"Cookie: a=b\r\nX-Between: 1\r\nCookie: ours=1\r\n", {{"Cookie", "a=b"}, {"X-Between", "1"}}},
        {"Sec-WebSocket-Protocol: yett.bearer.T, chat\r\n", {{"Sec-WebSocket-Protocol", "chat"}}},
    };
    asking a;
    a.options.cookies = {"ours"};
    a.options.secret_prefixes = {"yk1_"};
    auto preflight = a;
    preflight.bare = true;
    for (auto const& each : rows) {
        CAPTURE(each.fields);
        CHECK(passed(each.fields, a) == each.usual);
        auto left = passed(each.fields, preflight);
        std::erase(left, field_text{"X-Between", "1"});
        CHECK(left.empty());
    }
}

TEST_CASE("header rules: the start is the target in its one spelling, and Host the one the application is told")
{
    struct row
    {
        std::string_view line;
        std::string_view host; // as asked
        std::string_view told; // by configuration
        std::string_view request;
        std::string_view sent;
    };
    row const rows[] = {
        {"GET /a/../b HTTP/1.1", "EXAMPLE.com:81", "", "GET /b", "example.com:81"},
        {"GET /a? HTTP/1.1", "example.com", "", "GET /a?", "example.com"},
        {"GET /a HTTP/1.1", "example.com:81", "app.local:90", "GET /a", "app.local:90"},
        {"OPTIONS * HTTP/1.1", "[2001:DB8::1]", "", "OPTIONS *", "[2001:db8::1]"},
    };
    for (auto const& each : rows) {
        CAPTURE(each.line);
        asking a;
        a.host = each.told;
        auto const head = told(std::string{each.line} + "\r\nHost: " + std::string{each.host} + "\r\n\r\n", a);
        CHECK(head.request() == each.request);
        CHECK(head.value("Host") == each.sent);
    }
}

TEST_CASE("header rules: what is said of a body")
{
    using kind = announced_body::kind;
    struct row
    {
        std::string_view line;
        std::string_view fields;
        std::optional<std::uint64_t> arrived; // the length of a body that is there as a whole
        announced_body said;
    };
    row const rows[] = {
        {"GET / HTTP/1.1", "", {}, {}},
        {"GET / HTTP/1.1", "Content-Length: 0\r\n", {}, {kind::sized, 0}},
        {"GET / HTTP/1.1", "Content-Length: 3\r\n", {}, {kind::sized, 3}},
        {"DELETE / HTTP/1.1", "", {}, {}},
        {"POST / HTTP/1.1", "", {}, {kind::sized, 0}},
        {"PUT / HTTP/1.1", "", {}, {kind::sized, 0}},
        {"PATCH / HTTP/1.1", "", {}, {kind::sized, 0}},
        {"GET / HTTP/1.1", "Transfer-Encoding: chunked\r\n", {}, {kind::streamed}},
        {"POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", {}, {kind::streamed}},
        {"POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", 7, {kind::sized, 7}},
        {"GET / HTTP/1.1", "Transfer-Encoding: chunked\r\n", 0, {kind::sized, 0}},
    };
    for (auto const& each : rows) {
        CAPTURE(each.line);
        CAPTURE(each.fields);
        auto const request = std::string{each.line} + "\r\nHost: a\r\n" + std::string{each.fields} + "\r\n";
        asking a;
        a.length = each.arrived;
        auto const said = told(request, a).body();
        CHECK(said.is == each.said.is);
        CHECK(said.length == each.said.length);
        a.bare = true;
        CHECK(told(request, a).body().is == kind::none);
        a.bare = false;
        a.websocket = true;
        CHECK(told(request, a).body().is == kind::websocket);
    }
}

TEST_CASE("header rules: what is told of the way a request came, in its order")
{
    asking a;
    a.request_id = "req-1";
    std::vector<field_text> const by_stranger{{"Host", "example.com"},
                                              {"Via", "1.1 yett"},
                                              {"X-Forwarded-For", "192.0.2.7"},
                                              {"X-Forwarded-Proto", "https"},
                                              {"X-Forwarded-Host", "example.com"},
                                              {"X-Forwarded-Port", "443"},
                                              {"X-Real-IP", "192.0.2.7"},
                                              {"Forwarded", "for=192.0.2.7;host=\"example.com\";proto=https"},
                                              {"X-Request-Id", "req-1"}};
    CHECK(told(get_with("Via: 1.1 eve\r\ntraceparent: 00-e-e-01\r\n"), a).fields() == by_stranger);

    a.client = {.address = "2001:db8::5", .trusted = true, .named = true, .hops = ", 10.0.0.1", .host = "public.example:81"};
    auto const by_proxy = told(get_with("Via: 1.1 edge\r\ntraceparent: 00-a-b-01\r\ntracestate: x=y\r\n"), a);
    CHECK(by_proxy.value("Via") == "1.1 edge, 1.1 yett");
    CHECK(by_proxy.value("X-Forwarded-For") == "2001:db8::5, 10.0.0.1, " + fake_exchange::local_peer().address);
    CHECK(by_proxy.value("X-Forwarded-Proto") == "http");
    CHECK(by_proxy.value("X-Forwarded-Host") == "public.example:81");
    CHECK(by_proxy.value("X-Forwarded-Port") == "81");
    CHECK(by_proxy.value("traceparent") == "00-a-b-01");
    CHECK(by_proxy.value("tracestate") == "x=y");
}

TEST_CASE("header rules: an identity is told whole or the request is refused, and roles may be missed aloud")
{
    identity who;
    who.subject = "u-1";
    who.roles = {std::string(60, 'r'), std::string(60, 's')};
    asking a;
    a.who = &who;
    a.options.identity_values.most_bytes = 64;
    question q{get_with(""), a};
    recorded_head head;
    auto const answer = q.tell(head);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code() == errc::forbidden);

    a.options.identity_values.omits_roles = true;
    auto const sent = told(get_with(""), a);
    CHECK(sent.value("X-Yett-User") == "u-1");
    CHECK_FALSE(sent.value("X-Yett-Roles").has_value());
    CHECK_FALSE(sent.value("X-Yett-Email").has_value());
    CHECK(sent.value("X-Yett-Roles-Omitted") == "true");
}

// One decision, two spellings: whatever a client sends, the bytes are the recorded fields.
TEST_CASE("header rules: every sink is told the same")
{
    std::mt19937 random{7};
    constexpr std::string_view names[] = {"Accept", "Cookie",      "Authorization", "X-Forwarded-For",
                                          "Via",    "X-Yett-User", "X-Client-Cert", "Connection",
                                          "X_Odd",  "Forwarded",   "X-Mine"};
    constexpr std::string_view values[] = {"a", "a=b; ours=c", "Bearer x.y.z", "1.1.1.1", "X-Mine", ""};
    for (int round = 0; round < 500; ++round) {
        std::string fields;
        for (auto count = random() % 8; count > 0; --count) {
            auto const name = names[random() % std::size(names)];
            auto const value = name == "Connection" ? "X-Mine" : values[random() % std::size(values)];
            fields.append(name).append(": ").append(value) += "\r\n";
        }
        CAPTURE(fields);
        identity who;
        who.subject = "\xc3\xa4%";
        asking a;
        a.options.cookies = {"ours"};
        a.client.trusted = random() % 2 == 0;
        if (random() % 2 == 0) a.who = &who;
        question q{get_with(fields), a};
        recorded_head recorded;
        std::string text;
        http1_head_sink spelled{text};
        REQUIRE(q.tell(recorded).has_value() == q.tell(spelled).has_value());
        auto wanted = recorded.request() + " HTTP/1.1\r\n";
        for (auto const& each : recorded.fields()) wanted += each.name + ": " + each.value + "\r\n";
        CHECK(text == wanted + "\r\n");
    }
}
