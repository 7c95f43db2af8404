#include "gateway/tokens/keys/jwks.hpp"
#include "tests/fuzz/expect.hpp"

#include <cstdint>

using namespace yett;
using namespace yett::tokens;

// Whatever is accepted is a key that can be shown and read back as the same key.
extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size)
{
    static jwks_rules const rules{.algorithms = {algorithm::hs256, algorithm::rs256, algorithm::ps256, algorithm::es256,
                                                 algorithm::es384, algorithm::eddsa},
                                  .bytes = 16 * 1024,
                                  .keys = 8};
    auto const set = parse_jwks({reinterpret_cast<char const*>(data), size}, rules);
    if (!set) return 0;
    FUZZ_EXPECT(!set->keys.empty());
    for (auto const& key : set->keys) {
        FUZZ_EXPECT(!key.kid().empty() && key.kid().size() <= max_kid_bytes);
        FUZZ_EXPECT(!key.verifies("text", std::string(key.signature_bytes(), '\0')));
        if (is_symmetric(key.alg())) continue;
        auto const again = parse_jwks(key.public_jwk(), rules);
        FUZZ_EXPECT(again.has_value() && again->keys.size() == 1);
        FUZZ_EXPECT(again->keys[0].fingerprint() == key.fingerprint());
    }
    return 0;
}
