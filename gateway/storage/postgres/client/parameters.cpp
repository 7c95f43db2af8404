#include "gateway/storage/postgres/client/parameters.hpp"

#include "gateway/storage/postgres/client/codec.hpp"

#include <algorithm>
#include <limits>

// Values in PostgreSQL's binary format, each with its type: nothing is quoted, nothing is parsed,
// and a text can never become SQL. A null has a type, too, or the server would have to guess which
// function is meant.

namespace yett::storage::postgres {

namespace {

// The numbers of the types in pg_type, which never change.
constexpr unsigned boolean = 16;
constexpr unsigned bytea = 17;
constexpr unsigned bigint = 20;
constexpr unsigned text = 25;
constexpr unsigned text_list = 1009;
constexpr unsigned timestamptz = 1184;

} // namespace

std::int64_t row_limit(std::size_t most) noexcept
{
    return static_cast<std::int64_t>(std::min<std::size_t>(most, std::numeric_limits<std::int64_t>::max()));
}

std::vector<unsigned> parameters::types() const
{
    std::vector<unsigned> all;
    for (auto const& each : values_) all.push_back(each.type);
    return all;
}

std::vector<char const*> parameters::values() const
{
    std::vector<char const*> all;
    for (auto const& each : values_) all.push_back(each.written ? each.written->data() : nullptr);
    return all;
}

std::vector<int> parameters::sizes() const
{
    std::vector<int> all;
    for (auto const& each : values_) all.push_back(each.written ? static_cast<int>(each.written->size()) : 0);
    return all;
}

void parameters::add(std::string_view words)
{
    values_.push_back({text, std::string{words}});
}

void parameters::add(bytes raw)
{
    values_.push_back({bytea, std::string{raw.of}});
}

void parameters::add(std::int64_t number)
{
    values_.push_back({bigint, write_integer(number)});
}

void parameters::add_flag(bool flag)
{
    values_.push_back({boolean, std::string(1, flag ? '\1' : '\0')});
}

void parameters::add(wall_time at)
{
    values_.push_back({timestamptz, write_time(at)});
}

void parameters::add(std::vector<std::string> const& texts)
{
    values_.push_back({text_list, write_list(texts)});
}

void parameters::add(std::optional<wall_time> at)
{
    if (at) return add(*at);
    values_.push_back({timestamptz, std::nullopt});
}

void parameters::add_or_null(std::optional<std::string> const& words)
{
    if (words) return add(std::string_view{*words});
    values_.push_back({text, std::nullopt});
}

void parameters::add_or_null(std::optional<std::int64_t> number)
{
    if (number) return add(*number);
    values_.push_back({bigint, std::nullopt});
}

void parameters::add(std::optional<bool> flag)
{
    if (flag) return add_flag(*flag);
    values_.push_back({boolean, std::nullopt});
}

void parameters::add(std::optional<std::vector<std::string>> const& texts)
{
    if (texts) return add(*texts);
    values_.push_back({text_list, std::nullopt});
}

} // namespace yett::storage::postgres
