#include "gateway/upstream/connection.hpp"

#include "gateway/transport/exhausting_buffer.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace yett::upstream {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

std::array<asio::const_buffer, 3> buffers_of(pieces const& p) noexcept
{
    auto const& parts = p.parts();
    return {asio::buffer(parts[0]), asio::buffer(parts[1]), asio::buffer(parts[2])};
}

connection::ending ending_for(error_code ec) noexcept
{
    return ec == asio::error::eof ? connection::ending::closed : connection::ending::broken;
}

} // namespace

void pieces::advance(std::size_t sent) noexcept
{
    for (auto& part : parts_) {
        auto const taken = std::min(sent, part.size());
        part.remove_prefix(taken);
        sent -= taken;
    }
}

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

    void operator()(error_code ec, std::size_t bytes)
    {
        auto const c = std::move(connection_);
        c->received(ec, bytes);
    }

    using allocator_type = operation_allocator<std::byte>;
    allocator_type get_allocator() const noexcept { return allocator_type{connection_->read_memory_}; }

private:
    boost::intrusive_ptr<connection> connection_;
};

connection::connection(tcp_socket socket, base::deadlines& deadlines, std::size_t reply_fields,
                       std::function<void(connection&)> disturbed)
    : socket_{std::move(socket)},
      deadlines_{deadlines},
      patience_{[this] { shut(ending::timed_out); }},
      send_patience_{[this] { shut(ending::timed_out); }},
      disturbed_{std::move(disturbed)},
      fields_(reply_fields + 1 + most_added)
{
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    resize(usual_bytes);
}

connection::~connection() = default;

void connection::consume(std::size_t bytes) noexcept
{
    begin_ += bytes;
    if (begin_ == end_ && !reading_) begin_ = end_ = 0;
}

void connection::expect_bulk()
{
    if (begin_ == end_ && capacity_ < bulk_bytes && !reading_) resize(bulk_bytes);
}

void connection::grow(std::size_t most)
{
    if (reading_ || capacity_ >= most) return;
    make_room();
    auto const room = std::min(2 * capacity_, most);
    auto larger = std::make_unique_for_overwrite<char[]>(room);
    std::memcpy(larger.get(), buffer_.get(), end_);
    buffer_ = std::move(larger);
    capacity_ = room;
}

void connection::resize(std::size_t bytes)
{
    buffer_ = std::make_unique_for_overwrite<char[]>(bytes);
    capacity_ = bytes;
    begin_ = end_ = 0;
}

// Only while no read is pending: the kernel writes behind `end_`.
void connection::make_room() noexcept
{
    if (begin_ == 0) return;
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

void connection::start_read()
{
    if (reading_ || ending_ != ending::none) return;
    make_room();
    reading_ = true;
    socket_.async_read_some(exhausting_buffer{buffer_.get() + end_, capacity_ - end_, false}, on_read{*this});
}

void connection::received(error_code ec, std::size_t bytes)
{
    reading_ = false;
    take_in(ec, bytes);
    if (watched_) {
        engage();
        disturbed_(*this);
    } else {
        listener_.wake();
    }
}

void connection::take_in(error_code ec, std::size_t bytes) noexcept
{
    news_ = true;
    was_short_ = bytes < capacity_ - end_;
    end_ += bytes;
    if (ec && ending_ == ending::none) ending_ = ending_for(ec);
}

// The next read waits for an event, and an end that came with the last bytes has had its own
// already. Whoever expects more asks the socket once; a kept connection spares the call.
bool connection::look_again() noexcept
{
    if (!std::exchange(was_short_, false) || reading_) return false;
    make_room();
    error_code ec;
    auto const bytes = socket_.read_some(asio::buffer(buffer_.get() + end_, capacity_ - end_), ec);
    if (ec == asio::error::would_block) return false;
    take_in(ec, bytes);
    return true;
}

task<void> connection::news()
{
    start_read();
    return listener_.wait();
}

std::error_code connection::send_now(pieces& p) noexcept
{
    while (!p.empty() && takes_more()) {
        error_code ec;
        auto const one = p.parts()[1].empty() && p.parts()[2].empty();
        auto const sent = one ? socket_.write_some(asio::buffer(p.parts()[0]), ec) : socket_.write_some(buffers_of(p), ec);
        p.advance(sent);
        sent_ += sent;
        if (ec == asio::error::would_block) return {};
        if (ec) return ec;
    }
    return {};
}

task<std::error_code> connection::send_rest(pieces& p, milliseconds patience)
{
    while (!p.empty() && takes_more()) {
        error_code ec;
        deadlines_.arm_after(send_patience_, patience);
        auto const buffers = buffers_of(p);
        auto const sent = co_await socket_.async_write_some(buffers, asio::redirect_error(use_task, ec));
        send_patience_.disarm();
        p.advance(sent);
        sent_ += sent;
        if (ec) co_return ec;
    }
    if (!p.empty()) co_return std::make_error_code(std::errc::broken_pipe);
    co_return std::error_code{};
}

void connection::finish_sending() noexcept
{
    error_code ignored;
    socket_.shutdown(tcp_socket::shutdown_send, ignored);
}

void connection::watch(milliseconds at_most)
{
    need_not_hear();
    if (capacity_ != usual_bytes) resize(usual_bytes);
    watched_ = true;
    news_ = false;
    start_read();
    deadlines_.arm_after(patience_, at_most);
}

void connection::engage() noexcept
{
    watched_ = false;
    used_ = true;
    sent_ = 0;
    patience_.disarm();
}

bool connection::looks_disturbed() noexcept
{
    char byte = 0;
    auto const n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

void connection::shut(ending why) noexcept
{
    if (ending_ == ending::none) ending_ = why;
    patience_.disarm();
    send_patience_.disarm();
    error_code ignored;
    socket_.close(ignored);
}

void connection::abandon() noexcept
{
    reading_ = false;
    listener_.drop();
}

} // namespace yett::upstream
