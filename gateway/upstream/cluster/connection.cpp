#include "gateway/upstream/cluster/connection.hpp"

#include <utility>

namespace yett::upstream {

namespace {

tcp_socket without_delay(tcp_socket socket)
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

connection::connection(tcp_socket socket, base::deadlines& deadlines, std::size_t reply_fields,
                       std::function<void(connection&)> on_idle_event)
    : socket_{without_delay(std::move(socket)), origin::upstream, usual_bytes},
      deadlines_{deadlines},
      read_deadline_{[this] { shut(ending::timed_out); }},
      write_deadline_{[this] { shut(ending::timed_out); }},
      on_idle_event_{std::move(on_idle_event)},
      fields_(reply_fields + 1 + most_added)
{
}

connection::~connection() = default;

void connection::expect_bulk()
{
    if (socket_.memory().capacity() < bulk_bytes) socket_.memory().resize(bulk_bytes);
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
    readable_ = true;
    if (!parked_) return reader_.wake();
    check_out();
    on_idle_event_(*this);
}

bool connection::takes_more() const noexcept
{
    auto const ended = how_it_ended();
    return ended == ending::none || (half_open_ && ended == ending::closed);
}

std::error_code connection::send_now(pieces& p) noexcept
{
    return takes_more() ? socket_.write_now(p) : std::error_code{};
}

task<std::error_code> connection::send_rest(pieces& p, milliseconds timeout)
{
    while (!p.empty() && takes_more()) {
        deadlines_.arm_after(write_deadline_, timeout);
        auto const ec = co_await socket_.write_some(p);
        write_deadline_.disarm();
        if (ec) co_return ec;
    }
    if (!p.empty()) co_return std::make_error_code(std::errc::broken_pipe);
    co_return std::error_code{};
}

void connection::park(milliseconds at_most)
{
    clear_read_deadline();
    socket_.memory().resize(usual_bytes);
    parked_ = true;
    readable_ = false;
    start_read();
    deadlines_.arm_after(read_deadline_, at_most);
}

void connection::check_out() noexcept
{
    parked_ = false;
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
