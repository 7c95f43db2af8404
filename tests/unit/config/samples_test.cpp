#include "world.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace yett;
using namespace yett::config;
using namespace std::chrono_literals;

namespace {

// The samples as they are, in a folder that holds what they name.
loaded load_sample(std::string const& name)
{
    std::ifstream file{std::string{YETT_SOURCE_DIR} + "/config/samples/" + name};
    std::stringstream text;
    text << file.rdbuf();
    tests::world const around{
        {{"JWT_SECRET_KEY", tests::good_secret}},
        {{"samples/certs/dev/leaf.crt", {}}, {"samples/certs/dev/leaf.key", {}}, {"samples/idp.jwks.json", {}}}};
    return load_text(text.str(), "samples/" + name, around.environment());
}

settings sample(std::string const& name)
{
    auto out = load_sample(name);
    for (auto const& one : out.complaints) FAIL_CHECK(to_string(one));
    REQUIRE(out.value);
    return *out.value;
}

} // namespace

TEST_CASE("samples: the smallest one has ten lines and the defaults")
{
    std::ifstream file{std::string{YETT_SOURCE_DIR} + "/config/samples/minimal.yaml"};
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line);) ++lines;
    CHECK(lines == 10);

    auto const s = sample("minimal.yaml");
    CHECK(s.workers == 0);
    REQUIRE(s.listeners.size() == 1);
    CHECK(s.listeners[0].address == socket_address{"127.0.0.1", 4080});
    CHECK(!s.listeners[0].tls);
    CHECK(s.listeners[0].protocols == std::vector{protocol::http_1_1});
    CHECK(s.management.address == socket_address{"127.0.0.1", 4090});
    CHECK(s.management.socket == "samples/yett.sock");
    CHECK(s.trusted_proxies.empty());
    CHECK(s.client_limits.connections == 20'000);
    CHECK(s.client_limits.body_bytes == 10 << 20);
    CHECK(s.client_limits.idle_timeout == 75s);
    CHECK(s.upstreams.at("app").servers == std::vector{upstream_server{upstream_scheme::http, "127.0.0.1", 9000}});
    CHECK(s.upstreams.at("app").pool.connections == 256);
    CHECK(s.upstreams.at("app").place == "samples/minimal.yaml:3:8");
    REQUIRE(s.routes.size() == 1);
    CHECK(s.routes[0].access.is == policies::access_spec::kind::authenticated);
    CHECK(s.routes[0].target == "app");
    CHECK(s.routes[0].place == "samples/minimal.yaml:5:5");
    CHECK(s.tokens.secret.reveal() == tests::good_secret);
    CHECK(s.tokens.algorithm == signature_algorithm::hs256);
    CHECK(s.tokens.access_ttl == 15min);
    CHECK(s.tokens.refresh_ttl == 7 * 24h);
    CHECK(s.tokens.keys.directory.empty());
    CHECK(s.accounts.prefix == std::vector<std::string>{"/auth"});
    CHECK(!s.accounts.require_verified_email);
    CHECK(s.passwords.argon2id_memory == 19 << 20);
    CHECK(s.storage.kind == storage_kind::sqlite);
    CHECK(s.storage.file == "samples/var/yett.db");
    CHECK(s.shared_state.kind == shared_state_kind::memory);
    CHECK(s.mail.folder == "samples/var/outbox");
    CHECK(s.logging.access.is == log_target::kind::standard_output);
}

TEST_CASE("samples: the limits of the account endpoints exist without being named")
{
    auto const s = sample("minimal.yaml");
    CHECK(s.limits.size() == 13);
    for (auto const* name : {"login", "register", "refresh", "reset", "verify"}) {
        CAPTURE(name);
        auto const& one = s.limits.at(name);
        CHECK(rate_of(one) == rate{5, 15min});
        CHECK(one.algorithm == limits::counting_algorithm::window);
        CHECK(one.keys == std::vector{limits::key_part{limits::key_part::kind::client, {}}});
        CHECK((one.counts == limits::counted_events::requests) == (std::string_view{name} == "register"));
        CHECK(one.place.empty());
    }
    CHECK(rate_of(s.limits.at("verifications")) == rate{20, 1s});
    CHECK(s.limits.at("verifications").burst == 100);
    CHECK(s.limits.at("verifications").algorithm == limits::counting_algorithm::gcra);
    std::vector const account{limits::key_part{limits::key_part::kind::account, {}}};
    CHECK(rate_of(s.limits.at("login_account")) == rate{10, 15min});
    CHECK(s.limits.at("login_account").algorithm == limits::counting_algorithm::backoff);
    CHECK(s.limits.at("login_account").keys == account);
    CHECK(s.limits.at("login_account").counts == limits::counted_events::failures);
    CHECK(rate_of(s.limits.at("login_device")) == rate{5, 15min});
    CHECK(s.limits.at("password_account").keys == std::vector{limits::key_part{limits::key_part::kind::user, {}}});
    for (auto const* name : {"reset_account", "resend_account", "register_account", "change_address_account"}) {
        CHECK(rate_of(s.limits.at(name)) == rate{5, 1h});
        CHECK(s.limits.at(name).keys == account);
        CHECK(s.limits.at(name).counts == limits::counted_events::requests);
    }
}

TEST_CASE("samples: the demo keeps everything in its folder")
{
    auto const s = sample("demo.yaml");
    REQUIRE(s.listeners.size() == 1);
    CHECK(s.listeners[0].address == socket_address{"127.0.0.1", 4443});
    REQUIRE(s.listeners[0].tls);
    CHECK(s.listeners[0].tls->certificates.at(0).chain_file == "samples/certs/dev/leaf.crt");
    CHECK(s.listeners[0].tls->certificates.at(0).key_file == "samples/certs/dev/leaf.key");
    CHECK(s.management.address.port == 4090);
    CHECK(s.storage.file == "samples/var/yett.db");
    CHECK(s.accounts.registration == registration::open);
    REQUIRE(s.routes.size() == 3);
    CHECK(s.routes[0].access.is == policies::access_spec::kind::public_);
    CHECK(s.routes[1].access.is == policies::access_spec::kind::roles);
    CHECK(s.routes[2].limits == std::vector<std::string>{"per_user"});
}

TEST_CASE("samples: every supported key lands where it belongs")
{
    using kind = policies::access_spec::kind;
    auto const s = sample("full.yaml");
    CHECK(s.listeners.size() == 2);
    CHECK(s.trusted_proxies == std::vector{*parse_ip_prefix("10.0.0.0/8"), *parse_ip_prefix("fd00::/8")});
    CHECK(s.trusted_proxies_send == forwarding_family::x_forwarded);
    CHECK(s.upstreams.at("app").host == upstream_host{});
    CHECK(s.upstreams.at("app").pool.reply_header_bytes == 64u << 10);

    REQUIRE(s.routes.size() == 7);
    CHECK(s.routes[0].respond->body == "User-agent: *");
    CHECK(s.routes[0].respond->type == "text/plain");
    CHECK(s.routes[1].redirect->to == "https://new.example.com/{path}?{query}");
    CHECK(s.routes[1].redirect->status == 308);
    CHECK(s.routes[2].match.methods == std::vector<std::string>{"GET", "HEAD"});
    CHECK(s.routes[3].access.is == kind::optional);
    CHECK(s.routes[4].match.host == "*.example.com");
    CHECK(s.routes[4].access.values == std::vector<std::string>{"admin"});
    CHECK(s.routes[4].access.recent_login == 15min);
    auto const& any = s.routes[5].access;
    CHECK(any.is == kind::any_of);
    REQUIRE(any.parts.size() == 3);
    CHECK(any.parts[0].is == kind::roles);
    CHECK(any.parts[1].is == kind::all_of);
    REQUIRE(any.parts[1].parts.size() == 3);
    CHECK(any.parts[1].parts[0].is == kind::scopes);
    CHECK(any.parts[1].parts[1].values == std::vector<std::string>{"*@example.com"});
    CHECK(any.parts[1].parts[2].networks == std::vector{*parse_ip_prefix("192.0.2.0/24"), *parse_ip_prefix("2001:db8::/32")});
    CHECK(any.parts[2].is == kind::users);
    CHECK(s.routes[5].mode == policies::enforcement::report_only);
    CHECK(s.routes[6].limits == std::vector<std::string>{"per_user", "per_partner"});
    CHECK(s.routes[6].body_bytes == 100u << 20);
    CHECK(!s.routes[6].encoded_slash_allowed);
    auto const& fields = s.routes[6].request_headers;
    CHECK(fields.pass == std::vector<std::string>{"X-HTTP-Method-Override"});
    CHECK(fields.set == std::vector<std::pair<std::string, std::string>>{{"X-Tenant", "blue"}});
    CHECK(fields.remove == std::vector<std::string>{"X-Debug"});
    CHECK(fields.place.find("full.yaml:") != std::string::npos);
    CHECK(s.routes[6].rewrite->replace->to == "/users/\\1");
    CHECK(s.routes[6].rewrite->strip_prefix.empty());
    CHECK(s.routes[6].response_headers.remove == std::vector<std::string>{"Server"});

    CHECK(s.limits.at("per_user").burst == 200);
    CHECK(rate_of(s.limits.at("verifications")) == rate{20, 1s});
    CHECK(s.limits.at("verifications").burst == 100);
    CHECK(rate_of(s.limits.at("per_partner")) == rate{1'000, 1h});
    CHECK(s.limits.at("per_partner").burst == 1'000);
    CHECK(s.limits.at("per_partner").keys == std::vector{limits::key_part{limits::key_part::kind::client, {}},
                                                         limits::key_part{limits::key_part::kind::header, "x-partner"}});
    CHECK(s.identity_headers.set.at("X-User-Id") == "sub");

    REQUIRE(s.tokens.issuers.size() == 2);
    auto const& found = s.tokens.issuers[1];
    CHECK(found.discovery);
    CHECK(found.ca_file.empty());
    CHECK(!found.private_addresses);
    CHECK(!found.redirects);
    CHECK(found.timeout == 10s);
    CHECK(found.refresh.least == 1min);
    CHECK(found.refresh.most == 1h);
    CHECK(found.claims.roles == "resource_access.shop.roles");
    auto const& issuer = s.tokens.issuers[0];
    CHECK(issuer.iss == "https://idp.example");
    CHECK(issuer.name == "idp");
    CHECK(found.name == "other.example");
    CHECK(issuer.audience == std::vector<std::string>{"api"});
    CHECK(issuer.algorithms == std::vector{signature_algorithm::rs256});
    CHECK(issuer.jwks_file == "samples/idp.jwks.json");
    CHECK(issuer.claims.roles == "realm_access.roles");
    CHECK(s.accounts.prefix == std::vector<std::string>{"/auth", "/api/v1/auth"});
    CHECK(s.mail.public_url == "https://example.com");
    CHECK(s.mail.from == "Example <no-reply@example.com>");
    CHECK(s.logging.audit.is == log_target::kind::standard_error);
}
