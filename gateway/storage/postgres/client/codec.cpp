#include "gateway/storage/postgres/client/codec.hpp"

#include <limits>

namespace yett::storage::postgres {

namespace {

using std::chrono::microseconds;

constexpr std::int32_t oid_of_text = 25;
// PostgreSQL counts microseconds from here.
constexpr wall_time its_epoch{seconds{946'684'800}};
// Its two ends of time, which no civil time reaches.
constexpr auto infinity = std::numeric_limits<std::int64_t>::max();
constexpr auto minus_infinity = std::numeric_limits<std::int64_t>::min();
// The year 9999: what is later means "never" here, and there.
constexpr wall_time latest{seconds{253'402'300'799}};
constexpr wall_time earliest{-latest.time_since_epoch()};

std::string big_endian(std::uint64_t value, std::size_t bytes)
{
    std::string written(bytes, '\0');
    for (std::size_t i = bytes; i-- > 0; value >>= 8) written[i] = static_cast<char>(value & 0xff);
    return written;
}

std::string write_short(std::size_t value)
{
    return big_endian(value, 4);
}

// Takes the next number off the front; nothing when there is not enough.
std::optional<std::int64_t> take_short(std::string_view& bytes)
{
    if (bytes.size() < 4) return std::nullopt;
    auto const value = read_integer(bytes.substr(0, 4));
    bytes.remove_prefix(4);
    return value;
}

std::optional<std::string> take_text(std::string_view& bytes)
{
    auto const size = take_short(bytes);
    if (!size || *size < 0 || static_cast<std::size_t>(*size) > bytes.size()) return std::nullopt;
    std::string text{bytes.substr(0, static_cast<std::size_t>(*size))};
    bytes.remove_prefix(text.size());
    return text;
}

} // namespace

std::string write_integer(std::int64_t value)
{
    return big_endian(static_cast<std::uint64_t>(value), 8);
}

std::int64_t read_integer(std::string_view bytes)
{
    auto const negative = bytes.size() > 1 && (bytes.front() & '\x80') != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    for (auto const byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

std::string write_time(wall_time at)
{
    if (at > latest) return write_integer(infinity);
    if (at < earliest) return write_integer(minus_infinity);
    return write_integer(microseconds{at - its_epoch}.count());
}

wall_time read_time(std::string_view bytes)
{
    auto const counted = read_integer(bytes);
    if (counted == infinity) return wall_time::max();
    if (counted == minus_infinity) return wall_time::min();
    return its_epoch + std::chrono::floor<milliseconds>(microseconds{counted});
}

// Dimensions, whether nulls are among them, the type; then length and first index of the
// one dimension, and each element behind its length. An empty list has no dimension.
std::string write_list(std::vector<std::string> const& texts)
{
    auto written = write_short(texts.empty() ? 0 : 1) + write_short(0) + write_short(oid_of_text);
    if (texts.empty()) return written;
    written += write_short(texts.size()) + write_short(1);
    for (auto const& each : texts) written += write_short(each.size()) + each;
    return written;
}

std::optional<std::vector<std::string>> read_list(std::string_view bytes)
{
    auto const dimensions = take_short(bytes);
    auto const nulls = take_short(bytes);
    auto const type = take_short(bytes);
    if (!dimensions || !nulls || type != oid_of_text || *dimensions > 1) return std::nullopt;
    std::vector<std::string> texts;
    if (*dimensions == 0) return texts;
    auto const count = take_short(bytes);
    if (!count || !take_short(bytes)) return std::nullopt;
    for (std::int64_t i = 0; i < *count; ++i) {
        auto text = take_text(bytes);
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
    }
    return texts;
}

} // namespace yett::storage::postgres
