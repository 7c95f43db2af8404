#pragma once

#include "gateway/base/result.hpp"

#include <string>
#include <string_view>

namespace yett::mail {

// Who a mail is from.
struct sender
{
    std::string name;    // UTF-8, may be empty
    std::string address; // canonical, see accounts/address.hpp
};

// Reads "user@host" or "Name <user@host>"; the name may stand in quotes. Fails with
// `email_invalid` when it is neither, or when the name holds a control character.
result<sender> parse_sender(std::string_view text);

} // namespace yett::mail
