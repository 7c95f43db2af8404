#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/migrations.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <vector>

using namespace yett;
using namespace yett::storage::sqlite;
using storage::schema::step;

namespace {

// What programs of this schema say to their store, a statement a line.
std::vector<std::string> statements_of(int schema)
{
    std::ifstream file{std::string{YETT_SOURCE_DIR} + "/tests/released/sqlite/statements-" + std::to_string(schema) + ".sql"};
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);)
        if (!line.starts_with("--")) lines.push_back(line);
    return lines;
}

// Each of them on a store that has taken these steps.
std::vector<std::string> refused_by(std::span<step const> schema, std::vector<std::string> const& statements)
{
    tests::temporary_folder const folder;
    bring_up_to_date(*open_migrations(folder.file("yett.db"), schema), {});
    database db{folder.file("yett.db"), database::use::write};
    std::vector<std::string> refused;
    for (auto const& each : statements)
        if (db.prepare(each).failed()) refused.push_back(each);
    return refused;
}

std::vector<step> steps_and(step more)
{
    std::vector<step> all{steps().begin(), steps().end()};
    all.push_back(more);
    return all;
}

} // namespace

TEST_CASE("statements: all that older programs say still means something, as far back as they may run")
{
    for (auto program = steps().back().oldest_program; program <= newest(steps()); ++program) {
        CAPTURE(program);
        auto const said = statements_of(program);
        CHECK(said.size() > 30);
        CHECK(refused_by(steps(), said).empty());
    }
}

TEST_CASE("statements: a step that only adds lets them all through, one that takes away is found")
{
    auto const said = statements_of(newest(steps()));
    auto const next = newest(steps()) + 1;
    auto const adds = steps_and({next, next - 1,
                                 "ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT '';"
                                 "CREATE TABLE notes (n INTEGER NOT NULL) STRICT;"
                                 "CREATE INDEX users_by_nickname ON users (nickname);"});
    CHECK(refused_by(adds, said).empty());
    auto const takes = steps_and({next, next, "ALTER TABLE sessions RENAME COLUMN remembered TO kept"});
    CHECK_FALSE(refused_by(takes, said).empty());
}
