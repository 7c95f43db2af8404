#include "gateway/storage/sqlite/database/writer.hpp"

#include "gateway/storage/sqlite/stores.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>

using namespace yett;
using namespace yett::storage::sqlite;
using tests::temporary_folder;

namespace {

using work = std::function<result<void>(database&)>;

work insert(int number)
{
    return [number](database& db) { return db.prepare("INSERT INTO t VALUES (?1)").bind(std::int64_t{number}).run(); };
}

// A writer that stands still until everything given to it waits in one batch.
class batch_of_jobs
{
public:
    explicit batch_of_jobs(std::string const& path) : path_{path}
    {
        auto db = std::make_unique<database>(path, database::use::write);
        REQUIRE(db->run_script("CREATE TABLE t (n INTEGER NOT NULL PRIMARY KEY CHECK (n >= 0)) STRICT"));
        writer_ = std::make_unique<writer>(std::move(db));
    }

    // What each job was told: "ok" or the name of its failure.
    std::vector<std::string> run(std::vector<work> const& jobs)
    {
        boost::asio::io_context io{1};
        std::latch held{1}, release{1};
        work const hold = [&](database&) {
            held.count_down();
            release.wait();
            return result<void>{};
        };
        std::vector<std::string> told(jobs.size());
        std::string ignored;
        boost::asio::co_spawn(io, give(hold, ignored), boost::asio::detached);
        io.poll();
        held.wait();
        for (std::size_t i = 0; i < jobs.size(); ++i) boost::asio::co_spawn(io, give(jobs[i], told[i]), boost::asio::detached);
        io.poll();
        release.count_down();
        io.run();
        return told;
    }

    std::vector<std::int64_t> rows() const
    {
        database db{path_, database::use::read};
        auto row = db.prepare("SELECT n FROM t ORDER BY n");
        std::vector<std::int64_t> found;
        while (row.step()) found.push_back(row.integer(0));
        return found;
    }

private:
    task<void> give(work job, std::string& told)
    {
        auto const done = co_await writer_->run(std::move(job));
        told = done ? "ok" : std::string{name_of(done.error().code())};
    }

    std::string path_;
    std::unique_ptr<writer> writer_;
};

} // namespace

TEST_CASE("writer: what waits together is committed together, and a failure undoes itself alone")
{
    temporary_folder const folder;
    batch_of_jobs batch{folder.file("t.db")};
    work const half = [](database& db) -> result<void> {
        if (auto done = insert(50)(db); !done) return done;
        return insert(1)(db);
    };
    auto const told = batch.run({insert(1), insert(2), insert(1), insert(-1), half, insert(3)});
    CHECK(told == std::vector<std::string>{"ok", "ok", "conflict", "storage_unavailable", "conflict", "ok"});
    CHECK(batch.rows() == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("writer: when the transaction is lost, each job is tried alone and told its own truth")
{
    temporary_folder const folder;
    batch_of_jobs batch{folder.file("t.db")};
    work const destructive = [](database& db) -> result<void> {
        static_cast<void>(db.run("ROLLBACK"));
        return {};
    };
    auto const told = batch.run({insert(1), destructive, insert(2), insert(2), insert(3)});
    CHECK(told == std::vector<std::string>{"ok", "storage_unavailable", "ok", "conflict", "ok"});
    CHECK(batch.rows() == std::vector<std::int64_t>{1, 2, 3});
}

TEST_CASE("writer: hundreds at once all arrive, in batches")
{
    temporary_folder const folder;
    batch_of_jobs batch{folder.file("t.db")};
    std::vector<work> jobs;
    for (int i = 0; i < 1000; ++i) jobs.push_back(insert(i));
    auto const told = batch.run(jobs);
    CHECK(std::count(told.begin(), told.end(), "ok") == 1000);
    CHECK(batch.rows().size() == 1000);
}

TEST_CASE("writer: more than it can hold is refused at once as overloaded")
{
    temporary_folder const folder;
    batch_of_jobs batch{folder.file("t.db")};
    std::vector<work> jobs;
    for (int i = 0; i < 4200; ++i) jobs.push_back(insert(i));
    auto const told = batch.run(jobs);
    CHECK(std::count(told.begin(), told.end(), "ok") == 4096);
    CHECK(std::count(told.begin(), told.end(), "overloaded") == 104);
    CHECK(batch.rows().size() == 4096);
}

TEST_CASE("writer: another process that holds the lock too long is storage_unavailable, then it goes on")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    auto const stores = make_stores(path);
    accounts::user anna;
    anna.id = "1";
    anna.email_key = "anna@example.com";
    {
        database other{path, database::use::write};
        REQUIRE(other.run("BEGIN IMMEDIATE"));
        CHECK(tests::run(stores.users->add(anna)).error() == errc::storage_unavailable);
        CHECK(tests::run(stores.users->find("1")).error() == errc::not_found);
        REQUIRE(other.run("ROLLBACK"));
    }
    CHECK(tests::run(stores.users->add(anna)));
}

TEST_CASE("writer: a full disk is storage_unavailable, and nothing that was acknowledged is lost")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // Writes beyond this size fail in the child as on a full disk.
        std::signal(SIGXFSZ, SIG_IGN);
        int acknowledged = 0, refused = 0;
        {
            auto const stores = make_stores(path);
            rlimit const limit{400 << 10, 400 << 10};
            setrlimit(RLIMIT_FSIZE, &limit);
            for (int i = 0; i < 600 && !refused; ++i) {
                accounts::user each;
                each.id = std::to_string(i);
                each.email_key = each.id;
                each.password_hash = std::string(2000, 'x');
                auto const done = tests::run(stores.users->add(each));
                acknowledged += done.has_value();
                refused += !done && done.error() == errc::storage_unavailable;
            }
        }
        int const report[2]{acknowledged, refused};
        _exit(write(ends[1], report, sizeof report) == sizeof report ? 0 : 1);
    }
    close(ends[1]);
    int report[2]{};
    CHECK(read(ends[0], report, sizeof report) == sizeof report);
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK(report[0] > 10);
    CHECK(report[1] == 1);
    auto const stores = make_stores(path);
    for (int i = 0; i < report[0]; ++i) CHECK(tests::run(stores.users->find(std::to_string(i))));
}
