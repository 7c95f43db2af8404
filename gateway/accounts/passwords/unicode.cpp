#include "gateway/accounts/passwords/unicode.hpp"

#include <sodium.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include <cstdlib>
#include <new>

namespace yett::accounts {

namespace {

std::uint8_t const* bytes_of(std::string_view text) noexcept
{
    return reinterpret_cast<std::uint8_t const*>(text.data());
}

// Takes what libunistring allocated, wipes and frees it.
std::string take(std::uint8_t* made, std::size_t size)
{
    if (!made) throw std::bad_alloc{};
    std::string text{reinterpret_cast<char const*>(made), size};
    sodium_memzero(made, size);
    std::free(made);
    return text;
}

} // namespace

std::optional<std::string> to_nfc(std::string_view text)
{
    if (text.empty()) return std::string{};
    if (u8_check(bytes_of(text), text.size())) return std::nullopt;
    std::size_t size = 0;
    auto* made = u8_normalize(UNINORM_NFC, bytes_of(text), text.size(), nullptr, &size);
    return take(made, size);
}

std::string fold_case(std::string_view text)
{
    if (text.empty()) return {};
    std::size_t size = 0;
    auto* made = u8_casefold(bytes_of(text), text.size(), nullptr, UNINORM_NFC, nullptr, &size);
    return take(made, size);
}

std::size_t count_code_points(std::string_view text) noexcept
{
    return u8_mbsnlen(bytes_of(text), text.size());
}

bool is_graphic(std::string_view text) noexcept
{
    while (!text.empty()) {
        ucs4_t character = 0;
        auto const size = u8_mbtouc(&character, bytes_of(text), text.size());
        if (uc_is_general_category_withtable(character, UC_CATEGORY_MASK_C | UC_CATEGORY_MASK_Z)) return false;
        text.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

} // namespace yett::accounts
