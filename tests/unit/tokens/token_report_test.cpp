#include "gateway/tokens/token_report.hpp"

#include "gateway/tokens/keys/jwks.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

std::string key_set_of(algorithm alg = algorithm::es256)
{
    return render_jwks(std::vector{test_key(alg).verification()});
}

} // namespace

TEST_CASE("token report: a good token gives its claims as one line of JSON")
{
    auto const said = report_on_token(' ' + a_token().text() + "\r\n", key_set_of(), {}, at());
    CHECK(said.exit_code == 0);
    CHECK(said.why.empty());
    CHECK(said.text.starts_with(R"({"iss":"https://yett.test","sub":)"));
    CHECK(said.text.ends_with("}\n"));
}

TEST_CASE("token report: a bad token gives the code of its error alone")
{
    auto const token = a_token().text();
    struct
    {
        std::string token;
        std::string jwks;
        report_options options;
        std::string text;
    } const rows[]{
        {a_token().expired(), key_set_of(), {}, "token_expired\n"},
        {a_token().not_yet_valid(), key_set_of(), {}, "token_not_yet_valid\n"},
        {"x.y", key_set_of(), {}, "token_malformed\n"},
        {"", key_set_of(), {}, "token_malformed\n"},
        {" \n", key_set_of(), {}, "token_malformed\n"},
        {token, key_set_of(algorithm::eddsa), {}, "token_untrusted\n"},
        {token, "{}", {}, "token_untrusted\n"},
        {token, key_set_of(), {.issuer = "https://other.test", .audience = {}}, "token_wrong_issuer\n"},
        {token, key_set_of(), {.issuer = "", .audience = {}}, "token_wrong_issuer\n"},
        {token, key_set_of(), {.issuer = {}, .audience = "other"}, "token_wrong_audience\n"},
    };
    for (auto const& [text, jwks, options, expected] : rows) {
        auto const said = report_on_token(text, jwks, options, at());
        CHECK(said.text == expected);
        CHECK_FALSE(said.why.empty());
        CHECK(said.exit_code == 1);
    }
    CHECK(report_on_token(token, key_set_of(), {.issuer = std::string{own_issuer}, .audience = "api"}, at()).exit_code == 0);
}

TEST_CASE("token report: a token without iss and aud passes when neither is asked for")
{
    CHECK(report_on_token(a_token().without("iss").without("aud").text(), key_set_of(), {}, at()).exit_code == 0);
}
