#include "gateway/app/parts/storage_schema.hpp"

#include "gateway/app/parts/postgres_options.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/storage/postgres/migrations.hpp"
#include "gateway/storage/sqlite/migrations.hpp"

#include <fmt/format.h>

#include <cstdio>

// Whether this program may run on the store as it is, and how it gets there (ADR 10). A schema that
// is newer than the program is refused always: what an older program writes into it may be wrong.
// An older schema is brought up to date, or with `migrate: manual` refused with the command that
// does it. Who listens (`witness`) hears of the copy before the change, and of each step.

namespace yett::app {
namespace {

using storage::schema::fit;
using storage::schema::kept_copy;
using storage::schema::migrations;
using storage::schema::witness;

[[noreturn]] void refuse(std::string const& why)
{
    throw startup_error{startup_error::blame::unavailable, "storage: " + why};
}

std::optional<std::string> obstacle_of(migrations& store, config::migration wanted)
{
    auto const here = store.look();
    auto const program = newest(store.steps());
    auto const fits = fit_of(here, program);
    if (fits == fit::too_new) return fmt::format("storage: {}: {}", store.name(), say_too_new(here, program));
    if (fits != fit::behind || wanted == config::migration::automatic) return std::nullopt;
    return fmt::format(
        "storage: {}: has schema {}, and this program needs {}; storage.migrate is manual, so run `yett migrate up`",
        store.name(), here.version, program);
}

} // namespace

std::unique_ptr<migrations> open_migrations(config::storage const& s)
{
    if (s.kind == config::storage_kind::memory) return nullptr;
    if (s.kind == config::storage_kind::postgresql) return storage::postgres::open_migrations(postgres_options(s));
    return storage::sqlite::open_migrations(s.file.string());
}

std::optional<std::string> schema_obstacle(config::storage const& s)
try {
    auto const store = open_migrations(s);
    return store ? obstacle_of(*store, s.migrate) : std::nullopt;
} catch (std::runtime_error const& why) {
    refuse(why.what());
}

void prepare_schema(config::storage const& s, witness const& told)
try {
    auto const store = open_migrations(s);
    if (!store) return;
    if (auto const why = obstacle_of(*store, s.migrate)) throw startup_error{startup_error::blame::unavailable, *why};
    if (s.migrate == config::migration::automatic) bring_up_to_date(*store, told);
} catch (startup_error const&) {
    throw;
} catch (std::runtime_error const& why) {
    refuse(why.what());
}

witness told_in_log(telemetry::log& to)
{
    return {[&to](kept_copy const& copy) {
                if (copy.fresh) to.info("a copy of the storage was kept before its schema changes", {{"file", copy.name}});
                else to.warning("an older copy of the storage is kept; the one of now was not made", {{"file", copy.name}});
            },
            [&to](int version) {
                to.info("the schema of the storage was brought up to date", {{"version", version}});
            }};
}

witness told_on_terminal()
{
    return {[](kept_copy const& copy) {
                auto const* const what =
                    copy.fresh ? "a copy is kept in {}\n" : "{} is there already, and no other copy was made\n";
                std::fputs(fmt::format(fmt::runtime(what), copy.name).c_str(), stderr);
            },
            [](int version) { std::fputs(fmt::format("schema {}\n", version).c_str(), stderr); }};
}

} // namespace yett::app
