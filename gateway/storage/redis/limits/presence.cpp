#include "gateway/storage/redis/limits/presence.hpp"

#include "gateway/storage/redis/client/redis_client.hpp"

namespace yett::storage::redis {
namespace {

constexpr std::string_view text = R"lua(
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now - ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return redis.call('ZCARD', KEYS[1])
)lua";

script const& presence_script()
{
    static script const made{text};
    return made;
}

} // namespace

task<result<unsigned>> report_presence(redis_client& by, std::string prefix, std::string id)
{
    std::vector<std::string> const keys{prefix + ":limit:{nodes}"};
    command report{presence_script(), keys, id, presence_length.count()};
    auto const told = co_await by.ask(std::move(report));
    if (!told) co_return told.error();
    co_return static_cast<unsigned>(told->number);
}

} // namespace yett::storage::redis
