#include "gateway/base/rfc3339.hpp"

#include <fmt/chrono.h>

#include <charconv>

namespace yett {
inline namespace base {

namespace {

constexpr std::string_view shape = "dddd-dd-ddTdd:dd:dd";

bool has_shape(std::string_view text, std::string_view wanted)
{
    if (text.size() != wanted.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto const digit = text[i] >= '0' && text[i] <= '9';
        if (wanted[i] == 'd' ? !digit : text[i] != wanted[i]) return false;
    }
    return true;
}

int number(std::string_view digits)
{
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

// Takes ".123456" off the front; what is finer than a millisecond is dropped.
std::optional<milliseconds> take_fraction(std::string_view& text)
{
    if (!text.starts_with('.')) return milliseconds{0};
    auto const end = std::min(text.find_first_not_of("0123456789", 1), text.size());
    std::string digits{text.substr(1, std::min<std::size_t>(end - 1, 3))};
    if (digits.empty()) return std::nullopt;
    digits.resize(3, '0');
    text.remove_prefix(end);
    return milliseconds{number(digits)};
}

std::optional<std::chrono::minutes> offset_of(std::string_view text)
{
    if (text == "Z") return std::chrono::minutes{0};
    if (!has_shape(text, "+dd:dd") && !has_shape(text, "-dd:dd")) return std::nullopt;
    auto const size = std::chrono::hours{number(text.substr(1, 2))} + std::chrono::minutes{number(text.substr(4, 2))};
    return text.front() == '-' ? -size : size;
}

} // namespace

std::string rfc3339(wall_time at)
{
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", std::chrono::floor<seconds>(at));
}

std::optional<wall_time> read_rfc3339(std::string_view text)
{
    using namespace std::chrono;
    if (text.size() <= shape.size() || !has_shape(text.substr(0, shape.size()), shape)) return std::nullopt;
    year_month_day const date{year{number(text.substr(0, 4))}, month{static_cast<unsigned>(number(text.substr(5, 2)))},
                              day{static_cast<unsigned>(number(text.substr(8, 2)))}};
    auto const hour = number(text.substr(11, 2));
    auto const minute = number(text.substr(14, 2));
    auto const second = number(text.substr(17, 2));
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    text.remove_prefix(shape.size());
    auto const fraction = take_fraction(text);
    auto const offset = offset_of(text);
    if (!fraction || !offset) return std::nullopt;
    return sys_days{date} + hours{hour} + minutes{minute} + std::chrono::seconds{second} + *fraction - *offset;
}

} // namespace base
} // namespace yett
