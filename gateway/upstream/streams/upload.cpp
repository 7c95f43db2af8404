#include "gateway/upstream/streams/upload.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

// An upload is a coroutine of its own beside the one that reads the reply, on the same thread. It refers to the
// exchange, so that nobody may end the exchange before `stop` was awaited; `stop` cancels what it waits for
// and is told by `on_end`, which lets go of who waits, too, when the event loop is destroyed first.
//
// The reply's deadline belongs to both: as long as the body is on its way nobody expects a reply, its end starts
// the clock (`await_reply`), and once the reply began (`reply_began`) the clock is its reader's alone.

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

task<std::optional<http::message_part>> upload::next_part()
{
    auto const part = co_await exchange_.read_body();
    if (stopping_) co_return std::nullopt;
    if (!part) {
        fail(part.error());
        co_return std::nullopt;
    }
    co_return *part;
}

void upload::fail(error why)
{
    trouble_ = std::move(why);
    give_up();
}

void upload::finish() noexcept
{
    complete_ = true;
    if (!reply_began_) await_reply();
}

void upload::ended(std::exception_ptr const& thrown) noexcept
{
    running_ = false;
    if (thrown && !stopping_) fail(our_error(errc::internal, "reading a request's body threw"));
    end_.wake();
}

} // namespace yett::upstream
