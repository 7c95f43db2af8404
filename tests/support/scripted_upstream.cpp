#include "tests/support/scripted_upstream.hpp"

#include "gateway/http/chunks.hpp"
#include "gateway/http/framing.hpp"
#include "gateway/transport/plain_stream.hpp"
#include "gateway/transport/tls_stream.hpp"
#include "gateway/upstream/cluster/server_tls.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/temporary_folder.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

#include <netinet/in.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>

namespace yett::tests {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

using upstream::server_scheme;
using acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, executor>;

constexpr auto name_of_all = "app.example";

certificate const& shown()
{
    static certificate const made{name_of_all};
    return made;
}

std::shared_ptr<transport::tls_context> serving()
{
    transport::tls_options options;
    options.certificates = {shown().files()};
    return *transport::tls_context::make(options, std::make_shared<transport::ticket_keys>());
}

std::shared_ptr<upstream::server_tls> calling()
{
    static transport::buffer_pool records{32768};
    auto how = *transport::tls_client_context::make({.ca_file = shown().files().chain_file});
    return std::make_shared<upstream::server_tls>(std::move(how), records);
}

acceptor listening(executor on, asio::generic::stream_protocol::endpoint const& at)
{
    acceptor made{on};
    made.open(at.protocol());
    made.bind(at);
    made.listen();
    return made;
}

} // namespace

struct scripted_upstream::state
{
    state(executor on, server_scheme how) : home{on}, over{how}, acceptor{listening(on, place())}
    {
        if (over == server_scheme::https) tls = serving();
    }
    asio::generic::stream_protocol::endpoint place() const
    {
        if (over == server_scheme::unix_socket) return asio::local::stream_protocol::endpoint{socket_file()};
        return tcp::endpoint{asio::ip::address_v4::loopback(), 0};
    }
    std::string socket_file() const { return (folder.path() / "app.sock").string(); }

    executor home;
    server_scheme over;
    temporary_folder folder;
    tests::acceptor acceptor;
    std::shared_ptr<transport::tls_context> tls;
    std::vector<script> scripts;
    transport::buffer_pool small{4096}, large{32768};
    std::vector<std::shared_ptr<line>> lines; // they hold buffers
    std::vector<std::string> requests;
};

namespace {

// Where the chunked body that begins at `from` ends, or nothing yet.
std::optional<std::size_t> end_of_chunks(std::string_view text, std::size_t from)
{
    std::string copy{text.substr(from)};
    http::chunk_decoder decoder;
    auto const decoded = decoder.decode(copy);
    if (!decoded) throw std::runtime_error{"the upstream was sent malformed chunks"};
    if (!decoder.done()) return std::nullopt;
    return from + decoded->consumed;
}

// How many of these bytes are one request, or nothing yet.
std::optional<std::size_t> end_of_request(std::string_view text)
{
    auto const end = http::framing::end_of_head(text, 0);
    if (end == http::framing::npos) return std::nullopt;
    std::vector<http::field> fields(200);
    http::framing::limits wide{1 << 20, 200, 1 << 16};
    auto const head = http::framing::read_request(text.substr(0, end), fields, wide);
    if (!head) throw std::runtime_error{"the upstream was sent a malformed head: " + head.error().note()};
    if (head->body() == http::body_kind::chunked) return end_of_chunks(text, end);
    auto const length = head->body() == http::body_kind::length ? head->content_length() : 0;
    if (text.size() - end < length) return std::nullopt;
    return end + length;
}

} // namespace

scripted_upstream::scripted_upstream(executor on, std::vector<script> scripts, server_scheme over)
    : state_{std::make_shared<state>(on, over)}
{
    state_->scripts = std::move(scripts);
    asio::co_spawn(on, accept(state_), asio::detached);
}

scripted_upstream::~scripted_upstream()
{
    stop();
    for (auto const& l : state_->lines) l->close();
}

server_scheme scripted_upstream::scheme_under_test()
{
    auto const* const told = std::getenv("YETT_TEST_UPSTREAM");
    std::string_view const over = told ? told : "http";
    return over == "https" ? server_scheme::https : over == "unix" ? server_scheme::unix_socket : server_scheme::http;
}

task<void> scripted_upstream::accept(std::shared_ptr<state> s)
{
    for (std::size_t i = 0;; ++i) {
        error_code ec;
        auto socket = co_await s->acceptor.async_accept(asio::redirect_error(use_task, ec));
        if (ec) co_return;
        error_code ignored;
        socket.set_option(tcp::no_delay{true}, ignored);
        auto l = std::make_shared<line>(std::move(socket), *s);
        s->lines.push_back(l);
        auto const& what = s->scripts[std::min(i, s->scripts.size() - 1)];
        auto failed = [s](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        };
        asio::co_spawn(s->home, play(s, l, what), failed);
    }
}

task<void> scripted_upstream::play(std::shared_ptr<state> s, std::shared_ptr<line> on, script what)
{
    auto shaken = true;
    if (s->tls) shaken = co_await on->shake_hands();
    if (shaken) co_await what(*on);
    on->close();
}

std::uint16_t scripted_upstream::port() const
{
    auto const at = state_->acceptor.local_endpoint();
    if (at.protocol().family() != AF_INET) throw std::logic_error{"this application has no port"};
    sockaddr_in in{};
    std::memcpy(&in, at.data(), sizeof in);
    return ntohs(in.sin_port);
}

std::string scripted_upstream::url() const
{
    if (state_->over == server_scheme::unix_socket) return "unix:" + state_->socket_file();
    return (state_->tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port());
}

void scripted_upstream::expect_tls(upstream::server_address& of)
{
    of.scheme = server_scheme::https;
    of.tls = calling();
    of.server_name = name_of_all;
}

upstream::server_address scripted_upstream::address() const
{
    auto at = *upstream::server_address::from(url());
    if (state_->tls) expect_tls(at);
    return at;
}

void scripted_upstream::stop()
{
    error_code ignored;
    state_->acceptor.close(ignored);
}

std::size_t scripted_upstream::connections() const noexcept
{
    return state_->lines.size();
}

std::vector<std::string> const& scripted_upstream::requests() const noexcept
{
    return state_->requests;
}

std::string scripted_upstream::leftovers() const
{
    std::string all;
    for (auto const& l : state_->lines) all += l->received();
    return all;
}

scripted_upstream::script scripted_upstream::always(std::string reply)
{
    return [reply = std::move(reply)](line& l) -> task<void> {
        for (;;) {
            auto const asked = co_await l.request();
            if (asked.empty()) co_return;
            co_await l.send(reply);
        }
    };
}

scripted_upstream::script scripted_upstream::once(std::string reply)
{
    return [reply = std::move(reply)](line& l) -> task<void> {
        co_await l.request();
        co_await l.send(reply);
    };
}

scripted_upstream::line::line(transport::stream_socket socket, state& of) : state_{of}
{
    if (of.tls) stream_ = std::make_unique<transport::tls_stream>(std::move(socket), of.small, of.large, of.tls);
    else stream_ = std::make_unique<transport::plain_stream>(std::move(socket), origin::client, of.small, of.large);
}

task<bool> scripted_upstream::line::shake_hands()
{
    auto const shaken = co_await static_cast<transport::tls_stream&>(*stream_).handshake();
    co_return shaken.has_value();
}

bool scripted_upstream::line::resumed() const
{
    return static_cast<transport::tls_stream const&>(*stream_).resumed();
}

task<void> scripted_upstream::line::pass_on()
{
    co_await asio::post(state_.home, use_task);
}

task<bool> scripted_upstream::line::more()
{
    std::array<char, 16384> buffer;
    for (;;) {
        auto const got = stream_->read_now(buffer);
        if (!got) co_return false;
        received_.append(buffer.data(), *got);
        if (*got != 0) co_return true;
        auto const filled = co_await stream_->socket().fill();
        if (!filled) co_return false;
    }
}

task<std::string> scripted_upstream::line::request()
{
    auto end = end_of_request(received_);
    while (!end) {
        auto const open = co_await more();
        if (!open) co_return std::string{};
        end = end_of_request(received_);
    }
    auto text = received_.substr(0, *end);
    received_.erase(0, *end);
    state_.requests.push_back(text);
    co_return text;
}

task<std::string> scripted_upstream::line::head()
{
    while (received_.find("\r\n\r\n") == std::string::npos) {
        auto const open = co_await more();
        if (!open) co_return std::string{};
    }
    auto const end = received_.find("\r\n\r\n") + 4;
    auto text = received_.substr(0, end);
    received_.erase(0, end);
    co_return text;
}

task<std::string> scripted_upstream::line::some()
{
    if (received_.empty()) co_await more();
    co_return std::exchange(received_, {});
}

task<void> scripted_upstream::line::send(std::string_view text)
{
    (void)co_await stream_->write(text);
}

void scripted_upstream::line::close()
{
    if (is_open()) stream_->say_goodbye();
    cut();
}

void scripted_upstream::line::cut()
{
    stream_->socket().close();
}

void scripted_upstream::line::reset()
{
    stream_->socket().reset();
}

task<void> scripted_upstream::line::closed()
{
    for (;;) {
        auto const open = co_await more();
        received_.clear();
        if (!open) co_return;
    }
}

} // namespace yett::tests
