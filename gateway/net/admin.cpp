#include "gateway/net/admin.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace yett::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

constexpr std::size_t connections_max = 64;
constexpr std::uint32_t head_bytes_max = 8 * 1024;
constexpr seconds step_timeout{10};
constexpr auto plain_text = "text/plain; charset=utf-8";

admin_reply plain(unsigned status, std::string body)
{
    return {status, plain_text, std::move(body)};
}

admin_reply readiness(admin_answers const& ask, bool verbose)
{
    bool ready = true;
    std::string list;
    for (auto const& check : ask.ready) {
        auto const reason = check.why_not();
        ready = ready && !reason;
        list += (reason ? "[-] " : "[+] ") + check.name + (reason ? ": " + *reason : std::string{}) + "\n";
    }
    auto const verdict = ready ? "ready\n" : "not ready\n";
    return plain(ready ? 200 : 503, verbose ? list + verdict : verdict);
}

http::response<http::string_body> written(admin_reply reply, bool head, bool keep_alive)
{
    http::response<http::string_body> out{static_cast<http::status>(reply.status), 11};
    out.set(http::field::content_type, reply.content_type);
    out.set(http::field::cache_control, "no-store");
    out.set("X-Content-Type-Options", "nosniff");
    if (reply.status == 405) out.set(http::field::allow, "GET, HEAD");
    out.keep_alive(keep_alive);
    out.content_length(reply.body.size());
    if (!head) out.body() = std::move(reply.body);
    return out;
}

} // namespace

admin_reply answer_admin(admin_answers const& ask, std::string_view method, std::string_view target)
{
    auto const path = target.substr(0, target.find('?'));
    auto const query = target.substr(std::min(path.size() + 1, target.size()));
    if (path != "/metrics" && path != "/livez" && path != "/readyz") return plain(404, "not found\n");
    if (method != "GET" && method != "HEAD") return plain(405, "method not allowed\n");

    if (path == "/metrics") return {200, "text/plain; version=0.0.4; charset=utf-8", ask.metrics()};
    if (path == "/livez") return plain(200, "alive\n");
    return readiness(ask, query == "verbose" || query.starts_with("verbose="));
}

// What the listener and its connections share; the last of them takes it along.
class admin::desk : public std::enable_shared_from_this<desk>
{
public:
    using socket = asio::basic_stream_socket<tcp, executor>;
    using stream = beast::basic_stream<tcp, executor>;
    using acceptor = asio::basic_socket_acceptor<tcp, executor>;

    desk(asio::io_context& control, admin_answers ask) : executor_{control.get_executor()}, acceptor_{control}, ask_{std::move(ask)} {}

    boost::system::error_code open(tcp::endpoint const& at)
    {
        boost::system::error_code failed;
        acceptor_.open(at.protocol(), failed);
        if (!failed) acceptor_.set_option(asio::socket_base::reuse_address{true}, failed);
        if (!failed) acceptor_.bind(at, failed);
        if (!failed) acceptor_.listen(asio::socket_base::max_listen_connections, failed);
        if (!failed) port_ = acceptor_.local_endpoint(failed).port();
        return failed;
    }

    void start() { asio::co_spawn(executor_, accept(shared_from_this()), asio::detached); }

    void stop()
    {
        stopped_ = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    std::uint16_t port() const noexcept { return port_; }

private:
    static task<void> accept(std::shared_ptr<desk> self)
    {
        while (!self->stopped_) {
            boost::system::error_code failed;
            auto next = co_await self->acceptor_.async_accept(asio::redirect_error(use_task, failed));
            if (failed == asio::error::operation_aborted) co_return;
            // Out of descriptors: the pause keeps the loop from spinning.
            if (failed) co_await self->pause();
            else if (self->open_ < connections_max) asio::co_spawn(self->executor_, serve(self, stream{std::move(next)}), asio::detached);
        }
    }

    task<void> pause()
    {
        asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, executor> timer{executor_};
        timer.expires_after(milliseconds{100});
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(use_task, ignored));
    }

    class seat
    {
    public:
        explicit seat(std::size_t& taken) : taken_{taken} { ++taken_; }
        ~seat() { --taken_; }
        seat(seat const&) = delete;
        seat& operator=(seat const&) = delete;

    private:
        std::size_t& taken_;
    };

    static task<void> serve(std::shared_ptr<desk> self, stream client)
    {
        seat const held{self->open_};
        beast::flat_buffer buffer{head_bytes_max * 2};
        for (bool again = true; again && !self->stopped_;) again = co_await self->serve_one(client, buffer);
    }

    // True when the connection can carry another request.
    task<bool> serve_one(stream& client, beast::flat_buffer& buffer)
    {
        http::request_parser<http::empty_body> parser;
        parser.header_limit(head_bytes_max);
        boost::system::error_code failed;
        client.expires_after(step_timeout);
        co_await http::async_read_header(client, buffer, parser, asio::redirect_error(use_task, failed));
        if (stopped_ || failed == http::error::end_of_stream || failed == http::error::partial_message) co_return false;
        auto const refused = failed && failed.category() == http::make_error_code(http::error::bad_target).category();
        if (failed && !refused) co_return false;
        auto const broken = refused || parser.chunked() || parser.content_length().value_or(0) > 0;

        auto const& asked = parser.get();
        auto reply = broken ? plain(400, "bad request\n") : answer(asked);
        auto const keep_alive = !broken && asked.keep_alive();
        auto const out = written(std::move(reply), !broken && asked.method() == http::verb::head, keep_alive);
        client.expires_after(step_timeout);
        failed = {};
        co_await http::async_write(client, out, asio::redirect_error(use_task, failed));
        co_return !failed && keep_alive;
    }

    admin_reply answer(http::request<http::empty_body> const& asked) const
    {
        auto const method = asked.method_string();
        auto const target = asked.target();
        return answer_admin(ask_, {method.data(), method.size()}, {target.data(), target.size()});
    }

    executor executor_;
    acceptor acceptor_;
    admin_answers ask_;
    std::uint16_t port_ = 0;
    std::size_t open_ = 0;
    bool stopped_ = false;
};

result<std::unique_ptr<admin>> admin::listen(asio::io_context& control, std::string const& host, std::uint16_t port, admin_answers ask)
{
    auto const where = "the management listener on " + host + " port " + std::to_string(port);
    boost::system::error_code failed;
    auto const address = asio::ip::make_address(host, failed);
    if (failed) return our_error(errc::internal, where, failed);
    auto shared = std::make_shared<desk>(control, std::move(ask));
    failed = shared->open({address, port});
    if (failed) return our_error(errc::internal, where, failed);
    shared->start();
    return std::unique_ptr<admin>{new admin{std::move(shared)}};
}

admin::admin(std::shared_ptr<desk> d) : desk_{std::move(d)} {}

admin::~admin()
{
    desk_->stop();
}

std::uint16_t admin::port() const noexcept
{
    return desk_->port();
}

void admin::stop()
{
    desk_->stop();
}

} // namespace yett::net
