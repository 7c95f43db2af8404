#include "gateway/app/demo/echo.hpp"

#include "gateway/app/parts/startup_error.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/wait_until.hpp"
#include "gateway/base/clock.hpp"
#include "gateway/http/authority.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <charconv>
#include <thread>

// A small application for trying and testing, by Boost.Beast and not by our own HTTP: what both got
// wrong together no test would see. It tells what it was sent (any target), takes a body and gives
// it back (/echo), sends so many bytes (/bytes/N), waits (/slow/N) or answers with a status
// (/status/N). It has no limits and is for nobody's network.

namespace yett::app {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using socket = asio::basic_stream_socket<tcp, executor>;
using blame = startup_error::blame;

namespace {

using request_parser = beast_http::request_parser<beast_http::buffer_body>;
using reply_head = beast_http::response<beast_http::empty_body>;

// The number behind a prefix of the target, or nothing.
std::optional<std::uint64_t> number_behind(std::string_view target, std::string_view prefix)
{
    target = target.substr(0, target.find('?'));
    if (!target.starts_with(prefix)) return {};
    auto const digits = target.substr(prefix.size());
    std::uint64_t value = 0;
    auto const [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (ec != std::errc{} || end != digits.data() + digits.size()) return {};
    return value;
}

std::string_view as_std(boost::beast::string_view text)
{
    return {text.data(), text.size()};
}

bool expects_continue(request_parser const& request)
{
    return boost::beast::iequals(request.get()[beast_http::field::expect], "100-continue");
}

// Repeated fields become an array, so that nothing that was sent is lost.
boost::json::object headers_of(request_parser const& request)
{
    boost::json::object all;
    for (auto const& field : request.get()) {
        auto& slot = all[as_std(field.name_string())];
        boost::json::string const value{as_std(field.value())};
        if (slot.is_null()) slot = value;
        else if (slot.is_array()) slot.as_array().emplace_back(value);
        else slot = boost::json::array{slot, value};
    }
    return all;
}

std::string describe_request(request_parser const& request, std::uint64_t body_bytes)
{
    boost::json::object what;
    what["method"] = as_std(request.get().method_string());
    what["path"] = as_std(request.get().target());
    what["headers"] = headers_of(request);
    what["body_bytes"] = body_bytes;
    return boost::json::serialize(what) + "\n";
}

// One connection and the requests on it. Failures of the connection arrive as exceptions
// and end it.
class session
{
public:
    explicit session(socket s) : socket_{std::move(s)} {}

    task<void> serve()
    {
        for (bool more = true; more;) {
            request_parser request;
            request.body_limit(boost::none);
            request.header_limit(256 * 1024);
            co_await beast_http::async_read_header(socket_, buffer_, request, use_task);
            if (expects_continue(request)) co_await send("HTTP/1.1 100 Continue\r\n\r\n");
            co_await answer(request);
            more = request.keep_alive();
        }
        error_code ignored;
        socket_.shutdown(socket::shutdown_send, ignored);
    }

private:
    task<void> answer(request_parser& request)
    {
        std::string const target{as_std(request.get().target())};
        auto const method = request.get().method();
        if (target == "/echo" && (method == beast_http::verb::post || method == beast_http::verb::put)) {
            co_await echo(request);
            co_return;
        }
        auto const body_bytes = co_await drain(request);
        if (auto const count = number_behind(target, "/bytes/")) {
            co_await send_bytes(request, *count);
            co_return;
        }
        if (auto const delay = number_behind(target, "/slow/")) co_await wait_until(steady_now() + milliseconds{*delay});
        auto const status = number_behind(target, "/status/");
        if (status && *status >= 200 && *status <= 599) {
            co_await send_text(request, static_cast<unsigned>(*status), {});
            co_return;
        }
        auto const text = target == "/healthz" ? std::string{"ok\n"} : describe_request(request, body_bytes);
        co_await send_text(request, 200, text);
    }

    // The next part of the request's body; empty at its end.
    task<std::string_view> read_part(request_parser& request)
    {
        while (!request.is_done()) {
            auto& body = request.get().body();
            body.data = part_.data();
            body.size = part_.size();
            error_code ec;
            co_await beast_http::async_read_some(socket_, buffer_, request, asio::redirect_error(use_task, ec));
            if (ec && ec != beast_http::error::need_buffer) throw boost::system::system_error{ec};
            auto const got = part_.size() - body.size;
            if (got > 0) co_return std::string_view{part_.data(), got};
        }
        co_return std::string_view{};
    }

    task<std::uint64_t> drain(request_parser& request)
    {
        for (std::uint64_t bytes = 0;;) {
            auto const part = co_await read_part(request);
            if (part.empty()) co_return bytes;
            bytes += part.size();
        }
    }

    task<void> echo(request_parser& request)
    {
        auto head = head_for(request, 200);
        auto const length = request.content_length();
        if (length) head.content_length(length);
        else head.chunked(true);
        co_await send_head(head);
        for (;;) {
            auto const part = co_await read_part(request);
            if (part.empty()) break;
            if (!length) {
                auto const size = fmt::format("{:x}\r\n", part.size());
                co_await send(size);
            }
            co_await send(part);
            if (!length) co_await send("\r\n");
        }
        if (!length) co_await send("0\r\n\r\n");
    }

    task<void> send_bytes(request_parser const& request, std::uint64_t count)
    {
        auto head = head_for(request, 200);
        head.content_length(count);
        co_await send_head(head);
        if (request.get().method() == beast_http::verb::head) co_return;
        part_.fill('y');
        while (count > 0) {
            std::string_view const part{part_.data(), static_cast<std::size_t>(std::min<std::uint64_t>(count, part_.size()))};
            co_await send(part);
            count -= part.size();
        }
    }

    task<void> send_text(request_parser const& request, unsigned status, std::string_view text)
    {
        auto head = head_for(request, status);
        auto const bodiless = status == 204 || status == 304;
        if (!bodiless) head.content_length(text.size());
        if (!text.empty()) head.set(beast_http::field::content_type, text.front() == '{' ? "application/json" : "text/plain");
        auto message = text_of(head);
        if (!bodiless && request.get().method() != beast_http::verb::head) message += text;
        co_await send(message);
    }

    static reply_head head_for(request_parser const& request, unsigned status)
    {
        reply_head head;
        head.result(status);
        head.version(11);
        head.keep_alive(request.keep_alive());
        head.set(beast_http::field::server, "yett-echo");
        return head;
    }

    static std::string text_of(reply_head const& head)
    {
        auto text = fmt::format("HTTP/1.1 {} {}\r\n", head.result_int(), as_std(head.reason()));
        for (auto const& field : head) text += fmt::format("{}: {}\r\n", as_std(field.name_string()), as_std(field.value()));
        return text + "\r\n";
    }

    task<void> send_head(reply_head const& head)
    {
        auto const text = text_of(head);
        co_await send(text);
    }

    task<void> send(std::string_view text) { co_await asio::async_write(socket_, asio::buffer(text), use_task); }

    socket socket_;
    boost::beast::flat_buffer buffer_;
    std::array<char, 65536> part_;
};

} // namespace

// One thread and one loop, beside those of the gateway when the demonstration runs both.
class echo_server::acceptor
{
public:
    explicit acceptor(std::string_view address) : listening_{io_}
    {
        try {
            auto const where = endpoint_of(address);
            listening_.open(where.protocol());
            listening_.set_option(tcp::acceptor::reuse_address{true});
            listening_.bind(where);
            listening_.listen();
        } catch (boost::system::system_error const& e) {
            throw startup_error{blame::unavailable, fmt::format("echo cannot listen on {}: {}", address, e.code().message())};
        }
        asio::co_spawn(io_, accept(), asio::detached);
        thread_ = std::thread{[this] { io_.run(); }};
    }
    ~acceptor()
    {
        io_.stop();
        thread_.join();
    }

    std::string address() const
    {
        auto const at = listening_.local_endpoint();
        return fmt::format(fmt::runtime(at.address().is_v6() ? "[{}]:{}" : "{}:{}"), at.address().to_string(), at.port());
    }

    void wait()
    {
        asio::io_context here;
        asio::signal_set ends{here, SIGINT, SIGTERM};
        ends.async_wait([](error_code, int) {});
        here.run();
    }

private:
    static tcp::endpoint endpoint_of(std::string_view address)
    {
        auto const parts = http::parse_authority(address);
        auto const is_free_port = address.ends_with(":0");
        auto host = std::string{parts ? parts->host : address.substr(0, address.rfind(':'))};
        if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
        error_code ec;
        auto const ip = asio::ip::make_address(host, ec);
        if (ec || (!is_free_port && (!parts || !parts->port)))
            throw startup_error{blame::unavailable, fmt::format("\"{}\" is no address:port", address)};
        return {ip, is_free_port ? std::uint16_t{0} : *parts->port};
    }

    task<void> accept()
    {
        for (;;) {
            error_code ec;
            auto accepted = co_await listening_.async_accept(asio::redirect_error(use_task, ec));
            if (ec == asio::error::operation_aborted) co_return;
            if (ec) continue;
            accepted.set_option(tcp::no_delay{true}, ec);
            // However the peer ends the connection: it has ended.
            auto const one = std::make_shared<session>(std::move(accepted));
            asio::co_spawn(io_, one->serve(), [one](std::exception_ptr const&) {});
        }
    }

    asio::io_context io_{1};
    asio::basic_socket_acceptor<tcp, executor> listening_;
    std::thread thread_;
};

echo_server::echo_server(std::string_view address) : acceptor_{std::make_unique<acceptor>(address)} {}
echo_server::~echo_server() = default;

std::string echo_server::address() const
{
    return acceptor_->address();
}

void echo_server::wait()
{
    acceptor_->wait();
}

} // namespace yett::app
