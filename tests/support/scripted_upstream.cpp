#include "tests/support/scripted_upstream.hpp"

#include "gateway/http/chunks.hpp"
#include "gateway/http/framing.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <optional>
#include <stdexcept>

namespace yett::tests {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct scripted_upstream::state
{
    explicit state(executor on) : acceptor{on, tcp::endpoint{asio::ip::address_v4::loopback(), 0}}, home{on} {}

    boost::asio::basic_socket_acceptor<tcp, executor> acceptor;
    executor home;
    std::vector<script> scripts;
    std::vector<std::shared_ptr<line>> lines;
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

task<void> run_script(scripted_upstream::script play, std::shared_ptr<scripted_upstream::line> on)
{
    co_await play(*on);
    on->close();
}

} // namespace

scripted_upstream::scripted_upstream(executor on, std::vector<script> scripts) : state_{std::make_shared<state>(on)}
{
    state_->scripts = std::move(scripts);
    asio::co_spawn(on, accept(state_), asio::detached);
}

scripted_upstream::~scripted_upstream()
{
    stop();
    for (auto const& l : state_->lines) l->close();
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
        auto const& play = s->scripts[std::min(i, s->scripts.size() - 1)];
        auto failed = [s](std::exception_ptr e) {
            if (e) std::rethrow_exception(e);
        };
        asio::co_spawn(s->home, run_script(play, l), failed);
    }
}

std::uint16_t scripted_upstream::port() const noexcept
{
    return state_->acceptor.local_endpoint().port();
}

std::string scripted_upstream::url() const
{
    return "http://127.0.0.1:" + std::to_string(port());
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

task<bool> scripted_upstream::line::more()
{
    std::array<char, 65536> buffer;
    error_code ec;
    auto const n = co_await socket_.async_read_some(asio::buffer(buffer), asio::redirect_error(use_task, ec));
    received_.append(buffer.data(), n);
    co_return !ec;
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
    error_code ec;
    co_await asio::async_write(socket_, asio::buffer(text), asio::redirect_error(use_task, ec));
}

void scripted_upstream::line::close()
{
    error_code ignored;
    socket_.close(ignored);
}

void scripted_upstream::line::reset()
{
    error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
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
