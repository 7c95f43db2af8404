#pragma once

#include "gateway/net/worker.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/client_authority.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <openssl/ssl.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace yett::net::testing {

using tests::certificate;

// What a test server does about a request; the path picks, see loopback.cpp.
http::answers test_answers();

// One worker with a listener on a free port, whose time stands still unless a test moves it.
class server
{
public:
    struct options
    {
        std::shared_ptr<transport::tls_context> tls;
        client_limits limits;
        std::optional<std::vector<ip_prefix>> proxies{};
        std::shared_ptr<net::admission> admission = std::make_shared<net::admission>();
    };
    explicit server(options opts);
    ~server();
    server(server const&) = delete;
    server& operator=(server const&) = delete;

    std::uint16_t port() const { return port_; }
    net::worker& worker() { return worker_; }
    // Runs it on the worker's thread and waits.
    void on_worker(std::function<void()> work);
    template<class T>
    T ask(std::function<T()> question)
    {
        T answer{};
        on_worker([&] { answer = question(); });
        return answer;
    }
    // Lets that much time pass for the worker, in steps.
    void advance(milliseconds by);
    milliseconds passed() const { return passed_; }
    std::size_t open()
    {
        return ask<std::size_t>([this] { return worker_.connections().size(); });
    }
    telemetry::shard const& figures() const { return figures_; }
    // Lets an exchange of "/begin-and-wait" go one step on.
    void release();
    // True once "/bytes-and-tell" was written as a whole.
    bool has_told();

private:
    telemetry::shard figures_;
    net::worker worker_;
    boost::asio::executor_work_guard<executor> keep_running_;
    steady_time const began_;
    milliseconds passed_{0};
    std::uint16_t port_;
    std::thread thread_;
};

std::shared_ptr<transport::tls_context> tls_for(
    std::vector<certificate const*> certificates, transport::tls_floor floor = transport::tls_floor::tls12,
    std::shared_ptr<transport::ticket_keys> keys = std::make_shared<transport::ticket_keys>());

// A blocking client, with or without TLS.
class client
{
public:
    explicit client(std::uint16_t port);
    ~client();
    client(client&& other) noexcept;
    client& operator=(client&& other) noexcept;
    client(client const&) = delete;

    struct tls_wish
    {
        std::string server_name = "one.example";
        int version = 0; // TLS1_2_VERSION and so on; 0: any
        ssl_session_st* session = nullptr;
        std::string alpn{};                                           // one name
        std::string suites{};                                         // of TLS 1.2, as OpenSSL names them
        std::optional<tests::client_authority::issued> certificate{}; // shown when it is asked for
    };
    // Asks for a new handshake on the same connection (TLS 1.2).
    bool renegotiate();
    // TLS 1.3; asks the server to do the same.
    void update_keys();
    // False when the handshake fails.
    bool encrypt(tls_wish const& wish);
    bool resumed() const;
    ssl_session_st* session() const; // the caller frees it; needs a byte to have been read
    std::string certificate_name() const;
    std::string agreed_protocol() const;

    bool send(std::string_view bytes);
    // What comes next, at most so much; empty at the end or when nothing came for `patience`.
    std::string receive(std::size_t most = 65536, milliseconds patience = milliseconds{5000});
    // Until the text has occurred, or the end.
    std::string receive_until(std::string_view text);
    std::string receive_all();
    // Sends and reads one reply with a Content-Length or chunked to its end.
    std::string ask(std::string_view request);
    bool at_end() const { return ended_; }
    bool was_reset() const { return reset_; }
    // True once something can be read, without waiting.
    bool readable(milliseconds patience = milliseconds{0});

    void finish_sending(); // says goodbye first where there is TLS
    void finish_quietly(); // a FIN alone
    void say_goodbye();    // of TLS: close_notify
    void reset();
    int descriptor() const { return fd_; }

private:
    bool tls_readable();

    int fd_ = -1;
    ssl_st* ssl_ = nullptr;
    ssl_ctx_st* ctx_ = nullptr;
    bool ended_ = false;
    bool reset_ = false;
};

std::string body_of(std::string_view reply);

// What a client keeps to resume by.
struct session_of
{
    explicit session_of(client const& c) : session{c.session()} {}
    ~session_of() { SSL_SESSION_free(session); }
    session_of(session_of const&) = delete;
    session_of& operator=(session_of const&) = delete;
    SSL_SESSION* session;
};

} // namespace yett::net::testing
