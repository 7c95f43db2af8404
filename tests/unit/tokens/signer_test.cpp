#include "gateway/tokens/signer.hpp"

#include "gateway/tokens/claims.hpp"
#include "gateway/tokens/jws.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <boost/json/parse.hpp>

#include <set>
#include <thread>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

access_grant grant_for_ada()
{
    return {.subject = "ada",
            .session = "session-9",
            .email = "ada@example.com",
            .roles = {"user", "admin"},
            .scopes = {"read", "write"},
            .authenticated_at = at(-100),
            .ttl = seconds{900}};
}

} // namespace

TEST_CASE("signer: what it signs is accepted, for every algorithm Yett signs with")
{
    for (auto const alg : {algorithm::hs256, algorithm::rs256, algorithm::ps256, algorithm::es256, algorithm::eddsa}) {
        signer const signs{test_key(alg), std::string{own_issuer}, {"api"}};
        verifier const judge{{own_issuer_with({signs.key().verification()})}};
        auto const made = signs.sign(grant_for_ada(), at());
        REQUIRE_MESSAGE(made, name_of(alg));
        CHECK(made->expires_at == at(900));
        auto const good = judge.verify(made->text.reveal(), at());
        REQUIRE_MESSAGE(good, name_of(alg));
        CHECK(good->who->subject == "ada");
        CHECK(good->who->session == "session-9");
        CHECK(good->who->token_id == made->id);
        CHECK(good->who->roles == std::vector<std::string>{"user", "admin"});
        CHECK(good->who->scopes == std::vector<std::string>{"read", "write"});
        CHECK(good->who->authenticated_at == at(-100));
    }
}

TEST_CASE("signer: a token says exactly what was agreed")
{
    signer const signs{test_key(), std::string{own_issuer}, {"api", "web"}};
    auto const made = signs.sign(grant_for_ada(), at() + milliseconds{250});
    auto const parts = split_compact(made->text.reveal());
    auto const header = boost::json::parse(*base64url_decode(parts->header));
    CHECK(header == boost::json::parse(fmt::format(R"({{"alg":"ES256","typ":"at+jwt","kid":"{}"}})", test_key().kid())));
    auto const payload = boost::json::parse(*base64url_decode(parts->payload));
    CHECK(payload == boost::json::parse(fmt::format(R"({{"iss":"https://yett.test","sub":"ada","aud":["api","web"],
        "iat":1767225600,"nbf":1767225600,"exp":1767226500,"jti":"{}","sid":"session-9","user_id":"ada","email":"ada@example.com",
        "roles":["user","admin"],"scope":"read write","type":"access","auth_time":1767225500}})",
                                                    made->id)));
}

TEST_CASE("signer: one audience is a text, and no auth_time is said when none is known")
{
    signer const signs{test_key(), std::string{own_issuer}, {"api"}};
    auto const made = signs.sign({.subject = "ada", .session = {}, .email = {}, .roles = {}, .scopes = {}}, at());
    auto const payload = parse_payload(split_compact(made->text.reveal())->payload).value();
    CHECK(payload.at("aud") == "api");
    CHECK(payload.at("scope") == "");
    CHECK(payload.at("roles").as_array().empty());
    CHECK_FALSE(payload.contains("auth_time"));
}

TEST_CASE("signer: any number of threads sign at once, and no two tokens share a jti")
{
    signer const signs{test_key(), std::string{own_issuer}, {"api"}};
    verifier const judge{{own_issuer_with({test_key().verification()})}};
    std::vector<std::vector<std::string>> made(3);
    {
        std::vector<std::jthread> threads;
        for (auto& mine : made)
            threads.emplace_back([&] {
                for (int i = 0; i < 50; ++i) mine.emplace_back(signs.sign(grant_for_ada(), at())->text.reveal());
            });
    }
    std::set<std::string> ids;
    for (auto const& mine : made)
        for (auto const& text : mine) ids.insert(judge.verify(text, at()).value().who->token_id);
    CHECK(ids.size() == 150);
}
