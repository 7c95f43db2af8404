#include "gateway/tokens/opaque/api_key.hpp"

#include "gateway/base/random.hpp"
#include "gateway/base/text/base64url.hpp"
#include "gateway/tokens/opaque/refresh_token.hpp"
#include "tests/support/print.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace yett;
using namespace yett::tokens;

TEST_CASE("api keys: one is read back as what it was made")
{
    auto const made = make_api_key();
    auto const text = std::string{made.text.reveal()};
    CHECK(text.size() == opaque_token_bytes);
    CHECK(text.starts_with(api_key_prefix));
    CHECK(looks_like_api_key(text));
    auto const read = read_api_key(text);
    REQUIRE(read);
    CHECK(read->name == made.name);
    CHECK(read->hash == made.hash);
    CHECK(made.hash == hex_encode(sha256(text)));
    CHECK_MESSAGE(text.find(made.name.substr(0, 21)) == 4, "the id can be recognised in the key");
}

TEST_CASE("api keys: a changed, cut or longer text is none, whichever character it is")
{
    auto const text = std::string{make_api_key().text.reveal()};
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_MESSAGE(!read_api_key(changed), i);
        CHECK(!read_api_key(text.substr(0, i)));
    }
    for (auto const* const wrong : {" ", "=", "A", "\n", "_"}) {
        CHECK(!read_api_key(text + wrong));
        CHECK(!read_api_key(wrong + text));
    }
    CHECK(!read_api_key({}));
}

TEST_CASE("api keys: a refresh token is none, and none is a refresh token")
{
    auto const key = std::string{make_api_key().text.reveal()};
    auto const refresh = std::string{make_refresh_token().text.reveal()};
    CHECK(!read_refresh_token(key));
    CHECK(!read_api_key(refresh));
    // The checksum knows the kind, too.
    CHECK(!read_refresh_token("yr1_" + key.substr(4)));
    CHECK(!read_api_key("yk1_" + refresh.substr(4)));
}

TEST_CASE("api keys: no two are alike, and none has a name that looks like an option")
{
    std::set<std::string> names;
    for (int i = 0; i < 2000; ++i) {
        auto const name = make_api_key().name;
        CHECK(name.front() != '-');
        CHECK(name.front() != '_');
        names.insert(name);
    }
    CHECK(names.size() == 2000);
}
