#pragma once

#include "gateway/base/clock.hpp"
#include "gateway/transport/buffered_socket.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace yett::transport::testing {

// Two connected sockets on loopback and the event loop they live on.
struct loop
{
    boost::asio::io_context io{1};

    std::pair<tcp_socket, tcp_socket> connected()
    {
        using tcp = boost::asio::ip::tcp;
        boost::asio::basic_socket_acceptor<tcp, executor> acceptor{io.get_executor(),
                                                                   {boost::asio::ip::address_v4::loopback(), 0}};
        tcp_socket called{io.get_executor()}, came{io.get_executor()};
        called.connect(acceptor.local_endpoint());
        acceptor.accept(came);
        return {std::move(came), std::move(called)};
    }

    // Runs what is ready, and nothing that would have to be waited for.
    void turn()
    {
        io.restart();
        io.poll();
    }

    // A coroutine under way, and what came of it.
    template<class T>
    struct pending
    {
        std::optional<T> value;
        bool done() const { return value.has_value(); }
    };
    template<class T>
    std::shared_ptr<pending<T>> start(task<T> work)
    {
        auto out = std::make_shared<pending<T>>();
        boost::asio::co_spawn(io, std::move(work), [out](std::exception_ptr const& thrown, T value) {
            if (!thrown) out->value.emplace(std::move(value));
        });
        turn();
        return out;
    }
    // Runs until it is done; a test that hangs is ended by ctest.
    template<class T>
    T finish(std::shared_ptr<pending<T>> const& what)
    {
        while (!what->done()) {
            io.restart();
            io.run_one_for(milliseconds{100});
        }
        return std::move(*what->value);
    }
    template<class T>
    T run(task<T> work)
    {
        return finish(start(std::move(work)));
    }
};

inline std::string text_of(std::span<char const> bytes)
{
    return {bytes.data(), bytes.size()};
}

} // namespace yett::transport::testing
