#include "gateway/storage/transfer/copy.hpp"

#include "gateway/storage/postgres/copies/copy_sides.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "gateway/storage/sqlite/copy_sides.hpp"
#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/migrations.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using namespace yett;
using namespace yett::storage;
using namespace yett::storage::transfer;

namespace {

namespace fs = std::filesystem;
using tests::postgres_database;
using tests::temporary_folder;

// What a program of schema 7 left: rows in every table.
std::string released_dump()
{
    std::ifstream const file{std::string{YETT_SOURCE_DIR} + "/tests/released/sqlite/schema-7.sql"};
    return (std::ostringstream{} << file.rdbuf()).str();
}

// Besides what people have, what is hard to carry: bytes that are no text, times without an end,
// empty lists, nothing where there may be nothing, more than one page.
constexpr auto hard_rows = R"sql(
    INSERT INTO users VALUES ('hard', 'Ü''"\x', 'hard', '', '[]', 0, 1, -1, 9223372036854775807);
    INSERT INTO users VALUES ('Zebra', '', 'Zebra', '', '["a,b","{\"c\"}","ä\\","NULL",""]', 1, 0, 1700000000123, 253402300799000);
    INSERT INTO sessions VALUES ('hard', 'hard', 'f', '', '', x'00ff80', 0, 0, 0, 9223372036854775807, 300000000000000, 0, NULL, '', cast(x'ff00fe' AS TEXT), 0);
    INSERT INTO revocations VALUES (3, 'kid', 1, 2), (2, 'jti', 3, 4), (10, '', 3, 4);
    INSERT INTO links VALUES ('hard', 2, NULL, 'new@example.com', '', '["x"]', 1, 2, '');
    INSERT INTO api_keys VALUES ('hard', 'hard', 'name', 'h', '[]', 0, 1, NULL, NULL);
    INSERT INTO signing_keys VALUES ('HS256', 2, 'another secret');
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
        INSERT INTO devices SELECT 'hard', 'mark ' || i, i FROM n;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
        INSERT INTO letters SELECT 'letter ' || i, i % 3, '', cast(x'fffe' AS TEXT), '', '', '', i, i, i % 2, i, i, i % 2, i FROM n;
)sql";

class filled_file
{
public:
    filled_file()
    {
        {
            sqlite::database db{path(), sqlite::database::use::write};
            REQUIRE(db.run_script("PRAGMA foreign_keys = OFF;" + released_dump()));
        }
        bring_up_to_date(*sqlite::open_migrations(path()), {});
        run(hard_rows);
    }
    std::string path() const { return folder_.file("from.db"); }
    std::string file(std::string const& name) const { return folder_.file(name); }
    void run(std::string const& sql) const
    {
        sqlite::database db{path(), sqlite::database::use::write};
        auto const done = db.run_script(sql);
        if (!done) FAIL(describe(done.error()));
    }

private:
    temporary_folder folder_;
};

// Every value of every row, as SQLite itself spells them.
std::string everything_in(std::string const& path)
{
    sqlite::database db{path, sqlite::database::use::read};
    static std::map<std::string_view, std::string> texts;
    std::string all;
    for (auto const& one : tables()) {
        std::string columns;
        for (auto const& each : one.columns)
            columns += (columns.empty() ? "quote(" : " || ',' || quote(") + std::string{each.name} + ")";
        texts[one.name] = "SELECT " + columns + " FROM " + std::string{one.name} + " ORDER BY 1";
        auto row = db.prepare(texts[one.name]);
        while (row.step()) all += std::string{one.name} + ": " + row.text(0) + '\n';
    }
    return all;
}

// All times beyond the calendar are one.
std::string without_far_future(std::string text)
{
    for (std::string const far = "300000000000000"; text.find(far) != text.npos;)
        text.replace(text.find(far), far.size(), "9223372036854775807");
    return text;
}

result<std::vector<table_count>> copy_file(std::string const& from, copy_target& to)
{
    auto const source = sqlite::open_source(from);
    return copy(*source, to, {});
}

result<std::vector<table_count>> copy_database(postgres_database const& from, std::string const& to)
{
    auto const source = postgres::open_source(from.options(), "postgresql:from");
    auto const file = sqlite::make_target(to);
    return copy(*source, *file, {});
}

std::unique_ptr<copy_target> into(postgres_database const& database)
{
    return postgres::open_target(database.options(), "postgresql:to");
}

// Fails when the nth page is to be written, as if the program had been killed then.
class torn final : public copy_target
{
public:
    torn(std::unique_ptr<copy_target> to, int pages) : to_{std::move(to)}, left_{pages} {}
    std::string const& name() const override { return to_->name(); }
    result<std::optional<std::string>> others() override { return to_->others(); }
    result<std::uint64_t> count(table const& of) override { return to_->count(of); }
    result<std::vector<row>> page(table const& of, row const& after, std::size_t limit) override
    {
        return to_->page(of, after, limit);
    }
    result<row> last_key(table const& of) override { return to_->last_key(of); }
    result<void> begin(std::string const& from) override { return to_->begin(from); }
    result<void> append(table const& to, std::vector<row> const& rows) override
    {
        if (left_-- == 0) return our_error(errc::storage_unavailable, "torn");
        return to_->append(to, rows);
    }
    result<void> finish() override { return to_->finish(); }

private:
    std::unique_ptr<copy_target> to_;
    int left_;
};

std::string note_of(result<std::vector<table_count>> const& done)
{
    REQUIRE_FALSE(done);
    return done.error().note();
}

bool has(std::string const& text, std::string const& part)
{
    return text.find(part) != text.npos;
}

} // namespace

TEST_CASE("copy: a file goes into PostgreSQL and comes back the same to the byte")
{
    filled_file const file;
    postgres_database const database;
    auto const before = everything_in(file.path());
    auto const there = copy_file(file.path(), *into(database));
    if (!there) FAIL(describe(there.error()));
    auto const back = copy_database(database, file.file("back.db"));
    if (!back) FAIL(describe(back.error()));
    CHECK(everything_in(file.file("back.db")) == without_far_future(before));
    REQUIRE(there->size() == tables().size());
    for (std::size_t i = 0; i < there->size(); ++i) {
        CHECK((*there)[i].table == tables()[i].name);
        CHECK((*there)[i].rows == (*back)[i].rows);
        CHECK((*there)[i].sum == (*back)[i].sum);
        CHECK((*there)[i].rows > 0);
        CHECK(std::to_string((*there)[i].rows) == database.ask("SELECT count(*) FROM " + std::string{tables()[i].name}));
    }
    CHECK(everything_in(file.path()) == before);
}

TEST_CASE("copy: whoever serves from the copy finds the users, and a file is private")
{
    filled_file const file;
    postgres_database const database;
    REQUIRE(copy_file(file.path(), *into(database)));
    CHECK(postgres::make_stores(database.options()).users);
    auto const to = sqlite::make_target(file.file("deep/other.db"));
    REQUIRE(copy_file(file.path(), *to));
    CHECK((fs::status(file.file("deep/other.db")).permissions() & fs::perms{0777}) == fs::perms{0600});
    CHECK(std::distance(fs::directory_iterator{file.file("deep")}, {}) == 1);
    CHECK(sqlite::make_stores(file.file("deep/other.db")).users);
}

TEST_CASE("copy: broken off at any page it goes on, and meanwhile nobody serves from it")
{
    filled_file const file;
    auto const expected = without_far_future(everything_in(file.path()));
    for (int pages : {0, 1, 3, 5, 8}) {
        CAPTURE(pages);
        postgres_database const database;
        auto const once = copy_file(file.path(), *std::make_unique<torn>(into(database), pages));
        CHECK(has(note_of(once), "torn"));
        CHECK_THROWS_WITH(postgres::make_stores(database.options()),
                          doctest::Contains("`yett storage copy` into this database has not come to its end"));
        CHECK_THROWS_WITH(postgres::open_source(database.options(), "x"), doctest::Contains("has not come to its end"));
        REQUIRE(copy_file(file.path(), *into(database)));
        auto const to = file.file("back-" + std::to_string(pages));
        CHECK(has(note_of(copy_file(file.path(), *std::make_unique<torn>(sqlite::make_target(to), pages))), "torn"));
        CHECK_FALSE(fs::exists(to));
        REQUIRE(copy_database(database, file.file("other-" + std::to_string(pages))));
        REQUIRE(copy_file(file.path(), *sqlite::make_target(to)));
        CHECK(without_far_future(everything_in(to)) == expected);
        CHECK_FALSE(fs::exists(to + ".copying"));
    }
}

TEST_CASE("copy: how far it is is told page by page, up to all of it, twice")
{
    filled_file const file;
    std::map<bool, std::uint64_t> most;
    std::uint64_t all = 0;
    std::uint64_t calls = 0;
    auto const source = sqlite::open_source(file.path());
    auto const to = sqlite::make_target(file.file("to.db"));
    auto const note = [&](transfer::copy_progress const& now) {
        CHECK(now.all_rows >= most[now.comparing]);
        most[now.comparing] = now.all_rows;
        all = now.of;
        ++calls;
    };
    REQUIRE(copy(*source, *to, note));
    CHECK(all > 1900);
    CHECK(most[false] == all);
    CHECK(most[true] == all);
    CHECK(calls > 20);
}

TEST_CASE("copy: a target that holds something else is refused and stays as it is")
{
    filled_file const file;
    postgres_database const database;
    static_cast<void>(postgres::make_stores(database.options()));
    database.ask("INSERT INTO revocations (kind, id, at, until) VALUES (0, 'x', now(), now())");
    CHECK(has(note_of(copy_file(file.path(), *into(database))),
              "holds 1 rows in revocations, and no unfinished copy put them there"));
    CHECK(database.ask("SELECT count(*) FROM users") == "0");
    CHECK(database.ask("SELECT to_regclass('copy_under_way') IS NULL") == "t");

    std::ofstream{file.file("to.db")} << "precious";
    auto const refused = copy_file(file.path(), *sqlite::make_target(file.file("to.db")));
    CHECK(has(note_of(refused), "to.db is there already"));
    CHECK(refused.error() == errc::conflict);
    CHECK_FALSE(fs::exists(file.file("to.db.copying")));
}

TEST_CASE("copy: tables of another application are in the way, and stay as they are")
{
    postgres_database const database;
    database.ask("CREATE TABLE users (name text); INSERT INTO users VALUES ('theirs')");
    CHECK_THROWS_WITH(into(database), doctest::Contains("\"users\" already exists"));
    CHECK(database.ask("SELECT name FROM users") == "theirs");
}

TEST_CASE("copy: an unfinished copy of another store is named")
{
    filled_file const file;
    filled_file const another;
    postgres_database const database;
    CHECK(has(note_of(copy_file(file.path(), *std::make_unique<torn>(into(database), 2))), "torn"));
    auto const name = "sqlite:" + file.path();
    CHECK(has(note_of(copy_file(another.path(), *into(database))), "holds an unfinished copy of " + name));
    CHECK(has(note_of(copy_file(file.path(), *std::make_unique<torn>(sqlite::make_target(file.file("to")), 2))), "torn"));
    CHECK(has(note_of(copy_file(another.path(), *sqlite::make_target(file.file("to")))), "is an unfinished copy of " + name));
}

TEST_CASE("copy: what was changed between its two halves is found, by table and key")
{
    struct
    {
        char const* change;
        char const* said;
    } const all[]{
        {"UPDATE users SET roles = '[\"root\"]' WHERE id = 'Zebra'", "differ in users, first at id Zebra"},
        {"DELETE FROM sessions WHERE id = 'hard'", "differ in sessions, first at id hard"},
        {"UPDATE users SET disabled = 0 WHERE id = 'hard'", "differ in users, first at id hard"},
        {"INSERT INTO users VALUES ('0', '', '0', '', '[]', 0, 1, 1, 1)", "differ in users, first at id 0"},
        {"UPDATE sessions SET agent = 'x' WHERE id = 'hard'", "differ in sessions, first at id hard"},
    };
    for (auto const& each : all) {
        CAPTURE(each.change);
        filled_file const file;
        postgres_database const database;
        CHECK(has(note_of(copy_file(file.path(), *std::make_unique<torn>(into(database), 3))), "torn"));
        file.run(each.change);
        auto const refused = copy_file(file.path(), *into(database));
        CHECK(has(note_of(refused), each.said));
        CHECK(refused.error() == errc::conflict);
        CHECK_THROWS_WITH(postgres::make_stores(database.options()), doctest::Contains("has not come to its end"));
    }
}

TEST_CASE("copy: somebody who has either store open is in the way, even without doing anything")
{
    filled_file const file;
    postgres_database const database;
    {
        auto const serving = sqlite::make_stores(file.path());
        CHECK(has(note_of(copy_file(file.path(), *into(database))), "somebody has it open; stop the program"));
        CHECK(database.ask("SELECT count(*) FROM users") == "0");
    }
    {
        auto const first = sqlite::make_target(file.file("to.db"));
        REQUIRE(first->begin("sqlite:" + file.path()));
        CHECK_FALSE(copy_file(file.path(), *sqlite::make_target(file.file("to.db"))));
    }
    REQUIRE(copy_file(file.path(), *into(database)));
    auto const serving = postgres::make_stores(database.options());
    REQUIRE(tests::run(serving.users->count()));
    auto const refused = copy_database(database, file.file("back.db"));
    CHECK(has(note_of(refused), "1 other connection of Yett is open"));
    CHECK_FALSE(fs::exists(file.file("back.db.copying")));
}

TEST_CASE("copy: nobody opens the file meanwhile")
{
    filled_file const file;
    auto const source = sqlite::open_source(file.path());
    CHECK(source->others().value() == std::nullopt);
    CHECK_THROWS(sqlite::make_stores(file.path()));
}

TEST_CASE("copy: text that PostgreSQL cannot hold is refused with its table")
{
    filled_file const file;
    postgres_database const database;
    file.run("INSERT INTO api_keys VALUES ('zz', 'hard', cast(x'ff' AS TEXT), 'h', '[]', 0, 1, NULL, NULL)");
    auto const refused = copy_file(file.path(), *into(database));
    CHECK(has(note_of(refused), "api_keys, among the rows behind id"));
    CHECK(has(note_of(refused), "cannot hold"));
}

TEST_CASE("copy: a source that is not there is not made")
{
    temporary_folder const folder;
    CHECK_THROWS_WITH(sqlite::open_source(folder.file("absent.db")), doctest::Contains("absent.db is not there"));
    CHECK_FALSE(fs::exists(folder.file("absent.db")));
}
