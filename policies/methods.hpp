#pragma once

#include "gateway/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace yett::policies {

// Which methods a rule accepts, as a set of bits that `method_names` gives out.
class method_set
{
public:
    constexpr method_set() = default;
    // What a rule that names none accepts: the methods of RFC 9110 but CONNECT and TRACE, and
    // WebDAV's (RFC 4918, 3253, 5323).
    static constexpr method_set usual() noexcept { return method_set{0xffff}; }
    // Those that rules name beside, and those that nobody names.
    static constexpr method_set every() noexcept { return method_set{~std::uint64_t{0}}; }

    constexpr bool empty() const noexcept { return bits_ == 0; }
    constexpr bool covers(method_set other) const noexcept { return (other.bits_ & ~bits_) == 0; }
    constexpr method_set& operator|=(method_set other) noexcept
    {
        bits_ |= other.bits_;
        return *this;
    }
    friend constexpr bool operator==(method_set, method_set) = default;

private:
    friend class method_names;
    explicit constexpr method_set(std::uint64_t bits) noexcept : bits_{bits} {}

    std::uint64_t bits_ = 0;
};

// The methods that the rules of one configuration tell apart: the usual ones, and whatever
// tokens rules name. Those that nobody names share one bit.
class method_names
{
public:
    // The set of that one method, which is told apart from now on. Case matters (RFC 9110
    // section 9.1). Fails with bad_request and a note for the operator: no token, CONNECT or
    // TRACE, a usual method in another case, more than 47 methods beside the usual ones.
    result<method_set> name(std::string_view method);
    method_set of(std::string_view method) const noexcept;
    // "GET, HEAD, POST", as the Allow header wants it (RFC 9110 section 10.2.1).
    std::string text(method_set methods) const;

private:
    // Their place is their bit, so none is ever taken out.
    std::vector<std::string> beside_; // the usual ones, in the order of their bits
};

} // namespace yett::policies
