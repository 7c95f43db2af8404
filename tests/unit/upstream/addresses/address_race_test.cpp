#include "gateway/upstream/addresses/address_race.hpp"

#include "gateway/upstream/addresses/resolved_name.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

#include <doctest/doctest.h>

using namespace yett;
using namespace yett::upstream;
using namespace std::chrono_literals;

namespace {

using acceptor_type = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, executor>;

tcp_endpoint loopback(std::uint16_t port, char const* address = "127.0.0.1")
{
    return {boost::asio::ip::make_address(address), port};
}

// A loop with a clock that the test moves.
struct track
{
    tcp_endpoint listening(char const* address = "127.0.0.1")
    {
        auto& one = acceptors.emplace_back(io.get_executor(), loopback(0, address));
        return one.local_endpoint();
    }
    // Nobody listens there.
    tcp_endpoint refusing()
    {
        acceptor_type one{io.get_executor(), loopback(0)};
        return one.local_endpoint();
    }
    // Takes no more connections and refuses none: its queue is full.
    tcp_endpoint silent()
    {
        auto& one = acceptors.emplace_back(io.get_executor());
        one.open(boost::asio::ip::tcp::v4());
        one.bind(loopback(0));
        one.listen(0);
        for (int i = 0; i < 4; ++i) {
            auto& s = crowd.emplace_back(io.get_executor());
            s.async_connect(one.local_endpoint(), [](boost::system::error_code) {});
        }
        for (int i = 0; i < 20; ++i) io.run_for(1ms), io.restart();
        return one.local_endpoint();
    }
    std::shared_ptr<address_race> run(std::vector<tcp_endpoint> addresses, milliseconds timeout, milliseconds until)
    {
        auto race = std::make_shared<address_race>(std::move(addresses), io.get_executor(), wheel);
        auto over = false;
        boost::asio::co_spawn(io, race->run(timeout), [&over](std::exception_ptr) { over = true; });
        for (milliseconds passed{}; !over && passed <= until; passed += deadlines::step) {
            for (int i = 0; i < 20 && !over; ++i) io.run_for(1ms), io.restart();
            if (!over) wheel.tick(now += deadlines::step);
        }
        for (int i = 0; i < 20 && !over; ++i) io.run_for(1ms), io.restart();
        CHECK(over);
        return race;
    }

    boost::asio::io_context io{1};
    steady_time now{1000s};
    deadlines wheel{now};
    std::vector<acceptor_type> acceptors;
    std::vector<address_race::socket_type> crowd;
};

} // namespace

TEST_CASE("address race: the first address is taken when it answers")
{
    track t;
    auto const first = t.listening();
    auto const second = t.listening();
    auto const race = t.run({first, second}, 5s, 0ms);
    auto const won = race->take();
    REQUIRE(won);
    CHECK(won->remote_endpoint() == first);
    CHECK(race->losers().empty());
}

TEST_CASE("address race: one that refuses costs no time, and is known to have lost")
{
    track t;
    auto const first = t.refusing();
    auto const second = t.listening();
    auto const race = t.run({first, second}, 5s, 0ms);
    auto const won = race->take();
    REQUIRE(won);
    CHECK(won->remote_endpoint() == second);
    CHECK(race->losers() == std::vector{first});
}

TEST_CASE("address race: one that says nothing is overtaken in a moment")
{
    track t;
    auto const first = t.silent();
    auto const second = t.listening();
    auto const race = t.run({first, second}, 30s, 1s);
    auto const won = race->take();
    REQUIRE(won);
    CHECK(won->remote_endpoint() == second);
    CHECK(race->losers() == std::vector{first});
}

TEST_CASE("address race: when all refuse, the last one's reason; when time runs out, that")
{
    track t;
    auto race = t.run({t.refusing(), t.refusing()}, 5s, 0ms);
    CHECK_FALSE(race->take());
    CHECK_FALSE(race->is_late());
    CHECK(race->trouble() == std::errc::connection_refused);
    CHECK(race->losers().size() == 2);

    race = t.run({t.silent()}, 1s, 3s);
    CHECK_FALSE(race->take());
    CHECK(race->is_late());
}

TEST_CASE("resolved name: a literal is known at once, and a name when it was looked up")
{
    track t;
    auto const literal = std::make_shared<resolved_name>("::1", 8080, t.io.get_executor(), t.wheel);
    REQUIRE(literal->known().size() == 1);
    CHECK(literal->known().front() == loopback(8080, "::1"));

    auto const name = std::make_shared<resolved_name>("localhost", 8080, t.io.get_executor(), t.wheel);
    CHECK(name->known().empty());
    auto over = false;
    boost::asio::co_spawn(t.io, name->wait(5s), [&over](std::exception_ptr) { over = true; });
    for (int i = 0; i < 1000 && !over; ++i) t.io.run_for(5ms), t.io.restart();
    REQUIRE(over);
    CHECK_FALSE(name->known().empty());
    CHECK_FALSE(name->trouble());
    name->stop();
}

TEST_CASE("resolved name: one that is looked up again, some time between 27 and 33 seconds later")
{
    CHECK(next_look_up(0) == 27s);
    CHECK(next_look_up(0.5) == 30s);
    CHECK(next_look_up(1) == 33s);
}

TEST_CASE("resolved name: what does not exist is an answer, too")
{
    track t;
    auto const name = std::make_shared<resolved_name>("no-such-host.invalid", 80, t.io.get_executor(), t.wheel);
    auto over = false;
    boost::asio::co_spawn(t.io, name->wait(20s), [&over](std::exception_ptr) { over = true; });
    for (int i = 0; i < 2000 && !over; ++i) t.io.run_for(5ms), t.io.restart();
    REQUIRE(over);
    CHECK(name->known().empty());
    CHECK(name->trouble());
}
