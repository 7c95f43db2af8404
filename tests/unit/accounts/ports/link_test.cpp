#include "gateway/accounts/ports/link.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace yett;
using namespace yett::accounts;

TEST_CASE("link token: one that was made is read, and hashes to what is kept")
{
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        auto const made = make_link_token();
        auto const text = std::string{made.text.reveal()};
        CHECK(text.size() == 51);
        CHECK(text.starts_with(link_token_prefix));
        auto const read = read_link_token(text);
        REQUIRE(read);
        CHECK(read->hash == made.hash);
        CHECK(made.hash.size() == 64);
        CHECK(made.hash.find(text.substr(4)) == std::string::npos);
        seen.insert(text);
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("link token: whatever was changed, cut or added to is none")
{
    auto const good = std::string{make_link_token().text.reveal()};
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto changed = good;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        CHECK_FALSE(read_link_token(changed));
    }
    for (auto const& text : {good.substr(0, 50), good + "A", good + "=", "x" + good, good.substr(4), std::string{},
                             "yr1_" + good.substr(4), std::string{"yl1_"} + std::string(47, 'A')})
        CHECK_FALSE(read_link_token(text));
}
