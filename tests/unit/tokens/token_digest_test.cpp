#include "gateway/tokens/token_digest.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace yett::tokens;

namespace {

digest256 digest_of(token_digest& by, std::string_view token)
{
    auto run = by.start(token);
    run.take(run.rest());
    return run.finish();
}

} // namespace

TEST_CASE("token digest: no two texts share one, however dots and lengths fall")
{
    token_digest digests;
    std::set<std::string> texts;
    for (auto const& head : {std::string{}, std::string{"a"}, std::string(63, 'a'), std::string(64, 'a'), std::string(65, 'a'),
                             std::string(300, 'a')})
        for (auto const* dots : {"", ".", "..", "...", "................................................................"})
            for (auto const* tail : {"", "b", "b.c", ".b", "a"}) texts.insert(head + dots + tail);
    std::set<digest256> made;
    for (auto const& text : texts) made.insert(digest_of(digests, text));
    CHECK(made.size() == texts.size());
    for (auto const& text : texts) made.insert(digest_of(digests, text));
    CHECK_MESSAGE(made.size() == texts.size(), "the same text has the same digest, its header known or forgotten");
}

TEST_CASE("token digest: it does not matter in which pieces a text arrives")
{
    token_digest digests;
    std::string const text = "header." + std::string(500, 'p') + ".signature";
    auto const whole = digest_of(digests, text);
    for (std::size_t cut = 0; cut < 300; cut += 17) {
        auto run = digests.start(text);
        auto const rest = run.rest();
        run.take(rest.substr(0, cut));
        run.take(rest.substr(cut));
        CHECK(run.finish() == whole);
    }
}

TEST_CASE("token digest: two caches name a token differently")
{
    token_digest one, other;
    std::string const text = "header.payload-payload-payload.signature-signature";
    CHECK(digest_of(one, text) != digest_of(other, text));
    CHECK(one.hint(text) != other.hint(text));
    CHECK(one.hint(text) == one.hint(text));
}
