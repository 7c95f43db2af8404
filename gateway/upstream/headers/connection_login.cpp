#include "gateway/upstream/headers/connection_login.hpp"

#include "gateway/http/ascii.hpp"
#include "gateway/http/field_list.hpp"

#include <algorithm>
#include <array>

namespace yett::upstream {
namespace {

// The last three are Microsoft's: WinRM, and extensions of Negotiate.
constexpr std::array<std::string_view, 5> schemes{"ntlm", "negotiate", "kerberos", "credssp", "nego2"};

} // namespace

bool signs_in_connection(std::string_view credentials) noexcept
{
    auto const scheme = credentials.substr(0, credentials.find_first_of(" \t"));
    return std::any_of(schemes.begin(), schemes.end(),
                       [&](std::string_view each) { return http::ascii::equal_ignoring_case(each, scheme); });
}

// A comma inside a quoted parameter makes an element too many: a connection that is shared
// less than it could be.
bool asks_to_sign_in_connection(std::string_view challenges) noexcept
{
    while (auto const one = http::next_element(challenges))
        if (signs_in_connection(*one)) return true;
    return false;
}

} // namespace yett::upstream
