#include "gateway/storage/sqlite/database/database.hpp"

#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <latch>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace yett;
using namespace yett::storage::sqlite;
using tests::temporary_folder;

namespace {

mode_t mode_of(std::string const& path)
{
    struct stat found = {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    return found.st_mode & 0777;
}

std::int64_t number(database& db, std::string_view sql)
{
    auto row = db.prepare(sql);
    REQUIRE(row.step());
    return row.integer(0);
}

std::string complaint_about(std::string const& path)
{
    try {
        make_stores(path);
    } catch (std::runtime_error const& complaint) {
        return complaint.what();
    }
    return {};
}

std::string content_of(std::string const& path)
{
    std::ifstream const file{path, std::ios::binary};
    return (std::ostringstream{} << file.rdbuf()).str();
}

accounts::user anna()
{
    accounts::user made;
    made.id = "1";
    made.email_key = "anna@example.com";
    return made;
}

} // namespace

TEST_CASE("database: a new file, its log and its folder are the owner's alone")
{
    auto const before = umask(0);
    {
        temporary_folder const folder;
        auto const path = folder.file("var/deep/yett.db");
        auto const stores = make_stores(path);
        REQUIRE(tests::run(stores.users->add(anna())));
        CHECK(mode_of(path) == 0600);
        CHECK(mode_of(path + "-wal") == 0600);
        CHECK(mode_of(path + "-shm") == 0600);
        CHECK(mode_of(folder.file("var/deep")) == 0700);
    }
    umask(before);
}

TEST_CASE("database: a copy that everybody may read is closed to them")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    REQUIRE(tests::run(make_stores(path).users->add(anna())));
    ::chmod(path.c_str(), 0644);
    auto const stores = make_stores(path);
    REQUIRE(tests::run(stores.users->find("1")));
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(path + "-wal") == 0600);
}

TEST_CASE("database: commits are synced, the log is ahead and references are kept")
{
    temporary_folder const folder;
    database db{folder.file("yett.db"), database::use::write};
    CHECK(number(db, "PRAGMA synchronous") == 2);
    CHECK(number(db, "PRAGMA foreign_keys") == 1);
    auto mode = db.prepare("PRAGMA journal_mode");
    REQUIRE(mode.step());
    CHECK(mode.text(0) == "wal");
}

TEST_CASE("database: programs that open a new file in the same moment wait for each other")
{
    for (int round = 0; round < 40; ++round) {
        temporary_folder const folder;
        auto const path = folder.file("yett.db");
        constexpr int crowd = 6;
        std::latch ready{crowd};
        std::atomic<int> opened{0};
        {
            std::vector<std::jthread> programs;
            for (int i = 0; i < crowd; ++i)
                programs.emplace_back([&] {
                    ready.arrive_and_wait();
                    if (complaint_about(path).empty()) ++opened;
                });
        }
        CHECK(opened == crowd);
    }
}

TEST_CASE("database: what was written is there when the file is opened again")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    {
        auto const stores = make_stores(path);
        REQUIRE(tests::run(stores.users->add(anna())));
    }
    auto const stores = make_stores(path);
    CHECK(tests::run(stores.users->find("1")));
}

TEST_CASE("database: the token of a letter that was sent is in no byte of the file any more")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    constexpr auto token = "yl1_this-opens-an-account";
    {
        auto const stores = make_stores(path);
        accounts::letter posted;
        posted.id = "1";
        posted.token = secret{token};
        REQUIRE(tests::run(stores.letters->post(posted)));
    }
    CHECK(content_of(path).find(token) != std::string::npos);
    {
        auto const stores = make_stores(path);
        REQUIRE(tests::run(stores.letters->close("1", accounts::letter_end::sent, wall_time{})));
    }
    CHECK(content_of(path).find(token) == std::string::npos);
}

TEST_CASE("database: what is no database stops the start with its name")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    std::ofstream{path} << std::string(8192, 'x');
    CHECK(complaint_about(path).find(path) != std::string::npos);
    CHECK(complaint_about(folder.path().string()).find(folder.path().string()) != std::string::npos);
    CHECK_FALSE(complaint_about("/proc/no/such/folder/yett.db").empty());
    CHECK_FALSE(complaint_about(path + "/below-a-file.db").empty());
}

TEST_CASE("database: a damaged page is storage_unavailable, not an answer")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    {
        auto const stores = make_stores(path);
        for (int i = 0; i < 50; ++i) {
            auto each = anna();
            each.id = std::to_string(i);
            each.email_key += each.id;
            each.password_hash = std::string(500, 'x');
            REQUIRE(tests::run(stores.users->add(each)));
        }
    }
    {
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        file.seekp(0, std::ios::end);
        auto const size = static_cast<std::size_t>(file.tellp());
        for (std::size_t at = 4096; at < size; at += 4096) {
            file.seekp(static_cast<std::streamoff>(at));
            file << std::string(64, '\xee');
        }
    }
    std::string complaint;
    try {
        auto const stores = make_stores(path);
        auto const found = tests::run(stores.users->find("7"));
        REQUIRE_FALSE(found);
        CHECK(found.error() == errc::storage_unavailable);
        CHECK(found.error().from() == origin::ourselves);
        auto another = anna();
        another.id = "new";
        CHECK(tests::run(stores.users->add(another)).error() == errc::storage_unavailable);
    } catch (std::runtime_error const& thrown) {
        complaint = thrown.what();
        CHECK(complaint.find(path) != std::string::npos);
    }
}

TEST_CASE("schema: sessions go with their user, and none exist without one")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    auto const stores = make_stores(path);
    accounts::session s;
    s.id = "s";
    s.user_id = "1";
    s.family = "f";
    CHECK(tests::run(stores.sessions->add(s)).error() == errc::not_found);
    REQUIRE(tests::run(stores.users->add(anna())));
    REQUIRE(tests::run(stores.sessions->add(s)));
    {
        database db{path, database::use::write};
        REQUIRE(db.run("DELETE FROM users"));
    }
    CHECK(tests::run(stores.sessions->find("s")).error() == errc::not_found);
}

TEST_CASE("statement: a failure sticks, and asking goes on without harm")
{
    temporary_folder const folder;
    database db{folder.file("yett.db"), database::use::write};
    auto broken = db.prepare("SELECT nonsense FROM nowhere");
    broken.bind("x", blob{"y"}, std::int64_t{1}, true, std::optional<wall_time>{});
    CHECK_FALSE(broken.step());
    CHECK(broken.failed());
    CHECK(broken.failure_or(errc::not_found) == errc::storage_unavailable);
    CHECK(broken.run().error() == errc::storage_unavailable);
    CHECK_FALSE(db.run_script("also nonsense"));
}

TEST_CASE("statement: empty text and blobs are not NULL, and NUL inside is kept")
{
    temporary_folder const folder;
    database db{folder.file("yett.db"), database::use::write};
    REQUIRE(db.run_script("CREATE TABLE t (a TEXT NOT NULL, b BLOB NOT NULL, c INTEGER) STRICT"));
    auto insert = db.prepare("INSERT INTO t VALUES (?1, ?2, ?3)");
    insert.bind(std::string_view{}, blob{{}}, std::optional<wall_time>{});
    REQUIRE(insert.run());
    auto select = db.prepare("SELECT a, b, c FROM t");
    REQUIRE(select.step());
    CHECK(select.text(0).empty());
    CHECK(select.text(1).empty());
    CHECK_FALSE(select.time_or_null(2));
}

TEST_CASE("database: a connection for reading cannot write")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_stores(path);
    database db{path, database::use::read};
    CHECK_FALSE(db.run("DELETE FROM users"));
}
