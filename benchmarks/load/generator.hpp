#pragma once

#include "benchmarks/load/connection.hpp"
#include "benchmarks/load/figures.hpp"
#include "benchmarks/load/options.hpp"
#include "benchmarks/load/sessions.hpp"

#include <arpa/inet.h>
#include <cstring>
#include <iostream>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <vector>

namespace load {

constexpr nanoseconds patience = 60 * second; // with what is not answered after the end
constexpr std::size_t most_at_once = 64;      // that connect, so that no backlog overflows

// Connects, waits for the word, lets one of the kinds of load work, and prints what came of it.
class generator
{
public:
    explicit generator(options const& o)
        : tls_(o.number("tls", 1) != 0),
          resume_(o.number("resume", 0) != 0),
          seconds_(o.number("seconds", 2)),
          sources_(static_cast<std::uint32_t>(o.number("sources", 1))),
          connections_(static_cast<std::size_t>(o.number("connections", 64)))
    {
        to_.sin_family = AF_INET;
        to_.sin_port = htons(static_cast<std::uint16_t>(o.number("port", 0)));
        inet_pton(AF_INET, o.text("to", "127.0.0.1").c_str(), &to_.sin_addr);
        inet_pton(AF_INET, o.text("from", "127.0.0.1").c_str(), &from_);
        for (std::size_t i = 0; i < connections_.size(); ++i) connections_[i].number = i;
        // Else the kernel wakes whoever waits for a moment up to 50 us behind it.
        prctl(PR_SET_TIMERSLACK, 1);
    }

    virtual ~generator() = default;

    void run()
    {
        prepare();
        std::puts("connected");
        std::fflush(stdout);
        std::string line;
        if (!std::getline(std::cin, line)) return;
        began_ = now();
        end_ = began_ + static_cast<nanoseconds>(seconds_ * second);
        work();
        figures_.print(static_cast<double>(now() - began_) / second);
    }

protected:
    virtual void prepare() = 0;
    virtual void work() = 0;
    virtual void on_connected(connection& c) = 0;
    virtual void on_event(connection& c) = 0;
    // Its socket is closed already.
    virtual void on_failed(connection& c, char const* what) = 0;

    void open(connection& c)
    {
        c.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (c.fd < 0) throw std::runtime_error("socket: " + std::string(std::strerror(errno)));
        int const yes = 1;
        setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        bind_to_source(c);
        if (::connect(c.fd, reinterpret_cast<sockaddr const*>(&to_), sizeof to_) != 0 && errno != EINPROGRESS) {
            auto const* const why = std::strerror(errno);
            throw std::runtime_error("connect: " + std::string(why));
        }
        c.is = connection::state::connecting;
        c.answered = 0;
        c.tls = tls_ ? sessions_.open(c.fd, resume_) : nullptr;
        c.waits_to_write = true;
        control(EPOLL_CTL_ADD, c);
    }

    // Hands what happened within `timeout` to whom it happened.
    void turn(nanoseconds timeout)
    {
        epoll_event events[256];
        timespec const wait{.tv_sec = timeout / second, .tv_nsec = timeout % second};
        auto const count = epoll_pwait2(epoll_, events, 256, &wait, nullptr);
        for (int i = 0; i < count; ++i) {
            auto& c = *static_cast<connection*>(events[i].data.ptr);
            if (c.is == connection::state::connecting) connect_on(c);
            else if (c.is != connection::state::closed) on_event(c);
        }
    }

    void wait_to_write(connection& c, bool waits)
    {
        if (c.waits_to_write == waits) return;
        c.waits_to_write = waits;
        control(EPOLL_CTL_MOD, c);
    }

    void fail(connection& c, char const* what)
    {
        c.close();
        on_failed(c, what);
    }

    bool is_over() const { return now() >= end_; }

    std::vector<connection>& connections() { return connections_; }
    sessions const& tickets() const { return sessions_; }
    bool resumes() const { return resume_; }

    figures figures_;
    nanoseconds began_ = 0;
    nanoseconds end_ = 0;

private:
    void bind_to_source(connection const& c) const
    {
        int const yes = 1;
        setsockopt(c.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
        sockaddr_in source{};
        source.sin_family = AF_INET;
        source.sin_addr.s_addr = htonl(ntohl(from_.s_addr) + static_cast<std::uint32_t>(c.number % sources_));
        if (bind(c.fd, reinterpret_cast<sockaddr const*>(&source), sizeof source) != 0)
            throw std::runtime_error("bind: " + std::string(std::strerror(errno)));
    }

    void connect_on(connection& c)
    {
        int error = 0;
        socklen_t size = sizeof error;
        getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return fail(c, "unreached");
        if (c.tls) {
            auto const done = SSL_do_handshake(c.tls.get());
            auto const how = c.outcome(done);
            if (how == io::ended) return fail(c, "shaken_off");
            if (how == io::again) return wait_to_write(c, SSL_want_write(c.tls.get()));
        }
        c.is = connection::state::idle;
        wait_to_write(c, false);
        on_connected(c);
    }

    void control(int what, connection& c) const
    {
        epoll_event event{.events = EPOLLIN | (c.waits_to_write ? EPOLLOUT : 0U), .data = {.ptr = &c}};
        epoll_ctl(epoll_, what, c.fd, &event);
    }

    bool tls_;
    bool resume_;
    double seconds_;
    std::uint32_t sources_;
    sockaddr_in to_{};
    in_addr from_{};
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    sessions sessions_;
    std::vector<connection> connections_;
};

} // namespace load
