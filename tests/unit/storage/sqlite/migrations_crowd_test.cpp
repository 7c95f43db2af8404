#include "tests/unit/storage/sqlite/grown_store.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <latch>
#include <thread>

using namespace yett;
using namespace yett::tests;

namespace {

// What `work` does in a process of its own; its exit status.
template<class Work>
int in_a_child(Work const& work)
{
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) _exit(work());
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace
TEST_CASE("migrations: a full disk stops them before they begin")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    auto const status = in_a_child([&] {
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit const limit{32 << 10, 32 << 10};
        setrlimit(RLIMIT_FSIZE, &limit);
        return complaint_of(path, expanded()).find("no copy can be kept") != std::string::npos ? 0 : 1;
    });
    CHECK(status == 0);
    CHECK(version_of(path) == ours());
    CHECK(files_in(folder) == std::vector<std::string>{"yett.db"});
}

TEST_CASE("migrations: a process killed in the middle of a step leaves the version before it whole")
{
    temporary_folder const folder;
    auto const path = folder.file("yett.db");
    make_store(path);
    // It never ends by itself.
    auto const endless = steps_and({{ours() + 1, ours(), add_notes},
                                    {ours() + 2, ours(),
                                     "DELETE FROM users; INSERT INTO notes WITH RECURSIVE count (n) AS"
                                     " (SELECT 1 UNION ALL SELECT n + 1 FROM count) SELECT n FROM count;"}});
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        bring_up(path, endless);
        _exit(0);
    }
    // It is in the middle when its rows overflow into the log.
    std::error_code absent;
    while (std::filesystem::file_size(path + "-wal", absent) < (8 << 20) || absent) std::this_thread::yield();
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    CHECK(version_of(path) == ours() + 1);
    CHECK(number(path, "SELECT count(*) FROM notes") == 0);
    CHECK(tests::run(make_stores(path).users->find("1")));
    CHECK(complaint_of(path, expanded()).empty());
    CHECK(version_of(path) == ours() + 2);
}

TEST_CASE("migrations: threads that start at once take each step once, and keep one copy")
{
    for (int round = 0; round < 10; ++round) {
        temporary_folder const folder;
        auto const path = folder.file("yett.db");
        make_store(path);
        auto const all = expanded();
        constexpr int crowd = 6;
        std::latch ready{crowd};
        std::atomic<int> fine{0}, copies{0}, taken{0};
        {
            std::vector<std::jthread> starters;
            for (int i = 0; i < crowd; ++i)
                starters.emplace_back([&] {
                    ready.arrive_and_wait();
                    witness const hears{[&](kept_copy const& copy) { copies += copy.fresh; }, [&](int) { ++taken; }};
                    bring_up(path, all, hears);
                    ++fine;
                });
        }
        CHECK(fine == crowd);
        CHECK(copies == 1);
        CHECK(taken == 2);
        CHECK(number(path, "SELECT count(*) FROM notes") == 1);
        CHECK(version_of(path + ".before-" + std::to_string(newest(all))) == ours());
    }
}

TEST_CASE("migrations: processes that start at once with a new store and with an old one")
{
    temporary_folder const folder;
    for (auto const* const name : {"new.db", "old.db"}) {
        auto const path = folder.file(name);
        if (name == std::string_view{"old.db"}) make_store(path);
        auto const all = expanded();
        std::vector<pid_t> children;
        for (int i = 0; i < 4; ++i) {
            auto const child = fork();
            REQUIRE(child >= 0);
            if (child == 0) _exit(complaint_of(path, all).empty() ? 0 : 1);
            children.push_back(child);
        }
        for (auto const child : children) {
            int status = 0;
            waitpid(child, &status, 0);
            CHECK(status == 0);
        }
        CHECK(number(path, "SELECT count(*) FROM notes") == 1);
        CHECK(number(path, "SELECT count(*) FROM schema_version") == newest(all));
    }
}
