#include "gateway/accounts/passwords/password_policy.hpp"

#include "tests/support/print.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::accounts;

namespace {

outcome<secret> accept(std::string const& typed, password_rules const& rules = {})
{
    return accept_password(secret{typed}, "anna.meier@example.com", rules);
}

} // namespace

TEST_CASE("password policy: a strong one is accepted as it is, whatever it is made of")
{
    for (auto const* typed :
         {"correct horse battery staple", "zxnvqpwlrktm", "   spaces  and plenty  ", "パスワードではないものを選ぶ"}) {
        CAPTURE(typed);
        auto const accepted = accept(typed);
        REQUIRE(accepted.has_value());
        CHECK(accepted->reveal() == typed);
    }
}

TEST_CASE("password policy: what people and lists try first is refused")
{
    for (auto const* typed : {"password1234", "123456789012", "qwertyuiop12", "aaaaaaaaaaaaaaaa", "anna.meier@example.com",
                              "anna.meier12", "iloveyou2024", "Passw0rd!Passw0rd!"}) {
        CAPTURE(typed);
        auto const refused = accept(typed);
        REQUIRE_FALSE(refused.has_value());
        CHECK(refused.error().why == errc::password_weak);
        REQUIRE(refused.error().fields.size() == 1);
        CHECK(refused.error().fields[0].field == "password");
        CHECK(refused.error().fields[0].code == errc::password_weak);
        CHECK_FALSE(refused.error().fields[0].message.empty());
    }
}

TEST_CASE("password policy: length counts code points and the limit counts bytes")
{
    password_rules rules;
    rules.min_strength = 0;
    rules.min_length = 4;
    rules.max_bytes = 12;
    CHECK(accept("äöüß", rules));
    CHECK_FALSE(accept("äöü", rules));
    CHECK(accept("123456789012", rules));
    CHECK_FALSE(accept("1234567890123", rules));
    CHECK_FALSE(accept("äöüßäöü", rules));
    // Grows beyond the limit when it is normalised.
    rules.max_bytes = 5;
    CHECK_FALSE(accept("\xf0\x9d\x85\x9e"
                       "a",
                       rules));
}

TEST_CASE("password policy: the strength that is asked for decides")
{
    password_rules rules;
    rules.min_length = 1;
    int last = 5;
    for (auto const* typed : {"correct horse battery staple", "kqzwmrtp", "monkeys7", "password"}) {
        int strength = 0;
        for (rules.min_strength = 1; rules.min_strength <= 4; ++rules.min_strength)
            if (accept(typed, rules)) strength = rules.min_strength;
        CAPTURE(typed);
        CHECK(strength <= last);
        last = strength;
    }
    CHECK(last == 0);
}

TEST_CASE("password policy: NUL and what is not UTF-8 are refused")
{
    using namespace std::string_literals;
    for (auto const& typed : {"correct horse\0battery staple"s, "\0"s, "correct horse\xff battery"s, "\xc3"s}) {
        CHECK_FALSE(accept(typed));
        auto const normal = normalise_password(secret{typed}, 1024);
        REQUIRE_FALSE(normal.has_value());
        CHECK(normal.error() == errc::password_weak);
    }
}

TEST_CASE("password policy: the same keys on another keyboard give the same bytes")
{
    auto const composed = normalise_password(secret{"caf\xc3\xa9"}, 1024);
    auto const decomposed = normalise_password(secret{"cafe\xcc\x81"}, 1024);
    REQUIRE(composed.has_value());
    REQUIRE(decomposed.has_value());
    CHECK(*composed == *decomposed);
    CHECK(normalise_password(secret{}, 1024)->empty());
}

TEST_CASE("password policy: a passphrase of any length is estimated by its beginning")
{
    CHECK(accept("correct horse battery staple " + std::string(900, 'x')));
    CHECK_FALSE(accept(std::string(900, 'a')));
}
