#include "gateway/accounts/passwords/bcrypt_text.hpp"

#include "gateway/accounts/passwords/hash_words.hpp"

namespace yett::accounts {

namespace {

constexpr std::size_t size = 60;
constexpr std::size_t head = 7; // $2b$12$
constexpr std::size_t salt = 22;
constexpr unsigned highest_cost = 15;

} // namespace

std::optional<unsigned> bcrypt_cost(std::string_view stored)
{
    constexpr std::string_view alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if (stored.size() != size || !stored.starts_with("$2") || stored[3] != '$' || stored[6] != '$') return std::nullopt;
    if (stored[2] != 'a' && stored[2] != 'b' && stored[2] != 'y') return std::nullopt;
    if (stored.find_first_not_of(alphabet, head) != stored.npos) return std::nullopt;
    auto const cost = number(stored.substr(4, 2));
    if (!cost || *cost < 4 || *cost > highest_cost) return std::nullopt;
    return static_cast<unsigned>(*cost);
}

std::string_view bcrypt_salt_of(std::string_view stored)
{
    return stored.substr(head, salt);
}

} // namespace yett::accounts
