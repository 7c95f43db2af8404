#include "gateway/management/user_rows.hpp"

#include "gateway/accounts/issue.hpp"
#include "gateway/accounts/users/service_account.hpp"
#include "gateway/base/text/rfc3339.hpp"

#include <boost/json/value_from.hpp>

#include <algorithm>

namespace yett::management {
namespace {

constexpr std::size_t most_roles = 64;
constexpr std::size_t longest_role = 64;

bool is_role(std::string_view text)
{
    auto const fits = [](char c) { return c > ' ' && c < 0x7f && c != ','; };
    return !text.empty() && text.size() <= longest_role && std::all_of(text.begin(), text.end(), fits);
}

} // namespace

boost::json::object row_of(accounts::user const& u)
{
    boost::json::object row;
    row["id"] = u.id;
    row["email"] = accounts::handle_of(u);
    row["roles"] = boost::json::value_from(u.roles);
    row["verified"] = u.verified;
    row["disabled"] = u.disabled;
    row["created_at"] = rfc3339(u.created_at);
    return row;
}

result<void> check_roles(std::vector<std::string> const& roles)
{
    if (roles.size() > most_roles) return client_error(errc::bad_request, "more than 64 roles");
    for (auto const& each : roles)
        if (!is_role(each))
            return client_error(errc::bad_request, "not a role (1 to 64 visible ASCII characters, no comma): '" + each + "'");
    return {};
}

result<void> check_roles(accounts::rules const& rules, std::string_view email, std::vector<std::string> const& roles)
{
    if (auto const fit = check_roles(roles); !fit) return fit;
    return accounts::check_room(rules, email, roles);
}

} // namespace yett::management
