#include "gateway/mail/mail_transport.hpp"

#include <array>

namespace yett::mail {

std::string_view name_of(delivery_error::kind what) noexcept
{
    static constexpr std::array<std::string_view, static_cast<std::size_t>(delivery_error::kind::count_)> names{
        "unreachable", "insecure", "login_refused", "refused_for_now", "refused", "broken", "not_written"};
    return names[static_cast<std::size_t>(what)];
}

} // namespace yett::mail
