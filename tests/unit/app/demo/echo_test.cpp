#include "gateway/app/demo/echo.hpp"
#include "gateway/app/parts/startup_error.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <doctest/doctest.h>

using yett::app::echo_server;
namespace asio = boost::asio;

namespace {

// Sends bytes on a connection of their own and returns everything that comes back.
std::string talk(echo_server const& server, std::string_view text)
{
    asio::io_context io;
    auto const address = server.address();
    auto const port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
    asio::ip::tcp::socket s{io};
    s.connect({asio::ip::address_v4::loopback(), port});
    asio::write(s, asio::buffer(text));
    std::string all;
    boost::system::error_code ec;
    asio::read(s, asio::dynamic_buffer(all), ec);
    return all;
}

std::string body_of(std::string const& reply)
{
    return reply.substr(reply.find("\r\n\r\n") + 4);
}

constexpr std::string_view closing = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";

std::string request(std::string_view line, std::string_view rest = "\r\n")
{
    return std::string{line} + std::string{closing} + std::string{rest};
}

} // namespace

TEST_CASE("echo: it tells what it was sent")
{
    echo_server const server{"127.0.0.1:0"};
    auto const reply =
        talk(server, request("POST /a?b=c", "X-User: ada\r\nX-Two: 1\r\nX-Two: 2\r\nContent-Length: 3\r\n\r\nabc"));
    CHECK(reply.starts_with("HTTP/1.1 200 OK\r\n"));
    auto const told = boost::json::parse(body_of(reply)).as_object();
    CHECK(told.at("method") == "POST");
    CHECK(told.at("path") == "/a?b=c");
    CHECK(told.at("body_bytes") == 3);
    CHECK(told.at("headers").at("X-User") == "ada");
    CHECK(told.at("headers").at("X-Two") == boost::json::array{"1", "2"});
}

TEST_CASE("echo: it keeps the connection and serves bytes, statuses and delays")
{
    echo_server const server{"127.0.0.1:0"};
    auto const reply = talk(server, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + request("HEAD /bytes/5"));
    CHECK(reply.find("\r\n\r\nok\nHTTP/1.1 200 OK\r\n") != reply.npos);
    CHECK(reply.ends_with("\r\n\r\n"));
    CHECK(body_of(talk(server, request("GET /bytes/200000"))).size() == 200000);
    CHECK(talk(server, request("GET /status/503")).starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(talk(server, request("GET /status/204")).find("Content-Length") == std::string::npos);
    CHECK(talk(server, request("GET /status/99")).starts_with("HTTP/1.1 200"));
    CHECK(talk(server, request("GET /slow/1")).starts_with("HTTP/1.1 200"));
}

TEST_CASE("echo: it sends bodies back as they were framed")
{
    echo_server const server{"127.0.0.1:0"};
    CHECK(body_of(talk(server, request("POST /echo", "Content-Length: 5\r\n\r\nhello"))) == "hello");
    CHECK(body_of(talk(server, request("PUT /echo", "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")))
              .ends_with("0\r\n\r\n"));
    auto const told = talk(server, request("POST /echo", "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"));
    CHECK(told.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    CHECK(told.ends_with("hi"));
}

TEST_CASE("echo: an address that cannot be had is refused at start-up")
{
    echo_server const server{"127.0.0.1:0"};
    CHECK_THROWS_AS(echo_server{server.address() + "x"}, yett::app::startup_error);
    CHECK_THROWS_AS(echo_server{"nowhere"}, yett::app::startup_error);
    CHECK_THROWS_AS(echo_server{"192.0.2.1:1"}, yett::app::startup_error);
}
