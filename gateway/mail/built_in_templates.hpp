#pragma once

#include <span>
#include <string_view>

namespace yett::mail {

// A file below gateway/mail/templates, as it was when the program was built.
struct built_in_template
{
    std::string_view file; // "en/verify_address.txt"
    std::string_view text;
};

std::span<built_in_template const> built_in_templates() noexcept;

} // namespace yett::mail
