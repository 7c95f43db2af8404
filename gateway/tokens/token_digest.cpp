#include "gateway/tokens/token_digest.hpp"

#include "gateway/base/random.hpp"

#include <highwayhash/highwayhash_target.h>
#include <highwayhash/instruction_sets.h>

#include <cstring>

namespace yett::tokens {

token_digest::token_digest() : key_{random_u64(), random_u64(), random_u64(), random_u64()}, hint_key_{random_u64(), random_u64()}
{
}

digest128 token_digest::of(std::string_view text) const noexcept
{
    using namespace highwayhash;
    static_assert(sizeof(HHKey) == sizeof key_ && sizeof(HHResult128) == sizeof(digest128));
    digest128 made;
    auto const& key = reinterpret_cast<HHKey const&>(key_);
    InstructionSets::Run<HighwayHash>(key, text.data(), text.size(), reinterpret_cast<HHResult128*>(made.data()));
    return made;
}

std::uint64_t token_digest::hint(std::string_view token) const noexcept
{
    std::array<std::uint64_t, 2> tail;
    std::memcpy(tail.data(), token.data() + token.size() - sizeof tail, sizeof tail);
    __extension__ using wide = unsigned __int128;
    auto const product = static_cast<wide>(tail[0] ^ hint_key_[0]) * (tail[1] ^ hint_key_[1]);
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

} // namespace yett::tokens
