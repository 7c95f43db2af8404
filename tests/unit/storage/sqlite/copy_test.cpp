#include "gateway/storage/sqlite/database/copy.hpp"

#include "gateway/storage/sqlite/database/database.hpp"
#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <latch>
#include <sstream>
#include <thread>
#include <vector>

using namespace yett;
using namespace yett::storage::sqlite;
using tests::temporary_folder;

namespace {

accounts::user some_user(int number)
{
    accounts::user made;
    made.id = std::to_string(number);
    made.email_key = made.id;
    made.password_hash = std::string(2000, 'x');
    return made;
}

void fill(std::string const& path, int users)
{
    auto const stores = make_stores(path);
    std::vector<accounts::user> all;
    for (int i = 0; i < users; ++i) all.push_back(some_user(i));
    REQUIRE(tests::run(stores.users->add_all(all)));
}

std::size_t files_in(temporary_folder const& folder)
{
    std::filesystem::directory_iterator const all{folder.path()};
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

} // namespace

TEST_CASE("copy: it is one file of its owner alone, and opens with everything in it")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 2000);
    std::uint64_t last = 0, calls = 0, most = 0;
    auto const before = umask(0);
    REQUIRE(copy_store(path, folder.file("copy.db"), [&](std::uint64_t written, std::uint64_t all) {
        CHECK(written >= last);
        last = written;
        most = all;
        ++calls;
    }));
    umask(before);
    CHECK(calls > 1);
    CHECK(last > 0);
    CHECK(most >= std::filesystem::file_size(folder.file("copy.db")));
    struct stat found = {};
    REQUIRE(::stat(folder.file("copy.db").c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(files_in(folder) == 2);
    auto const stores = make_stores(folder.file("copy.db"));
    CHECK(tests::run(stores.users->count()).value().all == 2000);
}

TEST_CASE("copy: what is there is never written over")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 1);
    std::ofstream{folder.file("copy.db")} << "precious";
    std::filesystem::create_symlink("nowhere", folder.file("dangling"));
    CHECK(copy_store(path, folder.file("copy.db")).error() == errc::conflict);
    CHECK(copy_store(path, folder.file("dangling")).error() == errc::conflict);
    CHECK(copy_store(path, path).error() == errc::conflict);
    CHECK((std::ostringstream{} << std::ifstream{folder.file("copy.db")}.rdbuf()).str() == "precious");
    CHECK(files_in(folder) == 3);
}

TEST_CASE("copy: a folder that is not there, or is none, is named")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 1);
    for (auto const& bad : {folder.file("absent/copy.db"), path + "/copy.db"}) {
        auto const done = copy_store(path, bad);
        REQUIRE_FALSE(done);
        CHECK(done.error() == errc::storage_unavailable);
        CHECK(done.error().note().find(bad) != std::string::npos);
    }
    CHECK(files_in(folder) == 1);
}

TEST_CASE("copy: a full disk leaves neither a copy nor a part of one")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 500);
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{64 << 10, 64 << 10};
        setrlimit(RLIMIT_FSIZE, &limit);
        auto const done = copy_store(path, folder.file("copy.db"));
        _exit(!done && done.error() == errc::storage_unavailable ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(files_in(folder) == 1);
}

TEST_CASE("copy: of a damaged store there is none")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 300);
    {
        std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
        for (std::streamoff at = 256 << 10; at < 384 << 10; at += 4096) {
            file.seekp(at);
            file << std::string(64, '\xee');
        }
    }
    auto const done = copy_store(path, folder.file("copy.db"));
    CHECK_FALSE(done);
    CHECK_FALSE(std::filesystem::exists(folder.file("copy.db")));
    CHECK(files_in(folder) == 1);
}

TEST_CASE("copy: a row that belongs to nobody is found before the copy has its name")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 1);
    {
        database db{path, database::use::write};
        REQUIRE(db.run_script("PRAGMA foreign_keys = OFF; INSERT INTO devices VALUES ('nobody', 'm', 0)"));
    }
    auto const done = copy_store(path, folder.file("copy.db"));
    REQUIRE_FALSE(done);
    CHECK(done.error().note().find("devices") != std::string::npos);
    CHECK(files_in(folder) == 1);
}

TEST_CASE("copy: under writes it holds every row that was acknowledged before it began, and is of one moment")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    fill(path, 200);
    constexpr int copies = 8;
    std::atomic<int> acknowledged{200};
    std::atomic<bool> enough{false};
    std::latch writing{1};
    std::jthread const writer{[&] {
        auto const stores = make_stores(path);
        for (int i = 200; !enough; ++i) {
            if (!tests::run(stores.users->add(some_user(i)))) break;
            acknowledged = i + 1;
            if (i == 201) writing.count_down();
        }
    }};
    writing.wait();
    for (int i = 0; i < copies; ++i) {
        auto const file = folder.file("copy-" + std::to_string(i));
        auto const before = acknowledged.load();
        CHECK(copy_store(path, file));
        auto const stores = make_stores(file);
        auto const held = static_cast<int>(tests::run(stores.users->count()).value().all);
        CHECK(held >= before);
        // Users were added one by one: those that are there are the first ones.
        for (int each = 0; each < held; ++each) REQUIRE(tests::run(stores.users->find(std::to_string(each))));
    }
    enough = true;
    CHECK(acknowledged > 200);
}
