#include "gateway/storage/redis/client/sentinel_watch.hpp"

#include "gateway/base/async/back_off.hpp"
#include "gateway/storage/redis/client/pause.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <array>

namespace yett::storage::redis {
namespace {

// A sentinel that is gone without a word would leave us listening to nobody.
constexpr seconds silence{2};

// ["message", "+switch-master", "NAME OLD-HOST OLD-PORT HOST PORT"]
bool tells_of(resp_value const& said, std::string const& master_name)
{
    return said.items.size() == 3 && said.items[0].text == "message" && said.items[2].text.starts_with(master_name + " ");
}

} // namespace

// Lives as long as its owner, or as the coroutine that attends to it.
class sentinel_watch::session : public std::enable_shared_from_this<session>
{
public:
    session(executor on, std::function<result<redis_login>()> read_login, std::function<void()> switched)
        : on_{on},
          read_login_{read_login},
          dialer_{on, std::move(read_login)},
          switched_{std::move(switched)},
          next_{on}
    {
    }

    void begin();
    void end();

private:
    task<void> attend();
    task<bool> listen(connection_ptr on);
    task<bool> say(connection_ptr on, command what);
    void hear(resp_value const& said);

    executor on_;
    std::function<result<redis_login>()> read_login_;
    dialer dialer_;
    std::function<void()> switched_;
    pause next_;
    std::string master_name_;
    bool ended_ = false;
};

void sentinel_watch::session::begin()
{
    auto attending = [](std::shared_ptr<session> self) -> task<void> { co_await self->attend(); };
    boost::asio::co_spawn(on_, attending(shared_from_this()), boost::asio::detached);
}

void sentinel_watch::session::end()
{
    ended_ = true;
    switched_ = nullptr;
    dialer_.stop();
    next_.skip();
}

task<void> sentinel_watch::session::attend()
{
    unsigned failures = 0;
    while (!ended_) {
        co_await next_.wait(pause_after(failures, 0.5));
        if (ended_) co_return;
        if (auto const as = read_login_()) master_name_ = as->master_name;
        auto made = co_await dialer_.dial_sentinel();
        auto listened = false;
        if (made) listened = co_await listen(*made);
        if (made) (*made)->end(our_error(errc::stopping));
        failures = listened ? 1 : failures + 1;
    }
}

// What changed while nobody listened is found by whoever dials, and by who asks for the ROLE.
task<bool> sentinel_watch::session::listen(connection_ptr on)
{
    on->hear_unasked([self = weak_from_this()](resp_value const& said) {
        if (auto const here = self.lock()) here->hear(said);
    });
    command subscribe{"SUBSCRIBE", "+switch-master"};
    auto there = co_await say(on, std::move(subscribe));
    auto const listened = there;
    while (there && !ended_) {
        co_await next_.wait(silence);
        if (ended_) break;
        command ping{"PING"};
        there = co_await say(on, std::move(ping));
    }
    co_return listened;
}

// What comes may as well be the word of a change, and the answer the next thing unasked.
task<bool> sentinel_watch::session::say(connection_ptr on, command what)
{
    std::span const alone{&what, 1};
    auto const told = co_await on->exchange(alone, steady_now() + silence);
    if (told) hear(told->front());
    co_return told && !told->front().is_failure();
}

void sentinel_watch::session::hear(resp_value const& said)
{
    if (switched_ && tells_of(said, master_name_)) switched_();
}

sentinel_watch::sentinel_watch(executor on, std::function<result<redis_login>()> read_login, std::function<void()> switched)
    : session_{std::make_shared<session>(on, std::move(read_login), std::move(switched))}
{
    session_->begin();
}

sentinel_watch::~sentinel_watch()
{
    session_->end();
}

} // namespace yett::storage::redis
