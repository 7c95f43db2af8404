#include "gateway/upstream/balancing/affinity.hpp"

// FNV-1a, whose low bits are good and whose high bits are not, and behind it the finaliser of splitmix64,
// which makes all of them depend on all of the text. No secret is in it: it could not be the same elsewhere.

namespace yett::upstream {

std::uint64_t stable_hash(std::string_view text) noexcept
{
    std::uint64_t hash = 0xcbf29ce484222325;
    for (auto const c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    return hash;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) noexcept
{
    auto x = a ^ (b * 0x9e3779b97f4a7c15);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
    x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
    return x ^ (x >> 31);
}

std::uint64_t affinity_key(affinity const& of) noexcept
{
    if (!of.user.empty()) return stable_hash(of.user);
    auto const& bytes = of.client.bytes;
    return stable_hash({reinterpret_cast<char const*>(bytes.data()), of.client.is_v4() ? bytes.size() : bytes.size() / 2});
}

} // namespace yett::upstream
