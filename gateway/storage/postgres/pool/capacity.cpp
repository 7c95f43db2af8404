#include "gateway/storage/postgres/pool/capacity.hpp"

#include "gateway/base/async/run_to_end.hpp"
#include "gateway/storage/postgres/client/database.hpp"
#include "gateway/storage/postgres/pool/dial.hpp"

namespace yett::storage::postgres {

namespace {

constexpr std::string_view select_capacity = "SELECT current_setting('max_connections')::bigint"
                                             " - current_setting('superuser_reserved_connections')::bigint";

task<result<unsigned>> ask(login const& as)
{
    auto const made = co_await dial(as);
    if (!made) co_return made.error();
    database db{**made, database::use::read, steady_now() + dial_timeout};
    auto const told = co_await db.ask(select_capacity);
    if (!told) co_return told.error();
    co_return static_cast<unsigned>(told->front().integer(0));
}

} // namespace

result<unsigned> ask_capacity(options const& by)
{
    auto const as = by.read_login();
    if (!as) return as.error();
    return run_to_end(ask(*as));
}

} // namespace yett::storage::postgres
