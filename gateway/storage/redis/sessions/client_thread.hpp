#pragma once

#include "gateway/storage/redis/client/redis_client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace yett::storage::redis {

// One redis_client on a thread of its own, for a store that all workers share: callers come from any
// executor and are resumed there. What several of them ask at once shares the connection's writes.
class client_thread
{
public:
    explicit client_thread(redis_options how);
    ~client_thread(); // what is still asked fails with `stopping`
    client_thread(client_thread const&) = delete;
    client_thread& operator=(client_thread const&) = delete;

    // redis_client::ask_all, but an answer that is a failure fails the whole: everything here belongs together.
    task<result<std::vector<resp_value>>> ask_all(std::vector<command> all);
    task<result<resp_value>> ask(command one);

    redis_activity activity() const noexcept { return client_.activity(); }

private:
    template<class Caller>
    task<void> serve(std::vector<command> all, std::shared_ptr<Caller> caller);
    template<class Caller>
    void enqueue(std::vector<command> all, std::shared_ptr<Caller> caller);

    std::atomic<bool> stopping_{false};
    boost::asio::io_context loop_{1};
    redis_client client_;
    std::optional<boost::asio::executor_work_guard<executor>> keep_{loop_.get_executor()};
    std::jthread thread_; // last: it uses the rest
};

} // namespace yett::storage::redis
