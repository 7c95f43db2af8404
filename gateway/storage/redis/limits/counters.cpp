#include "gateway/storage/redis/limits/counters.hpp"

#include "gateway/base/async/wait_until.hpp"
#include "gateway/storage/redis/client/redis_client.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

namespace yett::storage::redis {
namespace {

// Of what is settled, so that a moment without Redis loses nothing of it.
constexpr unsigned most_tries = 4;
constexpr milliseconds between_tries{1000};

// Nobody waits for it. What is sent twice because an answer was lost counts a failure twice at most; what is lost
// keeps others waiting until the loan ends, and is then no failure at all.
task<void> send(redis_client& by, command what)
{
    for (unsigned tried = 0; tried < most_tries; ++tried) {
        if (tried > 0) co_await wait_until(steady_now() + between_tries);
        auto one = what;
        auto const told = co_await by.ask(std::move(one));
        if (told || told.error() == errc::stopping) co_return;
    }
}

result<std::vector<limits::limit_verdict>> verdicts_of(std::vector<resp_value> const& told, std::span<limits::charge const> what)
{
    std::vector<limits::limit_verdict> verdicts;
    verdicts.reserve(what.size());
    for (std::size_t i = 0; i < what.size(); ++i) {
        auto const v = verdict_of(told[i], what[i]);
        if (!v) return v.error();
        verdicts.push_back(*v);
    }
    return verdicts;
}

class redis_counters final : public limits::counters
{
public:
    redis_counters(redis_client& client, executor on, counter_options how) : client_{client}, on_{on}, how_{std::move(how)} {}

    task<result<std::vector<limits::limit_verdict>>> spend(std::span<limits::charge const> what) override
    {
        std::vector<limits::limit_verdict> nothing;
        if (what.empty()) co_return std::move(nothing);
        std::vector<command> all;
        all.reserve(what.size());
        for (auto const& each : what) all.push_back(spend_command(each, how_));
        auto const told = co_await client_.ask_all(std::move(all));
        if (!told) co_return told.error();
        co_return verdicts_of(*told, what);
    }

    void settle(limits::charge const& what, limits::tick stamp, limits::charge_end end) noexcept override
    {
        auto work = send(client_, settle_command(what, stamp, end, how_));
        boost::asio::co_spawn(on_, std::move(work), boost::asio::detached);
    }

private:
    redis_client& client_;
    executor on_;
    counter_options how_;
};

} // namespace

std::unique_ptr<limits::counters> make_counters(redis_client& client, executor on, counter_options how)
{
    return std::make_unique<redis_counters>(client, on, std::move(how));
}

} // namespace yett::storage::redis
