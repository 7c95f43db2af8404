#include "gateway/tokens/token_kind.hpp"

#include "gateway/tokens/verifier.hpp"
#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

token_builder foreign_token()
{
    return a_token().from("https://idp.test").without("type").without_header("typ");
}

result<verified> verdict(token_builder const& token, token_types const& types = {})
{
    auto them = foreign_issuer("https://idp.test", {test_key().verification()});
    them.types = types;
    return verifier{{them}}.verify(token.text(), at());
}

} // namespace

TEST_CASE("token kind: a foreign `typ` is compared whole, without case and without application/")
{
    CHECK(verdict(foreign_token()));
    for (auto const* type :
         {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+JWT", "okta-internal-at+jwt"})
        CHECK_MESSAGE(verdict(foreign_token().with_header("typ", type)), type);
    for (auto const* type :
         {"", "notat+jwt", "at+jwt ", "xat+jwt", "application/", "application/application/at+jwt", "none", "id+jwt"})
        CHECK_MESSAGE(verdict(foreign_token().with_header("typ", type)).error() == errc::token_untrusted, type);
}

TEST_CASE("token kind: what has JWT or no type must not look like another kind of token")
{
    struct
    {
        char const* name;
        boost::json::value value;
    } const rows[]{
        {"typ", "ID"},     {"typ", "Refresh"},
        {"typ", "Logout"}, {"token_use", "id"},
        {"token_use", ""}, {"events", boost::json::object{{"http://schemas.openid.net/event/backchannel-logout", {}}}},
        {"at_hash", "x"},  {"c_hash", "x"},
        {"token_use", 1},  {"events", boost::json::array{}},
    };
    for (auto const& [name, value] : rows) {
        CHECK_MESSAGE(verdict(foreign_token().with(name, value)).error() == errc::token_untrusted, name);
        CHECK_MESSAGE(verdict(foreign_token().with_header("typ", "JWT").with(name, value)).error() == errc::token_untrusted,
                      name);
        CHECK_MESSAGE(verdict(foreign_token().with_header("typ", "at+jwt").with(name, value)), name, " beside at+jwt");
    }
    for (auto const* use : {"access"}) CHECK(verdict(foreign_token().with("token_use", use)));
    CHECK(verdict(foreign_token().with("typ", "Bearer").with("at_hash", nullptr).with("events", nullptr)));
}

TEST_CASE("token kind, sibling: Keycloak's offline token and a hybrid flow's ID token are refused like their kin")
{
    CHECK(verdict(foreign_token().with("typ", "Offline")).error() == errc::token_untrusted);
    CHECK(verdict(foreign_token().with("typ", "offline")).error() == errc::token_untrusted);
    CHECK(verdict(foreign_token().with("s_hash", "x")).error() == errc::token_untrusted);
}

TEST_CASE("token kind, sibling: an issuer may have types of its own, and then no other")
{
    token_types const own{{"vnd.example+jwt"}, false};
    CHECK(verdict(foreign_token().with_header("typ", "application/VND.example+jwt"), own));
    CHECK(verdict(foreign_token().with_header("typ", "at+jwt"), own).error() == errc::token_untrusted);
    CHECK(verdict(foreign_token(), own).error() == errc::token_untrusted);
    CHECK(verdict(foreign_token().with_header("typ", nullptr), own).error() == errc::token_untrusted);
    CHECK(verdict(foreign_token().with_header("typ", nullptr)));
}
