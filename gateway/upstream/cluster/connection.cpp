#include "gateway/upstream/cluster/connection.hpp"

#include <utility>

namespace yett::upstream {

namespace {

// Where there is such a thing: not on a socket of this machine.
stream_socket without_delay(stream_socket socket)
{
    boost::system::error_code ignored;
    socket.set_option(boost::asio::ip::tcp::no_delay{true}, ignored);
    return socket;
}

} // namespace

// Completes the pending read. Destroyed without having run, which happens when the event
// loop goes first, it takes the waiting coroutine along.
class connection::on_read
{
public:
    explicit on_read(connection& c) noexcept : connection_{&c} {}
    on_read(on_read&&) noexcept = default;
    ~on_read()
    {
        if (connection_) connection_->abandon();
    }

    void operator()()
    {
        auto const c = std::move(connection_);
        c->read_ended();
    }

    using allocator_type = operation_allocator<std::byte>;
    allocator_type get_allocator() const noexcept { return allocator_type{connection_->read_memory_}; }

private:
    boost::intrusive_ptr<connection> connection_;
};

connection::connection(stream_socket socket, server_address const& to, base::deadlines& deadlines, std::size_t reply_fields,
                       std::function<void(connection&)> on_idle_event)
    : socket_{without_delay(std::move(socket)), to, usual_bytes},
      deadlines_{deadlines},
      read_deadline_{[this] { shut(ending::timed_out); }},
      write_deadline_{[this] { shut(ending::timed_out); }},
      on_idle_event_{std::move(on_idle_event)},
      fields_(reply_fields + 1 + most_added)
{
}

connection::~connection() = default;

// It waits on the connection's own read, as replies are waited for, so that a pool that goes takes it along.
task<result<void>> connection::introduce(std::string_view preamble, milliseconds timeout)
{
    if (auto const ec = socket_.say_first(preamble)) co_return upstream_error(errc::upstream_unavailable, "broke off at once", ec);
    set_read_deadline(timeout);
    while (socket_.speaks_tls()) {
        auto const done = socket_.shake_hands();
        if (!done) co_return upstream_error(errc::upstream_unavailable, done.error().note());
        auto const held_up = socket_.has_output();
        while (socket_.has_output() && how_it_ended() == ending::none) co_await socket_.flush_some();
        if (*done) break;
        if (how_it_ended() != ending::none) co_return unfinished();
        if (held_up || socket_.fill_again()) continue;
        start_read();
        co_await reader_.wait();
    }
    clear_read_deadline();
    mark_read();
    sent_before_ = socket_.bytes_sent();
    co_return result<void>{};
}

error connection::unfinished() const
{
    if (how_it_ended() == ending::timed_out) return upstream_error(errc::upstream_timeout, "no TLS handshake in time");
    return upstream_error(errc::upstream_unavailable, "broke off in the TLS handshake");
}

void connection::expect_bulk()
{
    if (socket_.memory().capacity() < bulk_bytes) socket_.resize(bulk_bytes);
}

connection::ending connection::how_it_ended() const noexcept
{
    auto const why = socket_.ended();
    if (why == errc{}) return ending::none;
    switch (why) {
    case errc::peer_closed: return ending::closed;
    case errc::peer_broke_off: return ending::broken;
    case errc::timed_out: return ending::timed_out;
    default: return ending::shut;
    }
}

void connection::start_read()
{
    if (socket_.filling() || socket_.ended() != errc{}) return;
    socket_.fill_then(on_read{*this});
}

task<void> connection::wait_readable()
{
    start_read();
    return reader_.wait();
}

void connection::read_ended()
{
    // An end may have come along with what was for nobody, and has no event of its own then.
    if (!socket_.heard() && !socket_.fill_again()) return start_read();
    is_.readable = true;
    if (!is_.parked) return reader_.wake();
    check_out();
    on_idle_event_(*this);
}

bool connection::takes_more() const noexcept
{
    auto const ended = how_it_ended();
    return ended == ending::none || (is_.half_open && ended == ending::closed);
}

// The server has gone, which a read that waits may never hear: the end that came along with its last bytes has had its
// event, and a socket of this machine has no other (TCP is reset).
std::error_code connection::send_now(pieces& p) noexcept
{
    if (!takes_more()) return {};
    auto const ec = socket_.write_now(p);
    if (ec) socket_.stop_waiting();
    return ec;
}

task<std::error_code> connection::send_rest(pieces& p, milliseconds timeout)
{
    while (has_unsent(p) && takes_more()) {
        deadlines_.arm_after(write_deadline_, timeout);
        auto const ec = co_await socket_.write_some(p);
        write_deadline_.disarm();
        if (ec) socket_.stop_waiting();
        if (ec) co_return ec;
    }
    if (has_unsent(p)) co_return std::make_error_code(std::errc::broken_pipe);
    co_return std::error_code{};
}

void connection::park(milliseconds at_most)
{
    clear_read_deadline();
    socket_.resize(usual_bytes);
    is_.parked = true;
    is_.readable = false;
    start_read();
    deadlines_.arm_after(read_deadline_, at_most);
}

void connection::check_out() noexcept
{
    is_.parked = false;
    is_.used = true;
    sent_before_ = socket_.bytes_sent();
    read_deadline_.disarm();
}

void connection::shut(ending why) noexcept
{
    read_deadline_.disarm();
    write_deadline_.disarm();
    socket_.close(why == ending::timed_out ? errc::timed_out : errc::stopping);
}

void connection::abandon() noexcept
{
    reader_.drop();
}

} // namespace yett::upstream
