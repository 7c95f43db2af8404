#include "gateway/base/text/rfc3339.hpp"

#include <algorithm>
#include <charconv>

// Times as texts, in UTC, without asking the machine for a time zone or a locale. Writing has one
// form. Reading takes what exports of databases and spreadsheets hold besides RFC 3339: a blank for
// the T, no seconds, an offset in four ways, or a date alone, which is its first moment. A date
// that does not exist is none; nothing is rolled over into the next month.

namespace yett {
inline namespace base {

namespace {

constexpr std::string_view day_names[]{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::string_view month_names[]{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void append_number(std::string& to, std::int64_t value, std::size_t digits)
{
    char text[20];
    auto const* const end = std::to_chars(text, text + sizeof text, value).ptr;
    auto const size = static_cast<std::size_t>(end - text);
    to.append(digits - std::min(digits, size), '0').append(text, size);
}

struct civil_time
{
    explicit civil_time(wall_time at)
        : day{std::chrono::floor<std::chrono::days>(at)},
          date{day},
          time{std::chrono::floor<seconds>(at - day)}
    {
    }

    std::chrono::sys_days day;
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<seconds> time;
};

// The letters of strftime, and only those that are used.
void append(std::string& to, civil_time const& at, char gap)
{
    switch (gap) {
    case 'Y': return append_number(to, static_cast<int>(at.date.year()), 4);
    case 'm': return append_number(to, static_cast<unsigned>(at.date.month()), 2);
    case 'd': return append_number(to, static_cast<unsigned>(at.date.day()), 2);
    case 'H': return append_number(to, at.time.hours().count(), 2);
    case 'M': return append_number(to, at.time.minutes().count(), 2);
    case 'S': return append_number(to, at.time.seconds().count(), 2);
    case 'a': to += day_names[std::chrono::weekday{at.day}.c_encoding()]; return;
    case 'b': to += month_names[static_cast<unsigned>(at.date.month()) - 1]; return;
    default: to += gap;
    }
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool has_shape(std::string_view text, std::string_view wanted)
{
    auto const fits = [](char c, char shape) { return shape == 'd' ? is_digit(c) : c == shape; };
    return std::ranges::equal(text, wanted, fits);
}

int number(std::string_view digits)
{
    int value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

// Takes what has the shape off the front.
std::optional<std::string_view> take(std::string_view& text, std::string_view shape)
{
    auto const found = text.substr(0, shape.size());
    if (!has_shape(found, shape)) return std::nullopt;
    text.remove_prefix(shape.size());
    return found;
}

std::optional<std::chrono::sys_days> take_date(std::string_view& text)
{
    using namespace std::chrono;
    auto const found = take(text, "dddd-dd-dd");
    if (!found) return std::nullopt;
    year_month_day const date{year{number(found->substr(0, 4))}, month{static_cast<unsigned>(number(found->substr(5, 2)))},
                              day{static_cast<unsigned>(number(found->substr(8, 2)))}};
    return date.ok() ? std::optional{sys_days{date}} : std::nullopt;
}

// "12:00:59" or "12:00"; the 60th second of RFC 3339 is the first of the next minute.
std::optional<seconds> take_clock(std::string_view& text)
{
    auto const found = take(text, "dd:dd");
    if (!found) return std::nullopt;
    auto const hour = number(found->substr(0, 2));
    auto const minute = number(found->substr(3, 2));
    auto const second = take(text, ":dd");
    auto const extra = second ? number(second->substr(1)) : 0;
    if (hour > 23 || minute > 59 || extra > 60) return std::nullopt;
    return std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds{extra};
}

// More digits than milliseconds hold are read and dropped.
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

// Nothing behind the clock is UTC, too.
std::optional<seconds> offset_of(std::string_view text)
{
    if (text.starts_with(' ') && text.size() > 1) text.remove_prefix(1);
    for (auto const* const zero : {"", "Z", "z", "UTC", "GMT"})
        if (text == zero) return seconds{0};
    if (text.front() != '+' && text.front() != '-') return std::nullopt;
    auto const west = text.front() == '-';
    text.remove_prefix(1);
    auto const is_known = [&](std::string_view shape) { return has_shape(text, shape); };
    if (std::ranges::none_of(std::initializer_list<std::string_view>{"dd", "dddd", "dd:dd", "dd:dd:dd"}, is_known))
        return std::nullopt;
    std::string digits{text};
    std::erase(digits, ':');
    digits.resize(6, '0');
    auto const minute = number(std::string_view{digits}.substr(2, 2));
    auto const second = number(std::string_view{digits}.substr(4, 2));
    if (minute > 59 || second > 59) return std::nullopt;
    auto const size =
        std::chrono::hours{number(std::string_view{digits}.substr(0, 2))} + std::chrono::minutes{minute} + seconds{second};
    if (size >= std::chrono::hours{24}) return std::nullopt;
    return west ? -size : size;
}

} // namespace

std::string utc_text(wall_time at, std::string_view form)
{
    civil_time const civil{at};
    std::string text;
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == '%' && i + 1 < form.size()) append(text, civil, form[++i]);
        else text += form[i];
    }
    return text;
}

std::string rfc3339(wall_time at)
{
    return utc_text(at, "%Y-%m-%dT%H:%M:%SZ");
}

std::optional<wall_time> read_time(std::string_view text)
{
    auto const date = take_date(text);
    if (!date) return std::nullopt;
    if (text.empty()) return wall_time{*date};
    if (text.front() != 'T' && text.front() != 't' && text.front() != ' ') return std::nullopt;
    text.remove_prefix(1);
    auto const clock = take_clock(text);
    if (!clock) return std::nullopt;
    auto const fraction = take_fraction(text);
    auto const offset = offset_of(text);
    if (!fraction || !offset) return std::nullopt;
    return *date + *clock + *fraction - *offset;
}

} // namespace base
} // namespace yett
