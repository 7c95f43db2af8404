#include "gateway/tokens/keys/key_rules.hpp"

#include "tests/support/print.hpp"
#include "tests/support/token_builder.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::tokens;
using namespace yett::tests;

namespace {

// One of each sort: whatever is asked of an RSA key, it is asked of any.
constexpr algorithm made_for[] = {algorithm::rs256, algorithm::es256, algorithm::es384, algorithm::es512, algorithm::eddsa};
constexpr algorithm asymmetric[] = {algorithm::rs256, algorithm::rs384, algorithm::rs512, algorithm::ps256, algorithm::ps384,
                                    algorithm::ps512, algorithm::es256, algorithm::es384, algorithm::es512, algorithm::eddsa};

} // namespace

TEST_CASE("key rules: a key serves the algorithms of its kind and curve alone")
{
    for (auto const made : made_for)
        for (auto const wanted : asymmetric) {
            CAPTURE(name_of(made));
            CAPTURE(name_of(wanted));
            auto const same_kind = kind_of(made) == kind_of(wanted);
            auto const fits = same_kind && curve_of(made) == curve_of(wanted);
            auto const checked = check_public_key(wanted, test_key(made).private_key().get());
            CHECK(checked.has_value() == fits);
            if (fits) continue;
            CHECK(checked.error() == errc::bad_request);
            CHECK(checked.error().note() ==
                  (same_kind ? "the curve is not the one of the algorithm" : "the type of the key does not fit the algorithm"));
        }
}

TEST_CASE("key rules: no key is none, and no public key serves an HMAC")
{
    for (auto const wanted : asymmetric) CHECK_FALSE(check_public_key(wanted, nullptr));
    for (auto const hmac : {algorithm::hs256, algorithm::hs384, algorithm::hs512})
        CHECK_FALSE(check_public_key(hmac, test_key().private_key().get()));
}

TEST_CASE("key rules: a secret is as long as the digest, and no longer than 4096 bytes")
{
    struct
    {
        algorithm alg;
        std::size_t bytes;
        char const* note; // null: it serves
    } const rows[] = {
        {algorithm::hs256, 0, "the secret is shorter than the algorithm's digest"},
        {algorithm::hs256, 31, "the secret is shorter than the algorithm's digest"},
        {algorithm::hs256, 32, nullptr},
        {algorithm::hs384, 32, "the secret is shorter than the algorithm's digest"},
        {algorithm::hs384, 47, "the secret is shorter than the algorithm's digest"},
        {algorithm::hs384, 48, nullptr},
        {algorithm::hs512, 63, "the secret is shorter than the algorithm's digest"},
        {algorithm::hs512, 64, nullptr},
        {algorithm::hs512, 4096, nullptr},
        {algorithm::hs256, 4097, "the secret is longer than 4096 bytes"},
        {algorithm::es256, 32, "the type of the key does not fit the algorithm"},
        {algorithm::rs256, 4096, "the type of the key does not fit the algorithm"},
        {algorithm::eddsa, 32, "the type of the key does not fit the algorithm"},
    };
    for (auto const& row : rows) {
        CAPTURE(name_of(row.alg));
        CAPTURE(row.bytes);
        auto const checked = check_secret(row.alg, std::string(row.bytes, 'k'));
        CHECK(checked.has_value() == (row.note == nullptr));
        if (!checked && row.note) CHECK(checked.error().note() == row.note);
    }
}
