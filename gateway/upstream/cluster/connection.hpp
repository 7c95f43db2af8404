#pragma once

#include "gateway/base/async/deadlines.hpp"
#include "gateway/base/async/task.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/http/head.hpp"
#include "gateway/upstream/cluster/operation_memory.hpp"
#include "gateway/upstream/cluster/server_stream.hpp"
#include "gateway/upstream/cluster/shares.hpp"

#include <boost/intrusive/list_hook.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <system_error>
#include <vector>

namespace yett::upstream {

using transport::pieces;
using transport::stream_socket;

// One connection to a server, with the memory its requests are handled in: what is said on it,
// its deadlines, and what the pool knows of it.
//
// At most one read is ever pending. It may stay so while nothing is expected, which is
// how a parked connection is watched; see `pool`.
class connection final : public boost::intrusive_ref_counter<connection, boost::thread_unsafe_counter>,
                         public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>
{
public:
    // Why nothing more will be received.
    enum class ending : std::uint8_t
    {
        none,
        closed, // the server said it was done, and where TLS is spoken it said so in TLS
        broken,
        timed_out, // our deadline
        shut,      // ours, for any other reason
    };

    static constexpr std::size_t usual_bytes = 16384;
    static constexpr std::size_t bulk_bytes = 65536;
    static constexpr std::size_t most_added = 16; // fields that Yett adds to a reply as a rule; more cost an allocation

    // Calls `on_idle_event` when something happens on a parked connection. There is room for
    // `reply_fields` fields of a reply and for those that Yett adds.
    connection(stream_socket socket, server_address const& to, base::deadlines& deadlines, std::size_t reply_fields,
               std::function<void(connection&)> on_idle_event);
    ~connection();

    // What comes before the first request, where anything does: `preamble`, in the clear, and the handshake
    // of TLS, within `timeout`. Fails with upstream_timeout or upstream_unavailable, and a note.
    task<result<void>> introduce(std::string_view preamble, milliseconds timeout);
    // What TLS agreed on then, by its name in ALPN; empty: nothing.
    std::string_view protocol() const noexcept { return socket_.protocol(); }

    // What was received and not consumed; moves while `wait_readable` waits.
    std::span<char> unread() noexcept { return socket_.input(); }
    bool full() noexcept { return socket_.memory().full(); }
    void consume(std::size_t bytes) noexcept { socket_.consume(bytes); }
    // Something was received that nobody has consumed, be it not decrypted yet.
    bool has_more() { return !unread().empty() || (socket_.speaks_tls() && socket_.fill_again()); }
    // Makes a full buffer larger, for a head that does not fit; `park` makes it small again.
    void grow(std::size_t most) { socket_.memory().grow(most); }
    // Trades an empty buffer for a larger one while a long body passes; `park` trades it back.
    void expect_bulk();

    // True when bytes or the end came since the last call of `mark_read`.
    bool readable() { return is_.readable || socket_.ended() != errc{} || socket_.fill_again(); }
    void mark_read() noexcept { is_.readable = false; }
    // Waits until it is; the buffer must not be full.
    task<void> wait_readable();
    // Whoever waits for that goes on, from the event loop; what comes later is kept for the next one.
    void stop_waiting(executor const& on) { reader_.wake_later(on); }
    ending how_it_ended() const noexcept;
    // Why TLS broke; empty when it did not.
    std::string_view trouble() const noexcept { return socket_.trouble(); }

    // Sends what the socket takes at once; what it does not take is left in `p`.
    std::error_code send_now(pieces& p) noexcept;
    // Whether something of it, or of what was taken before, has not left: then `send_rest` has to follow.
    bool has_unsent(pieces const& p) const noexcept { return !p.empty() || socket_.has_output(); }
    // Sends the rest. Waits at most `timeout` for each piece of progress.
    task<std::error_code> send_rest(pieces& p, milliseconds timeout);
    // Says that nothing follows; what the server still says is heard.
    void finish_sending() noexcept { socket_.finish_sending(); }
    // From now on the server may have said its last word and is still spoken to.
    void allow_half_open() noexcept { is_.half_open = true; }
    // Bytes taken since the connection was introduced, or last left the pool.
    std::uint64_t sent() const noexcept { return socket_.bytes_sent() - sent_before_; }

    // Nothing received within so long ends the connection with `timed_out`.
    void set_read_deadline(milliseconds timeout) noexcept { deadlines_.arm_after(read_deadline_, timeout); }
    void clear_read_deadline() noexcept { read_deadline_.disarm(); }

    // Keeps a read pending and reports the first thing that happens, once.
    void park(milliseconds at_most);
    // Ends that, for another request.
    void check_out() noexcept;
    bool parked() const noexcept { return is_.parked; }
    // One system call: true when the server has closed or sent something already, be it a ticket.
    bool probe_closed() noexcept { return socket_.peek() != transport::peer_says::nothing; }
    bool is_used() const noexcept { return is_.used; }

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
    void read_ended();
    error unfinished() const;
    bool takes_more() const noexcept;

    struct condition
    {
        bool readable = false;
        bool parked = false;
        bool half_open = false;
        bool used = false; // it has been in the pool
    };

    server_stream socket_;
    base::deadlines& deadlines_;
    base::deadlines::entry read_deadline_;
    base::deadlines::entry write_deadline_;
    std::function<void(connection&)> on_idle_event_;
    waiter reader_;

    std::uint64_t sent_before_ = 0; // by earlier requests
    condition is_;

    std::string head_;
    std::vector<http::field> fields_;
    operation_memory read_memory_;
};

using connection_ptr = boost::intrusive_ptr<connection>;

} // namespace yett::upstream
