#pragma once

#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/migrations.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

// Stores of this program's time, and what programs after it would do to them.
namespace yett::tests {

using namespace storage::sqlite;
using storage::schema::fit;
using storage::schema::kept_copy;
using storage::schema::step;
using storage::schema::witness;

inline int ours()
{
    return newest(steps());
}

// The steps of a program that comes after this one.
inline std::vector<step> steps_and(std::vector<step> more)
{
    std::vector<step> all{steps().begin(), steps().end()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

inline constexpr auto add_notes = "CREATE TABLE notes (n INTEGER NOT NULL) STRICT;"
                                  "ALTER TABLE users ADD COLUMN nickname TEXT NOT NULL DEFAULT '';";
inline constexpr auto add_note = "INSERT INTO notes VALUES (1);";

inline std::vector<step> expanded()
{
    return steps_and({{ours() + 1, ours(), add_notes}, {ours() + 2, ours(), add_note}});
}

inline void bring_up(std::string const& path, std::span<step const> all, witness const& told = {})
{
    bring_up_to_date(*open_migrations(path, all), told);
}

inline std::string complaint_of(std::string const& path, std::span<step const> all)
{
    try {
        bring_up(path, all);
    } catch (std::runtime_error const& why) {
        return why.what();
    }
    return {};
}

inline std::int64_t number(std::string const& path, std::string_view sql)
{
    database db{path, database::use::read};
    auto row = db.prepare(sql);
    REQUIRE(row.step());
    return row.integer(0);
}

inline int version_of(std::string const& path)
{
    return open_migrations(path)->look().version;
}

// A store with one user, as the program of today leaves it.
inline void make_store(std::string const& path)
{
    auto const stores = make_stores(path);
    accounts::user anna;
    anna.id = "1";
    anna.email_key = "anna@example.com";
    REQUIRE(run(stores.users->add(anna)));
}

inline mode_t mode_of(std::string const& path)
{
    struct stat found = {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777;
}

inline std::vector<std::string> files_in(temporary_folder const& folder)
{
    std::vector<std::string> names;
    for (auto const& each : std::filesystem::directory_iterator{folder.path()}) names.push_back(each.path().filename());
    std::ranges::sort(names);
    return names;
}

} // namespace yett::tests
