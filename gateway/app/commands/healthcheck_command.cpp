#include "gateway/app/commands/commands.hpp"
#include "gateway/app/parts/startup_error.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <cstdio>

namespace yett::app {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;

unsigned ask(std::string const& host, std::string const& port)
{
    boost::asio::io_context loop;
    beast::tcp_stream stream{loop};
    stream.expires_after(std::chrono::seconds{3});
    stream.connect(boost::asio::ip::tcp::resolver{loop}.resolve(host, port));
    http::request<http::empty_body> request{http::verb::get, "/livez", 11};
    request.set(http::field::host, host);
    http::write(stream, request);
    beast::flat_buffer buffer;
    http::response<http::string_body> reply;
    http::read(stream, buffer, reply);
    return reply.result_int();
}

} // namespace

int healthcheck_command(std::string const& address)
try {
    auto const colon = address.rfind(':');
    if (colon == address.npos) throw startup_error{startup_error::blame::configuration, "--address: host:port is wanted"};
    auto const status = ask(address.substr(0, colon), address.substr(colon + 1));
    std::printf("%u\n", status);
    return status == 200 ? EXIT_SUCCESS : EXIT_FAILURE;
} catch (boost::system::system_error const& why) {
    std::fprintf(stderr, "yett: %s: %s\n", address.c_str(), why.code().message().c_str());
    return EXIT_FAILURE;
}

} // namespace yett::app
