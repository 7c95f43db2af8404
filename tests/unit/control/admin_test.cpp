#include "gateway/control/admin.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <array>
#include <future>
#include <thread>

namespace yett::control {
namespace {

namespace asio = boost::asio;

admin_answers two_checks(bool storage_ready)
{
    admin_answers ask;
    ask.metrics = [] { return std::string{"yett_x 1\n"}; };
    ask.ready.push_back({"workers", [] { return std::nullopt; }, [] { return std::string{"4 of 4"}; }});
    ask.ready.push_back({"storage", [=] { return storage_ready ? std::nullopt : std::optional<std::string>{"disk is full"}; }});
    return ask;
}

TEST_CASE("admin: the known paths answer, everything else is not found")
{
    auto const fine = two_checks(true);
    auto const bad = two_checks(false);
    struct
    {
        admin_answers const& ask;
        char const* method;
        char const* target;
        unsigned status;
        char const* body;
    } const cases[] = {
        {fine, "GET", "/metrics", 200, "yett_x 1\n"},
        {fine, "GET", "/metrics?name[]=x", 200, "yett_x 1\n"},
        {fine, "HEAD", "/metrics", 200, "yett_x 1\n"},
        {fine, "GET", "/livez", 200, "alive\n"},
        {fine, "GET", "/readyz", 200, "ready\n"},
        {fine, "GET", "/readyz?verbose", 200, "[+] workers: 4 of 4\n[+] storage\nready\n"},
        {bad, "GET", "/livez", 200, "alive\n"},
        {bad, "GET", "/readyz", 503, "not ready\n"},
        {bad, "GET", "/readyz?verbose=1", 503, "[+] workers: 4 of 4\n[-] storage: disk is full\nnot ready\n"},
        {bad, "GET", "/readyz?quiet", 503, "not ready\n"},
        {fine, "POST", "/metrics", 405, "method not allowed\n"},
        {fine, "DELETE", "/readyz", 405, "method not allowed\n"},
        {fine, "GET", "/", 404, "not found\n"},
        {fine, "GET", "/metrics/", 404, "not found\n"},
        {fine, "GET", "//metrics", 404, "not found\n"},
        {fine, "GET", "", 404, "not found\n"},
        {fine, "POST", "/debug", 404, "not found\n"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.method);
        CAPTURE(c.target);
        auto const reply = answer_admin(c.ask, c.method, c.target);
        CHECK(reply.status == c.status);
        CHECK(reply.body == c.body);
        CHECK(reply.content_type.starts_with("text/plain"));
    }
}

// The listener on a thread of its own, and connections to it.
class running_admin
{
public:
    explicit running_admin(std::string const& host = "127.0.0.1")
        : admin_{*admin::listen(control_, host, 0, two_checks(true))},
          thread_{[this] { control_.run(); }}
    {
    }
    ~running_admin()
    {
        control_.stop();
        thread_.join();
    }

    admin& it() { return *admin_; }
    asio::io_context& control() { return control_; }

    asio::ip::tcp::socket connect()
    {
        asio::ip::tcp::socket s{client_};
        s.connect({asio::ip::address_v4::loopback(), admin_->port()});
        return s;
    }
    // Everything that comes back until the listener closes.
    std::string talk(std::string const& bytes)
    {
        auto s = connect();
        boost::system::error_code ignored;
        asio::write(s, asio::buffer(bytes), ignored);
        std::string all;
        asio::read(s, asio::dynamic_buffer(all), ignored);
        return all;
    }

private:
    asio::io_context control_;
    asio::io_context client_;
    std::unique_ptr<admin> admin_;
    std::thread thread_;
};

TEST_CASE("admin: requests are answered one after the other on one connection")
{
    running_admin a;
    auto const all = a.talk("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
                            "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
                            "POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
                            "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(all.find("HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nCache-Control: no-store\r\n") ==
          0);
    CHECK(all.find("Content-Length: 9\r\n\r\nyett_x 1\nHTTP/1.1 200 OK") != all.npos);
    CHECK(all.find("Content-Length: 9\r\n\r\nHTTP/1.1 405 Method Not Allowed") != all.npos);
    CHECK(all.find("Allow: GET, HEAD\r\n") != all.npos);
    CHECK(all.ends_with("\r\n\r\nalive\n"));
}

TEST_CASE("admin: [::] is for both families")
{
    running_admin a{"::"};
    CHECK(a.talk("GET /livez HTTP/1.0\r\n\r\n").ends_with("alive\n"));
}

TEST_CASE("admin: what is no small request is refused and the connection closed")
{
    running_admin a;
    std::string const cases[] = {
        "GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
        "POST /livez HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET /livez HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n",
    };
    for (auto const& bytes : cases) {
        CAPTURE(bytes.substr(0, 60));
        CHECK(a.talk(bytes).starts_with("HTTP/1.1 400 Bad Request\r\n"));
    }
}

TEST_CASE("admin: health answers, whatever others hold")
{
    auto const request = std::string{"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"};
    struct
    {
        char const* what;
        std::string sent;
    } const cases[] = {
        {"idle connections that were answered", request},
        {"connections that never said anything", ""},
        {"sibling: half a head", request.substr(0, 9)},
        {"sibling: replies that nobody reads", "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"},
    };
    for (auto const& c : cases) {
        CAPTURE(c.what);
        running_admin a;
        std::vector<asio::ip::tcp::socket> held;
        for (int i = 0; i < 200; ++i) {
            held.push_back(a.connect());
            boost::system::error_code ec;
            asio::write(held.back(), asio::buffer(c.sent), ec);
        }
        for (int i = 0; i < 5; ++i) CHECK(a.talk("GET /livez HTTP/1.0\r\n\r\n").ends_with("alive\n"));
    }
}

TEST_CASE("admin: of the idle the oldest makes room, and the others stay")
{
    running_admin a;
    std::vector<asio::ip::tcp::socket> idle;
    auto const request = std::string{"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"};
    std::array<char, 160> whole{};
    auto const ask = [&](asio::ip::tcp::socket& on) {
        boost::system::error_code ec;
        asio::write(on, asio::buffer(request), ec);
        std::string reply;
        while (!ec && !reply.ends_with("alive\n")) reply.append(whole.data(), on.read_some(asio::buffer(whole), ec));
        return !ec;
    };
    for (int i = 0; i < 64; ++i) {
        idle.push_back(a.connect());
        REQUIRE(ask(idle.back()));
    }
    CHECK(a.talk("GET /livez HTTP/1.0\r\n\r\n").ends_with("alive\n"));
    CHECK_FALSE(ask(idle.front()));
    CHECK(ask(idle[1]));
    CHECK(ask(idle.back()));
}

TEST_CASE("admin: after the stop nobody is answered, not even on an open connection")
{
    running_admin a;
    auto open = a.connect();
    std::promise<void> stopped;
    asio::post(a.control(), [&] {
        a.it().stop();
        stopped.set_value();
    });
    stopped.get_future().wait();
    boost::system::error_code failed;
    std::string all;
    asio::write(open, asio::buffer(std::string{"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"}), failed);
    asio::read(open, asio::dynamic_buffer(all), failed);
    CHECK(all.empty());
    CHECK_THROWS(a.connect());
}

TEST_CASE("admin: an address that is none, or taken, is an error that names it")
{
    running_admin a;
    asio::io_context control;
    auto const wrong = admin::listen(control, "localhost", 0, {});
    REQUIRE_FALSE(wrong.has_value());
    CHECK(wrong.error().note().find("localhost") != std::string::npos);
    auto const taken = admin::listen(control, "127.0.0.1", a.it().port(), {});
    REQUIRE_FALSE(taken.has_value());
    CHECK(taken.error().cause() == std::errc::address_in_use);
}

} // namespace
} // namespace yett::control
