#include "gateway/storage/redis/client/redis_client.hpp"

#include "gateway/base/async/back_off.hpp"
#include "gateway/base/random.hpp"
#include "gateway/storage/redis/client/dialer.hpp"
#include "gateway/storage/redis/client/meaning.hpp"
#include "gateway/storage/redis/client/pause.hpp"
#include "gateway/storage/redis/client/sentinel_watch.hpp"
#include "gateway/storage/redis/client/time_limit.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <atomic>
#include <mutex>
#include <optional>

// A connection is of use while the server at its other end takes writes. Three things say that it does not: a
// sentinel that names another one, an answer that only the wrong node gives, and what ROLE answers, which is
// asked every second. Each of them ends the connection at once, with everything that is under way on it, for
// what a replica still answers is of yesterday.
//
// While no connection can be made, asks fail at once: the reason of the last failure is kept until a connection
// has been made, and one loop keeps on trying. Only who asks before the first attempt has come to an end, or
// after a connection that worked was lost, waits for its end, and no longer than for an answer.

namespace yett::storage::redis {
namespace {

// Between two looks at the server's role.
constexpr seconds heartbeat{1};

double chance()
{
    return static_cast<double>(random_u64() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

error stopping()
{
    return our_error(errc::stopping, "redis: stopping");
}

} // namespace

// Lives as long as its owner, or as the coroutine that keeps the connection.
class redis_client::session : public std::enable_shared_from_this<session>
{
public:
    session(executor on, redis_options how) : on_{on}, how_{std::move(how)}, dialer_{on, how_.read_login}, next_{on} {}

    void begin();
    void stop();
    task<result<std::vector<resp_value>>> ask_all(std::vector<command> all);
    redis_activity activity() const noexcept;
    std::string trouble() const;

private:
    task<void> keep();
    task<void> attend();
    void adopt(connection_ptr made);
    void drop(error const& why);
    void note_failure(error const& why);
    void tell(std::string trouble);
    void watch_sentinels();
    task<result<connection_ptr>> connected();
    task<result<void>> repeat_unknown(connection_ptr on, std::vector<command> const& all, std::vector<resp_value>& told);
    void look_for_wrong_node(std::vector<resp_value> const& told);

    executor on_;
    redis_options how_;
    dialer dialer_;
    pause next_;
    connection_ptr connection_; // null while there is none
    std::optional<error> away_; // why there is none, once that is known
    std::vector<waiter*> line_; // who waits for one
    std::optional<sentinel_watch> watch_;
    bool begun_ = false;
    bool stopped_ = false;
    mutable std::mutex guard_; // of the next
    std::string trouble_;

    struct counters
    {
        std::atomic<bool> connected{false};
        std::atomic<std::uint64_t> commands{0};
        std::atomic<std::uint64_t> failures{0};
        std::atomic<std::uint64_t> connections{0};
    };
    counters counted_;
};

// --- the connection

void redis_client::session::begin()
{
    if (std::exchange(begun_, true)) return;
    auto keeping = [](std::shared_ptr<session> self) -> task<void> { co_await self->keep(); };
    boost::asio::co_spawn(on_, keeping(shared_from_this()), boost::asio::detached);
}

task<void> redis_client::session::keep()
{
    unsigned failures = 0;
    while (!stopped_) {
        co_await next_.wait(pause_after(failures, chance()));
        if (stopped_) co_return;
        auto made = co_await dialer_.dial();
        failures = made ? 1 : failures + 1;
        if (stopped_ && made) (*made)->end(stopping());
        if (stopped_) co_return;
        if (!made) note_failure(made.error());
        else adopt(std::move(*made));
        if (made) co_await attend();
    }
}

void redis_client::session::adopt(connection_ptr made)
{
    connection_ = std::move(made);
    connection_->when_lost([self = weak_from_this()](error const& why) {
        if (auto const here = self.lock()) here->drop(why);
    });
    away_.reset();
    tell({});
    counted_.connected = true;
    ++counted_.connections;
    watch_sentinels();
    for (auto* each : std::exchange(line_, {})) each->wake_later(on_);
}

void redis_client::session::watch_sentinels()
{
    if (watch_ || dialer_.master_name().empty()) return;
    watch_.emplace(on_, how_.read_login,
                   [this] { drop(our_error(errc::storage_unavailable, "redis: another server is the master")); });
}

// Until the connection is lost, by what is seen here or by somebody else.
task<void> redis_client::session::attend()
{
    command const role{"ROLE"};
    std::span const alone{&role, 1};
    while (auto const on = connection_) {
        co_await next_.wait(heartbeat);
        if (connection_ != on) continue;
        auto const told = co_await on->exchange(alone, steady_now() + how_.timeout);
        if (told && !is_master(told->front()))
            drop(our_error(errc::storage_unavailable, "redis: the server takes no writes any more"));
    }
}

void redis_client::session::drop(error const& why)
{
    auto const lost = std::exchange(connection_, nullptr);
    if (!lost) return;
    lost->end(why);
    tell(why.note());
    counted_.connected = false;
    next_.skip();
}

void redis_client::session::note_failure(error const& why)
{
    away_ = error{errc::storage_unavailable, origin::ourselves, why.note()}.as_retryable();
    tell(why.note());
    for (auto* each : std::exchange(line_, {})) each->wake_later(on_);
}

void redis_client::session::stop()
{
    stopped_ = true;
    watch_.reset();
    dialer_.stop();
    drop(stopping());
    note_failure(stopping());
    next_.skip();
}

// --- asking

task<result<std::vector<resp_value>>> redis_client::session::ask_all(std::vector<command> all)
{
    if (all.empty()) co_return std::vector<resp_value>{};
    auto on = result<connection_ptr>{connection_};
    if (!connection_) on = co_await connected();
    auto told = result<std::vector<resp_value>>{error{}};
    counted_.commands += all.size();
    if (on) told = co_await (*on)->exchange(all, steady_now() + how_.timeout);
    else told = on.error();
    if (!told) ++counted_.failures;
    if (!told) co_return told.error();
    look_for_wrong_node(*told);
    auto const repeated = co_await repeat_unknown(*on, all, *told);
    if (!repeated) co_return repeated.error();
    co_return std::move(*told);
}

task<result<connection_ptr>> redis_client::session::connected()
{
    if (stopped_) co_return stopping();
    if (away_) co_return *away_;
    begin();
    waiter here;
    auto const late = [&] { note_failure(our_error(errc::storage_unavailable, "redis: no connection in time")); };
    time_limit const limit{on_, steady_now() + how_.timeout, late};
    line_.push_back(&here);
    co_await here.wait();
    if (stopped_) co_return stopping();
    if (connection_) co_return connection_;
    co_return away_.value_or(our_error(errc::storage_unavailable, "redis: the connection broke"));
}

void redis_client::session::look_for_wrong_node(std::vector<resp_value> const& told)
{
    for (auto const& each : told)
        if (each.is_failure() && meaning_of(each.text) == meaning::wrong_node) return drop(error_of(each.text));
}

// A server that was started anew, or took over, knows no scripts. It keeps the text that it is sent now.
task<result<void>> redis_client::session::repeat_unknown(connection_ptr on, std::vector<command> const& all,
                                                         std::vector<resp_value>& told)
{
    std::vector<std::size_t> which;
    std::vector<command> whole;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!all[i].runs_script() || !told[i].is_failure() || meaning_of(told[i].text) != meaning::no_script) continue;
        which.push_back(i);
        whole.push_back(all[i].with_text());
    }
    if (whole.empty()) co_return result<void>{};
    auto again = co_await on->exchange(whole, steady_now() + how_.timeout);
    if (!again) co_return again.error();
    for (std::size_t i = 0; i < which.size(); ++i) told[which[i]] = std::move((*again)[i]);
    look_for_wrong_node(told);
    co_return result<void>{};
}

void redis_client::session::tell(std::string trouble)
{
    std::lock_guard const lock{guard_};
    trouble_ = std::move(trouble);
}

std::string redis_client::session::trouble() const
{
    std::lock_guard const lock{guard_};
    return trouble_;
}

redis_activity redis_client::session::activity() const noexcept
{
    return {counted_.connected, counted_.commands, counted_.failures, counted_.connections};
}

// --- the client

redis_client::redis_client(executor on, redis_options how) : session_{std::make_shared<session>(on, std::move(how))} {}

redis_client::~redis_client()
{
    session_->stop();
}

void redis_client::begin()
{
    session_->begin();
}

void redis_client::stop()
{
    session_->stop();
}

redis_activity redis_client::activity() const noexcept
{
    return session_->activity();
}

std::string redis_client::trouble() const
{
    return session_->trouble();
}

task<result<resp_value>> redis_client::ask(command one)
{
    std::vector<command> all;
    all.push_back(std::move(one));
    auto told = co_await ask_all(std::move(all));
    if (!told) co_return told.error();
    if (told->front().is_failure()) co_return error_of(told->front().text);
    co_return std::move(told->front());
}

task<result<std::vector<resp_value>>> redis_client::ask_all(std::vector<command> all)
{
    auto const here = session_;
    co_return co_await here->ask_all(std::move(all));
}

} // namespace yett::storage::redis
