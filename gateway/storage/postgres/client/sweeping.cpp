#include "gateway/storage/postgres/client/sweeping.hpp"

#include "gateway/storage/postgres/client/database.hpp"

namespace yett::storage::postgres {

task<result<std::size_t>> sweep_rows(database& db, std::vector<std::string_view> statements, wall_time until, std::size_t limit)
{
    auto const mine = co_await db.ask("SELECT pg_try_advisory_xact_lock(2036691060, 2)");
    if (!mine) co_return mine.error();
    if (!mine->front().flag(0)) co_return std::size_t{0};
    for (auto const& each : statements) db.queue(each, until, row_limit(limit));
    auto const told = co_await db.flush();
    if (!told) co_return told.error();
    std::size_t gone = 0;
    for (auto const& each : *told) gone += each.changed();
    co_return gone;
}

} // namespace yett::storage::postgres
