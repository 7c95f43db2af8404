#include "gateway/mail/smtp_transport.hpp"

#include "gateway/mail/mail_worker.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <istream>
#include <thread>

using namespace yett;
using namespace yett::mail;
namespace asio = boost::asio;

namespace {

// Takes one dialogue as far as the end of the mail, and says nothing any more.
class speechless_server
{
public:
    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(listener_.local_endpoint().port()); }

private:
    void serve()
    {
        auto client = listener_.accept();
        say(client, "220 here");
        asio::streambuf heard;
        for (std::string line; hear(client, heard, line);) {
            if (line == ".\r") silent_ = true;
            if (line == "DATA\r") in_mail_ = say(client, "354 go on");
            else if (!silent_ && !in_mail_) say(client, "250 fine");
        }
    }
    static bool say(asio::ip::tcp::socket& to, std::string const& what)
    {
        boost::system::error_code failed;
        asio::write(to, asio::buffer(what + "\r\n"), failed);
        return !failed;
    }
    static bool hear(asio::ip::tcp::socket& from, asio::streambuf& heard, std::string& line)
    {
        boost::system::error_code failed;
        asio::read_until(from, heard, '\n', failed);
        std::istream text{&heard};
        return !failed && std::getline(text, line);
    }

    bool silent_ = false;
    bool in_mail_ = false;
    asio::io_context io_{1};
    asio::ip::tcp::acceptor listener_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::jthread thread_{[this] { serve(); }};
};

} // namespace

TEST_CASE("smtp carrier: a lease outlasts the longest dialogue and its farewell")
{
    smtp_options const usual;
    CHECK(usual.timeout + usual.answer_timeout < mail_worker_options{}.lease);
}

TEST_CASE("smtp carrier: a server that says nothing about the mail holds it no longer than promised")
{
    speechless_server const server;
    smtp_options options;
    options.url = secret{server.url()};
    options.loopback = true;
    options.timeout = milliseconds{2'000};
    options.answer_timeout = milliseconds{1'000};
    auto const began = steady_now();
    auto const why =
        make_smtp_transport(std::move(options))->carry({"1", "a@example.com", "b@example.com", "Subject: x\r\n\r\nx\r\n"});
    REQUIRE(why);
    CHECK(why->what == delivery_error::kind::broken);
    CHECK(steady_now() - began < seconds{10});
}
