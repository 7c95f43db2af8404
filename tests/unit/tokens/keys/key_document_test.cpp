#include "gateway/tokens/keys/key_document.hpp"

#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

secret const sealing{"correct horse battery staple"};

own_key some_key(algorithm alg)
{
    return {signing_key::generate(alg).value(), 7, at(), at(3600) + milliseconds{250}};
}

std::string note_of(kept_key const& from, secret const& with)
{
    auto const read = read_key(from, with);
    REQUIRE(!read);
    return read.error().note();
}

kept_key changed(kept_key const& from, std::string_view what, std::string_view to)
{
    std::string text{from.document.reveal()};
    text.replace(text.find(what), what.size(), to);
    return {from.alg, from.number, secret{text}};
}

} // namespace

TEST_CASE("key document: what was written is read, sealed and in the clear")
{
    for (auto const alg : {algorithm::es256, algorithm::eddsa, algorithm::rs256})
        for (auto const& with : {secret{}, sealing}) {
            auto const made = some_key(alg);
            auto const kept = write_key(made, with);
            REQUIRE(kept);
            CHECK((kept->document.reveal().find("PRIVATE KEY") != std::string_view::npos) == with.empty());
            CHECK(kept->number == 7);
            auto const read = read_key(*kept, with);
            REQUIRE(read);
            CHECK(read->key.kid() == made.key.kid());
            CHECK(read->key.alg() == alg);
            CHECK(read->made_at == made.made_at);
            CHECK(read->signs_from == made.signs_from);
            CHECK(made.key.verification().verifies("text", read->key.sign("text").value()));
        }
}

TEST_CASE("key document: a sealed one shows nothing of its key and is never the same twice")
{
    auto const made = some_key(algorithm::es256);
    auto const one = write_key(made, sealing).value();
    auto const other = write_key(made, sealing).value();
    CHECK(one.document.reveal().find("PRIVATE") == std::string_view::npos);
    CHECK(one.document != other.document);
}

TEST_CASE("key document: without the secret or with a wrong one a sealed key stays shut, and the note says why")
{
    auto const kept = write_key(some_key(algorithm::es256), sealing).value();
    CHECK(note_of(kept, {}).find("tokens.keys.secret is not set") != std::string::npos);
    CHECK(note_of(kept, secret{"another secret altogether"}).find("does not open it") != std::string::npos);
}

TEST_CASE("key document: a sealed key serves in its place alone")
{
    auto const made = some_key(algorithm::es256);
    auto const kept = write_key(made, sealing).value();
    auto elsewhere = kept;
    elsewhere.number = 8;
    CHECK(note_of(elsewhere, sealing).find("does not open it") != std::string::npos);
    elsewhere = kept;
    elsewhere.alg = algorithm::rs256;
    CHECK(note_of(elsewhere, sealing).find("does not open it") != std::string::npos);
    CHECK(note_of(changed(kept, "signs from: 17672292", "signs from: 17672293"), sealing).find("does not open it") !=
          std::string::npos);
    CHECK(note_of(changed(kept, "kid: ", "kid: A"), sealing).find("does not open it") != std::string::npos);
    CHECK(note_of(changed(kept, "sealed: ", "sealed: A"), sealing).size() > 0);
}

TEST_CASE("key document: damaged, weak and foreign texts are refused")
{
    auto const kept = write_key(some_key(algorithm::es256), {}).value();
    CHECK_FALSE(read_key({algorithm::es256, 1, secret{""}}, {}));
    CHECK_FALSE(read_key({algorithm::es256, 1, secret{"sealed: \n"}}, sealing));
    CHECK_FALSE(read_key({algorithm::es256, 1, secret{"x\nsealed: AAAA\n"}}, sealing));
    CHECK_FALSE(read_key({algorithm::eddsa, 1, kept.document}, {}));
    CHECK_FALSE(read_key(changed(kept, "-----END", "-----"), {}));
}

TEST_CASE("key document: a key from before the secret, and one that names no start, are taken")
{
    auto const made = some_key(algorithm::eddsa);
    auto const kept = write_key(made, {}).value();
    CHECK(read_key(kept, sealing)->key.kid() == made.key.kid());
    auto const old = read_key(changed(kept, "signs from", "noted"), {});
    REQUIRE(old);
    CHECK(old->signs_from == made.made_at);
}
