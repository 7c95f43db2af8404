#pragma once

#include "gateway/base/async/task.hpp"
#include "gateway/http2/engine.hpp"
#include "gateway/upstream/addresses/server_address.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yett::tests {

// A server of HTTP/2 on a loopback port and on the test's own event loop, which does what a test tells it, stream by
// stream; what no honest server would say it is given as frames.
class http2_upstream
{
public:
    struct terms
    {
        std::uint32_t streams = 100; // that it allows at once
        std::uint32_t window = 65535;
        bool greets = true; // else it says nothing by itself, ever
        bool takes = true;  // bodies; else windows stay as they are until `take`
    };
    explicit http2_upstream(executor on) : http2_upstream{on, terms{}} {}
    http2_upstream(executor on, terms const& how);
    ~http2_upstream();
    http2_upstream(http2_upstream const&) = delete;
    http2_upstream& operator=(http2_upstream const&) = delete;

    upstream::server_address address() const;
    void stop(); // further connections are refused

    // One request that came, on whichever connection.
    struct asked
    {
        std::size_t connection;
        http2::stream_id id;
        std::vector<std::pair<std::string, std::string>> fields; // pseudo-header fields first
        std::string body;
        bool complete = false;
        bool replied = false; // all that was given to `reply` or `more` has left
        bool closed = false;
        http2::error_code why{}; // once it is closed
        std::string field(std::string_view name) const;
    };
    std::size_t count() const noexcept;
    asked const& request(std::size_t which) const;
    std::size_t connections() const noexcept;
    std::size_t open_connections() const noexcept;
    std::size_t pings() const noexcept; // that it was asked
    // It answers none any more.
    void play_dead();

    using fields = std::vector<std::pair<std::string, std::string>>;
    // ":status" comes first. Without an end `more` has to follow.
    void reply(std::size_t which, fields head, std::string body = {}, bool ends = true, fields trailers = {});
    void interim(std::size_t which, fields head);
    void more(std::size_t which, std::string body, bool ends, fields trailers = {});
    void reset(std::size_t which, http2::error_code why);
    void take(std::size_t which, std::size_t bytes);

    // On the connection of that number: whatever it is; its end.
    void say(std::size_t connection, std::string bytes);
    void close(std::size_t connection);
    static std::string frame(std::uint8_t type, std::uint8_t flags, http2::stream_id on, std::string_view payload);
    static std::string goaway(http2::stream_id last, http2::error_code why = http2::error_code::no_error);
    static std::string rst_stream(http2::stream_id of, http2::error_code why);

private:
    struct state;
    struct line;
    struct served;

    static task<void> accept(std::shared_ptr<state> s);
    static task<void> serve(std::shared_ptr<line> on);
    served& at(std::size_t which) const;

    std::shared_ptr<state> state_;
};

} // namespace yett::tests
