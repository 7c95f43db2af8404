#include "gateway/app/commands/commands.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"

#include <fmt/format.h>

#include <iostream>

// `status` ends with 0 only when nothing is pending, so that a deployment can ask. `plan` prints
// SQL that a person can read or run by hand; it is what `up` runs.

namespace yett::app {
namespace {

using blame = startup_error::blame;
using namespace storage::schema;

// "7", "8 to 11".
std::string versions_of(std::span<step const> some)
{
    if (some.empty()) return "none";
    auto const from = std::to_string(some.front().version);
    return some.size() == 1 ? from : from + " to " + std::to_string(some.back().version);
}

std::string schema_of(schema_state const& here)
{
    if (here.version == 0) return "none yet";
    return fmt::format("{}, for programs from {} on", here.version, here.oldest_program);
}

int tell_status(migrations& store)
{
    auto const here = store.look();
    auto const program = newest(store.steps());
    auto const due = pending(store.steps(), here);
    std::cout << fmt::format("store    {}\nschema   {}\nprogram  {}\npending  {}\n", store.name(), schema_of(here), program,
                             versions_of(due));
    if (fit_of(here, program) == fit::too_new)
        throw startup_error{blame::unavailable, "storage: " + store.name() + ": " + say_too_new(here, program)};
    return due.empty() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int print_plan(migrations& store)
{
    for (auto const& each : pending(store.steps(), store.look()))
        std::cout << fmt::format("-- schema {}, for programs from {} on\nBEGIN;{}COMMIT;\n", each.version, each.oldest_program,
                                 each.statements);
    return EXIT_SUCCESS;
}

int bring_up(migrations& store)
{
    bring_up_to_date(store, told_on_terminal());
    std::cout << fmt::format("{}: schema {}\n", store.name(), store.look().version);
    return EXIT_SUCCESS;
}

int perform(migrations& store, migrate_options::verb what)
{
    switch (what) {
    case migrate_options::verb::plan: return print_plan(store);
    case migrate_options::verb::up: return bring_up(store);
    case migrate_options::verb::status: break;
    }
    return tell_status(store);
}

} // namespace

int migrate_command(migrate_options const& options)
try {
    auto const settings = load_settings(options.file);
    if (!settings) return startup_error::exit_status_of(blame::configuration);
    if (auto const store = open_migrations(settings->storage)) return perform(*store, options.what);
    std::cerr << "yett: storage.url is memory: and has no schema\n";
    return EXIT_FAILURE;
} catch (startup_error const&) {
    throw;
} catch (std::runtime_error const& why) {
    throw startup_error{blame::unavailable, std::string{"storage: "} + why.what()};
}

} // namespace yett::app
