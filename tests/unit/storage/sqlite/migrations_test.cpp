#include "tests/unit/storage/sqlite/grown_store.hpp"

#include <fstream>
#include <sstream>

using namespace yett;
using namespace yett::tests;

TEST_CASE("steps: they are numbered without gaps, and never let an older program in again")
{
    int version = 0;
    int oldest = 0;
    for (auto const& each : steps()) {
        CAPTURE(each.version);
        CHECK(each.version == ++version);
        CHECK(each.oldest_program <= each.version);
        CHECK(each.oldest_program >= oldest);
        oldest = each.oldest_program;
    }
    CHECK(version > 0);
}

TEST_CASE("migrations: one step at a time, but of a new store all at once")
{
    temporary_folder const folder;
    auto const fresh = open_migrations(folder.file("new.db"));
    CHECK(fresh->take_step() == ours());
    CHECK_FALSE(fresh->take_step());
    bring_up(folder.file("old.db"), steps().first(3));
    auto const old = open_migrations(folder.file("old.db"));
    CHECK(old->take_step() == 4);
    CHECK(old->look().version == 4);
}

TEST_CASE("migrations: looking makes nothing where nothing is")
{
    temporary_folder const folder;
    auto const store = open_migrations(folder.file("yett.db"));
    CHECK(store->look().version == 0);
    CHECK(files_in(folder).empty());
}

TEST_CASE("migrations: a new store appears with all its steps at once, and without a copy")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    bring_up(path, steps());
    CHECK(number(path, "SELECT count(*) FROM schema_version WHERE oldest_program IS NOT NULL") == ours());
    CHECK(files_in(folder) == std::vector<std::string>{"yett.db"});
    CHECK(number(path, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%STRICT%'"
                       " AND name NOT LIKE 'sqlite_%'") == 0);
}

TEST_CASE("migrations: a store that a newer program only expanded is opened, read and written")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    bring_up(path, expanded());
    auto const here = open_migrations(path)->look();
    CHECK(here.version == ours() + 2);
    CHECK(here.oldest_program == ours());
    CHECK(fit_of(here, ours()) == fit::ahead);
    auto const stores = make_stores(path);
    CHECK(tests::run(stores.users->find("1")));
    accounts::user ben;
    ben.id = "2";
    ben.email_key = "ben@example.com";
    CHECK(tests::run(stores.users->add(ben)));
    CHECK(version_of(path) == ours() + 2);
}

TEST_CASE("migrations: a store that means something else by now is refused by name and stays as it is")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    // One step that this program could live with, and then one that it could not.
    bring_up(path, steps_and({{ours() + 1, ours(), add_notes}, {ours() + 2, ours() + 1, "ALTER TABLE users DROP COLUMN roles"}}));
    auto const said = complaint_of(path, steps());
    CHECK(said.find(path) != said.npos);
    CHECK(said.find("newer program") != said.npos);
    CHECK_THROWS_AS(make_stores(path), std::runtime_error);
    CHECK(version_of(path) == ours() + 2);
    // The program between the two is let in.
    auto const between = steps_and({{ours() + 1, ours(), add_notes}});
    CHECK(complaint_of(path, between).empty());
}

TEST_CASE("migrations: what is too new by the time the lock is there is refused, too")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    auto const mine = expanded();
    auto const late = open_migrations(path, mine);
    REQUIRE(late->look().version == ours());
    bring_up(path, steps_and({{ours() + 1, ours() + 3, add_notes}, {ours() + 2, ours() + 3, ""}, {ours() + 3, ours() + 3, ""}}));
    CHECK_THROWS_WITH_AS(late->take_step(), doctest::Contains("newer program"), std::runtime_error);
    CHECK(number(path, "SELECT count(*) FROM notes") == 0);
}

TEST_CASE("migrations: stores of programs that knew no oldest program are read, and written by both")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    {
        database db{path, database::use::write};
        REQUIRE(db.run_script("ALTER TABLE schema_version DROP COLUMN oldest_program"));
    }
    auto const here = open_migrations(path)->look();
    CHECK(here.version == ours());
    CHECK(here.oldest_program == ours());
    CHECK(make_stores(path).users != nullptr); // adds no column by itself
    CHECK(number(path, "SELECT count(*) FROM pragma_table_info('schema_version')") == 2);
    bring_up(path, steps_and({{ours() + 1, ours(), add_notes}}));
    CHECK(open_migrations(path)->look().oldest_program == ours());
    {
        database db{path, database::use::write};
        REQUIRE(
            db.prepare("INSERT INTO schema_version (version, applied_at) VALUES (?1, 0)").bind(std::int64_t{ours() + 2}).run());
    }
    CHECK(open_migrations(path)->look().oldest_program == ours() + 2);
}

TEST_CASE("migrations: whoever opens a store in passing does not bring it up to date")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    auto const before = steps().first(steps().size() - 1);
    bring_up(path, before);
    CHECK_THROWS_WITH_AS(make_stores(path), doctest::Contains("yett migrate up"), std::runtime_error);
    CHECK(version_of(path) == ours() - 1);
    bring_up(path, steps());
    CHECK(make_stores(path).users != nullptr);
}

TEST_CASE("migrations: one copy of everything is kept before the first step, for its owner alone")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    auto const wanted = path + ".before-" + std::to_string(ours() + 2);
    std::vector<std::string> told;
    witness const hears{[&](kept_copy const& copy) {
                            CHECK(copy.fresh);
                            CHECK(version_of(path) == ours()); // nothing was done yet
                            told.push_back(copy.name);
                        },
                        {}};
    auto const all = expanded();
    bring_up(path, all, hears);
    CHECK(told == std::vector{wanted});
    CHECK(mode_of(wanted) == 0600);
    CHECK(files_in(folder) == std::vector<std::string>{"yett.db", "yett.db.before-" + std::to_string(ours() + 2)});
    CHECK(version_of(wanted) == ours());
    CHECK(tests::run(make_stores(wanted).users->find("1")));
}

TEST_CASE("migrations: a copy that is there already stays as it is")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    auto const all = expanded();
    auto const copy = path + ".before-" + std::to_string(newest(all));
    std::ofstream{copy} << "of yesterday";
    bool told = false;
    bring_up(path, all, {[&](kept_copy const& kept) { told = !kept.fresh && kept.name == copy; }, {}});
    CHECK(told);
    CHECK((std::ostringstream{} << std::ifstream{copy}.rdbuf()).str() == "of yesterday");
    CHECK(version_of(path) == newest(all));
}

TEST_CASE("migrations: where no copy can be made nothing is begun")
{
    temporary_folder const folder;
    // The name of the file fits, that of its copy does not.
    auto const path = folder.file(std::string(238, 'y') + ".db");
    make_store(path);
    auto const said = complaint_of(path, expanded());
    CHECK(said.find("no copy can be kept") != said.npos);
    CHECK(version_of(path) == ours());
    CHECK(files_in(folder).size() == 1);
}

TEST_CASE("migrations: a step that fails half way leaves the version before it whole")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    auto const all =
        steps_and({{ours() + 1, ours(), add_notes}, {ours() + 2, ours(), "DELETE FROM users; DELETE FROM nowhere;"}});
    CHECK(complaint_of(path, all).find("cannot bring the schema up to date") != std::string::npos);
    CHECK(version_of(path) == ours() + 1);
    CHECK(number(path, "SELECT count(*) FROM users") == 1);
    CHECK(complaint_of(path, expanded()).empty());
    CHECK(version_of(path) == ours() + 2);
}
