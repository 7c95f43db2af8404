#include "gateway/tokens/opaque/opaque_token.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::tokens;

namespace {

constexpr opaque_kind test_kind{"yt1_", "yett test"};
constexpr opaque_kind other_kind{"yt1_", "yett other"};
constexpr opaque_kind other_prefix{"yx1_", "yett test"};

opaque_token a_token(char name = 'n', char proof = 'p')
{
    return make_opaque(test_kind, std::string(opaque_name_bytes, name), std::string(opaque_proof_bytes, proof));
}

} // namespace

TEST_CASE("opaque token: it has its shape, and is read back as what it was made")
{
    auto const made = a_token();
    auto const text = std::string{made.text.reveal()};
    CHECK(text.size() == opaque_token_bytes);
    CHECK(text.starts_with("yt1_"));
    CHECK(text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") == std::string::npos);
    CHECK(made.name.size() == 22);
    CHECK(made.hash.size() == 64);
    auto const read = read_opaque(test_kind, text);
    REQUIRE(read);
    CHECK(read->name == made.name);
    CHECK(read->hash == made.hash);
    CHECK(read->text.reveal() == text);
}

TEST_CASE("opaque token: name and proof decide it, and the name shows nothing of the proof")
{
    CHECK(a_token().text.reveal() == a_token().text.reveal());
    CHECK(a_token('n', 'p').name == a_token('n', 'q').name);
    CHECK(a_token('n', 'p').hash != a_token('n', 'q').hash);
    CHECK(a_token('n', 'p').name != a_token('m', 'p').name);
    CHECK(a_token('n', 'p').text.reveal().substr(0, 24) == a_token('n', 'q').text.reveal().substr(0, 24));
}

TEST_CASE("opaque token: one of another kind is none, by its prefix and by its checksum")
{
    auto const text = std::string{a_token().text.reveal()};
    CHECK_FALSE(read_opaque(other_kind, text));
    CHECK_FALSE(read_opaque(other_prefix, text));
    auto changed = text;
    changed[1] = 'x';
    CHECK_MESSAGE(!read_opaque(other_kind, changed), "the prefix alone makes no other kind of it");
}

TEST_CASE("opaque token: every character counts")
{
    auto const text = std::string{a_token().text.reveal()};
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto changed = text;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        CHECK_MESSAGE(!read_opaque(test_kind, changed), at);
    }
    for (auto const& other : {text.substr(1), text.substr(0, 71), text + "A", text + "=", std::string{}, " " + text.substr(1),
                              std::string{"yt1_"} + std::string(68, '!')})
        CHECK_FALSE(read_opaque(test_kind, other));
}
