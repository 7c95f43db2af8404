#include "gateway/net/reply_outlet.hpp"

#include "gateway/net/http1_exchange.hpp"
#include "gateway/net/worker.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>

namespace yett::net {

// Lets go of whoever waits when the worker ends before the pouring does.
class reply_outlet::let_go
{
public:
    explicit let_go(pouring& p) noexcept : pouring_{p} {}
    ~let_go()
    {
        if (pouring_.running) pouring_.changed.drop();
    }
    let_go(let_go const&) = delete;
    let_go& operator=(let_go const&) = delete;

private:
    pouring& pouring_;
};

reply_outlet::reply_outlet(http1_exchange& of, http1_surroundings const& around) noexcept
    : of_{of},
      around_{around},
      pace_{around.limits.least_rate}
{
}

std::string_view reply_outlet::send_now(std::string_view bytes)
{
    return is_pouring() ? bytes : around_.stream.write_now(bytes);
}

task<result<void>> reply_outlet::send(std::string_view bytes)
{
    // What could not be poured is missing: nothing may follow it.
    if (failed_) co_return client_error(errc::peer_broke_off);
    auto const rest = send_now(bytes);
    if (rest.empty() && settled()) co_return result<void>{};
    if (!holds_ || around_.limits.reply_buffer == 0) co_return co_await send_through(rest);
    co_return co_await send_slowly(rest);
}

task<result<void>> reply_outlet::send_slowly(std::string_view rest)
{
    if (!pouring_) {
        auto& worker = around_.worker;
        pouring_.reset(new pouring{{worker.large_buffers(), worker.bodies(), around_.limits.reply_buffer}, {}, false});
    }
    for (;;) {
        auto const put = pouring_->waiting.put(rest);
        auto const no_room = put == 0 && !rest.empty() && !is_pouring();
        if (no_room) co_return co_await send_through(rest);
        rest.remove_prefix(put);
        if (!is_pouring()) start();
        if (rest.empty()) co_return result<void>{};
        // It may have poured all there was while it started, and then wakes nobody.
        if (is_pouring()) co_await pouring_->changed.wait();
        if (failed_) co_return client_error(errc::peer_broke_off);
    }
}

task<result<void>> reply_outlet::send_through(std::string_view rest)
{
    expect_client();
    auto sent = co_await around_.stream.write(rest);
    client_came();
    if (!sent) of_.client_is_gone();
    co_return sent;
}

void reply_outlet::start()
{
    pouring_->running = true;
    auto ended = [home = around_.home.shared_from_this()](std::exception_ptr const&) {};
    boost::asio::co_spawn(around_.worker.executor(), pour(), std::move(ended));
}

task<void> reply_outlet::pour()
{
    auto& p = *pouring_;
    let_go const whoever_waits{p};
    expect_client();
    for (auto more = true; more;) {
        auto const part = p.waiting.next();
        auto const sent = co_await around_.stream.write(part);
        failed_ = !sent;
        p.waiting.drop(part.size());
        more = !failed_ && !p.waiting.empty();
        if (more) p.changed.wake_later(around_.worker.executor());
    }
    client_came();
    p.running = false;
    if (failed_) of_.client_is_gone();
    p.changed.wake_later(around_.worker.executor());
}

task<void> reply_outlet::poured()
{
    while (is_pouring()) co_await pouring_->changed.wait();
}

// --- the client's pace ---------------------------------------------------------------

void reply_outlet::expect_client() noexcept
{
    note_progress();
    looked_at_ = moved_at_ = around_.worker.deadlines().now();
    arm();
}

void reply_outlet::client_came() noexcept
{
    around_.expires.writing.disarm();
    pace_.waited(std::chrono::floor<milliseconds>(around_.worker.deadlines().now() - looked_at_));
}

// What the socket has taken says little: it may hold a megabyte for a client that reads a
// byte a second. What the client's side has acknowledged was taken by it.
void reply_outlet::note_progress() noexcept
{
    auto const taken = around_.stream.socket().bytes_taken();
    if (std::exchange(measured_, true) && taken != taken_) {
        pace_.moved(taken - taken_);
        moved_at_ = around_.worker.deadlines().now();
    }
    taken_ = taken;
}

bool reply_outlet::is_late() noexcept
{
    auto const now = around_.worker.deadlines().now();
    pace_.waited(std::chrono::floor<milliseconds>(now - looked_at_));
    looked_at_ = now;
    note_progress();
    if (pace_.too_slow() || now - moved_at_ >= around_.limits.body_idle_timeout) return true;
    arm();
    return false;
}

void reply_outlet::arm() noexcept
{
    auto& deadlines = around_.worker.deadlines();
    auto const idle = std::chrono::floor<milliseconds>(deadlines.now() - moved_at_);
    deadlines.arm_after(around_.expires.writing, std::min(around_.limits.body_idle_timeout - idle, pace_.patience()));
}

} // namespace yett::net
