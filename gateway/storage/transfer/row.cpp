#include "gateway/storage/transfer/row.hpp"

#include "gateway/base/random.hpp"

#include <charconv>

namespace yett::storage::transfer {

namespace {

// The end of the year 9999.
constexpr wall_time latest{seconds{253'402'300'799}};

std::string behind_length(std::string const& text)
{
    return std::to_string(text.size()) + ':' + text;
}

// No two rows are written alike.
std::string spelled(row const& of)
{
    std::string all;
    for (auto const& each : of) all += each ? behind_length(*each) : "-";
    return all;
}

} // namespace

std::string write_number(std::int64_t number)
{
    return std::to_string(number);
}

std::int64_t read_number(std::string_view written) noexcept
{
    std::int64_t number = 0;
    std::from_chars(written.data(), written.data() + written.size(), number);
    return number;
}

std::string write_moment(wall_time at)
{
    if (at > latest) at = wall_time::max();
    if (at < wall_time{-latest.time_since_epoch()}) at = wall_time::min();
    return write_number(at.time_since_epoch().count());
}

wall_time read_moment(std::string_view written) noexcept
{
    return wall_time{milliseconds{read_number(written)}};
}

std::string write_list(std::vector<std::string> const& texts)
{
    std::string written;
    for (auto const& each : texts) written += behind_length(each);
    return written;
}

std::vector<std::string> read_list(std::string_view written)
{
    std::vector<std::string> texts;
    while (!written.empty()) {
        auto const size = static_cast<std::size_t>(read_number(written));
        written.remove_prefix(written.find(':') + 1);
        texts.emplace_back(written.substr(0, size));
        written.remove_prefix(texts.back().size());
    }
    return texts;
}

std::string add_to_sum(std::string const& sum, row const& next)
{
    return sha256(sum + spelled(next));
}

} // namespace yett::storage::transfer
