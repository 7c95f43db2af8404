#include "gateway/accounts/passwords/yescrypt_cost.hpp"

#include "gateway/accounts/passwords/hash_words.hpp"

#include <algorithm>

namespace yett::accounts {

namespace {

constexpr std::size_t sum_letters = 43;
constexpr unsigned highest_log = 24;

bool is_crypt_text(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return crypt_digit(c).has_value(); });
}

std::optional<yescrypt_cost> cost_of(unsigned log, std::uint64_t block, std::uint64_t passes)
{
    if (log < 1 || log > highest_log || block < 1 || block > 64 || passes < 1 || passes > 64) return std::nullopt;
    yescrypt_cost cost;
    cost.rounds = std::uint64_t{1} << log;
    cost.memory = static_cast<std::size_t>(128 * block * cost.rounds);
    cost.traffic = cost.memory * passes;
    return cost;
}

// One letter for each number, beginning where the smallest sensible one is. Larger numbers
// take more letters and are beyond all limits here.
class short_numbers
{
public:
    explicit short_numbers(std::string_view text) : rest_{text} {}

    std::optional<unsigned> take(unsigned smallest)
    {
        constexpr unsigned longer = 47;
        auto const digit = rest_.empty() ? std::nullopt : crypt_digit(rest_.front());
        if (!digit || *digit > longer) return std::nullopt;
        rest_.remove_prefix(1);
        return *digit + smallest;
    }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

// "j9T": flavour, log2 N, r; behind them, if they are not 1 and 0, a mask and p and t.
std::optional<yescrypt_cost> cost_of_yescrypt(std::string_view text)
{
    if (!text.starts_with('j')) return std::nullopt;
    short_numbers numbers{text.substr(1)};
    auto const log = numbers.take(1);
    auto const block = numbers.take(1);
    if (!log || !block) return std::nullopt;
    if (numbers.at_end()) return cost_of(*log, *block, 1);
    auto const mask = numbers.take(1);
    if (!mask || *mask > 3) return std::nullopt;
    auto const lanes = *mask & 1 ? numbers.take(2) : 1;
    auto const time = *mask & 2 ? numbers.take(1) : 0;
    if (!lanes || !time || !numbers.at_end()) return std::nullopt;
    return cost_of(*log, *block, 1 + *time);
}

// Five letters, the lowest bits first.
std::optional<std::uint64_t> long_number(std::string_view letters)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        auto const digit = crypt_digit(letters[i]);
        if (!digit) return std::nullopt;
        value |= std::uint64_t{*digit} << (6 * i);
    }
    return value;
}

// "C6..../....salt": log2 N, r, p, and the salt at once behind them.
std::optional<yescrypt_cost> cost_of_scrypt(std::string_view text)
{
    constexpr std::size_t numbers = 11;
    if (text.size() < numbers) return std::nullopt;
    auto const log = crypt_digit(text[0]);
    auto const block = long_number(text.substr(1, 5));
    auto const lanes = long_number(text.substr(6, 5));
    if (!log || !block || !lanes) return std::nullopt;
    auto cost = cost_of(*log, *block, *lanes);
    if (cost) cost->no_salt = text.size() == numbers;
    return cost;
}

} // namespace

std::optional<yescrypt_cost> read_yescrypt_cost(std::string_view stored)
{
    auto const words = split(stored, '$');
    if (words.size() < 4 || words.back().size() != sum_letters || !is_crypt_text(words.back())) return std::nullopt;
    if (words[1] == "7") return words.size() == 4 ? cost_of_scrypt(words[2]) : std::nullopt;
    if (words.size() != 5 || !is_crypt_text(words[3])) return std::nullopt;
    auto cost = cost_of_yescrypt(words[2]);
    if (cost) cost->no_salt = words[3].empty();
    return cost;
}

} // namespace yett::accounts
