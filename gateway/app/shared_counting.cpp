#include "gateway/app/shared_counting.hpp"

#include "gateway/accounts/ports/node_list.hpp"
#include "gateway/app/parts/redis_options.hpp"
#include "gateway/base/random.hpp"
#include "gateway/storage/redis/limits/counters.hpp"
#include "gateway/storage/redis/limits/presence.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <cstring>

// Requests wait for the answers of the workers' clients, so these have little time: what does not answer
// within a quarter of a second is as good as away, and the share is at hand. Who is there is asked by nobody
// who waits. Each loop has a client of its own, because a client belongs to one thread.

namespace yett::app {
namespace {

constexpr milliseconds while_requests_wait{250};
constexpr milliseconds while_nobody_waits{1000};

storage::redis::redis_options options_of(config::shared_state const& where, milliseconds timeout)
{
    return redis_options(where.redis, where.url_file, "shared_state.url_file", timeout);
}

limits::hash_secret random_secret()
{
    limits::hash_secret secret;
    auto const bytes = random_bytes(secret.size());
    std::memcpy(secret.data(), bytes.data(), secret.size());
    return secret;
}

} // namespace

shared_counting::shared_counting(executor on, config::shared_state const& where, std::atomic<unsigned> const& nodes)
    : client_{on, options_of(where, while_requests_wait)},
      counters_{storage::redis::make_counters(client_, on, {where.prefix, storage::redis::counting_clock::server})},
      limiter_{*counters_, nodes, random_secret()}
{
    boost::asio::post(on, [this] { client_.begin(); });
}

fellow_nodes::fellow_nodes(executor on, config::shared_state const& where, std::string id)
    : client_{on, options_of(where, while_nobody_waits)},
      prefix_{where.prefix},
      id_{std::move(id)}
{
}

task<bool> fellow_nodes::report()
{
    auto const there = co_await storage::redis::report_presence(client_, prefix_, id_);
    if (there) hear(*there);
    co_return there.has_value();
}

void fellow_nodes::learn(std::span<accounts::node_entry const> listed, wall_time now)
{
    auto const is_there = [now](auto const& each) { return each.seen_at > now - storage::redis::presence_length; };
    hear(static_cast<unsigned>(std::ranges::count_if(listed, is_there)));
}

void fellow_nodes::hear(unsigned count)
{
    heard_.hear(count, steady_now());
    nodes_.store(heard_.value(), std::memory_order_relaxed);
}

} // namespace yett::app
