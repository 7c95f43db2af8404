#include "gateway/tokens/issuer.hpp"

#include "gateway/tokens/verifier.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

constexpr char const* local_user = "0197a2c5-7f00-7000-8000-00000000ada0";

signing_key const& key_of_others()
{
    return test_key(algorithm::eddsa);
}

issuer other(char const* iss = "https://idp.test", char const* name = "idp.test")
{
    auto them = foreign_issuer(iss, {key_of_others().verification()});
    them.known_as = name;
    return them;
}

verifier judge_of(std::vector<issuer> others)
{
    others.insert(others.begin(), own_issuer_with({test_key().verification()}));
    return verifier{std::move(others)};
}

token_builder foreign_token(char const* iss = "https://idp.test")
{
    return a_token().from(iss).without("type").signed_with(key_of_others());
}

std::string subject_of(issuer const& from, token_builder const& token)
{
    auto const good = judge_of({from}).verify(token.text(), at());
    return good ? good->who->subject : std::string{name_of(good.error().code())};
}

std::string email_of(issuer const& from, token_builder const& token)
{
    auto const good = judge_of({from}).verify(token.text(), at());
    REQUIRE(good);
    return good->who->email;
}

} // namespace

TEST_CASE("issuer: a foreign subject that is a local user's id is not that user")
{
    CHECK(subject_of(other(), foreign_token().of(local_user)) == std::string{"idp.test:"} + local_user);
    auto const ours = judge_of({other()}).verify(a_token(), at());
    REQUIRE(ours);
    CHECK(ours->who->subject == local_user);
}

TEST_CASE("issuer, sibling: a foreign token's id is not that of a token of ours, whose limit it would spend")
{
    auto const judge = judge_of({other()});
    CHECK(judge.verify(foreign_token().named("token-1").text(), at())->who->token_id == "idp.test:token-1");
    CHECK(judge.verify(a_token().named("token-1"), at())->who->token_id == "token-1");
    CHECK(judge.verify(foreign_token().without("jti").text(), at())->who->token_id.empty());
}

TEST_CASE("issuer, sibling: two issuers' equal subjects stay two users, mapped from whatever claim")
{
    auto const key = signing_key::generate(algorithm::es256).value();
    auto second = foreign_issuer("https://other.test", {key.verification()});
    second.known_as = "other.test";
    second.claims.subject = "uid";
    auto const judge = judge_of({other(), second});
    auto const one = judge.verify(foreign_token().of("42").text(), at());
    auto const two = judge.verify(foreign_token("https://other.test").with("uid", 42).signed_with(key).text(), at());
    REQUIRE(one);
    REQUIRE(two);
    CHECK(one->who->subject == "idp.test:42");
    CHECK(two->who->subject == "other.test:42");
    CHECK(one->who->issuer == "https://idp.test");
}

TEST_CASE("issuer: ours stay bare and never hold a colon")
{
    auto const judge = judge_of({other()});
    for (auto const* subject : {"idp.test:42", "a:b", ":", "service:reports"})
        CHECK_MESSAGE(judge.verify(a_token().of(subject), at()).error() == errc::token_untrusted, subject);
}

TEST_CASE("issuer: bare subjects stand as they came, but for those that begin like another issuer's")
{
    auto bare = other();
    bare.bare_subjects = true;
    CHECK(subject_of(bare, foreign_token().of(local_user)) == local_user);
    CHECK(subject_of(bare, foreign_token().of("github:123")) == "github:123");
    auto const key = signing_key::generate(algorithm::es256).value();
    auto second = foreign_issuer("https://other.test", {key.verification()});
    second.known_as = "other.test";
    auto const judge = judge_of({bare, second});
    CHECK(judge.verify(foreign_token().of("other.test:42").text(), at()).error() == errc::token_untrusted);
    CHECK(judge.verify(foreign_token().of("idp.test:42").text(), at()).error() == errc::token_untrusted);
}

TEST_CASE("issuer: an address counts with email_verified: true alone")
{
    struct
    {
        char const* what;
        boost::json::value said;
        char const* email;
    } const rows[]{
        {"true", true, "ada@example.com"},
        {"\"true\", as Amazon writes it", "true", "ada@example.com"},
        {"false", false, ""},
        {"\"false\"", "false", ""},
        {"null is absent", nullptr, ""},
        {"a number", 1, ""},
        {"a list", boost::json::array{true}, ""},
    };
    for (auto const& [what, said, email] : rows)
        CHECK_MESSAGE(email_of(other(), foreign_token().with("email_verified", said)) == email, what);
    CHECK(email_of(other(), foreign_token()).empty());
}

TEST_CASE("issuer, sibling: `emails: trusted` takes an address without the claim, not one that the issuer disowns")
{
    auto trusting = other();
    trusting.trusts_emails = true;
    CHECK(email_of(trusting, foreign_token()) == "ada@example.com");
    CHECK(email_of(trusting, foreign_token().with("email_verified", nullptr)) == "ada@example.com");
    CHECK(email_of(trusting, foreign_token().with("email_verified", false)).empty());
}

TEST_CASE("issuer, sibling: an address from a claim of another name needs the same proof")
{
    auto renamed = other();
    renamed.claims.email = "upn";
    CHECK(email_of(renamed, foreign_token().with("upn", "root@example.com")).empty());
    CHECK(email_of(renamed, foreign_token().with("upn", "root@example.com").with("email_verified", true)) == "root@example.com");
}

TEST_CASE("issuer: a name, bare subjects and trust in addresses are rules that a verdict stands on")
{
    auto const basis = judge_of({other()}).verify(foreign_token().text(), at())->basis;
    auto renamed = other("https://idp.test", "elsewhere"), bare = other(), trusting = other();
    bare.bare_subjects = true;
    trusting.trusts_emails = true;
    CHECK(judge_of({other()}).stands_on(basis));
    for (auto const& changed : {renamed, bare, trusting}) CHECK_FALSE(judge_of({changed}).stands_on(basis));
}
