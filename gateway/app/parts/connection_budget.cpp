#include "gateway/app/parts/connection_budget.hpp"

#include "gateway/app/parts/postgres_options.hpp"
#include "gateway/storage/postgres/pool/capacity.hpp"

#include <fmt/format.h>

namespace yett::app {

// Signing keys that are no files have a connection of their own, and so has listening to the other programs.
unsigned connections_of(config::settings const& s)
{
    return s.storage.connections + 1 + (s.tokens.keys.directory.empty() ? 1 : 0);
}

std::string say_connections(unsigned each)
{
    return fmt::format(
        "storage: each program opens up to {} connections, three programs {}, ten {}; max_connections has to be above"
        " that",
        each, 3 * each, 10 * each);
}

void tell_of_connections(config::settings const& s, telemetry::log& to)
{
    if (s.storage.kind != config::storage_kind::postgresql) return;
    auto const each = connections_of(s);
    auto const all = storage::postgres::ask_capacity(postgres_options(s.storage));
    if (!all) return to.warning("the database does not say how many connections it takes", {{"error", describe(all.error())}});
    auto const share = fmt::format("{} %", *all > 0 ? 100 * each / *all : 100);
    if (each > *all)
        return to.warning("this program may open more connections than the database takes", {{"at_most", each}, {"takes", *all}});
    to.info("connections to the database", {{"at_most", each}, {"takes", *all}, {"share", share}});
}

} // namespace yett::app
