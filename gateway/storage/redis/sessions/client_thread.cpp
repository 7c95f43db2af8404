#include "gateway/storage/redis/sessions/client_thread.hpp"

#include "gateway/base/async/waiter.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>

#include <pthread.h>

namespace yett::storage::redis {

namespace {

using answers = result<std::vector<resp_value>>;

// Whoever asked gets a failure without the word that it may be tried again: nobody does.
answers all_or_nothing(answers told)
{
    if (!told) return error{told.error().code(), told.error().from(), told.error().note(), told.error().cause()};
    auto const failed = std::ranges::find_if(*told, &resp_value::is_failure);
    if (failed != told->end()) return our_error(errc::storage_unavailable, "redis: " + failed->text);
    return told;
}

} // namespace

client_thread::client_thread(redis_options how) : client_{loop_.get_executor(), std::move(how)}
{
    thread_ = std::jthread{[this] {
        pthread_setname_np(pthread_self(), "redis");
        loop_.run();
    }};
}

client_thread::~client_thread()
{
    stopping_ = true;
    boost::asio::post(loop_, [this] {
        client_.stop();
        keep_.reset();
    });
}

// The caller goes with the frame: it keeps its event loop alive.
template<class Caller>
task<void> client_thread::serve(std::vector<command> all, std::shared_ptr<Caller> caller)
{
    auto told = co_await client_.ask_all(std::move(all));
    caller->resume(std::make_shared<answers>(all_or_nothing(std::move(told))));
}

template<class Caller>
void client_thread::enqueue(std::vector<command> all, std::shared_ptr<Caller> caller)
{
    auto begin = [this, all = std::move(all), caller = std::move(caller)]() mutable {
        boost::asio::co_spawn(loop_, serve(std::move(all), std::move(caller)), boost::asio::detached);
    };
    boost::asio::post(loop_, std::move(begin));
}

task<answers> client_thread::ask_all(std::vector<command> all)
{
    if (stopping_) co_return our_error(errc::stopping, "the connection to redis");
    auto const here = co_await boost::asio::this_coro::executor;
    auto initiate = [this, &all, here](auto handler) {
        enqueue(std::move(all), std::make_shared<waiting_caller<decltype(handler)>>(std::move(handler), here));
    };
    auto started = boost::asio::async_initiate<boost::asio::use_awaitable_t<executor> const, void(std::shared_ptr<answers>)>(
        initiate, use_task);
    auto told = co_await std::move(started);
    co_return std::move(*told);
}

task<result<resp_value>> client_thread::ask(command one)
{
    std::vector<command> all;
    all.push_back(std::move(one));
    auto told = co_await ask_all(std::move(all));
    if (!told) co_return told.error();
    co_return std::move(told->front());
}

} // namespace yett::storage::redis
