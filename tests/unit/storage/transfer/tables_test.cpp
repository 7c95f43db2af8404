#include "gateway/storage/transfer/tables.hpp"

#include "gateway/storage/postgres/stores.hpp"
#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace yett;
using namespace yett::storage::transfer;

namespace {

// "table.column", "table.column", …, as this room says they are.
std::string all_columns()
{
    std::vector<std::string> names;
    for (auto const& one : tables())
        for (auto const& each : one.columns) names.push_back(std::string{one.name} + '.' + std::string{each.name});
    std::ranges::sort(names);
    std::string text;
    for (auto const& each : names) text += each + '\n';
    return text;
}

} // namespace

TEST_CASE("tables: what SQLite keeps is what is copied")
{
    tests::temporary_folder const folder;
    auto const path = folder.file("yett.db");
    static_cast<void>(storage::sqlite::make_stores(path));
    storage::sqlite::database db{path, storage::sqlite::database::use::read};
    auto found = db.prepare("SELECT group_concat(name, char(10)) || char(10) FROM (SELECT t.name || '.' || c.name AS name"
                            " FROM sqlite_schema AS t, pragma_table_info(t.name) AS c"
                            " WHERE t.type = 'table' AND t.name <> 'schema_version' ORDER BY 1)");
    REQUIRE(found.step());
    CHECK(found.text(0) == all_columns());
}

// Nodes tell of themselves, and the place of a revocation in the log is given anew.
TEST_CASE("tables: what PostgreSQL keeps is what is copied")
{
    tests::postgres_database const database;
    static_cast<void>(storage::postgres::make_stores(database.options()));
    CHECK(database.ask("SELECT string_agg(table_name || '.' || column_name || chr(10), '' ORDER BY"
                       " (table_name || '.' || column_name) COLLATE \"C\") FROM information_schema.columns"
                       " WHERE table_schema = 'public' AND table_name NOT IN ('schema_version', 'nodes')"
                       " AND (table_name, column_name) <> ('revocations', 'xid')") == all_columns());
}

TEST_CASE("tables: the first columns are the key by which both kinds of store know a row")
{
    tests::postgres_database const database;
    static_cast<void>(storage::postgres::make_stores(database.options()));
    for (auto const& one : tables()) {
        std::string key;
        for (auto const& each : one.columns.first(one.key)) key += (key.empty() ? "" : ",") + std::string{each.name};
        CHECK(database.ask(
                  "SELECT string_agg(attname::text, ',' ORDER BY array_position(indkey, attnum)) FROM pg_index"
                  " JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) WHERE indisprimary AND indrelid = '" +
                  std::string{one.name} + "'::regclass") == key);
    }
}
