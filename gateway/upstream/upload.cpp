#include "gateway/upstream/upload.hpp"

#include "gateway/http/chunks.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

// An upload is a coroutine of its own beside the one that reads the reply, on the same thread. It refers to the
// exchange, so that nobody may end the exchange before `stop` was awaited; `stop` cancels what it waits for
// and is told by `on_end`, which lets go of who waits, too, when the event loop is destroyed first.
//
// The reply's deadline belongs to both: as long as the body is on its way nobody expects a reply, its end starts
// the clock, and once the reply began (`reply_began`) the clock is its reader's alone.

namespace yett::upstream {

namespace asio = boost::asio;

// Reports the end of the coroutine, or lets go of who waits for it when it is destroyed.
class upload::on_end
{
public:
    on_end(upload& u, std::shared_ptr<asio::cancellation_signal> cancel) noexcept : upload_{&u}, cancel_{std::move(cancel)} {}
    on_end(on_end&& other) noexcept : upload_{std::exchange(other.upload_, nullptr)}, cancel_{std::move(other.cancel_)} {}
    ~on_end()
    {
        if (upload_) upload_->end_.drop();
    }
    void operator()(std::exception_ptr const& thrown) { std::exchange(upload_, nullptr)->ended(thrown); }

private:
    upload* upload_;
    std::shared_ptr<asio::cancellation_signal> cancel_; // the coroutine's operations point into it
};

upload::upload(http::exchange& ex, connection_ptr c, plan const& how) : exchange_{ex}, connection_{std::move(c)}, plan_{how} {}

void upload::start(executor const& on)
{
    running_ = true;
    cancel_ = std::make_shared<asio::cancellation_signal>();
    asio::co_spawn(on, carry(), asio::bind_cancellation_slot(cancel_->slot(), on_end{*this, cancel_}));
}

task<void> upload::stop()
{
    cancel();
    while (running_) co_await end_.wait();
}

void upload::cancel() noexcept
{
    if (!running_ || std::exchange(stopping_, true)) return;
    cancel_->emit(asio::cancellation_type::terminal);
}

task<void> upload::finished()
{
    while (running_) co_await end_.wait();
}

task<void> upload::carry()
{
    // Not as the loop's condition: g++ 12 makes an illegal instruction of that.
    for (;;) {
        auto const more = co_await carry_part();
        if (!more) co_return;
    }
}

task<bool> upload::carry_part()
{
    auto const part = co_await exchange_.read_body();
    if (stopping_) co_return false;
    if (!part) {
        fail(part.error());
        co_return false;
    }
    if (plan_.tunnel) co_return co_await carry_through(part->data);
    auto const bytes = part->data;
    if (bytes.empty() && plan_.chunked) { // trailers are dropped: HTTP/1.1 lets us (RFC 9110 section 6.5.1)
        pieces const end{http::last_chunk};
        auto const sent = co_await send(end);
        if (sent) finish();
        co_return false;
    }
    // The exchange counts, too; a request that says one length and brings another would
    // turn its surplus into the next request.
    if (!plan_.chunked && (bytes.empty() || bytes.size() > plan_.left)) {
        fail(our_error(errc::internal, "a body that is not as long as announced"));
        co_return false;
    }
    http::chunk_line_buffer line;
    auto const framed = plan_.chunked ? pieces{http::chunk_line(bytes.size(), line), bytes, http::chunk_end} : pieces{bytes};
    auto const sent = co_await send(framed);
    if (!sent) co_return false;
    if (plan_.chunked) co_return true;
    plan_.left -= bytes.size();
    if (plan_.left == 0) finish();
    co_return plan_.left > 0;
}

task<bool> upload::carry_through(std::string_view part)
{
    if (part.empty()) {
        plan_.tunnel->over();
        connection_->finish_sending();
        finish();
        co_return false;
    }
    plan_.tunnel->moved(part);
    pieces const bytes{part};
    co_return co_await send(bytes);
}

// The server's refusal to read on is no failure yet: its reply may say why.
task<bool> upload::send(pieces p)
{
    auto ec = connection_->send_now(p);
    if (!ec && connection_->has_unsent(p)) ec = co_await connection_->send_rest(p, plan_.idle_timeout);
    if (ec && !reply_began_) connection_->set_read_deadline(plan_.reply_timeout);
    co_return !ec && !connection_->has_unsent(p);
}

void upload::fail(error why)
{
    trouble_ = std::move(why);
    connection_->shut(connection::ending::shut);
}

void upload::finish() noexcept
{
    complete_ = true;
    if (!reply_began_) connection_->set_read_deadline(plan_.reply_timeout);
}

void upload::ended(std::exception_ptr const& thrown) noexcept
{
    running_ = false;
    if (thrown && !stopping_) fail(our_error(errc::internal, "reading a request's body threw"));
    end_.wake();
}

} // namespace yett::upstream
