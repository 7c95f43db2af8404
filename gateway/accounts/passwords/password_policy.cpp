#include "gateway/accounts/passwords/password_policy.hpp"

#include "gateway/accounts/passwords/unicode.hpp"

#include <fmt/format.h>
#include <zxcvbn.h>

#include <array>

namespace yett::accounts {

namespace {

// The estimate takes time that grows with the square of the length and says nothing new
// about a passphrase of this size.
constexpr std::size_t longest_estimate = 64;

// zxcvbn's scale (Wheeler 2016, section 5): guesses of 10^3, 10^6, 10^8 and 10^10, as bits.
constexpr std::array score_bits{9.966, 19.932, 26.575, 33.219};

unsigned score_of(double bits) noexcept
{
    unsigned score = 0;
    for (auto const limit : score_bits) score += bits >= limit;
    return score;
}

// The address as a whole and the part before the @; both are what people reach for.
double estimate_bits(secret const& password, std::string_view email)
{
    secret const start{std::string{password.reveal().substr(0, longest_estimate)}};
    std::string const whole{email.substr(0, longest_estimate)};
    std::string const local{whole.substr(0, whole.find('@'))};
    std::array<char const*, 3> known{whole.c_str(), local.c_str(), nullptr};
    return ZxcvbnMatch(start.reveal_c_str(), known.data(), nullptr);
}

refusal weak(std::string message)
{
    std::vector<invalid_field> wrong;
    wrong.push_back({"password", errc::password_weak, std::move(message)});
    return wrong;
}

} // namespace

result<secret> normalise_password(secret const& typed, std::size_t max_bytes)
{
    auto const text = typed.reveal();
    if (text.size() > max_bytes) return client_error(errc::password_weak, "too long");
    if (text.find('\0') != text.npos) return client_error(errc::password_weak, "not text");
    auto form = to_nfc(text);
    if (!form) return client_error(errc::password_weak, "not text");
    secret normal{std::move(*form)};
    if (normal.size() > max_bytes) return client_error(errc::password_weak, "too long");
    return normal;
}

outcome<secret> accept_password(secret const& typed, std::string_view email, password_rules const& rules)
{
    auto normal = normalise_password(typed, rules.max_bytes);
    if (!normal) return weak("This password cannot be used: it is " + normal.error().note() + ".");
    if (count_code_points(normal->reveal()) < rules.min_length)
        return weak(fmt::format("Use at least {} characters.", rules.min_length));
    if (score_of(estimate_bits(*normal, email)) < rules.min_strength)
        return weak("This password is too easy to guess. Several unrelated words make a good one.");
    return std::move(*normal);
}

} // namespace yett::accounts
