#include "gateway/storage/postgres/pool/pool.hpp"

#include "gateway/base/async/back_off.hpp"
#include "gateway/base/async/waiter.hpp"
#include "gateway/base/random.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

// Connections of one loop, so nothing is locked. Three numbers tell where each of them is: `open_`
// counts those that exist or are being made, `making_` those being made, and `idle_` holds those
// that nobody has; what is left is borrowed.
//
// Who finds none idle waits in line, and whoever gives one back serves the head of the line before
// anything is put aside: so there is never an idle connection and somebody who waits. A connection
// is made for each that waits, as far as the bound allows, and belongs to whoever is first when it
// is ready.
//
// When none can be made the next attempt waits (`not_before_`). As long as some connection is out,
// those in line may still get it; when the last is gone they are told at once, for nothing would
// wake them.

namespace yett::storage::postgres {

namespace {

using timer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>, executor>;

double chance()
{
    return static_cast<double>(random_u64() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

} // namespace

// Kept by the line, by who waits, and by the timer's handler, which may come late.
struct pool::place_in_line
{
    explicit place_in_line(executor const& on, steady_time until) : end{on, until} {}

    waiter waiting;
    timer end;
    bool served = false;
    result<std::unique_ptr<connection>> outcome{our_error(errc::overloaded, "no connection to the database was free in time")};
};

task<result<std::unique_ptr<connection>>> pool::borrow(steady_time until, place in_line)
{
    if (stopping_) co_return our_error(errc::stopping, "the connections to the database");
    if (auto idle = take_idle()) co_return std::move(idle);
    grow();
    if (open_ == 0) co_return last_failure_;
    co_return co_await wait_in_line(until, in_line);
}

// The last one given back first: the others may be closed by whoever closes idle ones.
std::unique_ptr<connection> pool::take_idle()
{
    while (!idle_.empty()) {
        auto next = std::move(idle_.back());
        idle_.pop_back();
        if (next->is_still_there()) return next;
        --open_;
    }
    return nullptr;
}

task<result<std::unique_ptr<connection>>> pool::wait_in_line(steady_time until, place at)
{
    auto const here = std::make_shared<place_in_line>(on_, until);
    line_.insert(at == place::before_others ? line_.begin() : line_.end(), here);
    auto const expired = [this, here](boost::system::error_code) {
        if (here->served) return;
        line_.remove(here);
        here->waiting.wake();
    };
    here->end.async_wait(expired);
    co_await here->waiting.wait();
    co_return std::move(here->outcome);
}

// One for each that waits, as far as there may be more.
void pool::grow()
{
    auto const wanted = line_.size() + 1;
    if (open_ >= by_.connections || making_ >= wanted || steady_now() < not_before_) return;
    ++open_;
    ++making_;
    boost::asio::co_spawn(on_, make_one(), boost::asio::detached);
}

task<void> pool::make_one()
{
    auto const as = by_.read_login();
    auto made = result<std::unique_ptr<connection>>{error{}};
    if (as) made = co_await dial(*as);
    else made = as.error();
    --making_;
    if (!made) co_return made_none(made.error());
    failures_ = 0;
    give_back(std::move(*made));
}

// While others are busy somebody may still wait for those.
void pool::made_none(error const& why)
{
    --open_;
    ++failures_;
    not_before_ = steady_now() + pause_after(failures_, chance());
    last_failure_ = why;
    if (open_ == 0) drop_line(why);
}

void pool::give_back(std::unique_ptr<connection> borrowed)
{
    auto const good = borrowed && borrowed->usable() && !borrowed->in_transaction() && !stopping_;
    if (good && !line_.empty()) return serve_next(std::move(borrowed));
    if (good) return idle_.push_back(std::move(borrowed));
    --open_;
    borrowed.reset();
    if (line_.empty()) return;
    grow();
    if (open_ == 0) drop_line(last_failure_);
}

void pool::serve_next(result<std::unique_ptr<connection>> with)
{
    auto const next = line_.front();
    line_.pop_front();
    next->outcome = std::move(with);
    next->served = true;
    next->end.cancel();
    next->waiting.wake_later(on_);
}

void pool::drop_line(error const& why)
{
    while (!line_.empty()) serve_next(why);
}

void pool::stop()
{
    stopping_ = true;
    open_ -= static_cast<unsigned>(idle_.size());
    idle_.clear();
    drop_line(our_error(errc::stopping, "the connections to the database"));
}

} // namespace yett::storage::postgres
