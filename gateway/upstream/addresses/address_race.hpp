#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/upstream/addresses/address_order.hpp"

#include <boost/asio/basic_stream_socket.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

namespace yett::upstream {

// One connection to whichever of several addresses answers first (RFC 8305 section 5): the next one is tried as soon as the
// one before has failed, or has said nothing for a quarter of a second, and goes on beside it. Addresses that
// lead nowhere cost that much and not the whole timeout.
class address_race : public std::enable_shared_from_this<address_race>
{
public:
    using socket_type = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

    // `addresses` in the order in which they are tried; not empty.
    address_race(std::vector<tcp_endpoint> addresses, executor on, base::deadlines& deadlines);
    address_race(address_race const&) = delete;
    address_race& operator=(address_race const&) = delete;

    // Once. Attempts that are still under way when it ends are given up.
    task<void> run(milliseconds timeout);

    // What came of it: the socket of the winner, or nothing; then `is_late`, or why the last address failed.
    std::optional<socket_type> take() noexcept { return std::exchange(winner_, std::nullopt); }
    bool is_late() const noexcept { return late_; }
    std::error_code trouble() const noexcept { return trouble_; }
    // Those that failed, or were overtaken.
    std::vector<tcp_endpoint> const& losers() const noexcept { return losers_; }

private:
    class on_tried;

    void try_next();
    void tried(std::size_t which, std::error_code const& failed);
    void end() noexcept;

    std::vector<tcp_endpoint> const addresses_;
    executor executor_;
    base::deadlines& deadlines_;
    base::deadlines::entry patience_; // with the attempts under way
    base::deadlines::entry limit_;
    std::vector<socket_type> attempts_; // of the addresses in their order, as many as were begun
    std::size_t running_ = 0;
    std::optional<socket_type> winner_;
    std::vector<tcp_endpoint> losers_;
    std::error_code trouble_;
    bool late_ = false;
    bool over_ = false;
    waiter caller_;
};

} // namespace yett::upstream
