#include "gateway/tokens/issue_moment.hpp"

#include <charconv>

namespace yett::tokens {

wall_time issue_moment(identity const& who) noexcept
{
    std::string_view const id = who.token_id;
    if (id.size() != 36 || id[8] != '-' || id[14] != '7') return who.issued_at;
    char digits[12];
    id.copy(digits, 8);
    id.copy(digits + 8, 4, 9);
    std::int64_t since_epoch = 0;
    auto const read = std::from_chars(digits, digits + 12, since_epoch, 16);
    wall_time const moment{milliseconds{since_epoch}};
    bool const agrees = read.ptr == digits + 12 && to_unix(moment) == to_unix(who.issued_at);
    return agrees ? moment : who.issued_at;
}

} // namespace yett::tokens
