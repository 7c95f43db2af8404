#include "gateway/accounts/users/service_account.hpp"

#include "gateway/accounts/ports/user_store.hpp"

#include <algorithm>

namespace yett::accounts {
namespace {

constexpr std::string_view prefix = "service:";
constexpr std::size_t longest_name = 64;

bool is_letter_or_digit(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_name(std::string_view text) noexcept
{
    auto const fits = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; };
    return !text.empty() && text.size() <= longest_name && is_letter_or_digit(text.front()) && std::ranges::all_of(text, fits);
}

} // namespace

result<std::string> service_key(std::string_view name)
{
    if (is_name(name)) return std::string{prefix} + std::string{name};
    return client_error(errc::bad_request,
                        "a service account's name has 1 to 64 lower-case letters, digits, '-', '_' and '.', and "
                        "begins with a letter or a digit");
}

bool is_service_key(std::string_view text) noexcept
{
    return text.starts_with(prefix) && is_name(text.substr(prefix.size()));
}

bool is_service(user const& u) noexcept
{
    return is_service_key(u.email_key);
}

std::string const& handle_of(user const& u) noexcept
{
    return u.email.empty() ? u.email_key : u.email;
}

} // namespace yett::accounts
