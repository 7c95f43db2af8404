#include "gateway/mail/sender.hpp"

#include "gateway/accounts/address.hpp"

#include <algorithm>

namespace yett::mail {

namespace {

std::string_view trimmed(std::string_view text)
{
    auto const first = text.find_first_not_of(' ');
    return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::string_view unquoted(std::string_view name)
{
    auto const quoted = name.size() > 1 && name.front() == '"' && name.back() == '"';
    return quoted ? name.substr(1, name.size() - 2) : name;
}

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

} // namespace

result<sender> parse_sender(std::string_view text)
{
    auto const open = text.rfind('<');
    auto const bare = open == text.npos;
    if (!bare && !text.ends_with('>')) return client_error(errc::email_invalid, "no > at the end");
    auto const address = bare ? text : text.substr(open + 1, text.size() - open - 2);
    auto const canonical = accounts::parse_address(address);
    if (!canonical) return canonical.error();
    sender found;
    found.address = canonical->text;
    if (!bare) found.name = unquoted(trimmed(text.substr(0, open)));
    if (std::ranges::any_of(found.name, is_control)) return client_error(errc::email_invalid, "a control character in the name");
    return found;
}

} // namespace yett::mail
