#include "gateway/app/copies/open_sides.hpp"

#include "gateway/app/parts/postgres_options.hpp"
#include "gateway/app/parts/shown_url.hpp"
#include "gateway/app/parts/startup_error.hpp"
#include "gateway/app/parts/storage_schema.hpp"
#include "gateway/storage/postgres/copies/copy_sides.hpp"
#include "gateway/storage/sqlite/copy_sides.hpp"

#include <fmt/format.h>

// Two stores for a copy. A source has the schema of this program exactly, since a copy knows its
// tables by name; a target is made anew, and refuses by itself when it holds something.

namespace yett::app {
namespace {

using blame = startup_error::blame;
using config::storage_kind;

[[noreturn]] void refuse(std::string const& why)
{
    throw startup_error{blame::unavailable, "storage: " + why};
}

void require_kept(config::storage const& s)
{
    if (s.kind == storage_kind::memory)
        throw startup_error{blame::configuration, "memory: goes with the running program, and is no store to copy"};
}

// What a newer program added would be lost, and what an older one left is not ours to change.
void require_own_schema(config::storage const& s)
{
    auto const schema = open_migrations(s);
    if (!schema) return;
    auto const here = schema->look();
    auto const program = newest(schema->steps());
    if (here.version == 0) refuse(schema->name() + " holds nothing yet");
    if (here.version > program)
        refuse(fmt::format("{} has schema {}, and this program knows {}; copy with the newer one", schema->name(), here.version,
                           program));
    if (here.version < program)
        refuse(fmt::format("{} has schema {}, and this program needs {}; run `yett migrate up` first", schema->name(),
                           here.version, program));
}

} // namespace

std::unique_ptr<storage::transfer::side> open_source(config::storage const& s)
try {
    require_kept(s);
    require_own_schema(s);
    if (s.kind == storage_kind::postgresql) return storage::postgres::open_source(postgres_options(s), shown_store(s));
    return storage::sqlite::open_source(s.file.string());
} catch (startup_error const&) {
    throw;
} catch (std::runtime_error const& why) {
    refuse(why.what());
}

std::unique_ptr<storage::transfer::copy_target> open_target(config::storage const& s)
try {
    require_kept(s);
    if (s.kind == storage_kind::postgresql) return storage::postgres::open_target(postgres_options(s), shown_store(s));
    return storage::sqlite::make_target(s.file.string());
} catch (startup_error const&) {
    throw;
} catch (std::runtime_error const& why) {
    refuse(why.what());
}

} // namespace yett::app
