#include "gateway/tokens/keys/sealing.hpp"

#include "gateway/base/text/base64url.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::tokens;

namespace {

secret const phrase{std::string{"sixteen bytes and more"}};
constexpr auto purpose = "a test\n";

std::string sealed_text(std::string_view plain)
{
    auto made = seal(plain, phrase, purpose);
    REQUIRE(made);
    return *made;
}

} // namespace

TEST_CASE("sealing: what was sealed opens with its secret and for its purpose")
{
    for (auto const& plain :
         {std::string{"x"}, std::string{"a key\nin lines\n"}, std::string(5000, 'k'), std::string{"\0\xff", 2}}) {
        auto const sealed = sealed_text(plain);
        auto const opened = unseal(sealed, phrase, purpose);
        REQUIRE(opened);
        CHECK(opened->reveal() == plain);
        CHECK_MESSAGE(base64url_decode(sealed)->size() == plain.size() + 16 + 12 + 16, "salt, nonce and tag");
    }
}

TEST_CASE("sealing: the text cannot be read in what was sealed")
{
    // Long enough that random bytes do not spell it by accident.
    std::string const plain = "a key\nin lines\n";
    auto const sealed = sealed_text(plain);
    CHECK(sealed.find(plain) == std::string::npos);
    CHECK(base64url_decode(sealed)->find(plain) == std::string::npos);
}

TEST_CASE("sealing: the same text is never sealed to the same bytes")
{
    auto const one = *base64url_decode(sealed_text("a key"));
    auto const other = *base64url_decode(sealed_text("a key"));
    CHECK(one.substr(0, 16) != other.substr(0, 16));
    CHECK(one.substr(16, 12) != other.substr(16, 12));
    CHECK(one.substr(28) != other.substr(28));
}

TEST_CASE("sealing: neither another secret nor another purpose opens it")
{
    auto const sealed = sealed_text("a key");
    struct
    {
        char const* secret;
        char const* purpose;
    } const rows[] = {
        {"sixteen bytes and mor", purpose},   {"Sixteen bytes and more", purpose}, {"", purpose},
        {"sixteen bytes and more", "a test"}, {"sixteen bytes and more", ""},      {"sixteen bytes and more", "another\n"},
    };
    for (auto const& row : rows) {
        CAPTURE(row.secret);
        CAPTURE(row.purpose);
        auto const opened = unseal(sealed, secret{std::string{row.secret}}, row.purpose);
        REQUIRE_FALSE(opened);
        CHECK(opened.error() == errc::internal);
        CHECK(opened.error().note() == "tokens.keys.secret does not open it, or the text was changed");
    }
}

TEST_CASE("sealing: a byte that was changed anywhere is noticed")
{
    auto const whole = *base64url_decode(sealed_text("a key"));
    for (auto const at : {std::size_t{0}, std::size_t{15}, std::size_t{16}, std::size_t{27}, std::size_t{28}, std::size_t{32},
                          whole.size() - 16, whole.size() - 1}) {
        CAPTURE(at);
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        CHECK_FALSE(unseal(base64url_encode(changed), phrase, purpose));
    }
}

TEST_CASE("sealing: what is too short or no base64url is damaged")
{
    auto const whole = *base64url_decode(sealed_text("a key"));
    for (auto const& text : {std::string{}, std::string{"abc"}, std::string{"not base64url!"},
                             base64url_encode(whole.substr(0, 44)), base64url_encode(std::string(16, 'a'))}) {
        auto const opened = unseal(text, phrase, purpose);
        REQUIRE_FALSE(opened);
        CHECK(opened.error().note() == "the text is damaged");
    }
    CHECK_FALSE(unseal(base64url_encode(whole.substr(0, whole.size() - 1)), phrase, purpose));
    CHECK_FALSE(unseal(base64url_encode(whole + "x"), phrase, purpose));
}
