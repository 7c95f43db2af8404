#include "world.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::config;
using namespace std::chrono_literals;
using tests::rules;

namespace {

settings loaded_from(std::string const& text)
{
    auto const around = tests::usual_world();
    auto out = load_text(tests::version + text + rules + "mail: { public_url: https://example.com/ }\n", "yett.yaml",
                         around.environment());
    for (auto const& one : out.complaints)
        if (one.severity == severity::error) FAIL_CHECK(to_string(one));
    REQUIRE(out.value);
    return *out.value;
}

constexpr char const* closed = "accounts: { registration: closed }\n";

} // namespace

TEST_CASE("load: what a warning is about still loads")
{
    auto const around = tests::usual_world();
    auto const out = load_text(std::string{tests::version} + closed + "storage: { url: \"memory:\" }\n" + rules, "yett.yaml",
                               around.environment());
    REQUIRE(out.value);
    REQUIRE(out.complaints.size() == 1);
    CHECK(out.complaints[0].severity == severity::warning);
    CHECK(!has_error(out.complaints));
}

TEST_CASE("load: an error leaves no value, and all complaints come in the order of the file")
{
    auto const around = tests::usual_world();
    auto const out = load_text("version: 1\nworkers: x\nlogging: { level: y }\nstorage: { url: \"memory:\" }\nzzz: 1\n",
                               "yett.yaml", around.environment());
    CHECK(!out.value);
    CHECK(std::ranges::is_sorted(out.complaints, {}, [](auto const& c) { return std::pair{c.line, c.column}; }));
    CHECK(out.complaints.size() == 7);
}

TEST_CASE("load: naming a built-in limit changes what is named and nothing else")
{
    auto const s = loaded_from(std::string{closed} +
                               "limits: { login: { rate: 10/h }, register: { algorithm: gcra }, mine: { rate: 7/s } }\n");
    CHECK(rate_of(s.limits.at("login")) == rate{10, 1h});
    CHECK(s.limits.at("login").algorithm == limits::counting_algorithm::window);
    CHECK(s.limits.at("login").counts == limits::counted_events::failures);
    CHECK(s.limits.at("login").place == "yett.yaml:3:18");
    CHECK(rate_of(s.limits.at("register")) == rate{5, 15min});
    CHECK(s.limits.at("register").algorithm == limits::counting_algorithm::gcra);
    CHECK(s.limits.at("register").burst == 5);
    CHECK(s.limits.at("mine").algorithm == limits::counting_algorithm::gcra);
    CHECK(s.limits.at("mine").burst == 7);
    CHECK(s.limits.at("mine").keys == std::vector{limits::key_part{}});
}

TEST_CASE("load: variables are filled in everywhere, quoted or not")
{
    auto const s =
        loaded_from(std::string{closed} +
                    "workers: ${NOPE:-3}\ntokens: { audience: [\"${NAME}\", \"$$x\"], issuer: \"https://${NAME}.example\" }\n");
    CHECK(s.workers == 3);
    CHECK(s.tokens.audience == std::vector<std::string>{"value", "$x"});
    CHECK(s.tokens.issuer == "https://value.example");
}

TEST_CASE("load: a list of one needs no brackets")
{
    auto const s =
        loaded_from("accounts: { registration: closed, prefix: /sso }\ntrusted_proxies: 10.0.0.0/8\ntokens: { audience: one }\n");
    CHECK(s.accounts.prefix == std::vector<std::string>{"/sso"});
    CHECK(s.trusted_proxies.size() == 1);
    CHECK(s.tokens.audience == std::vector<std::string>{"one"});
}

TEST_CASE("load: null takes away what may be absent")
{
    auto const s =
        loaded_from(std::string{closed} + "management: { socket: null }\nlisteners: [{ address: 127.0.0.1:0, tls: null }]\n");
    CHECK(s.management.socket.empty());
    CHECK(!s.listeners[0].tls);
    CHECK(s.listeners[0].place == "yett.yaml:4:13");
}

TEST_CASE("load: an origin loses its slash")
{
    CHECK(loaded_from(closed).mail.public_url == "https://example.com");
}

TEST_CASE("load: where the words of an access are only one condition")
{
    using kind = policies::access_spec::kind;
    for (auto const& [written, is] : {std::pair{"public", kind::public_},
                                      {"optional", kind::optional},
                                      {"authenticated", kind::authenticated},
                                      {"{ recent_login: 5m }", kind::authenticated},
                                      {"{ roles: a }", kind::roles},
                                      {"{ scopes: [a] }", kind::scopes},
                                      {"{ users: [a] }", kind::users},
                                      {"{ emails: [a] }", kind::emails},
                                      {"{ networks: 10.0.0.0/8 }", kind::networks},
                                      {"{ certificates: a.internal }", kind::certificates},
                                      {"{ any_of: [{ roles: a }] }", kind::any_of},
                                      {"{ all_of: [{ roles: a }] }", kind::all_of}}) {
        CAPTURE(written);
        auto const around = tests::usual_world();
        auto const text =
            std::string{
                "version: 1\nupstreams: { app: { servers: \"http://a\" } }\naccounts: { registration: closed }\nroutes:\n  - { name: a, match: { path: / }, upstream: app, access: "} +
            written + " }\n";
        auto const out = load_text(text, "yett.yaml", around.environment());
        REQUIRE(out.value);
        CHECK(out.value->routes.at(0).access.is == is);
    }
}

TEST_CASE("load: no complaint repeats a secret or what the environment held")
{
    auto around = tests::usual_world();
    around.variables["LEAK"] = "hunter2";
    for (auto const* text :
         {"tokens: { algorithm: HS256, secret: hunter2 }\n", "tokens: { algorithm: HS256, secret: ${LEAK} }\n",
          "tokens: { algorithm: HS256, secret: \"${LEAK}\" }\n", "storage: { url: \"mysql://u:hunter2@db\" }\n",
          "storage: { url: \"postgres://u:hunter2@db\" }\n", "mail: { url: \"smtp://u:hunter2@m\" }\n",
          "shared_state: { url: hunter2 }\n", "workers: \"${LEAK}\"\n", "logging: { level: \"${LEAK}\" }\n",
          "limits: { a: { rate: \"${LEAK}\" } }\n", "identity_headers: { set: { X-A: \"${LEAK}\" } }\n",
          "trusted_proxies: [\"${LEAK}\"]\n", "management: { address: \"${LEAK}\" }\n"}) {
        auto const lines = tests::complaints_about(std::string{tests::version} + text + rules + tests::unverified, around);
        CHECK_MESSAGE(lines.size() > 10, text);
        if (std::string_view{text}.find("secret: ${") == std::string_view::npos)
            CHECK_MESSAGE(lines.find("hunter2") == std::string::npos, lines);
    }
}

TEST_CASE("load: a hostile file costs little and says so briefly")
{
    std::string many;
    for (int i = 0; i < 60'000; ++i) many += "k" + std::to_string(i) + ": 1\n";
    auto const around = tests::usual_world();
    auto const out = load_text(many, "yett.yaml", around.environment());
    CHECK(!out.value);
    CHECK(out.complaints.size() == 1'001);

    std::string named = "upstreams:\n";
    for (int i = 0; i < 60'000; ++i) named += "  k" + std::to_string(i) + ":\n";
    CHECK(load_text(named, "yett.yaml", around.environment()).complaints.size() == 1'001);

    auto const huge = std::string((1 << 20) + 1, ' ');
    CHECK(tests::complaints_about(huge) == "\nyett.yaml:1:1: larger than 1MiB\n");
    CHECK(tests::complaints_about("a: " + std::string(5'000, '[')).find("nested deeper than 24 levels") != std::string::npos);
}

TEST_CASE("load: bytes that are not UTF-8 are found where they stand")
{
    for (auto const* bytes : {"\x80", "\xC3", "\xC3(", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xE2\x82", "\xF0\x80\x80\xAF",
                              "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
        CHECK_MESSAGE(tests::complaints_about(std::string{"version: 1\na: é"} + bytes) ==
                          "\nyett.yaml:2:6: this byte is not UTF-8\n",
                      bytes);
    for (auto const* word : {"é", "€", "퟿", "", "😀", "\xF4\x8F\xBF\xBF"})
        CHECK_MESSAGE(tests::complaints_about(std::string{"a: "} + word).find("UTF-8") == std::string::npos, word);
}

TEST_CASE("load: long texts are cut in complaints, between two letters")
{
    auto const lines = tests::complaints_about("version: " + std::string(59, 'x') + "éééé\n");
    CHECK(lines.find("\"" + std::string(59, 'x') + "\"… is not a whole number") != std::string::npos);
}

TEST_CASE("load: a byte order mark and line ends of Windows move nothing")
{
    auto const lines = tests::complaints_about("\xEF\xBB\xBFversion: 1\r\nworkers: x\r\nmail: { from: \"y\" }\r\n");
    CHECK(lines.find("\nyett.yaml:2:10: workers: ") != std::string::npos);
    CHECK(lines.find("\nyett.yaml:3:15: mail.from: ") != std::string::npos);
}
