#include "gateway/storage/sqlite/stores.hpp"

#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <set>
#include <sstream>

using namespace yett;
using namespace yett::accounts;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};

// What the child was told is done, and so must be there after it was killed.
struct promises
{
    std::set<std::string> users;
    std::set<std::string> sessions;
    std::map<std::string, int> rotations; // session to its last acknowledged generation
    std::set<std::string> ended;
};

void say(int pipe, std::string const& line)
{
    // One write below PIPE_BUF is never torn.
    if (write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) _exit(2);
}

// One client of the child: a user, a session, rotations, an end, again and again.
task<void> live(stores const& at, std::string name, int pipe)
{
    for (int life = 0;; ++life) {
        auto const id = name + "." + std::to_string(life);
        user owner;
        owner.id = id;
        owner.email_key = id;
        auto const added = co_await at.users->add(owner);
        if (!added) _exit(3);
        say(pipe, "user " + id + "\n");

        session s;
        s.id = id;
        s.user_id = id;
        s.family = "f" + id;
        s.current_hash = "0";
        s.idle_until = noon + seconds{1000};
        s.expires_at = s.idle_until;
        s.access_until = s.idle_until;
        auto const begun = co_await at.sessions->add(s);
        if (!begun) _exit(4);
        say(pipe, "session " + id + "\n");

        for (int generation = 1; generation <= 5; ++generation) {
            rotation asked;
            asked.family = s.family;
            asked.presented_hash = std::to_string(generation - 1);
            asked.successor_hash = std::to_string(generation);
            asked.now = noon;
            asked.idle_until = s.idle_until;
            auto const done = co_await at.sessions->rotate(asked);
            if (!done || done->outcome != rotation_outcome::rotated) _exit(5);
            say(pipe, "rotated " + id + " " + asked.successor_hash + "\n");
        }

        ending asked;
        asked.user_id = id;
        asked.session_id = life % 2 ? id : "";
        asked.now = noon;
        asked.until = s.access_until;
        auto const done = co_await at.sessions->end(asked);
        if (!done) _exit(6);
        say(pipe, "ended " + id + "\n");
    }
}

[[noreturn]] void be_the_child(std::string const& path, int round, int pipe)
{
    auto const at = storage::sqlite::make_stores(path);
    auto const each = [&](int number) { return live(at, std::to_string(round) + "-" + std::to_string(number), pipe); };
    tests::run_on_workers(2, 4, each);
    _exit(7);
}

void note(promises& made, std::string const& line)
{
    std::istringstream words{line};
    std::string what, id;
    int generation = 0;
    words >> what >> id >> generation;
    if (what == "user") made.users.insert(id);
    if (what == "session") made.sessions.insert(id);
    if (what == "rotated") made.rotations[id] = generation;
    if (what == "ended") made.ended.insert(id);
}

// Lets a child work until it has said so many bytes, kills it, and notes all it said.
void run_and_kill(std::string const& path, int round, std::size_t bytes, promises& made)
{
    std::array<int, 2> ends{};
    REQUIRE(pipe(ends.data()) == 0);
    auto const child = fork();
    REQUIRE(child >= 0);
    if (child == 0) be_the_child(path, round, ends[1]);
    close(ends[1]);
    std::string said;
    std::array<char, 4096> part;
    auto killed = false;
    for (ssize_t size = 0; (size = read(ends[0], part.data(), part.size())) > 0;) {
        said.append(part.data(), static_cast<std::size_t>(size));
        if (said.size() < bytes || killed) continue;
        kill(child, SIGKILL);
        killed = true;
    }
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));
    std::istringstream lines{said};
    for (std::string line; std::getline(lines, line);) note(made, line);
}

void check(std::string const& path, promises const& made)
{
    auto const at = storage::sqlite::make_stores(path);
    std::set<std::string> revoked;
    auto const each = [&](revocation const& r) {
        if (r.what == revocation::kind::session) revoked.insert(r.id);
    };
    REQUIRE(tests::run(at.sessions->load_revocations(noon, each)));
    std::size_t lost = 0;
    for (auto const& id : made.users) lost += !tests::run(at.users->find(id));
    for (auto const& id : made.sessions) lost += !tests::run(at.sessions->find(id));
    for (auto const& [id, generation] : made.rotations) {
        auto const found = tests::run(at.sessions->find(id));
        // One more may have been committed without having been told.
        auto const current = found ? std::stoi(found->current_hash) : -1;
        lost += current != generation && current != generation + 1;
    }
    for (auto const& id : made.ended) {
        auto const found = tests::run(at.sessions->find(id));
        lost += !found || !found->ended_at;
        lost += !revoked.contains(id);
    }
    CHECK(lost == 0);
}

} // namespace

TEST_CASE("sqlite: a process killed at any moment loses nothing it acknowledged")
{
    tests::temporary_folder const folder;
    auto const path = folder.file("yett.db");
    promises made;
    std::mt19937 dice{4711};
    for (int round = 0; round < 15; ++round) {
        run_and_kill(path, round, dice() % 6000, made);
        check(path, made);
    }
    CHECK(made.users.size() > 20);
    CHECK(made.ended.size() > 10);
    MESSAGE("kept " << made.users.size() << " users, " << made.rotations.size() << " rotated and " << made.ended.size()
                    << " ended sessions through 15 kills");
}
