#include "gateway/storage/sqlite/stores.hpp"

#include "tests/support/print.hpp"
#include "tests/support/run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>

using namespace yett;
using namespace yett::accounts;

namespace {

constexpr wall_time noon{seconds{1'700'000'000}};
constexpr int rounds = 1000;
constexpr int parallel = 20;
constexpr int processes = 2;

// What the processes tell each other: memory they share, and a start line for each round.
struct race
{
    pthread_barrier_t line;
    struct round
    {
        std::atomic<int> rotated;
        std::atomic<int> replayed;
        std::atomic<int> otherwise;
        std::atomic<int> branch;    // the successor that was handed out, plus one
        std::atomic<int> disagreed; // callers that were handed out another one
    };
    std::array<round, rounds> seen;
};

race& shared_race()
{
    auto* const memory = mmap(nullptr, sizeof(race), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(memory != MAP_FAILED);
    auto* const made = new (memory) race{};
    pthread_barrierattr_t shared;
    pthread_barrierattr_init(&shared);
    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(&made->line, &shared, processes);
    return *made;
}

session first_session(std::string const& user_id)
{
    session s;
    s.id = "s";
    s.user_id = user_id;
    s.family = "f";
    s.current_hash = "first";
    s.idle_until = noon + seconds{1000};
    s.expires_at = s.idle_until;
    s.access_until = s.idle_until;
    return s;
}

// One caller that holds the token `presented` and would like it followed by its own number.
task<void> exchange(stores const& at, std::string presented, int number, race::round& seen)
{
    rotation asked;
    asked.family = "f";
    asked.presented_hash = std::move(presented);
    asked.successor_hash = std::to_string(number);
    asked.now = noon;
    asked.grace = seconds{10};
    asked.idle_until = noon + seconds{1000};
    auto const done = co_await at.sessions->rotate(asked);
    auto const outcome = done ? done->outcome : rotation_outcome::unknown;
    seen.rotated += outcome == rotation_outcome::rotated;
    seen.replayed += outcome == rotation_outcome::replayed;
    auto const served = outcome == rotation_outcome::rotated || outcome == rotation_outcome::replayed;
    seen.otherwise += !served;
    if (!served) co_return;
    auto const branch = std::stoi(done->session.current_hash) + 1;
    int nothing = 0;
    if (!seen.branch.compare_exchange_strong(nothing, branch)) seen.disagreed += nothing != branch;
}

// All callers of one process, in every round with the token that the round before left.
int take_part(std::string const& file, race& all, int process)
{
    auto const at = storage::sqlite::make_stores(file);
    for (int r = 0; r < rounds; ++r) {
        pthread_barrier_wait(&all.line);
        auto const now = tests::run(at.sessions->find("s"));
        if (!now) return 2;
        // Nobody exchanges before everybody has read.
        pthread_barrier_wait(&all.line);
        auto const each = [&](int caller) {
            return exchange(at, now->current_hash, (r * processes + process) * parallel + caller,
                            all.seen[static_cast<std::size_t>(r)]);
        };
        tests::run_on_workers(2, parallel / 2, each);
    }
    return 0;
}

} // namespace

TEST_CASE("sqlite: 1,000 rounds of 20 exchanges in each of 2 processes never leave two live branches")
{
    tests::temporary_folder folder;
    auto const file = folder.file("yett.db");
    {
        auto const at = storage::sqlite::make_stores(file);
        user owner;
        owner.id = "u";
        owner.email_key = "u";
        REQUIRE(tests::run(at.users->add(owner)));
        REQUIRE(tests::run(at.sessions->add(first_session("u"))));
    }
    auto& all = shared_race();
    std::array<pid_t, processes> children{};
    for (int process = 0; process < processes; ++process) {
        auto const child = fork();
        REQUIRE(child >= 0);
        if (child == 0) _exit(take_part(file, all, process));
        children[static_cast<std::size_t>(process)] = child;
    }
    for (auto const child : children) {
        int status = 0;
        REQUIRE(waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status));
        CHECK(WEXITSTATUS(status) == 0);
    }
    for (auto const& round : all.seen) {
        CHECK(round.rotated == 1);
        CHECK(round.replayed == processes * parallel - 1);
        CHECK(round.otherwise == 0);
        CHECK(round.disagreed == 0);
    }
    munmap(&all, sizeof(race));
}
