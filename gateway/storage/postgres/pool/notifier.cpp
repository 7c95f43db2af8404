#include "gateway/storage/postgres/pool/notifier.hpp"

#include "gateway/base/async/back_off.hpp"
#include "gateway/base/async/wait_until.hpp"
#include "gateway/storage/postgres/pool/dial.hpp"
#include "gateway/storage/postgres/pool/notice_pace.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <mutex>

namespace yett::storage::postgres {

namespace {

constexpr std::string_view listen_to_others = "LISTEN yett_revocations";
// The payload is the moment up to which there is something to read.
constexpr std::string_view tell_others = "SELECT pg_notify('yett_revocations', pg_snapshot_xmax(pg_current_snapshot())::text)";
constexpr std::string_view prove_yourself = "SELECT 1";

// A server that is gone without a word would leave us listening to nobody.
constexpr seconds silence{5};
constexpr seconds longest_answer{2};

} // namespace

// Lives as long as its owner, or as the coroutine that attends to it.
class notifier::session : public std::enable_shared_from_this<session>
{
public:
    session(executor on, std::function<result<login>()> read_login) : on_{std::move(on)}, read_login_{std::move(read_login)} {}

    void begin_later();
    void end_later();
    void notify();
    void be_heard_by(std::function<void()> heard);

    std::atomic<std::uint64_t> told{0};
    std::atomic<std::uint64_t> heard{0};

private:
    task<void> attend();
    task<bool> serve(connection& on);
    task<bool> wait_for_word(connection& on);
    task<bool> say(connection& on, std::string_view sql);
    void begin();
    void look_out();
    void interrupt();

    executor on_;
    std::function<result<login>()> read_login_;
    std::mutex guard_; // of heard_
    std::function<void()> heard_;
    std::atomic<bool> notified_{false}; // and its handler is on the way

    // Of the loop alone.
    notice_pace pace_;
    connection* listening_ = nullptr; // the one that waits
    steady_time proved_{};            // when the server last said anything
    bool begun_ = false;
    bool ended_ = false;
};

void notifier::session::begin()
{
    if (std::exchange(begun_, true)) return;
    auto attending = [](std::shared_ptr<session> self) -> task<void> { co_await self->attend(); };
    boost::asio::co_spawn(on_, attending(shared_from_this()), boost::asio::detached);
}

void notifier::session::begin_later()
{
    boost::asio::post(on_, [self = shared_from_this()] { self->begin(); });
}

void notifier::session::end_later()
{
    auto ending = [self = shared_from_this()] {
        self->ended_ = true;
        self->interrupt();
    };
    boost::asio::post(on_, std::move(ending));
}

void notifier::session::interrupt()
{
    if (listening_) listening_->stop_waiting();
}

// However many notify at the same moment, one handler is on the way.
void notifier::session::notify()
{
    if (notified_.exchange(true)) return;
    auto notifying = [self = shared_from_this()] {
        self->notified_ = false;
        self->pace_.want();
        self->interrupt();
    };
    boost::asio::post(on_, std::move(notifying));
}

void notifier::session::be_heard_by(std::function<void()> by)
{
    std::lock_guard const lock{guard_};
    heard_ = std::move(by);
}

void notifier::session::look_out()
{
    std::lock_guard const lock{guard_};
    if (heard_) heard_();
}

// Whenever a connection was lost or made anew, something may have been told that nobody heard.
task<void> notifier::session::attend()
{
    unsigned failures = 0;
    while (!ended_) {
        co_await wait_until(steady_now() + pause_after(failures, 0.5));
        if (ended_) co_return;
        auto const as = read_login_();
        // A pooler lends servers by the transaction: there is no session that could be told anything.
        if (as && as->pooled) co_return;
        auto made = result<std::unique_ptr<connection>>{error{}};
        if (as) made = co_await dial(*as);
        auto listened = false;
        if (made) listened = co_await serve(**made);
        failures = listened ? 1 : failures + 1;
        look_out();
    }
}

// False when not even LISTEN was carried out.
task<bool> notifier::session::serve(connection& on)
{
    auto there = co_await say(on, listen_to_others);
    if (!there) co_return false;
    look_out();
    while (there && !ended_) {
        auto const now = steady_now();
        if (pace_.is_due(now)) {
            pace_.begin(now);
            there = co_await say(on, tell_others);
            if (there) ++told;
            else pace_.want();
        } else if (now >= proved_ + silence) there = co_await say(on, prove_yourself);
        else there = co_await wait_for_word(on);
        if (auto const words = on.take_notifications(); words > 0) {
            heard += words;
            look_out();
        }
    }
    co_return true;
}

task<bool> notifier::session::wait_for_word(connection& on)
{
    auto until = proved_ + silence;
    if (auto const due = pace_.due()) until = std::min(until, *due);
    listening_ = &on;
    auto const there = co_await on.wait_for_word(until);
    listening_ = nullptr;
    co_return there;
}

task<bool> notifier::session::say(connection& on, std::string_view sql)
{
    std::vector<request> one;
    one.push_back({sql, parameters{}});
    auto const told_us = co_await on.exchange(one, steady_now() + longest_answer);
    if (!told_us.failure) proved_ = steady_now();
    co_return !told_us.failure;
}

notifier::notifier(executor on, std::function<result<login>()> read_login)
    : session_{std::make_shared<session>(std::move(on), std::move(read_login))}
{
}

notifier::~notifier()
{
    stop_listening();
    session_->end_later();
}

void notifier::notify()
{
    session_->notify();
}

void notifier::listen(std::function<void()> heard)
{
    session_->be_heard_by(std::move(heard));
    session_->begin_later();
}

void notifier::stop_listening()
{
    session_->be_heard_by({});
}

accounts::feed_activity notifier::activity() const noexcept
{
    return {session_->told.load(std::memory_order_relaxed), session_->heard.load(std::memory_order_relaxed)};
}

} // namespace yett::storage::postgres
