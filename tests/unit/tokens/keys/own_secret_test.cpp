#include "gateway/tokens/keys/own_secret.hpp"

#include "gateway/tokens/keys/key_files.hpp"
#include "gateway/tokens/keys/key_store.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

secret phrase(char const* text = "sixteen bytes and more")
{
    return secret{std::string{text}};
}

struct fixture
{
    result<secret> ask(secret const& sealing = {}) { return run(own_secret(*store, sealing)); }
    std::string document() { return std::string{run(store->list(algorithm::hs256)).value().at(0).document.reveal()}; }
    void keep(std::string text) { (void)run(store->add({algorithm::hs256, 1, secret{std::move(text)}})); }

    temporary_folder folder;
    std::unique_ptr<key_store> store = make_key_files((folder.path() / "keys").string());
};

} // namespace

TEST_CASE("own secret: whoever asks first makes it, and it is the same for all who ask later")
{
    fixture f;
    auto const made = f.ask();
    REQUIRE(made);
    CHECK(made->size() == 32);
    CHECK(f.ask()->reveal() == made->reveal());
    auto const again = make_key_files((f.folder.path() / "keys").string());
    CHECK(run(own_secret(*again, {}))->reveal() == made->reveal());
    fixture other;
    CHECK(other.ask()->reveal() != made->reveal());
}

TEST_CASE("own secret: where keys are sealed it is sealed as well")
{
    fixture f;
    auto const made = f.ask(phrase());
    REQUIRE(made);
    CHECK(f.document().starts_with("A secret of Yett, sealed with tokens.keys.secret.\nsealed: "));
    CHECK(f.ask(phrase())->reveal() == made->reveal());
    auto const without = f.ask();
    REQUIRE_FALSE(without);
    CHECK(without.error().note() == "the secret beside the keys is sealed, and tokens.keys.secret is not set");
    CHECK_FALSE(f.ask(phrase("another phrase of bytes")));
}

TEST_CASE("own secret: one from before the sealing stays as it is")
{
    fixture f;
    auto const made = f.ask();
    CHECK(f.document().starts_with("A secret of Yett. Keep it secret.\nsecret: "));
    CHECK(f.ask(phrase())->reveal() == made->reveal());
}

TEST_CASE("own secret: what is damaged is no secret, and none is made in its place")
{
    for (auto const* text :
         {"", "x", "A secret of Yett. Keep it secret.\nsecret: \n", "A secret of Yett. Keep it secret.\nsecret: c2hvcnQ\n",
          "A secret of Yett. Keep it secret.\nsecret: not base64url at all, is it?\n"}) {
        CAPTURE(text);
        fixture f;
        f.keep(text);
        auto const read = f.ask();
        REQUIRE_FALSE(read);
        CHECK(read.error() == errc::internal);
        CHECK(f.document() == text);
    }
}

TEST_CASE("own secret: a key for one purpose proves nothing for another")
{
    secret const from{std::string(32, 's')};
    auto const one = derive_key(from, "devices");
    auto const other = derive_key(from, "forms");
    REQUIRE(one);
    REQUIRE(other);
    CHECK(one->size() == 32);
    CHECK(one->reveal() != other->reveal());
    CHECK(one->reveal() != from.reveal());
    CHECK(derive_key(from, "devices")->reveal() == one->reveal());
    CHECK(derive_key(secret{std::string(32, 't')}, "devices")->reveal() != one->reveal());
}
