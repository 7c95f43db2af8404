#include "gateway/storage/postgres/client/rows.hpp"

#include "gateway/storage/postgres/client/codec.hpp"

#include <libpq-fe.h>

#include <charconv>

// Results come in binary, as the statements ask for them: lengths are the server's, and no text is
// parsed. Reads never fail; what is not there, or is NULL, is empty.

namespace yett::storage::postgres {

std::string_view result_row::raw(int column) const
{
    auto const size = PQgetlength(of_, number_, column);
    return {PQgetvalue(of_, number_, column), static_cast<std::size_t>(size)};
}

bool result_row::is_null(int column) const
{
    return PQgetisnull(of_, number_, column) != 0;
}

std::int64_t result_row::integer(int column) const
{
    return read_integer(raw(column));
}

wall_time result_row::time(int column) const
{
    return read_time(raw(column));
}

std::optional<wall_time> result_row::time_or_null(int column) const
{
    if (is_null(column)) return std::nullopt;
    return time(column);
}

std::vector<std::string> result_row::list(int column) const
{
    return read_list(raw(column)).value_or(std::vector<std::string>{});
}

void rows::closer::operator()(pg_result* answer) const noexcept
{
    PQclear(answer);
}

int rows::size() const noexcept
{
    return PQntuples(answer_.get());
}

// libpq says for a SELECT how many rows it found, which changed nothing.
std::size_t rows::changed() const noexcept
{
    if (std::string_view{PQcmdStatus(answer_.get())}.starts_with("SELECT")) return 0;
    std::string_view const told = PQcmdTuples(answer_.get());
    std::size_t count = 0;
    std::from_chars(told.data(), told.data() + told.size(), count);
    return count;
}

} // namespace yett::storage::postgres
