#include "gateway/tokens/opaque/refresh_token.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace yett;
using namespace yett::tokens;

TEST_CASE("refresh token: what was made is read back as the same")
{
    auto const made = make_refresh_token();
    auto const text = std::string{made.text.reveal()};
    CHECK(text.size() == 72);
    CHECK(text.starts_with("yr1_"));
    CHECK(made.family.size() == 22);
    CHECK(made.hash == hex_encode(sha256(text)));
    auto const read = read_refresh_token(text);
    REQUIRE(read);
    CHECK(read->text == made.text);
    CHECK(read->family == made.family);
    CHECK(read->hash == made.hash);
}

TEST_CASE("refresh token: each is another one, of another family")
{
    std::set<std::string> hashes, families;
    for (int i = 0; i < 1000; ++i) {
        auto const made = make_refresh_token();
        hashes.insert(made.hash);
        families.insert(made.family);
    }
    CHECK(hashes.size() == 1000);
    CHECK(families.size() == 1000);
}

TEST_CASE("refresh token: one wrong character, one more or one less is told by the checksum")
{
    auto const text = std::string{make_refresh_token().text.reveal()};
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto changed = text;
        changed[i] = changed[i] == 'x' ? 'y' : 'x';
        CHECK_FALSE(read_refresh_token(changed));
    }
    for (auto const& other : {text + 'A', text.substr(1), text.substr(0, 71), std::string{}, std::string{"yr1_"},
                              ' ' + text.substr(1), "yr1_" + std::string(68, '=')})
        CHECK_FALSE(read_refresh_token(other));
}

TEST_CASE("refresh token: the successor depends on the token and the salt, and on nothing else")
{
    auto const first = make_refresh_token();
    auto const next = succeed(first, "salt-1");
    CHECK(next.family == first.family);
    CHECK(next.hash != first.hash);
    CHECK(next.hash == succeed(*read_refresh_token(first.text.reveal()), "salt-1").hash);
    CHECK(next.hash != succeed(first, "salt-2").hash);
    CHECK(next.hash != succeed(make_refresh_token(), "salt-1").hash);
    CHECK(read_refresh_token(next.text.reveal()));
}
