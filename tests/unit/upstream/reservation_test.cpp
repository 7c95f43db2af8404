#include "gateway/upstream/cluster/reservation.hpp"

#include "gateway/upstream/addresses/server_address.hpp"
#include "tests/unit/upstream/rig.hpp"

using namespace yett;
using namespace yett::tests;
using upstream::reservation;

namespace {

// A pool without anybody who forwards: what is taken is looked at and given back.
struct pool_alone
{
    explicit pool_alone(script server = scripted_upstream::always(""))
        : app{std::make_unique<scripted_upstream>(io.get_executor(), std::vector{std::move(server)})},
          pool{std::make_unique<upstream::pool>(app->address(), upstream::pool_options{},
                                                upstream::dependencies{io.get_executor(), wheel, figures})}
    {
    }
    ~pool_alone()
    {
        pool.reset();
        app.reset();
        settle();
    }

    upstream::wanted_connection wanted(std::uint64_t client_connection = 0, bool may_be_repeated = true)
    {
        return {waiter, client_connection, may_be_repeated};
    }
    reservation kept(std::uint64_t client_connection = 0, bool may_be_repeated = true)
    {
        return upstream::take_kept(*pool, wanted(client_connection, may_be_repeated));
    }
    reservation opened()
    {
        std::optional<result<reservation>> found;
        auto const by = wanted();
        auto keep = [&found](std::exception_ptr thrown, result<reservation> taken) {
            if (thrown) std::rethrow_exception(thrown);
            found = std::move(taken);
        };
        boost::asio::co_spawn(io, upstream::take_any(*pool, by), keep);
        for (int i = 0; i < 1000 && !found; ++i) {
            io.restart();
            io.run_one_for(50ms);
        }
        REQUIRE(found);
        REQUIRE(found->has_value());
        return std::move(**found);
    }
    void settle()
    {
        for (int quiet = 0; quiet < 3;) {
            io.restart();
            quiet = io.run_for(2ms) == 0 ? quiet + 1 : 0;
        }
    }

    boost::asio::io_context io{1};
    deadlines wheel{steady_time{1000s}};
    telemetry::upstream_figures figures;
    upstream::pool_waiter waiter{ip_address{}};
    std::unique_ptr<scripted_upstream> app;
    std::unique_ptr<upstream::pool> pool;
};

} // namespace

TEST_CASE("reservation: what is kept is taken again, by whoever asks")
{
    pool_alone p;
    CHECK_FALSE(p.kept());
    auto first = p.opened();
    auto* const connection = first.get().get();
    CHECK_FALSE(p.kept());
    first.keep(0);
    CHECK_FALSE(first);
    CHECK(p.pool->kept() == 1);
    auto const again = p.kept();
    CHECK(again.get().get() == connection);
    CHECK_FALSE(again.is_bound());
    CHECK(p.pool->open() == 1);
}

TEST_CASE("reservation: what a server says below HTTP is nothing unasked: tickets come when hands were shaken")
{
    pool_alone p;
    auto first = p.opened();
    first.keep(0);
    p.settle();
    CHECK(p.pool->kept() == 1);
    auto again = p.kept(0, true);
    REQUIRE(again);
    CHECK(again.get()->sent() == 0);
    again.keep(0);
    p.settle();
    CHECK(p.pool->kept() == 1);
    CHECK(p.kept(0, false)); // nor does it look stale
}

TEST_CASE("reservation: without a word the connection is closed, and moved it belongs to one")
{
    pool_alone p;
    {
        auto taken = p.opened();
        reservation moved{std::move(taken)};
        CHECK_FALSE(taken);
        CHECK(moved);
        taken.discard();
        CHECK(p.pool->open() == 1);
    }
    CHECK(p.pool->open() == 0);
    CHECK(p.pool->kept() == 0);
    auto one = p.opened();
    one = p.opened();
    CHECK(p.pool->open() == 1);
}

TEST_CASE("reservation: a bound connection serves its client's connection alone, and none that has no number")
{
    pool_alone p;
    auto taken = p.opened();
    taken.bind();
    taken.keep(7);
    CHECK(p.pool->kept() == 1);
    CHECK_FALSE(p.kept());
    CHECK_FALSE(p.kept(8));
    auto again = p.kept(7);
    REQUIRE(again);
    CHECK(again.is_bound());
    again.keep(0);
    CHECK(p.pool->open() == 0);
}

TEST_CASE("reservation: set apart it counts no more, and ends with whoever took it")
{
    pool_alone p;
    {
        auto taken = p.opened();
        taken.set_apart();
        CHECK(p.pool->open() == 0);
        CHECK(taken.get()->how_it_ended() == upstream::connection::ending::none);
    }
    p.settle();
    CHECK(p.pool->open() == 0);
}

TEST_CASE("reservation: a pool that has gone takes nothing back")
{
    pool_alone p;
    auto taken = p.opened();
    auto other = p.opened();
    p.pool.reset();
    taken.keep(0);
    other.discard();
    CHECK_FALSE(taken);
    CHECK_FALSE(other);
}
