#include "tests/unit/net/loopback.hpp"

#include "gateway/transport/listening_sockets.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

// What the other tests of this room use: a real server and a real client on loopback.

namespace yett::net::testing {

std::shared_ptr<transport::tls_context> tls_for(std::vector<certificate const*> certificates, transport::tls_floor floor,
                                                std::shared_ptr<transport::ticket_keys> keys)
{
    transport::tls_options options;
    for (auto const* each : certificates) options.certificates.push_back(each->files());
    options.min_version = floor;
    auto made = transport::tls_context::make(options, std::move(keys));
    REQUIRE(made.has_value());
    return *made;
}

// --- answers -----------------------------------------------------------------------

namespace {

task<void> say(http::exchange& ex, unsigned status, std::string body)
{
    http::reply r;
    r.status = status;
    r.body = std::move(body);
    co_await http::send(ex, r);
}

// Reads the whole body and tells its size.
task<void> count_body(http::exchange& ex)
{
    std::uint64_t bytes = 0;
    for (;;) {
        auto const part = co_await ex.read_body();
        if (!part) {
            auto const& e = part.error();
            auto const status = e == errc::body_too_large ? 413U : e == errc::timed_out ? 408U : 400U;
            if (!ex.abandoned()) co_await say(ex, status, std::string{name_of(e.code())});
            co_return;
        }
        if (part->data.empty()) break;
        bytes += part->data.size();
    }
    co_await say(ex, 200, std::to_string(bytes));
}

// Reads the whole body and tells what stood behind it.
task<void> tell_trailers(http::exchange& ex)
{
    std::string told_of;
    for (;;) {
        auto const part = co_await ex.read_body();
        if (!part) co_return co_await say(ex, 400, "broken");
        if (!part->last) continue;
        for (auto const& f : part->trailers) told_of.append(f.name).append("=").append(f.value).append(";");
        break;
    }
    co_await say(ex, 200, told_of);
}

// Sends back what it reads while it reads it, in chunks.
task<void> echo_body(http::exchange& ex)
{
    auto const head = http::reply_head{};
    auto const begun = co_await ex.begin(head, {});
    if (!begun) co_return;
    for (;;) {
        auto const part = co_await ex.read_body();
        if (!part) co_return ex.abort(errc::internal);
        auto const last = part->data.empty();
        http::message_part const echoed{part->data, last, part->trailers};
        auto const sent = co_await ex.write(echoed);
        if (!sent || last) co_return;
    }
}

// "/bytes?N": a body of that length in parts of 16 KiB; "/chunks?N" without a length.
task<void> many_bytes(http::exchange& ex, bool with_length)
{
    auto left = std::strtoull(std::string{ex.where().query()}.c_str(), nullptr, 10);
    auto head = http::reply_head{};
    if (with_length) head.length = left;
    auto const begun = co_await ex.begin(head, {{}, left == 0});
    if (!begun) co_return;
    std::string const part(16384, 'b');
    while (left > 0) {
        auto const now = std::min<std::uint64_t>(left, part.size());
        left -= now;
        http::message_part const piece{std::string_view{part}.substr(0, now), left == 0};
        auto const sent = co_await ex.write(piece);
        if (!sent) co_return;
    }
}

// Answers only when the client is gone, which nobody then hears.
task<void> wait_for_departure(http::exchange& ex)
{
    auto const here = co_await boost::asio::this_coro::executor;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>
        timer{here, std::chrono::seconds{20}};
    auto* const wakes = &timer;
    ex.on_abandoned([wakes] { wakes->cancel(); });
    boost::system::error_code ec;
    co_await timer.async_wait(boost::asio::redirect_error(use_task, ec));
    ex.on_abandoned({});
    if (!ec) co_await say(ex, 504, "nobody left");
}

using wakeable =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>;
bool told = false;             // on the worker's thread
wakeable* held_back = nullptr; // on the worker's thread

// Begins a reply and goes one step on whenever the test says so.
task<void> begin_and_wait(http::exchange& ex)
{
    auto const here = co_await boost::asio::this_coro::executor;
    wakeable timer{here, std::chrono::seconds{20}};
    held_back = &timer;
    ex.on_abandoned([] { held_back->cancel(); });
    auto const head = http::reply_head{};
    std::string_view const said[] = {"begun", "more", ""};
    auto sent = co_await ex.begin(head, {said[0], false});
    for (auto step = 1; sent && step < 3; ++step) {
        boost::system::error_code ec;
        co_await timer.async_wait(boost::asio::redirect_error(use_task, ec));
        timer.expires_after(std::chrono::seconds{20});
        sent = co_await ex.write({said[step], step == 2});
    }
    ex.on_abandoned({});
    if (!sent) ex.abort(errc::internal);
}

task<void> write_much(http::exchange& ex, std::string const& part, bool& failed)
{
    for (int i = 0; i < 256 && !failed; ++i) {
        auto const sent = co_await ex.write({part, false});
        failed = !sent;
    }
}

// Writes 4 MiB in one coroutine while another reads the request's body to its end.
task<void> read_and_write_at_once(http::exchange& ex)
{
    auto const begun = co_await ex.begin(http::reply_head{}, {});
    if (!begun) co_return;
    std::string const part(16384, 'd');
    auto failed = false;
    auto const here = co_await boost::asio::this_coro::executor;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>
        written{here, std::chrono::seconds{60}};
    auto* const wakes = &written;
    auto ended = [wakes](std::exception_ptr) { wakes->expires_at(steady_time::min()); };
    boost::asio::co_spawn(here, write_much(ex, part, failed), ended);
    std::uint64_t bytes = 0;
    for (;;) {
        auto const next = co_await ex.read_body();
        if (!next || next->data.empty()) break;
        bytes += next->data.size();
    }
    boost::system::error_code ec;
    co_await written.async_wait(boost::asio::redirect_error(use_task, ec));
    if (failed) co_return ex.abort(errc::internal);
    auto const end = "|" + std::to_string(bytes);
    co_await ex.write({end, true});
}

// The first name in the client's certificate.
std::string name_of_client(http::exchange const& ex)
{
    auto const* const shown = ex.from().certificate.get();
    if (!shown) return "nobody";
    return shown->uris.empty() ? shown->dns.front() : shown->uris.front();
}

task<void> answer(http::exchange& ex)
{
    auto const path = ex.where().path();
    if (auto const* there = ex.from().to_https) {
        auto const address = there->address_for(ex.where(), 4443);
        co_return co_await say(ex, address ? 308 : 400, address.value_or("bad_request"));
    }
    if (path == "/count") co_return co_await count_body(ex);
    if (path == "/trailers") co_return co_await tell_trailers(ex);
    if (path == "/small") ex.limit_body(10);
    if (path == "/small") co_return co_await count_body(ex);
    if (path == "/echo") co_return co_await echo_body(ex);
    if (path == "/bytes") co_return co_await many_bytes(ex, true);
    if (path == "/bytes-and-tell") {
        told = false;
        co_await many_bytes(ex, true);
        told = true;
        co_return;
    }
    if (path == "/chunks") co_return co_await many_bytes(ex, false);
    if (path == "/duplex") co_return co_await read_and_write_at_once(ex);
    if (path == "/wait") co_return co_await wait_for_departure(ex);
    if (path == "/begin-and-wait") co_return co_await begin_and_wait(ex);
    if (path == "/nothing") co_return;
    if (path == "/hand") {
        auto const part = ex.body_at_hand();
        co_return co_await say(ex, 200, std::string{part.data} + (part.last ? "|whole" : "|part"));
    }
    if (path == "/certificate") co_return co_await say(ex, 200, name_of_client(ex));
    if (path == "/peer")
        co_return co_await say(ex, 200,
                               ex.from().address + "|" + std::string{ex.from().tls_version} + "|" + ex.from().server_name);
    if (path == "/short" || path == "/long") {
        auto head = http::reply_head{};
        head.length = path == "/short" ? 9 : 3;
        co_await ex.begin(head, {"12345", true});
        co_return;
    }
    if (path == "/empty") co_return co_await say(ex, 204, "");
    co_await say(ex, 200, "hello " + std::string{path});
}

http::reply refusal(http::peer const&, error const& e, std::string_view)
{
    http::reply r;
    r.status = e == errc::timed_out ? 408 : e == errc::header_too_large ? 431 : 400;
    r.body = name_of(e.code());
    return r;
}

} // namespace

http::answers test_answers()
{
    return {answer, refusal};
}

// --- the server --------------------------------------------------------------------

namespace {

worker::options worker_options(telemetry::shard& figures, client_limits const& limits)
{
    worker::options made;
    made.figures = &figures;
    made.buffer_bytes = buffer_bytes_for(limits);
    return made;
}

} // namespace

server::server(options opts)
    : worker_{worker_options(figures_, opts.limits)},
      keep_running_{worker_.executor()},
      began_{worker_.deadlines().now()}
{
    auto settings = std::make_shared<listener_settings>();
    settings->name = "127.0.0.1:0";
    settings->tls = opts.tls;
    settings->limits = opts.limits;
    settings->proxies = opts.proxies;
    settings->admission = opts.admission;
    settings->answers = test_answers();
    auto sockets = transport::listening_sockets::open(settings->name, 1);
    REQUIRE(sockets.has_value());
    port_ = sockets->port();
    worker_.listen(sockets->release(0), settings).start();
    thread_ = std::thread{[this] { worker_.context().run(); }};
}

server::~server()
{
    worker_.stop();
    thread_.join();
}

void server::on_worker(std::function<void()> work)
{
    std::promise<void> done;
    worker_.post([&] {
        work();
        done.set_value();
    });
    done.get_future().get();
}

bool server::has_told()
{
    return ask<bool>([] { return told; });
}

void server::release()
{
    on_worker([] { held_back->cancel(); });
}

void server::advance(milliseconds by)
{
    for (auto left = by; left.count() > 0; left -= deadlines::step) {
        passed_ += deadlines::step;
        on_worker([this] { worker_.tick(began_ + passed_); });
    }
}

// --- the client --------------------------------------------------------------------

// OpenSSL writes alerts to sockets that the server has reset already.
[[maybe_unused]] static auto const no_pipe_signals = ::signal(SIGPIPE, SIG_IGN);

client::client(std::uint16_t port) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}
{
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    // What is sent is there when the server's time moves on, whose acknowledgements take their own.
    int const at_once = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
}

client::client(client&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)},
      ssl_{std::exchange(other.ssl_, nullptr)},
      ctx_{std::exchange(other.ctx_, nullptr)}
{
}

client& client::operator=(client&& other) noexcept
{
    std::swap(fd_, other.fd_);
    std::swap(ssl_, other.ssl_);
    std::swap(ctx_, other.ctx_);
    ended_ = other.ended_;
    reset_ = other.reset_;
    return *this;
}

client::~client()
{
    // Otherwise OpenSSL takes the session for a broken one and never resumes it.
    if (ssl_ != nullptr) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(ssl_);
    SSL_CTX_free(ctx_);
    if (fd_ >= 0) ::close(fd_);
}

bool client::encrypt(tls_wish const& wish)
{
    ctx_ = SSL_CTX_new(TLS_client_method());
    if (wish.version != 0) {
        SSL_CTX_set_min_proto_version(ctx_, wish.version);
        SSL_CTX_set_max_proto_version(ctx_, wish.version);
        SSL_CTX_set_security_level(ctx_, 0);
    }
    if (wish.certificate) {
        SSL_CTX_use_certificate_chain_file(ctx_, wish.certificate->chain_file.c_str());
        SSL_CTX_use_PrivateKey_file(ctx_, wish.certificate->key_file.c_str(), SSL_FILETYPE_PEM);
    }
    if (!wish.suites.empty()) SSL_CTX_set_cipher_list(ctx_, wish.suites.c_str());
    ssl_ = SSL_new(ctx_);
    auto name = wish.server_name;
    if (!name.empty()) SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    if (wish.session != nullptr) SSL_set_session(ssl_, wish.session);
    if (!wish.alpn.empty()) {
        auto const list = std::string(1, static_cast<char>(wish.alpn.size())) + wish.alpn;
        SSL_set_alpn_protos(ssl_, reinterpret_cast<unsigned char const*>(list.data()), static_cast<unsigned>(list.size()));
    }
    SSL_set_fd(ssl_, fd_);
    return SSL_connect(ssl_) == 1;
}

bool client::renegotiate()
{
    return SSL_renegotiate(ssl_) == 1 && SSL_do_handshake(ssl_) == 1;
}

void client::update_keys()
{
    SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED);
}

bool client::resumed() const
{
    return SSL_session_reused(ssl_) == 1;
}

ssl_session_st* client::session() const
{
    return SSL_get1_session(ssl_);
}

std::string client::certificate_name() const
{
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_)), NID_commonName, name.data(), name.size());
    return name.data();
}

std::string client::agreed_protocol() const
{
    unsigned char const* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<char const*>(name), size};
}

bool client::send(std::string_view bytes)
{
    if (ssl_ != nullptr) return SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
    while (!bytes.empty()) {
        auto const sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool client::readable(milliseconds patience)
{
    auto const until = steady_now() + patience;
    for (;;) {
        if (ssl_ != nullptr && tls_readable()) return true;
        auto const left = std::chrono::ceil<milliseconds>(until - steady_now());
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, std::max(0, static_cast<int>(left.count()))) != 1) return false;
        if (ssl_ == nullptr) return true;
    }
}

// Session tickets make the socket readable, but there is nothing to read for us.
bool client::tls_readable()
{
    auto const flags = ::fcntl(fd_, F_GETFL);
    ::fcntl(fd_, F_SETFL, flags | O_NONBLOCK);
    char byte = 0;
    ERR_clear_error();
    auto const got = SSL_peek(ssl_, &byte, 1);
    auto const nothing = got <= 0 && SSL_get_error(ssl_, got) == SSL_ERROR_WANT_READ;
    ::fcntl(fd_, F_SETFL, flags);
    return !nothing;
}

std::string client::receive(std::size_t most, milliseconds patience)
{
    if (!readable(patience)) return {};
    std::string bytes(most, '\0');
    auto got = ssl_ != nullptr ? SSL_read(ssl_, bytes.data(), static_cast<int>(most)) : ::recv(fd_, bytes.data(), most, 0);
    if (got <= 0) {
        ended_ = true;
        reset_ = got < 0 && errno == ECONNRESET;
        got = 0;
    }
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

std::string client::receive_until(std::string_view text)
{
    std::string all;
    while (!ended_ && all.find(text) == std::string::npos) {
        auto const more = receive();
        if (more.empty()) break;
        all += more;
    }
    return all;
}

std::string client::receive_all()
{
    std::string all;
    for (auto more = receive(); !more.empty(); more = receive()) all += more;
    return all;
}

std::string client::ask(std::string_view request)
{
    send(request);
    auto all = receive_until("\r\n\r\n");
    auto const head_end = all.find("\r\n\r\n");
    if (head_end == std::string::npos) return all;
    auto const length = all.find("Content-Length: ");
    if (length < head_end) {
        auto const whole = head_end + 4 + std::strtoull(all.c_str() + length + 16, nullptr, 10);
        while (all.size() < whole && !ended_) all += receive(whole - all.size());
    } else if (all.find("chunked") < head_end) {
        while (!all.ends_with("0\r\n\r\n") && !ended_) all += receive();
    }
    return all;
}

void client::finish_sending()
{
    if (ssl_ != nullptr) SSL_shutdown(ssl_);
    finish_quietly();
}

void client::finish_quietly()
{
    ::shutdown(fd_, SHUT_WR);
}

void client::say_goodbye()
{
    SSL_shutdown(ssl_);
}

void client::reset()
{
    linger const hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(std::exchange(fd_, -1));
}

std::string body_of(std::string_view reply)
{
    auto const end = reply.find("\r\n\r\n");
    return end == std::string_view::npos ? std::string{} : std::string{reply.substr(end + 4)};
}

} // namespace yett::net::testing
