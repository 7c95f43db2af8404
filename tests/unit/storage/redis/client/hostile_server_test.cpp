#include "tests/support/print.hpp"
#include "tests/support/redis_loop.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <doctest/doctest.h>

#include <string>

using namespace yett;
using namespace yett::storage::redis;
using boost::asio::ip::tcp;

namespace {

using stream = boost::asio::basic_stream_socket<tcp, executor>;
using acceptor = boost::asio::basic_socket_acceptor<tcp, executor>;

// Greets as a master does, and answers the first question with whatever it likes.
task<void> serve(acceptor& at, std::string answer)
{
    boost::system::error_code ended;
    auto client = co_await at.async_accept(use_task);
    std::string heard;
    auto token = boost::asio::redirect_error(use_task, ended);
    co_await boost::asio::async_read_until(client, boost::asio::dynamic_buffer(heard), "ROLE\r\n", token);
    std::string const greeting = "+PONG\r\n*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
    co_await boost::asio::async_write(client, boost::asio::buffer(greeting), token);
    heard.clear();
    co_await boost::asio::async_read_until(client, boost::asio::dynamic_buffer(heard), "\r\n", token);
    co_await boost::asio::async_write(client, boost::asio::buffer(answer), token);
    // Until the client hangs up, which is what it should do.
    heard.clear();
    while (!ended) co_await boost::asio::async_read_until(client, boost::asio::dynamic_buffer(heard), "\r\n", token);
}

} // namespace

TEST_CASE("redis client: a server that promises too much, or speaks another language, is hung up on")
{
    struct row
    {
        char const* answer;
        char const* note;
    };
    row const rows[]{
        {"*4294967295\r\n", "redis: a list of 4294967295 items"},
        {"*1\r\n$99999999999\r\n", "redis: a text of 99999999999 bytes"},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", "redis: no reply of RESP 2"},
        {">2\r\n+invalidate\r\n*0\r\n", "redis: no reply of RESP 2"},
    };
    for (auto const& r : rows) {
        redis_login as;
        tests::redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{5000}}};
        acceptor at{on.loop.get_executor(), tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
        as.addresses.push_back({"127.0.0.1", at.local_endpoint().port()});
        boost::asio::co_spawn(on.loop, serve(at, r.answer), boost::asio::detached);
        auto const told = on.ask("GET", "k");
        REQUIRE(!told);
        CHECK(told.error().note() == r.note);
        CHECK(!told.error().retryable());
        CHECK(!on.client.activity().connected);
    }
}

TEST_CASE("redis client: an answer that nobody asked for ends the connection")
{
    redis_login as;
    tests::redis_loop on{{[&] { return result<redis_login>{as}; }, milliseconds{5000}}};
    acceptor at{on.loop.get_executor(), tcp::endpoint{boost::asio::ip::address_v4::loopback(), 0}};
    as.addresses.push_back({"127.0.0.1", at.local_endpoint().port()});
    boost::asio::co_spawn(on.loop, serve(at, "+OK\r\n+OK\r\n"), boost::asio::detached);
    CHECK(on.ask("GET", "k")->text == "OK");
    CHECK(!on.client.activity().connected);
}
