#include "gateway/storage/postgres/connections.hpp"
#include "gateway/storage/postgres/pool/server_clock.hpp"
#include "gateway/storage/postgres/stores.hpp"
#include "tests/support/postgres_server.hpp"
#include "tests/support/print.hpp"
#include "tests/support/run.hpp"

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::storage::postgres;
using namespace yett::tests;

namespace {

constexpr std::chrono::hours an_hour{1};

milliseconds ahead_of_here(server_clock const& of)
{
    return std::chrono::round<milliseconds>(of.now() - wall_now());
}

bool is_about(milliseconds found, milliseconds wanted)
{
    return std::chrono::abs(found - wanted) < milliseconds{200};
}

} // namespace

TEST_CASE("server clock: until it was told anything it is that of this machine")
{
    server_clock const known;
    CHECK(is_about(ahead_of_here(known), milliseconds{0}));
}

TEST_CASE("server clock: it goes by what the server said, and on from there")
{
    server_clock known;
    auto const asked = boot_now();
    known.note(asked, asked + milliseconds{20}, wall_now() + an_hour);
    CHECK(is_about(ahead_of_here(known), an_hour));
    known.note(asked, asked + milliseconds{20}, wall_now() - an_hour);
    CHECK(is_about(ahead_of_here(known), -an_hour));
}

TEST_CASE("server clock: an answer that was long on its way does not contradict a better one")
{
    server_clock known;
    auto const asked = boot_now();
    auto const then = wall_now();
    known.note(asked, asked + milliseconds{2}, then + an_hour);
    auto const before = ahead_of_here(known);
    // Said a second after the question, which the server may have waited for.
    known.note(asked, asked + milliseconds{3000}, then + an_hour + milliseconds{1000});
    CHECK(std::chrono::abs(ahead_of_here(known) - before) <= milliseconds{2});
    // But this is another time, however long it took.
    known.note(asked, asked + milliseconds{3000}, then + an_hour + milliseconds{7000});
    CHECK(ahead_of_here(known) > before + milliseconds{1000});
}

TEST_CASE("server clock: a store has told the time when it opens, and tells it again with each write")
{
    postgres_database const place;
    auto const of = make_stores(place.options());
    CHECK(is_about(std::chrono::round<milliseconds>(of.now() - wall_now()), milliseconds{0}));
    connections here{place.options()};
    here.clock().note(boot_now(), boot_now(), wall_now() + an_hour);
    REQUIRE(is_about(ahead_of_here(here.clock()), an_hour));
    auto work = [](database& db) -> task<result<void>> {
        db.queue("CREATE TABLE written (n bigint)");
        co_return result<void>{};
    };
    REQUIRE(run(here.write(work)));
    CHECK(is_about(ahead_of_here(here.clock()), milliseconds{0}));
}
