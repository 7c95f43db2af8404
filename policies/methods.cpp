#include "policies/methods.hpp"

#include <array>

namespace yett::policies {
namespace {

constexpr std::array<std::string_view, 7> names{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"};
constexpr std::uint8_t other = 0x80;

constexpr std::uint8_t bit_of(std::string_view method) noexcept
{
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == method) return static_cast<std::uint8_t>(1u << i);
    return other;
}

} // namespace

method_set method_set::of(std::string_view method) noexcept
{
    return method_set{bit_of(method)};
}

std::optional<method_set> method_set::named(std::string_view method) noexcept
{
    auto const bit = bit_of(method);
    if (bit == other) return std::nullopt;
    return method_set{bit};
}

std::string method_set::text() const
{
    std::string list;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if ((bits_ >> i & 1) == 0) continue;
        if (!list.empty()) list.append(", ");
        list.append(names[i]);
    }
    return list;
}

} // namespace yett::policies
