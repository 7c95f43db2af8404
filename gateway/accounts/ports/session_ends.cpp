#include "gateway/accounts/ports/session_ends.hpp"

#include <algorithm>

namespace yett::accounts {

std::string end_of_session(std::string_view session_id)
{
    return std::string{"s:"}.append(session_id);
}

std::string end_of_user(std::string_view user_id, std::string_view except)
{
    auto id = std::string{"u:"}.append(user_id);
    if (!except.empty()) id.append(":").append(except);
    return id;
}

// ';' follows ':' in every order by bytes, which is that of ids in all stores.
std::pair<std::string, std::string> ends_but_one(std::string_view user_id)
{
    auto const all = end_of_user(user_id);
    return {all + ":", all + ";"};
}

session_end_target target_of(std::string_view id)
{
    if (id.starts_with("s:")) return {{}, std::string{id.substr(2)}};
    if (!id.starts_with("u:")) return {};
    auto const rest = id.substr(2);
    auto const colon = std::min(rest.find(':'), rest.size());
    return {std::string{rest.substr(0, colon)}, std::string{rest.substr(std::min(colon + 1, rest.size()))}};
}

} // namespace yett::accounts
