#include "gateway/storage/redis/sessions/session_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yett::storage::redis {

namespace {

std::pair<std::string, std::string> halves(std::string_view text)
{
    auto const blank = std::min(text.find(' '), text.size());
    return {std::string{text.substr(0, blank)}, std::string{text.substr(std::min(blank + 1, text.size()))}};
}

} // namespace

std::string session_key(std::string_view user_id, std::string_view session_id)
{
    return fmt::format("yett:{{{}}}:session:{}", user_id, session_id);
}

std::string open_key(std::string_view user_id)
{
    return fmt::format("yett:{{{}}}:open", user_id);
}

std::string marks_key(std::string_view user_id)
{
    return fmt::format("yett:{{{}}}:marks", user_id);
}

std::string owner_key(std::string_view session_id)
{
    return fmt::format("yett:session:{{{}}}", session_id);
}

std::string family_key(std::string_view family)
{
    return fmt::format("yett:family:{{{}}}", family);
}

std::string key_of(session_place const& at)
{
    return session_key(at.user_id, at.session_id);
}

std::string member_of(session_place const& at)
{
    return at.session_id + " " + at.user_id;
}

session_place read_member(std::string_view member)
{
    auto [session, user] = halves(member);
    return {std::move(user), std::move(session)};
}

std::string target_of_family(session_place const& at)
{
    return at.user_id + " " + at.session_id;
}

session_place read_family_target(std::string_view text)
{
    auto [user, session] = halves(text);
    return {std::move(user), std::move(session)};
}

} // namespace yett::storage::redis
