#include "tests/contract/released.hpp"

#include "gateway/storage/postgres/key_store.hpp"
#include "gateway/storage/postgres/migrations.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/key_store.hpp"
#include "gateway/storage/sqlite/migrations.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <fstream>
#include <sstream>

namespace yett::tests {

namespace {

namespace postgres = storage::postgres;
namespace sqlite = storage::sqlite;

// A dump names its tables in the order of the alphabet.
void load(std::string const& path, std::string const& dump)
{
    sqlite::database db{path, sqlite::database::use::write};
    REQUIRE(db.run_script("PRAGMA foreign_keys = OFF;" + dump));
}

released_store open_sqlite(int schema, std::string const& dump)
{
    auto folder = std::make_shared<temporary_folder>();
    auto const path = folder->file("yett.db");
    load(path, dump);
    auto const migrations = sqlite::open_migrations(path);
    REQUIRE(migrations->look().version == schema);
    bring_up_to_date(*migrations, {});
    REQUIRE(migrations->look().version == newest(sqlite::steps()));
    return {"sqlite", schema, schema, {folder, sqlite::make_stores(path)}, sqlite::make_key_store(path)};
}

// What this database's first schema holds: all that was there when it was written.
constexpr int as_in_sqlite = 8;

// A dump leaves the path to the tables empty behind it, for its own session.
released_store open_postgres(int schema, std::string const& dump)
{
    auto place = std::make_shared<postgres_database>();
    place->ask(dump);
    auto const migrations = postgres::open_migrations(place->options());
    REQUIRE(migrations->look().version == schema);
    bring_up_to_date(*migrations, {});
    REQUIRE(migrations->look().version == newest(postgres::steps()));
    return {"postgres",
            schema,
            as_in_sqlite,
            {place, postgres::make_stores(place->options())},
            postgres::make_key_store(place->options())};
}

} // namespace

std::vector<released_adapter> const& released_adapters()
{
    static std::vector<released_adapter> const all{{"sqlite", newest(sqlite::steps()), open_sqlite},
                                                   {"postgres", newest(postgres::steps()), open_postgres}};
    return all;
}

std::string released_dump(std::string const& adapter, int schema)
{
    std::ifstream const file{std::string{YETT_SOURCE_DIR} + "/tests/released/" + adapter + "/schema-" + std::to_string(schema) +
                             ".sql"};
    return (std::ostringstream{} << file.rdbuf()).str();
}

} // namespace yett::tests
