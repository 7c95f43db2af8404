#include "gateway/storage/redis/client/meaning.hpp"

#include <algorithm>
#include <array>

namespace yett::storage::redis {
namespace {

// A server that has become a replica, one that has lost its own master, and one that has not read its
// file yet. Each of them goes away or changes, and another one is to be asked meanwhile.
constexpr std::array<std::string_view, 3> of_the_wrong_node{"READONLY", "MASTERDOWN", "LOADING"};

} // namespace

meaning meaning_of(std::string_view failure) noexcept
{
    auto const word = failure.substr(0, failure.find(' '));
    if (word == "NOSCRIPT") return meaning::no_script;
    return std::ranges::find(of_the_wrong_node, word) != of_the_wrong_node.end() ? meaning::wrong_node : meaning::refused;
}

error error_of(std::string_view failure)
{
    auto told = our_error(errc::storage_unavailable, "redis: " + std::string{failure.substr(0, 200)});
    return meaning_of(failure) == meaning::refused ? told : std::move(told).as_retryable();
}

// ["master", offset, replicas], ["slave", …] or ["sentinel", …].
bool is_master(resp_value const& role) noexcept
{
    return !role.items.empty() && role.items.front().text == "master";
}

} // namespace yett::storage::redis
