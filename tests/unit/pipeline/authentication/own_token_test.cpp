#include "gateway/pipeline/authentication/own_token.hpp"

#include "gateway/accounts/ports/link.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/opaque/api_key.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "gateway/tokens/verifier.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tests;
using pipeline::is_own_token;

namespace {

tokens::verifier const& judge()
{
    static tokens::verifier const made{
        {own_issuer_with({test_key().verification()}), foreign_issuer("https://idp.test", {test_key().verification()})}};
    return made;
}

} // namespace

TEST_CASE("own token: what we made and what a known issuer made is ours, good or not")
{
    for (auto const* text : {"yk1_abc", "yr1_abc", "yl1_abc", "yk1_"}) CHECK_MESSAGE(is_own_token(text, judge()), text);
    CHECK(is_own_token(a_token().text(), judge()));
    CHECK(is_own_token(a_token().expired().text(), judge()));
    CHECK(is_own_token(a_token().from("https://idp.test").text(), judge()));
    auto const stranger = tokens::signing_key::generate(tokens::algorithm::es256).value();
    CHECK(is_own_token(a_token().signed_with(stranger).text(), judge()));
}

TEST_CASE("own token: what nobody here knows is the application's")
{
    for (auto const* text : {"", " ", "x", "ghp_0123456789abcdef", "YK1_abc", "xyk1_abc", "a.b.c", "glpat-x.y"})
        CHECK_MESSAGE(!is_own_token(text, judge()), text);
    CHECK_FALSE(is_own_token(a_token().from("https://application.test").text(), judge()));
    CHECK_FALSE(is_own_token(a_token().without("iss").text(), judge()));
}

TEST_CASE("own token, sibling: one of ours among other words makes all of them ours")
{
    CHECK(is_own_token("abc, yk1_abc", judge()));
    CHECK(is_own_token("\"" + a_token().text() + "\"", judge()));
    CHECK(is_own_token("theirs, Bearer " + a_token().text(), judge()));
}

TEST_CASE("own token, sibling: a token whose signature was taken off, or padded, still says whose it is")
{
    auto const token = a_token().text();
    CHECK(is_own_token(token.substr(0, token.rfind('.') + 1), judge()));
    CHECK(is_own_token(token.substr(0, token.rfind('.')), judge()));
    CHECK(is_own_token(token + "==", judge()));
}

TEST_CASE("own token: one of ours is found in every spelling of a credential")
{
    auto const jwt = a_token().text();
    auto const basic = [](std::string const& text) { return "Basic " + base64url_encode(text); };
    for (auto const& value : {"Token " + jwt, "Basic " + jwt, basic("x:" + jwt), basic(jwt + ":"), basic(jwt), "Bearer ." + jwt,
                              "Bearer  " + jwt, "Bearer\t" + jwt, "Bearer:" + jwt, "Bearer=" + jwt, "access_token=" + jwt,
                              "Token token=\"" + jwt + "\", realm=\"x\"", "Digest username='" + jwt + "'", "Bearer " + jwt + ".",
                              "Bearer " + jwt + "/", "Bearer x" + jwt, "(" + jwt + ")", "Bearer <" + jwt + ">"})
        CHECK_MESSAGE(is_own_token(value, judge()), value);
}

TEST_CASE("own token, sibling: a scheme that encodes like Basic hides none, and neither does a word in a list")
{
    auto const jwt = a_token().expired().text();
    for (auto const& value : {"Token " + base64url_encode("x:" + jwt),
                              "Custom a=1, b=" + base64url_encode("{\"token\":\"" + jwt + "\"}"), base64url_encode(jwt)})
        CHECK_MESSAGE(is_own_token(value, judge()), value);
}

TEST_CASE("own token, sibling: a whole secret is known by its checksum in the middle of a word and in what is encoded")
{
    for (auto const& secret :
         {std::string{tokens::make_api_key().text.reveal()}, std::string{tokens::make_refresh_token().text.reveal()},
          std::string{accounts::make_link_token().text.reveal()}}) {
        for (auto const& value : {"Bearer ." + secret, "Bearer x" + secret, secret + "x",
                                  "Basic " + base64url_encode("x:" + secret), "Token " + base64url_encode("x" + secret)})
            CHECK_MESSAGE(is_own_token(value, judge()), value);
        auto torn = "Bearer x" + secret;
        torn[torn.size() - 5] = torn[torn.size() - 5] == 'A' ? 'B' : 'A';
        CHECK_FALSE(is_own_token(torn, judge())); // four characters in a long word are chance
    }
}

TEST_CASE("own token, sibling: other people's credentials pass, encoded ones and JWTs of issuers nobody knows among them")
{
    auto const theirs = a_token().from("https://application.test").text();
    for (auto const& value :
         {"Basic " + base64url_encode("ada:secret"), "Bearer " + theirs, "Basic " + base64url_encode("x:" + theirs),
          std::string{"NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKALpHAAAADw=="},
          std::string{"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                      "SignedHeaders=host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6"},
          std::string{"Digest username=\"Mufasa\", uri=\"/dir/index.html\""}, std::string{"Bearer ..."},
          std::string{"Bearer xyk1_0"}, "Bearer " + std::string(4000, '.')})
        CHECK_MESSAGE(!is_own_token(value, judge()), value);
}
