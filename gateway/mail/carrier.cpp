#include "gateway/mail/carrier.hpp"

#include <array>

namespace yett::mail {

std::string_view name_of(setback::kind what) noexcept
{
    static constexpr std::array<std::string_view, static_cast<std::size_t>(setback::kind::count_)> names{
        "unreachable", "insecure", "login_refused", "refused_for_now", "refused", "broken", "not_written"};
    return names[static_cast<std::size_t>(what)];
}

} // namespace yett::mail
