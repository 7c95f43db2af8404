#include "gateway/base/uuid.hpp"

#include <cstring>

// Texts of UUIDs as RFC 9562 section 4 shows them, in lower case alone: one spelling for one id,
// since ids are compared as texts. `parse_uuid` trusts its caller to have asked `is_uuid`.

namespace yett {
inline namespace base {
namespace {

constexpr bool is_dash_at(std::size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

unsigned value_of(char digit)
{
    return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

using sixteen [[gnu::vector_size(16)]] = unsigned char;

sixteen digits_of(sixteen values)
{
    return values + '0' + (static_cast<sixteen>(values > 9) & ('a' - '0' - 10));
}

} // namespace

bool is_uuid(std::string_view text) noexcept
{
    if (text.size() != uuid_text_bytes) return false;
    for (std::size_t at = 0; at < uuid_text_bytes; ++at) {
        auto const c = text[at];
        bool const digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
        if (is_dash_at(at) ? c != '-' : !digit) return false;
    }
    return true;
}

uuid parse_uuid(std::string_view text) noexcept
{
    uuid made;
    auto at = text.begin();
    for (auto& byte : made) {
        if (*at == '-') ++at;
        auto const high = value_of(*at++);
        byte = static_cast<unsigned char>(high << 4 | value_of(*at++));
    }
    return made;
}

// All digits at once: a request writes four of them.
void write_uuid(uuid const& id, char* to) noexcept
{
    sixteen bytes;
    std::memcpy(&bytes, id.data(), sizeof bytes);
    sixteen const high = bytes >> 4;
    sixteen const low = bytes & 15;
    auto const front = digits_of(__builtin_shufflevector(high, low, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
    auto const back = digits_of(__builtin_shufflevector(high, low, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
    std::array<char, 2 * uuid_bytes> digits;
    std::memcpy(digits.data(), &front, sizeof front);
    std::memcpy(digits.data() + sizeof front, &back, sizeof back);
    std::memcpy(to, digits.data(), 8);
    std::memcpy(to + 9, digits.data() + 8, 4);
    std::memcpy(to + 14, digits.data() + 12, 4);
    std::memcpy(to + 19, digits.data() + 16, 4);
    std::memcpy(to + 24, digits.data() + 20, 12);
    to[8] = to[13] = to[18] = to[23] = '-';
}

} // namespace base
} // namespace yett
