#pragma once

#include "gateway/base/deadlines.hpp"
#include "gateway/base/task.hpp"
#include "gateway/base/waiter.hpp"
#include "gateway/http/head.hpp"
#include "gateway/upstream/operation_memory.hpp"
#include "gateway/upstream/shares.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <boost/system/error_code.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace yett::upstream {

using tcp_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, executor>;

// Up to three pieces of text that leave in one write, and how far that got.
class pieces
{
public:
    pieces(std::string_view a, std::string_view b = {}, std::string_view c = {}) noexcept : parts_{a, b, c} {}

    bool empty() const noexcept { return parts_[0].empty() && parts_[1].empty() && parts_[2].empty(); }
    void advance(std::size_t sent) noexcept;
    std::array<std::string_view, 3> const& parts() const noexcept { return parts_; }

private:
    std::array<std::string_view, 3> parts_;
};

// One connection to a server, with the memory its requests are handled in.
//
// At most one read is ever pending. It may stay so while nothing is expected, which is
// how a kept connection is watched; see `pool`.
class connection final : public boost::intrusive_ref_counter<connection, boost::thread_unsafe_counter>,
                         public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    // Why nothing more will be received.
    enum class ending : std::uint8_t
    {
        none,
        closed, // the server said it was done
        broken,
        timed_out, // our deadline
        shut,      // ours, for any other reason
    };

    static constexpr std::size_t usual_bytes = 16384;
    static constexpr std::size_t bulk_bytes = 65536;
    static constexpr std::size_t most_added = 16; // fields that Yett adds to a reply as a rule; more cost an allocation

    // Calls `disturbed` when something happens on a watched connection. There is room for
    // `reply_fields` fields of a reply and for those that Yett adds.
    connection(tcp_socket socket, base::deadlines& deadlines, std::size_t reply_fields,
               std::function<void(connection&)> disturbed);
    ~connection();

    // What was received and not consumed; moves when news is awaited.
    std::span<char> unread() noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
    bool full() const noexcept { return end_ - begin_ == capacity_; }
    void consume(std::size_t bytes) noexcept;
    // Makes a full buffer larger, for a head that does not fit; `watch` makes it small again.
    void grow(std::size_t most);
    // Trades an empty buffer for a larger one while a long body passes; `watch` trades it back.
    void expect_bulk();

    // True when bytes or the end came since the last call of `hear`.
    bool has_news() noexcept { return news_ || ending_ != ending::none || look_again(); }
    void hear() noexcept { news_ = false; }
    // Waits for news; the buffer must not be full.
    task<void> news();
    ending how_it_ended() const noexcept { return ending_; }

    // Sends what the socket takes at once; what it does not take is left in `p`.
    std::error_code send_now(pieces& p) noexcept;
    // Sends the rest. Waits at most `patience` for each piece of progress.
    task<std::error_code> send_rest(pieces& p, milliseconds patience);
    // Says that nothing follows; what the server still says is heard.
    void finish_sending() noexcept;
    // From now on the server may have said its last word and is still spoken to.
    void talk_half_open() noexcept { half_open_ = true; }
    // Bytes taken since the connection last left the pool.
    std::uint64_t sent() const noexcept { return sent_; }

    // Nothing heard until then ends the connection with `timed_out`.
    void hear_within(milliseconds timeout) noexcept { deadlines_.arm_after(patience_, timeout); }
    void need_not_hear() noexcept { patience_.disarm(); }

    // Keeps a read pending and reports the first thing that happens, once.
    void watch(milliseconds at_most);
    // Ends that, for another request.
    void engage() noexcept;
    bool watched() const noexcept { return watched_; }
    // One system call: true when the server has closed or sent something already.
    bool looks_disturbed() noexcept;
    bool is_used() const noexcept { return used_; }

    // Closes the socket; whoever waits hears of it from the event loop.
    void shut(ending why) noexcept;
    // Destroys whoever waits, when the worker ends without waiting for anybody.
    void abandon() noexcept;

    // Whose share of the pool it is at the moment; the pool's alone.
    shares::holding* held_by = nullptr;

    // Reused from request to request.
    std::string& head_buffer() noexcept { return head_; }
    // What a reply may have, and room for what Yett adds.
    std::span<http::field> fields() noexcept { return fields_; }

private:
    class on_read;

    void start_read();
    void received(boost::system::error_code ec, std::size_t bytes);
    void take_in(boost::system::error_code ec, std::size_t bytes) noexcept;
    bool look_again() noexcept;
    bool takes_more() const noexcept { return ending_ == ending::none || (half_open_ && ending_ == ending::closed); }
    void make_room() noexcept;
    void resize(std::size_t bytes);

    tcp_socket socket_;
    base::deadlines& deadlines_;
    base::deadlines::entry patience_;
    base::deadlines::entry send_patience_;
    std::function<void(connection&)> disturbed_;
    waiter listener_;

    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::uint64_t sent_ = 0;
    ending ending_ = ending::none;
    bool reading_ = false;
    bool was_short_ = false; // the last read: the socket is empty, but its end may have come along
    bool news_ = false;
    bool watched_ = false;
    bool used_ = false;
    bool half_open_ = false;

    std::string head_;
    std::vector<http::field> fields_;
    operation_memory read_memory_;
};

using connection_ptr = boost::intrusive_ptr<connection>;

} // namespace yett::upstream
