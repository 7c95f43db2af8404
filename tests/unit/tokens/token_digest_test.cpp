#include "gateway/tokens/token_digest.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace yett::tokens;

TEST_CASE("token digest: no two texts share one, however dots and lengths fall")
{
    token_digest const digests;
    std::set<std::string> texts;
    for (auto const& head : {std::string{}, std::string{"a"}, std::string(63, 'a'), std::string(64, 'a'), std::string(65, 'a'),
                             std::string(300, 'a')})
        for (auto const* dots : {"", ".", "..", "...", "................................................................"})
            for (auto const* tail : {"", "b", "b.c", ".b", "a"}) texts.insert(head + dots + tail);
    std::set<digest128> made;
    for (auto const& text : texts) made.insert(digests.of(text));
    CHECK(made.size() == texts.size());
    for (auto const& text : texts) made.insert(digests.of(text));
    CHECK_MESSAGE(made.size() == texts.size(), "the same text has the same digest");
}

TEST_CASE("token digest: two caches name a token differently")
{
    token_digest const one, other;
    std::string const text = "header.payload-payload-payload.signature-signature";
    CHECK(one.of(text) != other.of(text));
    CHECK(one.hint(text) != other.hint(text));
    CHECK(one.hint(text) == one.hint(text));
}
