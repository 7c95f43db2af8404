#include "gateway/app/commands/commands.hpp"
#include "gateway/app/copies/pg_dump_line.hpp"
#include "gateway/app/parts/load_settings.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/console/progress.hpp"
#include "gateway/storage/sqlite/database/copy.hpp"
#include "gateway/storage/sqlite/migrations.hpp"

#include <fmt/format.h>

#include <iostream>
#include <optional>

// A backup of SQLite is made by the library's own copy, page by page, beside the running program. A
// copy of the file would miss what is in the write-ahead log. For PostgreSQL the program prints the
// line for pg_dump, which knows more of backups than we ever will.

namespace yett::app {
namespace {

using blame = startup_error::blame;

constexpr std::uint64_t mebibyte = 1 << 20;

// A wrong storage.url must not give a good backup of nothing.
int require_schema(std::string const& file)
{
    auto const version = storage::sqlite::open_migrations(file)->look().version;
    if (version == 0) throw startup_error{blame::unavailable, "storage: " + file + " holds nothing yet"};
    return version;
}

result<void> copy_with_bar(std::string const& store, std::string const& to)
{
    std::optional<console::progress> bar;
    auto const show = [&bar](std::uint64_t written, std::uint64_t all) {
        if (!bar) bar.emplace(all, "MiB");
        bar->show(written, written / mebibyte);
    };
    return storage::sqlite::copy_store(store, to, show);
}

int back_up(std::string const& store, std::string const& to)
try {
    auto const version = require_schema(store);
    auto const done = copy_with_bar(store, to);
    if (!done && done.error() == errc::conflict) {
        std::cerr << "yett: " << done.error().note() << '\n';
        return EXIT_FAILURE;
    }
    if (!done) throw startup_error{blame::unavailable, "storage: " + describe(done.error())};
    std::cout << fmt::format("{}: {} bytes, schema {}\n", to, std::filesystem::file_size(to), version);
    return EXIT_SUCCESS;
} catch (startup_error const&) {
    throw;
} catch (std::runtime_error const& why) {
    throw startup_error{blame::unavailable, std::string{"storage: "} + why.what()};
}

int name_the_tool(config::storage const& s, std::string const& to)
{
    std::cout << pg_dump_line(s.url.reveal(), to) << '\n';
    std::cerr
        << "PostgreSQL brings the tool for its backups: the line above. It asks for the password, or finds it in PGPASSFILE\n";
    return EXIT_SUCCESS;
}

} // namespace

int backup_command(backup_options const& options)
{
    auto const settings = load_settings(options.file);
    if (!settings) return startup_error::exit_status_of(blame::configuration);
    switch (settings->storage.kind) {
    case config::storage_kind::sqlite: return back_up(settings->storage.file.string(), options.to);
    case config::storage_kind::postgresql: return name_the_tool(settings->storage, options.to);
    case config::storage_kind::memory: break;
    }
    std::cerr << "yett: storage.url is memory: and goes with the running program\n";
    return EXIT_FAILURE;
}

} // namespace yett::app
