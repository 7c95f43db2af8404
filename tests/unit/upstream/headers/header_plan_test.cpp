#include "gateway/upstream/headers/field_rules.hpp"
#include "gateway/upstream/headers/header_plan.hpp"
#include "gateway/upstream/headers/http1_head_sink.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/fields/header_fold.hpp"
#include "gateway/http/framing.hpp"
#include "tests/support/fake_exchange.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace yett;
using namespace yett::upstream;
using yett::tests::fake_exchange;

namespace {

// The head for the application, read back by the gate.
struct composed
{
    std::string text;
    std::vector<http::field> storage = std::vector<http::field>(300);
    std::optional<http::head> head;

    std::string value(std::string_view name) const
    {
        auto const* const f = head->find(name);
        return f ? std::string{f->value} : std::string{"(none)"};
    }
    std::size_t count(std::string_view name) const
    {
        auto const fields = head->fields();
        return static_cast<std::size_t>(std::count_if(
            fields.begin(), fields.end(), [&](http::field const& f) { return http::ascii::equal_ignoring_case(f.name, name); }));
    }
};

struct asking
{
    header_options options = {};
    client_facts client = {.address = "192.0.2.7", .trusted = false, .https = true};
    proved_caller who = {};
    std::string request_id = "req-1";
    std::string traceparent = {};
    std::string assertion = {};
    bearer_terms bearers = {};
    std::optional<std::uint64_t> length = {};
    std::string peer = "192.0.2.7";
    std::string host = {}; // told to the application
    std::optional<field_rules> rules = {};
    telemetry::by<telemetry::dropped_field>* dropped = nullptr;
    bool bare = false;
};

result<upstream::composed> try_compose(std::string_view request, asking const& a, std::string& out)
{
    auto const plan = header_plan::from(a.options);
    REQUIRE(plan);
    auto peer = fake_exchange::local_peer();
    peer.address = a.peer;
    fake_exchange const ex{request, peer};
    composition c{ex.request(), ex.where(), ex.from(), a.client};
    c.who = a.who;
    c.request_id = a.request_id;
    c.traceparent = a.traceparent;
    c.assertion = a.assertion;
    c.bearers = a.bearers;
    c.length = a.length;
    c.host = a.host;
    if (a.rules) c.rules = &*a.rules;
    c.dropped = a.dropped;
    c.bare = a.bare;
    return write_http1_head(*plan, c, out);
}

// `fields` are whole lines, each with its line end.
composed compose(std::string_view fields, asking const& a = {}, std::string_view line = "GET / HTTP/1.1")
{
    composed c;
    auto const request = std::string{line} + "\r\nHost: example.com\r\n" + std::string{fields} + "\r\n";
    REQUIRE(try_compose(request, a, c.text).has_value());
    auto head = http::framing::read_request(c.text, c.storage, {1 << 20, 300, 1 << 16});
    REQUIRE(head);
    c.head = *head;
    return c;
}

std::string begin_of(std::string const& text)
{
    return text.substr(0, text.find("\r\nVia:"));
}

identity ada()
{
    identity who;
    who.subject = "u-1";
    who.email = "ada@example.com";
    who.roles = {"admin", "staff"};
    who.scopes = {"read"};
    who.session = "s-1";
    who.issuer = "https://auth.example.com";
    who.token_id = "t-1";
    who.issued_at = from_unix(1'700'000'100);
    who.authenticated_at = from_unix(1'700'000'000);
    who.expires_at = from_unix(1'700'001'000);
    return who;
}

constexpr std::array identity_names{"X-Yett-User",
                                    "X-Yett-Email",
                                    "X-Yett-Roles",
                                    "X-Yett-Scopes",
                                    "X-Yett-Auth-Time",
                                    "X-Yett-Session",
                                    "X-Yett-Assertion",
                                    "X-Yett-Anything",
                                    "X-Auth-Request-User",
                                    "X-Auth-Request-Email",
                                    "X-Auth-Request-Groups",
                                    "X-Auth-Request-Preferred-Username",
                                    "X-Auth-Request-Access-Token",
                                    "X-Forwarded-User",
                                    "X-Forwarded-Email",
                                    "X-Forwarded-Groups",
                                    "X-Forwarded-Preferred-Username",
                                    "X-Forwarded-Access-Token",
                                    "Remote-User",
                                    "Remote-Email",
                                    "Remote-Groups",
                                    "Remote-Name",
                                    "X-Person",
                                    "X-Api-Key"};

} // namespace

TEST_CASE("headers: the request line is the target in its one spelling")
{
    struct line
    {
        std::string_view sent;
        std::string_view forwarded;
    };
    line const cases[] = {
        {"GET / HTTP/1.1", "GET / HTTP/1.1"},
        {"GET /a/./b/../c?x=%41 HTTP/1.1", "GET /a/c?x=%41 HTTP/1.1"},
        {"GET /%7Euser HTTP/1.1", "GET /~user HTTP/1.1"},
        {"GET /a? HTTP/1.1", "GET /a? HTTP/1.1"},
        {"GET http://EXAMPLE.com/a HTTP/1.1", "GET /a HTTP/1.1"},
        {"OPTIONS * HTTP/1.1", "OPTIONS * HTTP/1.1"},
        {"DELETE /a HTTP/1.0", "DELETE /a HTTP/1.1"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.sent);
        CHECK(compose("", {}, c.sent).text.starts_with(std::string{c.forwarded} + "\r\nHost: example.com\r\n"));
    }
}

TEST_CASE("headers: Host is what the client asked for, normalised, with its port")
{
    struct host
    {
        std::string_view sent;
        std::string_view forwarded;
        std::string_view port;
    };
    host const cases[] = {
        {"EXAMPLE.com", "example.com", "443"},
        {"example.com.:8443", "example.com:8443", "8443"},
        {"[2001:DB8::1]:80", "[2001:db8::1]:80", "80"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.sent);
        std::string out;
        REQUIRE(try_compose("GET / HTTP/1.1\r\nHost: " + std::string{c.sent} + "\r\n\r\n", {}, out).has_value());
        CHECK(out.starts_with("GET / HTTP/1.1\r\nHost: " + std::string{c.forwarded} + "\r\n"));
        CHECK(out.find("\r\nX-Forwarded-Host: " + std::string{c.forwarded} + "\r\n") != out.npos);
        CHECK(out.find("\r\nX-Forwarded-Port: " + std::string{c.port} + "\r\n") != out.npos);
    }
}

TEST_CASE("headers: what belongs to the application passes as it is, repeats and order included")
{
    CHECK(
        begin_of(compose("Accept: */*\r\nX-One: 1\r\nUser-Agent: u\r\nX-One: 2\r\nOrigin: https://a\r\nX-Empty:\r\n").text) ==
        "GET / HTTP/1.1\r\nHost: example.com\r\nAccept: */*\r\nX-One: 1\r\nUser-Agent: u\r\nX-One: 2\r\nOrigin: https://a\r\nX-Empty: ");
}

TEST_CASE("headers: hop-by-hop fields and what speaks over Yett's head are removed")
{
    for (std::string_view const gone : {"Connection: close",
                                        "Keep-Alive: timeout=5",
                                        "Proxy: http://evil",
                                        "Proxy-Connection: keep-alive",
                                        "Proxy-Authorization: Basic x",
                                        "Proxy-Authenticate: Basic",
                                        "Proxy-Anything: 1",
                                        "TE: trailers",
                                        "Trailer: X-A",
                                        "Upgrade: websocket",
                                        "HTTP2-Settings: x",
                                        "Expect: 100-continue",
                                        "X-Original-URL: /admin",
                                        "X-Original-Method: PUT",
                                        "X-Original-Host: a",
                                        "X-Rewrite-URL: /admin",
                                        "X-HTTP-Method-Override: PUT",
                                        "X-HTTP-Method: PUT",
                                        "X-Method-Override: PUT",
                                        "x_odd: 1",
                                        "x.odd: 1",
                                        "a_: 1"}) {
        CAPTURE(gone);
        CHECK(begin_of(compose(std::string{gone} + "\r\n").text) == "GET / HTTP/1.1\r\nHost: example.com");
        auto trusted = asking{};
        trusted.client.trusted = true;
        CHECK(begin_of(compose(std::string{gone} + "\r\n", trusted).text) == "GET / HTTP/1.1\r\nHost: example.com");
    }
}

TEST_CASE("headers: Connection removes what it names, but nothing that Yett sets")
{
    auto const who = ada();
    asking a;
    a.who = &who;
    auto const c =
        compose("Connection: close, X-Hop ,x-OTHER\r\nConnection: Host, X-Yett-User, Content-Length, X-Forwarded-For, Via\r\n"
                "X-Hop: 1\r\nX-Other: 1\r\nX-Stays: 1\r\nContent-Length: 3\r\n",
                a, "POST / HTTP/1.1");
    CHECK(c.value("X-Hop") == "(none)");
    CHECK(c.value("X-Other") == "(none)");
    CHECK(c.value("X-Stays") == "1");
    CHECK(c.value("Host") == "example.com");
    CHECK(c.value("X-Yett-User") == "u-1");
    CHECK(c.value("X-Forwarded-For") == "192.0.2.7");
    CHECK(c.value("Content-Length") == "3");
    CHECK(c.value("Via") == "1.1 yett");
    CHECK(c.value("Connection") == "(none)");
}

TEST_CASE("headers: a Connection that names too much is refused")
{
    std::string fields = "Connection: keep-alive";
    for (int i = 0; i < 33; ++i) fields += ",a" + std::to_string(i);
    std::string out;
    auto const refused = try_compose("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n", {}, out);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error() == errc::bad_request);
}

TEST_CASE("headers: identity names are removed in random spellings, under every preset, trusted or not")
{
    std::mt19937 random{42};
    auto const pick = [&](std::size_t n) { return random() % n; };
    for (int round = 0; round < 3000; ++round) {
        std::string const name = identity_names[pick(identity_names.size())];
        auto spelled = name;
        for (auto& c : spelled) {
            if (c == '-') c = "-_."[pick(3)];
            else if (pick(2)) c = static_cast<char>(c ^ ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? 0x20 : 0));
        }
        asking a;
        a.options.identity = static_cast<preset>(pick(4));
        a.options.set = {{"X-Person", "sub"}, {"X-Api-Key", "sid"}};
        a.options.nonstandard_names = {spelled, http::folded(spelled)};
        a.client.trusted = pick(2) != 0;
        std::string value = pick(4) ? "eve" : "";
        auto const c = compose(spelled + ": " + value + "\r\nAccept: x\r\n" + spelled + ": mallory\r\n", a);
        CAPTURE(spelled);
        for (auto const& f : c.head->fields()) CHECK_FALSE(http::folds_equal(f.name, name));
        CHECK(c.text.find("eve") == c.text.npos);
        CHECK(c.text.find("mallory") == c.text.npos);
    }
}

TEST_CASE("headers: with an identity, each of its headers comes once and from Yett")
{
    auto const who = ada();
    for (int chosen = 0; chosen < 4; ++chosen) {
        asking a;
        a.options.identity = static_cast<preset>(chosen);
        a.options.set = {{"X-Person", "sub"}, {"X-Api-Key", "sid"}};
        a.who = &who;
        std::string fields;
        for (std::string const name : identity_names) fields += name + ": eve\r\n";
        auto const c = compose(fields, a);
        CHECK(c.text.find("eve") == c.text.npos);
        for (std::string const name : identity_names) CHECK(c.count(name) <= 1);
    }
}

TEST_CASE("headers: odd names pass only when they are allowed, and then are judged as their usual spelling")
{
    asking a;
    a.options.nonstandard_names = {"my_header",        "x.version",         "x_forwarded_for", "content_length",
                                   "x_forwarded_user", "transfer.encoding", "x_original_url"};
    auto const c = compose("My_Header: 1\r\nx.version: 2\r\nmy.header: 3\r\nX_Forwarded_For: 1.2.3.4\r\nContent_Length: 5\r\n"
                           "x_forwarded_user: eve\r\nTransfer.Encoding: chunked\r\nX_Original_Url: /admin\r\n",
                           a);
    CHECK(begin_of(c.text) == "GET / HTTP/1.1\r\nHost: example.com\r\nMy_Header: 1\r\nx.version: 2");
}

TEST_CASE("headers: the presets carry the identity")
{
    auto const who = ada();
    struct wanted
    {
        preset active;
        std::vector<std::pair<std::string, std::string>> fields;
    };
    wanted const cases[] = {
        {preset::none, {{"X-Yett-User", "(none)"}, {"Remote-User", "(none)"}, {"X-Forwarded-User", "(none)"}}},
        {preset::yett,
         {{"X-Yett-User", "u-1"},
          {"X-Yett-Email", "ada@example.com"},
          {"X-Yett-Roles", "admin,staff"},
          {"X-Yett-Scopes", "read"},
          {"X-Yett-Auth-Time", "1700000000"},
          {"X-Yett-Session", "s-1"}}},
        {preset::oauth2_proxy,
         {{"X-Auth-Request-User", "u-1"},
          {"X-Auth-Request-Email", "ada@example.com"},
          {"X-Auth-Request-Groups", "admin,staff"},
          {"X-Auth-Request-Preferred-Username", "ada@example.com"},
          {"X-Forwarded-User", "u-1"},
          {"X-Forwarded-Email", "ada@example.com"},
          {"X-Forwarded-Groups", "admin,staff"},
          {"X-Forwarded-Preferred-Username", "ada@example.com"},
          {"X-Yett-User", "(none)"}}},
        {preset::remote_user,
         {{"Remote-User", "u-1"},
          {"Remote-Email", "ada@example.com"},
          {"Remote-Groups", "admin,staff"},
          {"Remote-Name", "ada@example.com"}}},
    };
    for (auto const& w : cases) {
        asking a;
        a.options.identity = w.active;
        a.who = &who;
        auto const c = compose("", a);
        for (auto const& [name, value] : w.fields) {
            CAPTURE(name);
            CHECK(c.value(name) == value);
        }
    }
}

TEST_CASE("headers: configured names carry any claim, and replace a preset's")
{
    auto const who = ada();
    asking a;
    a.who = &who;
    a.options.set = {{"X-User-Id", "sub"}, {"X-U", "user_id"},      {"X-Mail", "email"}, {"X-Login", "preferred_username"},
                     {"X-R", "roles"},     {"X-G", "groups"},       {"X-S", "scope"},    {"X-Iss", "iss"},
                     {"X-Sid", "sid"},     {"X-Jti", "jti"},        {"X-Iat", "iat"},    {"X-At", "auth_time"},
                     {"X-Exp", "exp"},     {"x-yett-user", "email"}};
    auto const c = compose("X-Sid: eve\r\n", a);
    for (auto const& [name, value] : std::vector<std::pair<std::string, std::string>>{{"X-User-Id", "u-1"},
                                                                                      {"X-U", "u-1"},
                                                                                      {"X-Mail", "ada@example.com"},
                                                                                      {"X-Login", "ada@example.com"},
                                                                                      {"X-R", "admin,staff"},
                                                                                      {"X-G", "admin,staff"},
                                                                                      {"X-S", "read"},
                                                                                      {"X-Iss", "https://auth.example.com"},
                                                                                      {"X-Sid", "s-1"},
                                                                                      {"X-Jti", "t-1"},
                                                                                      {"X-Iat", "1700000100"},
                                                                                      {"X-At", "1700000000"},
                                                                                      {"X-Exp", "1700001000"},
                                                                                      {"X-Yett-User", "ada@example.com"}}) {
        CAPTURE(name);
        CHECK(c.value(name) == value);
        CHECK(c.count(name) == 1);
    }
}

TEST_CASE("headers: what the client's certificate says goes into the names that are set for it, beside a token or alone")
{
    auto const who = ada();
    client_certificate shown;
    shown.uris = {"spiffe://example.org/ns/a,b", "urn:x"};
    shown.dns = {"a.internal", "b.internal"};
    shown.sha256 = "00ff";
    asking a;
    a.options.set = {{"X-Client-Cert-Uri", "cert_uri"},
                     {"X-Cert-Dns", "cert_dns"},
                     {"X-Cert-Email", "cert_email"},
                     {"X-Cert-Hash", "cert_sha256"}};
    std::string const forged =
        "X-Client-Cert-Uri: spiffe://evil\r\nX-Cert-Dns: evil\r\nX-Cert-Email: e@v.il\r\nx_cert_hash: 1\r\n";
    auto const told = [&](proved_caller const& by) {
        a.who = by;
        return compose(forged, a);
    };
    auto const nobody = told({});
    for (auto const* name : {"X-Client-Cert-Uri", "X-Cert-Dns", "X-Cert-Email", "X-Cert-Hash", "x_cert_hash"}) {
        CHECK(nobody.count(name) == 0);
        CHECK(told(&who).count(name) == 0);
    }
    auto const both = told({&who, &shown});
    auto const alone = told({nullptr, &shown});
    for (auto const* each : {&both, &alone}) {
        CHECK(each->value("X-Client-Cert-Uri") == "spiffe://example.org/ns/a%2Cb,urn:x");
        CHECK(each->value("X-Cert-Dns") == "a.internal,b.internal");
        CHECK(each->count("X-Cert-Email") == 0);
        CHECK(each->value("X-Cert-Hash") == "00ff");
    }
    CHECK(both.value("X-Yett-User") == "u-1");
    CHECK(alone.count("X-Yett-User") == 0);
    CHECK(alone.count("X-Yett-Roles") == 0);
}

TEST_CASE("headers: a plan that cannot be kept is refused")
{
    for (std::string const name :
         {"", "X Y", "X:Y", "X\r\nY", "Host", "content_length", "Transfer-Encoding", "Connection", "Proxy-User", "TE"}) {
        CAPTURE(name);
        header_options options;
        options.set = {{name, "sub"}};
        auto const plan = header_plan::from(options);
        REQUIRE_FALSE(plan);
        CHECK(plan.error() == errc::bad_request);
    }
    header_options unknown;
    unknown.set = {{"X-User", "shoe_size"}};
    CHECK_FALSE(header_plan::from(unknown));
    header_options assertion;
    for (auto const* const taken : {"Host", "X-Yett-User", "x_yett_roles", "X-Who"}) {
        assertion.set = {{"X-Who", "sub"}};
        assertion.assertion_header = taken;
        CHECK_FALSE_MESSAGE(header_plan::from(assertion), taken);
    }
}

TEST_CASE("headers: whatever a claim says, it stays inside its value")
{
    struct encoded
    {
        std::string claim;
        std::string_view value;
    };
    encoded const cases[] = {
        {"eve\r\nX-Yett-Roles: admin", "eve%0D%0AX-Yett-Roles: admin"},
        {std::string("a\0b", 3), "a%00b"},
        {"\n", "%0A"},
        {"tab\there", "tab%09here"},
        {"caf\xc3\xa9", "caf%C3%A9"},
        {"caf%C3%A9", "caf%25C3%25A9"},
        {"\x7f", "%7F"},
        {" padded ", "%20padded%20"},
        {"two words, one comma", "two words, one comma"},
    };
    for (auto const& c : cases) {
        identity who;
        who.subject = c.claim;
        asking a;
        a.who = &who;
        CAPTURE(c.value);
        CHECK(compose("", a).value("X-Yett-User") == c.value);
    }
    identity who;
    who.subject = "u";
    who.roles = {"a,admin", "b", "", "c\r\n"};
    asking a;
    a.who = &who;
    auto const c = compose("", a);
    CHECK(c.value("X-Yett-Roles") == "a%2Cadmin,b,c%0D%0A");
    CHECK(c.value("X-Yett-Email") == "(none)");
}

TEST_CASE("headers: random claims never make another line")
{
    std::mt19937 random{3};
    for (int round = 0; round < 500; ++round) {
        identity who = ada();
        std::string bytes(random() % 40 + 1, ' ');
        for (auto& c : bytes) c = static_cast<char>(random() % 256);
        who.subject = who.email = who.session = bytes;
        who.roles = {bytes, bytes};
        asking a;
        a.who = &who;
        auto const c = compose("", a);
        CHECK(c.head->fields().size() == 8 + 1 + 6);
    }
}

TEST_CASE("headers: an identity that does not fit is refused, not cut")
{
    identity who = ada();
    asking a;
    a.who = &who;
    std::string out;
    constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    who.subject = std::string(8192, 'x');
    CHECK(try_compose(request, a, out).has_value());
    who.subject += 'x';
    CHECK(try_compose(request, a, out).error() == errc::forbidden);
    who = ada();
    who.roles.assign(1000, "a-long-role");
    auto const refused = try_compose(request, a, out);
    CHECK(refused.error() == errc::forbidden);
    CHECK(refused.error().note().find("X-Yett-Roles") != std::string::npos);
    CHECK(refused.error().note().find("identity_headers.most_bytes") != std::string::npos);
}

TEST_CASE("headers: roles that do not fit are left out as a whole where the settings say so, and missed aloud")
{
    identity who = ada();
    asking a;
    a.who = &who;
    a.options.identity_values.omits_roles = true;
    CHECK(compose("X-Yett-Roles-Omitted: true\r\n", a).value("X-Yett-Roles-Omitted") == "(none)");
    who.roles.assign(1000, "a-long-role");
    auto const c = compose("", a);
    CHECK(c.value("X-Yett-Roles") == "(none)");
    CHECK(c.value("X-Yett-Roles-Omitted") == "true");
    CHECK(c.value("X-Yett-User") == "u-1");
    CHECK(c.value("X-Yett-Scopes") == "read");
}

TEST_CASE("headers, sibling: other values that do not fit are refused all the same, and two role headers are missed once")
{
    identity who = ada();
    asking a;
    a.who = &who;
    a.options.identity_values.omits_roles = true;
    a.options.set = {{"X-Groups", "groups"}};
    who.roles.assign(1000, "a-long-role");
    auto const c = compose("", a);
    CHECK(c.count("X-Yett-Roles-Omitted") == 1);
    CHECK(c.value("X-Groups") == "(none)");
    who = ada();
    std::string out;
    who.scopes.assign(1000, "a-long-scope");
    CHECK(try_compose("GET / HTTP/1.1\r\nHost: a\r\n\r\n", a, out).error() == errc::forbidden);
}

TEST_CASE("headers: an application is told of the roles that the patterns name")
{
    identity who = ada();
    who.roles = {"app-admin", "app-staff", "vpn", "wiki-app-x", "App-admin", ""};
    asking a;
    a.who = &who;
    auto const written = [&](std::vector<std::string> patterns) {
        a.options.identity_values.roles = told_roles{std::move(patterns)};
        return compose("", a).value("X-Yett-Roles");
    };
    CHECK(written({}) == "app-admin,app-staff,vpn,wiki-app-x,App-admin");
    CHECK(written({"app-*"}) == "app-admin,app-staff");
    CHECK(written({"*admin", "vpn"}) == "app-admin,vpn,App-admin");
    CHECK(written({"*-*-*"}) == "wiki-app-x");
    CHECK(written({"none"}) == "(none)");
}

TEST_CASE("headers, sibling: two hundred groups of Entra fit by default, and a filter makes a longer list fit")
{
    identity who = ada();
    who.roles.assign(200, "0197a2c5-7f00-7000-8000-000000000000");
    asking a;
    a.who = &who;
    CHECK(compose("", a).value("X-Yett-Roles").size() == 200 * 37 - 1);
    who.roles.assign(1000, "a-long-role");
    who.roles.emplace_back("admin");
    a.options.identity_values.roles = told_roles{{"adm*"}};
    CHECK(compose("", a).value("X-Yett-Roles") == "admin");
}

TEST_CASE("headers: the assertion is sent when there is one, and only ours")
{
    asking a;
    CHECK(compose("X-Yett-Assertion: forged\r\n", a).value("X-Yett-Assertion") == "(none)");
    a.assertion = "e30.e30.c2ln";
    CHECK(compose("X-Yett-Assertion: forged\r\n", a).value("X-Yett-Assertion") == "e30.e30.c2ln");
    a.options.assertion_header = "";
    CHECK(compose("", a).value("X-Yett-Assertion") == "(none)");
}

TEST_CASE("headers: bearer tokens stay behind, other credentials pass")
{
    for (std::string const value : {"Bearer abc", "bearer abc", "BEARER  abc", "Bearer", "Bearer\tabc"}) {
        CAPTURE(value);
        CHECK(compose("Authorization: " + value + "\r\n").value("Authorization") == "(none)");
        asking keep;
        keep.options.keep_bearer = true;
        CHECK(compose("Authorization: " + value + "\r\n", keep).value("Authorization") == value);
    }
    for (std::string const value : {"Basic abc", "Bearerish abc", "DPoP abc"})
        CHECK(compose("Authorization: " + value + "\r\n").value("Authorization") == value);
}

TEST_CASE("headers: an API key stays behind wherever it stands, and other keys pass")
{
    asking a;
    a.options.secret_prefixes = {"yk1_", "yr1_"};
    asking keep = a;
    keep.options.keep_bearer = true;
    for (auto const& each : {a, keep}) {
        for (std::string const value :
             {"yk1_abc", "a, yk1_abc", " yk1_abc", "ApiKey yk1_abc", "Bearer yk1_abc", "bearer yk1_abc"}) {
            CAPTURE(value);
            CHECK(compose("X-Api-Key: " + value + "\r\n", each).value("X-Api-Key") == "(none)");
            CHECK(compose("X-API-KEY: " + value + "\r\nX-Api-Key: mine\r\n", each).value("X-Api-Key") == "mine");
            CHECK(compose("Authorization: " + value + "\r\n", each).value("Authorization") == "(none)");
        }
        for (std::string const value : {"mine", "yk1", "YK1_abc"})
            CHECK(compose("X-Api-Key: " + value + "\r\n", each).value("X-Api-Key") == value);
    }
    a.options.nonstandard_names = {"X_Api_Key"};
    CHECK(compose("X_Api_Key: yk1_abc\r\n", a).value("X_Api_Key") == "(none)");
    a.options.secret_prefixes.clear();
    CHECK(compose("X-Api-Key: yk1_abc\r\n", a).value("X-Api-Key") == "yk1_abc");
}

TEST_CASE("headers: a Bearer that is none of ours passes where the application may have its own")
{
    std::function<bool(std::string_view)> const ours = [](std::string_view token) { return token == "ours"; };
    asking a;
    a.bearers.is_ours = &ours;
    a.bearers.others_pass = true;
    for (std::string const value : {"Bearer theirs", "bearer  theirs", "BEARER\ttheirs"})
        CHECK(compose("Authorization: " + value + "\r\n", a).value("Authorization") == value);
    for (std::string const value : {"Bearer ours", "bearer  ours", "Bearer\tours "})
        CHECK(compose("Authorization: " + value + "\r\n", a).value("Authorization") == "(none)");
    auto const both = compose("Authorization: Bearer ours\r\nAuthorization: Bearer theirs\r\n", a);
    CHECK(both.count("Authorization") == 1);
    CHECK(both.value("Authorization") == "Bearer theirs");
    CHECK(compose("Authorization: Bearer theirs\r\n").value("Authorization") == "(none)");
}

TEST_CASE("headers, sibling: the proved token goes on where the rule says so, and no other")
{
    asking a;
    a.bearers.proved = "proved";
    CHECK(compose("Authorization: Bearer proved\r\n", a).value("Authorization") == "Bearer proved");
    CHECK(compose("Authorization: Bearer other\r\n", a).value("Authorization") == "(none)");
    a.options.secret_prefixes = {"yk1_"};
    a.bearers.proved = "yk1_abc";
    CHECK(compose("Authorization: Bearer yk1_abc\r\n", a).value("Authorization") == "(none)");
}

TEST_CASE("headers: the field that brought the access token is removed, in every spelling, and Authorization stays")
{
    std::function<bool(std::string_view)> const ours = [](std::string_view token) { return token == "ours"; };
    asking a;
    a.bearers = {&ours, true, {}, "X-Access"};
    a.options.nonstandard_names = {"X_Access"};
    auto const c = compose("x-access: t\r\nX_Access: t\r\nAuthorization: Bearer theirs\r\nX-Access-2: t\r\n", a);
    CHECK(c.value("X-Access") == "(none)");
    CHECK(c.value("X_Access") == "(none)");
    CHECK(c.value("X-Access-2") == "t");
    CHECK(c.value("Authorization") == "Bearer theirs");
    CHECK(compose("Authorization: Bearer ours\r\n", a).value("Authorization") == "(none)");
}

TEST_CASE("headers: what holds a token of ours stays behind in every field that brings credentials, on every rule")
{
    std::function<bool(std::string_view)> const ours = [](std::string_view text) { return text.find("OURS") != text.npos; };
    asking a;
    a.bearers.is_ours = &ours;
    auto b = a;
    b.bearers.others_pass = true;
    b.rules.emplace(field_rules::options{.pass = {"X-Access-Token", "x_auth_token"}});
    for (auto const& each : {a, b}) {
        for (std::string const value : {"Token OURS", "OURS", "Digest username=\"OURS\"", "bearer  OURS", "Bearer .OURS"})
            CHECK_MESSAGE(compose("Authorization: " + value + "\r\n", each).value("Authorization") == "(none)", value);
        for (std::string const name : {"X-Api-Key", "X-Access-Token", "x-auth-token", "X-Authorization", "x_auth_token"}) {
            CHECK_MESSAGE(compose(name + ": Token OURS\r\n", each).value(name) == "(none)", name);
            auto const passes = name.find('_') == name.npos || each.rules;
            CHECK_MESSAGE(compose(name + ": Token mine\r\n", each).value(name) == (passes ? "Token mine" : "(none)"), name);
        }
        for (std::string const value : {"Token mine", "Basic abc", "NTLM abc"})
            CHECK_MESSAGE(compose("Authorization: " + value + "\r\n", each).value("Authorization") == value, value);
        CHECK(compose("Proxy-Authorization: Token mine\r\n", each).value("Proxy-Authorization") == "(none)");
        CHECK(compose("X-Other: OURS\r\n", each).value("X-Other") == "OURS");
    }
}

TEST_CASE("headers, sibling: a field that brings tokens on one rule brings none of ours to the applications of others")
{
    std::function<bool(std::string_view)> const ours = [](std::string_view text) { return text.find("OURS") != text.npos; };
    asking a;
    a.bearers.is_ours = &ours;
    a.options.token_fields = {"X-Caller", "Cf-Access-Jwt-Assertion"};
    CHECK(compose("X-CALLER: OURS\r\n", a).value("X-Caller") == "(none)");
    CHECK(compose("X-Caller: theirs\r\n", a).value("X-Caller") == "theirs");
    CHECK(compose("X-Callers: OURS\r\n", a).value("X-Callers") == "OURS");
    CHECK(compose("Cf-Access-Jwt-Assertion: theirs\r\n", a).value("Cf-Access-Jwt-Assertion") ==
          "(none)"); // a platform's all the same
    a.rules.emplace(field_rules::options{.pass = {"x_caller"}});
    CHECK(compose("x_caller: OURS\r\n", a).value("x_caller") == "(none)");
    CHECK(compose("x_caller: theirs\r\n", a).value("x_caller") == "theirs");
}

TEST_CASE("headers, sibling: nobody looks into a proved token or into a request without credentials")
{
    int asked = 0;
    std::function<bool(std::string_view)> const counts = [&](std::string_view) { return ++asked > 0; };
    asking a;
    a.bearers.is_ours = &counts;
    a.bearers.proved = "x.y.z";
    CHECK(compose("Authorization: Bearer x.y.z\r\nX-A: b\r\nAccept: */*\r\n", a).value("Authorization") == "Bearer x.y.z");
    a.bearers.proved = {};
    CHECK(compose("Authorization: Bearer x.y.z\r\nCookie: a=b\r\n", a).value("Authorization") == "(none)");
    CHECK(asked == 0);
}

TEST_CASE("headers: a key in what Basic encodes stays behind on every rule, another password passes")
{
    asking a;
    a.options.secret_prefixes = {"yk1_", "yr1_", "yl1_"};
    a.options.keep_bearer = true;
    for (std::string const value :
         {"Basic eDp5azFfYWJj", "basic eDp5azFfYWJj", "Basic  eDp5azFfYWJj", "Basic OnlrMV9hYmM=", "Basic OnlrMV9hYmM"}) {
        CAPTURE(value);
        CHECK(compose("Authorization: " + value + "\r\n", a).value("Authorization") == "(none)");
    }
    for (std::string const value : {"Basic YTpi", "Basic YTpYeWsxX2FiYw==", "Basic", "Basic :", "Basic !!"})
        CHECK(compose("Authorization: " + value + "\r\n", a).value("Authorization") == value);
}

TEST_CASE("headers, sibling: a key as the user of Basic and a refresh token behind any scheme stay behind, too")
{
    asking a;
    a.options.secret_prefixes = {"yk1_", "yr1_", "yl1_"};
    a.options.keep_bearer = true;
    for (std::string const value :
         {"Basic eWsxX2FiYzo=", "Token yr1_abc", "Bearer yl1_abc", "Basic eDp5cjFfYWJj", "Digest username=\"yk1_abc\""})
        CHECK(compose("Authorization: " + value + "\r\n", a).value("Authorization") == "(none)");
}

TEST_CASE("headers: what begins like a key inside a longer word is chance, and passes")
{
    asking a;
    a.options.secret_prefixes = {"yk1_"};
    a.options.keep_bearer = true;
    for (std::string const value : {"Bearer eyJhbGciOiJIUzI1NiJ9.xyk1_0.abc", "Bearer abc.yk1_def", "Token AAyk1_BB"})
        CHECK(compose("Authorization: " + value + "\r\n", a).value("Authorization") == value);
}

TEST_CASE("headers: a token among the subprotocols is taken out, and the rest goes on")
{
    auto const sent = [](std::string const& fields) { return compose(fields).value("Sec-WebSocket-Protocol"); };
    CHECK(sent("Sec-WebSocket-Protocol: chat, superchat\r\n") == "chat, superchat");
    CHECK(sent("Sec-WebSocket-Protocol: yett.bearer.TOKEN, chat\r\n") == "chat");
    CHECK(sent("Sec-WebSocket-Protocol: yett.bearer, yett.bearer.TOKEN, chat\r\n") == "yett.bearer, chat");
    CHECK(sent("Sec-WebSocket-Protocol: yett.bearer, yett.bearer.TOKEN\r\n") == "(none)");
    CHECK(sent("Sec-WebSocket-Protocol: yett.bearer.TOKEN\r\n") == "(none)");
}

TEST_CASE("headers, sibling: two tokens, another spelling and a second field hide none")
{
    auto const sent = [](std::string const& fields) { return compose(fields); };
    CHECK(sent("Sec-WebSocket-Protocol: yett.bearer.A, yett.bearer.B, chat\r\n").value("Sec-WebSocket-Protocol") == "chat");
    CHECK(sent("sec-websocket-protocol: YETT.Bearer.A,chat\r\n").value("Sec-WebSocket-Protocol") == "chat");
    auto const two = sent("Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: yett.bearer.A, b\r\n");
    CHECK(two.count("Sec-WebSocket-Protocol") == 1);
    CHECK(two.value("Sec-WebSocket-Protocol") == "chat, b");
}

TEST_CASE("headers: Yett's cookies are cut out of all Cookie fields")
{
    asking a;
    a.options.cookies = {"__Host-yett_refresh", "yett_access"};
    struct cookie
    {
        std::string_view sent;
        std::string_view forwarded;
    };
    cookie const cases[] = {
        {"Cookie: a=b; yett_access=t; c=d\r\n", "a=b; c=d"},
        {"Cookie: yett_access=t\r\n", "(none)"},
        {"Cookie: a=b\r\nCookie: __Host-yett_refresh=t\r\nCookie: c=d\r\n", "a=b; c=d"},
        {"Cookie: yett_access=t; yett_access=u; x=y\r\n", "x=y"},
        {"Cookie: xyett_access=t\r\n", "xyett_access=t"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.sent);
        auto const sent = compose(c.sent, a);
        CHECK(sent.value("Cookie") == c.forwarded);
        CHECK(sent.count("Cookie") == (c.forwarded == "(none)" ? 0 : 1));
    }
}

TEST_CASE("headers: forwarding headers of untrusted clients are replaced")
{
    auto const c =
        compose("X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n"
                "X-Real-IP: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\nVia: 1.1 evil\r\nX-Request-Id: evil\r\ntraceparent: evil\r\n"
                "tracestate: evil\r\nX-Forwarded-Prefix: /evil\r\nX-Forwarded-Server: evil\r\nX-Client-IP: 1.1.1.1\r\n"
                "True-Client-IP: 1.1.1.1\r\nX-Forwarded: evil\r\nFront-End-Https: on\r\n");
    CHECK(c.text ==
          "GET / HTTP/1.1\r\nHost: example.com\r\nVia: 1.1 yett\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"
          "X-Forwarded-Host: example.com\r\nX-Forwarded-Port: 443\r\nX-Real-IP: 192.0.2.7\r\n"
          "Forwarded: for=192.0.2.7;host=\"example.com\";proto=https\r\nX-Request-Id: req-1\r\n\r\n");
}

TEST_CASE("headers: forwarding headers of trusted proxies are continued")
{
    asking a;
    a.client = {
        .address = "203.0.113.5", .trusted = true, .https = false, .named = true, .hops = ", 10.0.0.1", .host = "public.example"};
    a.peer = "2001:db8::7";
    auto const c =
        compose("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.5:80, 10.0.0.1\r\nX-Forwarded-Proto: http\r\n"
                "X-Forwarded-Host: public.example\r\nX-Forwarded-Port: 8080\r\nForwarded: for=203.0.113.5\r\nVia: 1.1 edge\r\n"
                "traceparent: 00-a-b-01\r\ntracestate: x=y\r\nX-Forwarded-Prefix: /p\r\nX-Real-IP: 9.9.9.9\r\n",
                a, "GET / HTTP/1.0");
    CHECK(c.value("X-Forwarded-For") == "203.0.113.5, 10.0.0.1, 2001:db8::7");
    CHECK(c.value("X-Forwarded-Proto") == "http");
    CHECK(c.value("X-Forwarded-Host") == "public.example");
    CHECK(c.value("X-Forwarded-Port") == "8080");
    CHECK(c.value("X-Real-IP") == "203.0.113.5");
    CHECK(c.value("Forwarded") == "for=203.0.113.5;host=\"public.example\";proto=http, for=10.0.0.1, for=\"[2001:db8::7]\"");
    CHECK(c.value("Via") == "1.1 edge, 1.0 yett");
    CHECK(c.value("traceparent") == "00-a-b-01");
    CHECK(c.value("tracestate") == "x=y");
    CHECK(c.value("X-Forwarded-Prefix") == "/p");
    a.traceparent = "00-c-d-01";
    CHECK(compose("traceparent: 00-a-b-01\r\n", a).value("traceparent") == "00-c-d-01");
}

TEST_CASE("headers: framing is written by Yett alone")
{
    struct body
    {
        std::string_view line;
        std::string_view fields;
        std::optional<std::uint64_t> length;
        std::string_view framing;
    };
    body const cases[] = {
        {"GET / HTTP/1.1", "", {}, ""},
        {"GET / HTTP/1.1", "Content-Length: 3\r\n", {}, "Content-Length: 3"},
        {"GET / HTTP/1.1", "Content-Length: 0\r\n", {}, "Content-Length: 0"},
        {"POST / HTTP/1.1", "", {}, "Content-Length: 0"},
        {"PUT / HTTP/1.1", "", {}, "Content-Length: 0"},
        {"PATCH / HTTP/1.1", "", {}, "Content-Length: 0"},
        {"DELETE / HTTP/1.1", "", {}, ""},
        {"POST / HTTP/1.1", "Content-Length: 18446744\r\n", {}, "Content-Length: 18446744"},
        {"POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", {}, "Transfer-Encoding: chunked"},
        {"POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", 7, "Content-Length: 7"},
        {"POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", 0, "Content-Length: 0"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.line);
        CAPTURE(c.fields);
        asking a;
        a.length = c.length;
        auto const sent = compose(c.fields, a, c.line);
        auto const tail = sent.text.substr(sent.text.find("X-Request-Id: req-1\r\n") + 21);
        CHECK(tail == (c.framing.empty() ? "\r\n" : std::string{c.framing} + "\r\n\r\n"));
    }
}

// --- what only proxies, platforms and engines may say -------------------------------

namespace {

struct dropped_name
{
    char const* name;
    telemetry::dropped_field cause;
};

using telemetry::dropped_field;

// The first ones are what people report; the rest is of their kind.
constexpr dropped_name told_by_proxies[] = {
    {"CF-Connecting-IP", dropped_field::forwarding},
    {"Client-IP", dropped_field::forwarding},
    {"True-Client-IP", dropped_field::forwarding},
    {"X-SSL-Client-Verify", dropped_field::identity},
    {"X-SSL-Client-S-DN", dropped_field::identity},
    {"X-Client-Cert", dropped_field::identity},
    {"X-WEBAUTH-USER", dropped_field::identity},
    {"X-Jwt-Payload", dropped_field::identity},
    {"X-Envoy-External-Address", dropped_field::internal},
    {"X-Envoy-Original-Path", dropped_field::internal},
    {"X-Accel-Redirect", dropped_field::internal},
    {"X-Sendfile", dropped_field::internal},
    {"CF-Connecting-IPv6", dropped_field::forwarding},
    {"Fastly-Client-IP", dropped_field::forwarding},
    {"X-Azure-ClientIP", dropped_field::forwarding},
    {"X-Https", dropped_field::forwarding},
    {"X-Forwarded-Client-Cert", dropped_field::identity},
    {"X-Forwarded-Tls-Client-Cert", dropped_field::identity},
    {"X-Forwarded-Tls-Client-Cert-Info", dropped_field::identity},
    {"Client-Cert", dropped_field::identity},
    {"Client-Cert-Chain", dropped_field::identity},
    {"SSL-Client-Cert", dropped_field::identity},
    {"X-ARR-ClientCert", dropped_field::identity},
    {"X-Remote-User", dropped_field::identity},
    {"X-Authenticated-User", dropped_field::identity},
    {"X-Goog-IAP-JWT-Assertion", dropped_field::identity},
    {"X-Goog-Authenticated-User-Email", dropped_field::identity},
    {"Cf-Access-Jwt-Assertion", dropped_field::identity},
    {"X-MS-CLIENT-PRINCIPAL", dropped_field::identity},
    {"X-Amzn-Oidc-Data", dropped_field::identity},
    {"Tailscale-User-Login", dropped_field::identity},
    {"X-Sendfile-Type", dropped_field::internal},
    {"X-Accel-Mapping", dropped_field::internal},
};

constexpr dropped_name told_by_nobody[] = {
    {"X-Middleware-Subrequest", dropped_field::internal},
    {"X-Middleware-Rewrite", dropped_field::internal}, // siblings of the one above
    {"X-Invoke-Path", dropped_field::internal},
    {"X-Now-Route-Matches", dropped_field::internal},
    {"X-HTTP-Host-Override", dropped_field::rewriting},
};

std::string spelled(std::string_view name, char dash)
{
    std::string text{name};
    for (auto& c : text)
        if (c == '-') c = dash;
    return text;
}

std::string upper(std::string text)
{
    for (auto& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return text;
}

} // namespace

TEST_CASE("headers: what only a proxy may say is removed from strangers in every spelling, and counted")
{
    asking trusted;
    trusted.client.trusted = true;
    for (auto const& each : told_by_proxies) {
        CAPTURE(each.name);
        for (auto const& name : {std::string{each.name}, upper(each.name), spelled(each.name, '_'), spelled(each.name, '.')}) {
            CAPTURE(name);
            telemetry::by<dropped_field> counts;
            asking a;
            a.dropped = &counts;
            CHECK(begin_of(compose(name + ": 1\r\n", a).text) == "GET / HTTP/1.1\r\nHost: example.com");
            auto const cause = http::has_foldable(name) ? dropped_field::spelling : each.cause;
            CHECK(counts[cause].value() == 1);
        }
        CHECK(compose(std::string{each.name} + ": 1\r\n", trusted).value(each.name) == "1");
    }
}

TEST_CASE("headers: what speaks to an application's engine is removed whoever sent it")
{
    asking trusted;
    trusted.client.trusted = true;
    for (auto const& each : told_by_nobody) {
        CAPTURE(each.name);
        for (auto const& who : {asking{}, trusted}) {
            telemetry::by<dropped_field> counts;
            auto a = who;
            a.dropped = &counts;
            CHECK(compose(std::string{each.name} + ": 1\r\n", a).value(each.name) == "(none)");
            CHECK(counts[each.cause].value() == 1);
        }
    }
}

TEST_CASE("headers: names that only look like those pass")
{
    for (std::string const name : {"CF-Ray",
                                   "Client-Version",
                                   "True-Name",
                                   "X-SSLient",
                                   "X-Clientele",
                                   "X-Web",
                                   "X-Jwt",
                                   "X-Amz-Date",
                                   "X-Access-Token",
                                   "X-Request-Start",
                                   "X-Consumer-Key",
                                   "Impersonate-User",
                                   "CDN-Loop",
                                   "X-Nextjs-Data",
                                   "Destination",
                                   "X-Requested-With",
                                   "X-CSRF-Token",
                                   "X",
                                   "X-",
                                   "9",
                                   "Remote-Control",
                                   "Proxied",
                                   "Sec-CH-UA",
                                   "X-Real"}) {
        CAPTURE(name);
        CHECK(compose(name + ": 1\r\n").value(name) == "1");
    }
}

TEST_CASE("headers: fields that vanish are counted by cause, and usual requests count nothing")
{
    telemetry::by<dropped_field> counts;
    asking a;
    a.dropped = &counts;
    compose("Connection: keep-alive\r\nTE: trailers\r\nKeep-Alive: 1\r\nAccept: */*\r\nAuthorization: Bearer x\r\n", a);
    for (unsigned i = 0; i < static_cast<unsigned>(dropped_field::count_); ++i)
        CHECK(counts[static_cast<dropped_field>(i)].value() == 0);
    compose("Connection: Upgrade\r\nUpgrade: websocket\r\n", a);
    CHECK(counts[dropped_field::nominated].value() == 0);
    compose("X-Yett-User: eve\r\nX-Forwarded-For: 1.1.1.1\r\nForwarded: for=a\r\ntraceparent: x\r\nX-Original-URL: /\r\n"
            "x_odd: 1\r\nConnection: X-Mine\r\nX-Mine: 1\r\n",
            a);
    CHECK(counts[dropped_field::identity].value() == 1);
    CHECK(counts[dropped_field::forwarding].value() == 2);
    CHECK(counts[dropped_field::tracing].value() == 1);
    CHECK(counts[dropped_field::rewriting].value() == 1);
    CHECK(counts[dropped_field::spelling].value() == 1);
    CHECK(counts[dropped_field::nominated].value() == 1);
    a.client.trusted = true;
    compose("X-Forwarded-For: 1.1.1.1\r\nForwarded: for=a\r\ntraceparent: x\r\nVia: 1.1 a\r\n", a);
    CHECK(counts[dropped_field::forwarding].value() == 2);
    CHECK(counts[dropped_field::tracing].value() == 1);
}

// --- what a rule changes -------------------------------------------------------------

TEST_CASE("headers: a rule lets names pass that are dropped else, and only in that spelling")
{
    asking a;
    a.rules.emplace(field_rules::options{.pass = {"X-HTTP-Method-Override", "my_header", "X-WEBAUTH-USER", "traceparent"}});
    auto const c = compose("x-http-method-override: PUT\r\nMy_Header: 1\r\nmy.header: 2\r\nX_HTTP_Method_Override: 3\r\n"
                           "X-Webauth-User: ada\r\nX-Original-URL: /\r\ntraceparent: 00-a-b-01\r\nX-Stays: 4\r\n",
                           a);
    CHECK(c.value("X-HTTP-Method-Override") == "PUT");
    CHECK(c.value("my_header") == "1");
    CHECK(c.value("X-WEBAUTH-USER") == "ada");
    CHECK(c.value("traceparent") == "00-a-b-01");
    CHECK(c.value("X-Stays") == "4");
    for (auto const* gone : {"my.header", "X_HTTP_Method_Override", "X-Original-URL"}) CHECK(c.value(gone) == "(none)");
    a.client.trusted = true;
    CHECK(compose("traceparent: 00-a-b-01\r\n", a).count("traceparent") == 1);
}

TEST_CASE("headers: a rule's own text replaces what clients send, in every spelling")
{
    asking a;
    a.rules.emplace(field_rules::options{.set = {{"X-Api-Version", "2"}, {"X-Empty", ""}, {"X-Text", "${a} %{b}"}}});
    auto const c = compose("X-Api-Version: 1\r\nx-api-version: 3\r\nX_Api_Version: 4\r\nX-Other: 5\r\n", a);
    CHECK(c.count("X-Api-Version") == 1);
    CHECK(c.value("X-Api-Version") == "2");
    CHECK(c.value("X-Empty") == "");
    CHECK(c.value("X-Text") == "${a} %{b}");
    CHECK(c.value("X-Other") == "5");
    CHECK(c.text.find("X_Api_Version") == c.text.npos);
}

TEST_CASE("headers: a rule removes names in every spelling, credentials among them")
{
    asking a;
    a.rules.emplace(field_rules::options{.pass = {"x_secret"}, .remove = {"X-Debug", "Cookie", "Authorization", "User-Agent"}});
    auto const c = compose("X-Debug: 1\r\nX-DEBUG: 2\r\nCookie: a=b\r\nAuthorization: Basic x\r\nUser-Agent: u\r\n"
                           "x_secret: 1\r\nX-Stays: 1\r\n",
                           a);
    CHECK(begin_of(c.text) == "GET / HTTP/1.1\r\nHost: example.com\r\nx_secret: 1\r\nX-Stays: 1");
}

TEST_CASE("headers: a rule that removes the trace removes that of trusted proxies, too")
{
    asking a;
    a.client.trusted = true;
    a.rules.emplace(field_rules::options{.remove = {"traceparent"}});
    auto const c = compose("traceparent: 00-a-b-01\r\ntracestate: x=y\r\n", a);
    CHECK(c.value("traceparent") == "(none)");
    CHECK(c.value("tracestate") == "(none)");
}

TEST_CASE("headers: a rule that lets credentials pass does not let Yett's own")
{
    asking a;
    a.options.secret_prefixes = {"yk1_"};
    a.rules.emplace(field_rules::options{.pass = {"X-Api-Key", "Authorization", "Cookie"}});
    a.options.cookies = {"yett_access"};
    auto const c = compose("X-Api-Key: yk1_x\r\nAuthorization: Bearer x\r\nCookie: yett_access=x; a=b\r\n", a);
    CHECK(begin_of(c.text) == "GET / HTTP/1.1\r\nHost: example.com\r\nCookie: a=b");
}

// --- which Host, and the way a request came -----------------------------------------

TEST_CASE("headers: the application may be told another Host, and everything else is the client's")
{
    asking a;
    a.host = "app.internal:8080";
    auto const c = compose("Origin: https://example.com\r\nReferer: https://example.com/a\r\n", a);
    CHECK(c.value("Host") == "app.internal:8080");
    CHECK(c.value("X-Forwarded-Host") == "example.com");
    CHECK(c.value("X-Forwarded-Port") == "443");
    CHECK(c.value("Forwarded") == "for=192.0.2.7;host=\"example.com\";proto=https");
    CHECK(c.value("Origin") == "https://example.com");
    CHECK(c.value("Referer") == "https://example.com/a");
}

TEST_CASE("headers: both families of forwarding headers say the same, whichever is believed")
{
    asking a;
    a.peer = "10.0.0.9";
    a.client = {.address = "2001:db8::1", .trusted = true, .https = true, .named = true};
    constexpr auto sent =
        "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Port: 1\r\n"
        "X-Forwarded-Prefix: /p\r\nForwarded: for=2.2.2.2;proto=http;host=evil\r\n";
    for (auto const forwarded : {false, true}) {
        CAPTURE(forwarded);
        a.options.trusts_forwarded = forwarded;
        auto const c = compose(sent, a);
        CHECK(c.value("X-Forwarded-For") == "2001:db8::1, 10.0.0.9");
        CHECK(c.value("X-Forwarded-Proto") == "https");
        CHECK(c.value("X-Forwarded-Host") == "example.com");
        CHECK(c.value("Forwarded") == "for=\"[2001:db8::1]\";host=\"example.com\";proto=https, for=10.0.0.9");
        CHECK(c.count("X-Forwarded-For") == 1);
        CHECK(c.count("Forwarded") == 1);
        // Of the family that proxies do not write, nothing is left.
        CHECK(c.value("X-Forwarded-Port") == (forwarded ? "443" : "1"));
        CHECK(c.value("X-Forwarded-Prefix") == (forwarded ? "(none)" : "/p"));
    }
}

TEST_CASE("headers: a trusted proxy that asks for itself is not named twice")
{
    asking a;
    a.peer = "10.0.0.9";
    a.client = {.address = "10.0.0.9", .trusted = true};
    auto const c = compose("", a);
    CHECK(c.value("X-Forwarded-For") == "10.0.0.9");
    CHECK(c.value("Forwarded") == "for=10.0.0.9;host=\"example.com\";proto=http");
}

TEST_CASE("headers: a credential that signs in the connection is noticed")
{
    struct
    {
        char const* value;
        bool signs_in;
    } const cases[] = {
        {"NTLM TlRMTVNTUAAB", true}, {"Negotiate YII", true}, {"negotiate oR", true}, {"NTLM", true},
        {"Kerberos x", true},        {"CredSSP x", true},     {"Basic NTLM", false},  {"Digest username=\"NTLM\"", false},
        {"NTLMv2 x", false}};
    for (auto const& c : cases) {
        CAPTURE(c.value);
        std::string out;
        auto const done =
            try_compose("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: " + std::string{c.value} + "\r\n\r\n", {}, out);
        REQUIRE(done.has_value());
        CHECK(done->signs_in_connection == c.signs_in);
    }
}

TEST_CASE("headers: a preflight goes on with no body, cookie or credential, and what else it says stays")
{
    asking bare;
    bare.bare = true;
    auto const fields = "Origin: https://spa.test\r\nAccess-Control-Request-Method: PUT\r\nCookie: a=1\r\nCookie: b=2\r\n"
                        "Authorization: Basic YTpi\r\nX-Api-Key: theirs\r\n"
                        "Access-Control-Request-Headers: x-one\r\n";
    for (auto const* const body : {"", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"}) {
        auto const sent = compose(std::string{fields} + body, bare, "OPTIONS /x HTTP/1.1");
        CHECK(begin_of(sent.text) == "OPTIONS /x HTTP/1.1\r\nHost: example.com\r\nOrigin: https://spa.test\r\n"
                                     "Access-Control-Request-Method: PUT\r\nAccess-Control-Request-Headers: x-one");
        CHECK(sent.text.find("Content-Length") == std::string::npos);
        CHECK(sent.text.find("Transfer-Encoding") == std::string::npos);
        CHECK(sent.text.ends_with("\r\n\r\n"));
    }
}
