#include "gateway/pipeline/own_token.hpp"

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
