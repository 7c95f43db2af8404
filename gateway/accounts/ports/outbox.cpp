#include "gateway/accounts/ports/outbox.hpp"

namespace yett::accounts {

std::string_view name_of(letter_kind kind) noexcept
{
    static constexpr std::array<std::string_view, static_cast<std::size_t>(letter_kind::count_)> names{
        "verify_address", "address_taken",  "reset_password", "password_changed", "password_was_reset",
        "new_device",     "refresh_reused", "invitation",     "change_address",   "address_changed"};
    return names[static_cast<std::size_t>(kind)];
}

} // namespace yett::accounts
