#include "gateway/storage/redis/sessions/scripts.hpp"

namespace yett::storage::redis {

namespace {

// The last 64 marks of a user are kept. A key without an end gets one; one that has an end never gets an earlier one.
constexpr std::string_view admit_text = R"lua(
if redis.call('EXISTS', KEYS[1]) == 1 then return {0} end
local id, now, life, longest = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local most, marks = tonumber(ARGV[5]), tonumber(ARGV[6])
local known = redis.call('ZCARD', KEYS[3])
local new = 0
for i = 7, 6 + marks do new = new + redis.call('ZADD', KEYS[3], now, ARGV[i]) end
redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -65)
redis.call('HSET', KEYS[1], unpack(ARGV, 7 + marks))
redis.call('ZADD', KEYS[2], 0, id)
redis.call('PEXPIRE', KEYS[1], life)
for i = 2, 3 do
    if redis.call('PTTL', KEYS[i]) < longest then redis.call('PEXPIRE', KEYS[i], longest) end
end
local open = redis.call('ZCARD', KEYS[2])
local ids = {}
if open > most and open <= 1000 then ids = redis.call('ZRANGE', KEYS[2], 0, -1) end
return {1, known, new, open, ids}
)lua";

constexpr std::string_view rotate_text = R"lua(
local presented, successor, salt, now = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local idle, access, grace = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local s = redis.call('HMGET', KEYS[1], 'current', 'previous', 'rotated_at', 'last_seen', 'idle_until', 'expires_at',
    'access_until', 'ended_at', 'claimed_at')
local function told(outcome) return {outcome, redis.call('HGETALL', KEYS[1])} end
if not s[1] then return {'unknown'} end
local rotated_at, last_seen, idle_until = tonumber(s[3]), tonumber(s[4]), tonumber(s[5])
local expires_at, access_until, claimed_at = tonumber(s[6]), tonumber(s[7]), tonumber(s[9])
if s[8] or now >= idle_until or now >= expires_at then return told('ended') end
if claimed_at and now < claimed_at + 10000 then return told('ended') end

local is_current = presented == s[1]
local is_previous = presented ~= '' and presented == s[2] and now - rotated_at <= grace
if claimed_at or not (is_current or is_previous) then
    redis.call('HSET', KEYS[1], 'claimed_at', ARGV[4])
    return told('reused')
end

local access_kept = access > access_until and ARGV[6] or s[7]
local seen_kept = now > last_seen and ARGV[4] or s[4]
redis.call('HSET', KEYS[1], 'last_seen', seen_kept, 'access_until', access_kept, 'address', ARGV[8], 'agent', ARGV[9])
if not is_current then return told('replayed') end
local idle_kept = math.min(expires_at, math.max(idle_until, idle))
redis.call('HSET', KEYS[1], 'previous', s[1], 'current', successor, 'salt', salt, 'rotated_at', ARGV[4],
    'idle_until', string.format('%d', idle_kept))
redis.call('PEXPIRE', KEYS[1], ARGV[10], 'GT')
return told('rotated')
)lua";

// An ended session is kept as long as its last access token, and a little longer by another clock.
constexpr std::string_view end_text = R"lua(
local s = redis.call('HMGET', KEYS[1], 'ended_at', 'access_until')
redis.call('ZREM', KEYS[2], ARGV[1])
if not s[2] then return {} end
local ended_at = s[1] or ARGV[2]
if not s[1] then
    redis.call('HSET', KEYS[1], 'ended_at', ARGV[2])
    redis.call('PEXPIRE', KEYS[1], math.max(0, tonumber(s[2]) - tonumber(ARGV[2])) + tonumber(ARGV[3]))
end
return {ended_at, s[2]}
)lua";

constexpr std::string_view forget_text = R"lua(
local s = redis.call('HMGET', KEYS[1], 'access_until', 'idle_until', 'ended_at', 'family')
local now = tonumber(ARGV[2])
if not s[1] then
    redis.call('ZREM', KEYS[2], ARGV[1])
    return {}
end
local over = tonumber(s[1])
if not s[3] then over = math.max(over, tonumber(s[2])) end
if over > now then return {0, string.format('%d', over)} end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return {1, s[4]}
)lua";

} // namespace

script const& admit_script()
{
    static script const made{admit_text};
    return made;
}

script const& rotate_script()
{
    static script const made{rotate_text};
    return made;
}

script const& end_script()
{
    static script const made{end_text};
    return made;
}

script const& forget_script()
{
    static script const made{forget_text};
    return made;
}

} // namespace yett::storage::redis
