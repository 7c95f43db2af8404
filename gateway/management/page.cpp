#include "gateway/management/page.hpp"

#include <algorithm>

namespace yett::management {

accounts::user_page page_asked(arguments& asked)
{
    accounts::user_page wanted;
    wanted.after = asked.optional_text("after").value_or(std::string{});
    wanted.limit = std::clamp<std::size_t>(asked.number("limit", wanted.limit), 1, 1000);
    return wanted;
}

} // namespace yett::management
