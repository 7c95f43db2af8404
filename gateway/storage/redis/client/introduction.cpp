#include "gateway/storage/redis/client/introduction.hpp"

#include "gateway/storage/redis/client/meaning.hpp"

namespace yett::storage::redis {

std::vector<command> words_of(introduction const& who)
{
    std::vector<command> words;
    if (!who.password.empty() && who.user.empty()) words.emplace_back("AUTH", who.password.reveal());
    if (!who.password.empty() && !who.user.empty()) words.emplace_back("AUTH", who.user, who.password.reveal());
    if (who.database != 0) words.emplace_back("SELECT", who.database);
    // Refused while the server still loads, unlike ROLE.
    words.emplace_back("PING");
    if (who.asks_role) words.emplace_back("ROLE");
    return words;
}

// A wrong password is told by the first answer; those behind it say no more than NOAUTH.
result<void> judge(introduction const& who, std::span<resp_value const> told)
{
    for (auto const& each : told)
        if (each.is_failure()) return error_of(each.text);
    if (!who.asks_role || (!told.empty() && is_master(told.back()))) return {};
    return our_error(errc::storage_unavailable, "redis: a replica, which takes no writes");
}

} // namespace yett::storage::redis
