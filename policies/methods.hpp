#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace yett::policies {

// Which methods a rule accepts, as a set of bits. Methods Yett has no name for share
// one bit, which only a rule for every method accepts.
class method_set
{
public:
    constexpr method_set() = default;
    static constexpr method_set every() noexcept { return method_set{0xff}; }
    // The set of that one method; case matters (RFC 9110 section 9.1).
    static method_set of(std::string_view method) noexcept;
    // Nothing for a word that is no method Yett serves.
    static std::optional<method_set> named(std::string_view method) noexcept;

    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool covers(method_set other) const noexcept { return (other.bits_ & ~bits_) == 0; }
    constexpr method_set& operator|=(method_set other) noexcept
    {
        bits_ = static_cast<std::uint8_t>(bits_ | other.bits_);
        return *this;
    }
    friend constexpr bool operator==(method_set, method_set) = default;

    // "GET, HEAD, POST", as the Allow header wants it (RFC 9110 section 10.2.1).
    std::string text() const;

private:
    explicit constexpr method_set(std::uint8_t bits) noexcept : bits_{bits} {}

    std::uint8_t bits_ = 0;
};

} // namespace yett::policies
