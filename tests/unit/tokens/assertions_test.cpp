#include "gateway/tokens/assertions.hpp"

#include "gateway/tokens/jws.hpp"
#include "gateway/tokens/signer.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

identity ada()
{
    identity who;
    who.subject = "ada";
    who.email = "ada@example.com";
    who.roles = {"user", "admin"};
    who.scopes = {"read", "write"};
    who.issuer = own_issuer;
    who.session = "session-9";
    who.token_id = "token-1";
    who.authenticated_at = at(-100);
    return who;
}

signer signer_with(signing_key const& key = test_key())
{
    return {key, std::string{own_issuer}, {"api"}};
}

boost::json::value part(std::string_view encoded)
{
    return boost::json::parse(*base64url_decode(encoded));
}

} // namespace

TEST_CASE("assertions: one says exactly what was agreed, for every algorithm")
{
    for (auto const alg : {algorithm::es256, algorithm::eddsa}) {
        auto const signs = signer_with(test_key(alg));
        assertions made{signs, {}};
        auto const text = made.for_audience("app.example.com", ada(), at() + milliseconds{250});
        REQUIRE(text);
        auto const parts = split_compact(**text);
        auto const header = read_header(parts->header);
        CHECK((*header)->type == "yett-assertion+jwt");
        CHECK((*header)->alg == alg);
        CHECK((*header)->kid == test_key(alg).kid());
        CHECK(test_key(alg).verification().verifies(parts->signed_text, *base64url_decode(parts->signature)));
        CHECK(part(parts->payload) == boost::json::parse(R"({"iss":"https://yett.test","sub":"ada","aud":"app.example.com",
            "iat":1767225600,"exp":1767225660,"idp":"https://yett.test","sid":"session-9","email":"ada@example.com",
            "roles":["user","admin"],"scope":"read write","auth_time":1767225500})"));
    }
}

TEST_CASE("assertions: what an identity lacks is left out")
{
    auto const signs = signer_with();
    assertions made{signs, {}};
    identity who;
    who.subject = "machine";
    who.issuer = "https://elsewhere.test";
    auto const payload = part(split_compact(**made.for_audience("a", who, at()))->payload).as_object();
    CHECK_FALSE(payload.contains("sid"));
    CHECK_FALSE(payload.contains("email"));
    CHECK_FALSE(payload.contains("auth_time"));
    CHECK(payload.at("roles").as_array().empty());
    CHECK(payload.at("idp") == "https://elsewhere.test");
    CHECK(payload.at("iss") == "https://yett.test");
}

TEST_CASE("assertions: none is ever an access token, whatever its audience and whoever looks at it")
{
    auto const signs = signer_with();
    assertions made{signs, {}};
    auto const text = made.for_audience("api", ada(), at());
    verifier const ours{{own_issuer_with({test_key().verification()})}};
    CHECK(ours.verify(**text, at()).error() == errc::token_untrusted);
    auto other = own_issuer_with({test_key().verification()});
    other.own = false;
    verifier const another_yett{{other}};
    CHECK(another_yett.verify(**text, at()).error() == errc::token_untrusted);
    // It is the type alone that is in the way.
    auto const token = signs.sign({.subject = "ada", .session = {}, .email = {}, .roles = {}, .scopes = {}}, at());
    CHECK(another_yett.verify(token->text.reveal(), at()));
}

TEST_CASE("assertions: one is signed for half its time and no longer")
{
    auto const signs = signer_with();
    assertions made{signs, {.ttl = seconds{60}}};
    auto const first = *made.for_audience("a", ada(), at() + milliseconds{900});
    // It counts from its `iat`, which has no fractions.
    CHECK(*made.for_audience("a", ada(), at(30) - milliseconds{1}) == first);
    auto const second = *made.for_audience("a", ada(), at(30));
    CHECK(second != first);
    CHECK(*second != *first);
    CHECK(*made.for_audience("a", ada(), at(59)) == second);
    // A clock that was set back must not find an assertion from the future.
    CHECK(*made.for_audience("a", ada(), at(29)) != second);
}

TEST_CASE("assertions: what is said of somebody else, to somebody else or otherwise is another one")
{
    auto const signs = signer_with();
    assertions made{signs, {}};
    auto const first = *made.for_audience("a", ada(), at());
    CHECK(*made.for_audience("b", ada(), at()) != first);
    auto const differs = [&](auto change) {
        auto who = ada();
        change(who);
        auto const other = made.for_audience("a", who, at());
        return *other != first && **other != *first;
    };
    CHECK(differs([](identity& i) { i.subject = "bob"; }));
    CHECK(differs([](identity& i) { i.session = "session-8"; }));
    CHECK(differs([](identity& i) { i.email.clear(); }));
    CHECK(differs([](identity& i) { i.issuer = "https://elsewhere.test"; }));
    CHECK(differs([](identity& i) { i.roles = {"user"}; }));
    CHECK(differs([](identity& i) { i.roles = {"useradmin"}; }));
    CHECK(differs([](identity& i) { i.roles = {"user", "admin", "read"}, i.scopes = {"write"}; }));
    CHECK(differs([](identity& i) { i.scopes.clear(); }));
    CHECK(differs([](identity& i) { i.authenticated_at = at(-99); }));
    // A refreshed token of the same session says nothing new.
    auto same = ada();
    same.token_id = "token-2";
    same.expires_at = at(900);
    CHECK(*made.for_audience("a", same, at()) == first);
}

TEST_CASE("assertions: an identity that is too long is refused, and nothing of it is left out")
{
    auto const signs = signer_with();
    assertions made{signs, {}};
    auto who = ada();
    who.roles = {std::string(2000, 'r')};
    auto const fits = made.for_audience("a", who, at());
    REQUIRE(fits);
    CHECK((*fits)->size() <= most_assertion_bytes);
    who.roles = {std::string(7000, 'r')};
    CHECK(made.for_audience("a", who, at()).error() == errc::forbidden);
}

TEST_CASE("assertions: roles that do not fit are left out as a whole where the settings say so, and missed aloud")
{
    auto const signs = signer_with();
    assertions::options wanted;
    wanted.omits_roles = true;
    assertions made{signs, wanted};
    auto who = ada();
    who.roles = {std::string(7000, 'r')};
    auto const text = made.for_audience("a", who, at());
    REQUIRE(text);
    auto const payload = part(split_compact(**text)->payload).as_object();
    CHECK_FALSE(payload.contains("roles"));
    CHECK(payload.at("roles_omitted") == true);
    who.scopes = {std::string(9000, 's')};
    CHECK(made.for_audience("a", who, at()).error() == errc::forbidden);
}

TEST_CASE("assertions: a foreign subject comes with the name of its issuer, and `idp` is the issuer itself")
{
    auto const signs = signer_with();
    assertions made{signs, {}};
    auto who = ada();
    who.subject = "idp.test:42";
    who.issuer = "https://idp.test";
    auto const payload = part(split_compact(**made.for_audience("a", who, at()))->payload).as_object();
    CHECK(payload.at("sub") == "idp.test:42");
    CHECK(payload.at("idp") == "https://idp.test");
}

TEST_CASE("assertions, sibling: an application is told of the roles that the patterns name")
{
    auto const signs = signer_with();
    assertions::options wanted;
    wanted.roles = told_roles{{"app-*"}};
    assertions made{signs, wanted};
    auto who = ada();
    who.roles = {"app-admin", "vpn"};
    auto const payload = part(split_compact(**made.for_audience("a", who, at()))->payload).as_object();
    CHECK(payload.at("roles") == boost::json::array{"app-admin"});
    CHECK_FALSE(payload.contains("roles_omitted"));
}

TEST_CASE("assertions: memory is bounded, and what is in use survives a stream of others")
{
    auto const signs = signer_with(test_key(algorithm::eddsa));
    assertions made{signs, {.ttl = seconds{60}, .bytes = 64 << 10}};
    auto const first = *made.for_audience("a", ada(), at());
    std::weak_ptr<std::string const> idle;
    for (int i = 0; i < 1000; ++i) {
        auto who = ada();
        who.session = fmt::format("session of somebody else {}", i);
        auto const theirs = *made.for_audience("a", who, at(i / 50));
        if (i == 0) idle = theirs;
        REQUIRE(made.bytes() <= 64 << 10);
        if (i % 10 == 0) REQUIRE(*made.for_audience("a", ada(), at(i / 50)) == first);
    }
    CHECK(idle.expired());
}

TEST_CASE("assertions: a key that turned over signs the next one, and one that was taken away leaves none behind")
{
    auto signs = signer_with(test_key(algorithm::es256));
    assertions made{signs, {}};
    auto const first = *made.for_audience("a", ada(), at());
    auto const held = made.bytes();
    auto const next = signing_key::generate(algorithm::es256).value();
    signs.use(next);
    std::vector<verification_key> const both{test_key(algorithm::es256).verification(), next.verification()};
    made.keep_signed_by(both);
    CHECK(*made.for_audience("a", ada(), at(1)) == first);
    CHECK(made.bytes() == held);

    made.keep_signed_by(std::span{both}.subspan(1));
    CHECK(made.bytes() == 0);
    auto const second = *made.for_audience("a", ada(), at(2));
    CHECK((*read_header(split_compact(*second)->header))->kid == next.kid());
}
