#include "gateway/storage/redis/limits/counter_script.hpp"

// A counter is one string, so that a decision is one GET and one SET; it expires with what it counts. The
// numbers in it are doubles, which hold whole microseconds of this age (and of the next 250 years) exactly.
//
//     window   of each event its time; where the limit lends, until when it is lent beside it (0: it is not)
//     backoff  pauses that were used, when the last was, until when that is lent; then its window
//     gcra     when all is earned back, in microseconds and nanoseconds; then of each loan its stamp and its end
//
// A loan has no name: it is known by its stamp, and of two with one stamp it does not matter which comes
// back. One whose end has passed belonged to a program that died, or to a request that takes very long; it
// is taken back before anything is decided. If its request ends after all, `confirm` puts it where it was.
//
// A server's clock may be set back, and that of a replica that takes over may be behind. What lies ahead of
// now counts as of its own time, as in memory; what lies further ahead than it could is forgotten, because it would
// keep everybody out until the clock gets there.
//
// Refusals write nothing.

namespace yett::storage::redis {
namespace {

constexpr std::string_view text = R"lua(
-- KEYS[1] the counter. ARGV: verb, now ("": the server's), algorithm, cost, lend, then what the algorithm needs.
-- All times are microseconds since 1970; those of gcra have nanoseconds beside them.
local verb, algorithm, cost, lend = ARGV[1], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local now = tonumber(ARGV[2])
if not now then
  local clock = redis.call('TIME')
  now = clock[1] * 1000000 + clock[2]
end
local state = redis.call('GET', KEYS[1]) or ''

local function numbers(from, first, count)
  return struct.unpack('<' .. string.rep('d', count), from, first)
end

local function keep(value, expires)
  if value == '' or expires <= now then return redis.call('DEL', KEYS[1]) end
  if ARGV[2] ~= '' then return redis.call('SET', KEYS[1], value) end -- of a time that goes as its test wants
  redis.call('SET', KEYS[1], value, 'PX', math.ceil((expires - now) / 1000))
end

-- A window: of each event its time and, where the limit lends, until when it is lent (0: it is not).
local window = {width = lend > 0 and 16 or 8}
function window:open(times, capacity, period)
  self.times, self.capacity, self.period, self.lent = times, capacity, period, false
  if self:used() > 0 and self:at(self:used() - 1) > now + period then self.times = '' end
  if lend > 0 then self:take_back() end
end
function window:used() return #self.times / self.width end
function window:at(n) return (numbers(self.times, n * self.width + 1, 1)) end
function window:lent_until(n) return lend > 0 and (numbers(self.times, n * self.width + 9, 1)) or 0 end
function window:record(time, till) return lend > 0 and struct.pack('<dd', time, till) or struct.pack('<d', time) end
function window:replace(n, by)
  self.times = self.times:sub(1, n * self.width) .. by .. self.times:sub((n + 1) * self.width + 1)
end
function window:take_back()
  for n = self:used() - 1, 0, -1 do
    local till = self:lent_until(n)
    if till ~= 0 and till <= now then self:replace(n, '') elseif till ~= 0 then self.lent = true end
  end
end
function window:expires() return self:used() == 0 and now or self:at(self:used() - 1) + self.period end
function window:look()
  local used, gone = self:used(), 0
  self.stamp = used == 0 and now or math.max(now, self:at(used - 1))
  while gone < used and self.stamp - self:at(gone) >= self.period do gone = gone + 1 end
  local live = used - gone
  local v = {allowed = live + cost <= self.capacity, remaining = math.max(self.capacity - live, 0), retry = 0, stamp = self.stamp}
  v.reset = live == 0 and 0 or self:expires() - now
  if v.allowed then self.gone = gone return v end
  local must_go = live + cost - self.capacity
  v.retry = must_go > live and self.period or self:at(gone + must_go - 1) + self.period - now
  return v
end
function window:spend()
  local v = self:look()
  if not v.allowed then return v end
  local events = self:record(self.stamp, lend > 0 and now + lend or 0)
  self.times = self.times:sub(self.gone * self.width + 1) .. events:rep(cost)
  v.remaining = v.remaining - cost
  v.reset = self:expires() - now
  return v
end
-- The newest of the events under this stamp; of those that are lent, where the limit lends.
function window:find(stamp)
  for n = self:used() - 1, 0, -1 do
    local time = self:at(n)
    if time < stamp then return nil end
    if time == stamp and (lend == 0 or self:lent_until(n) ~= 0) then return n end
  end
end
function window:give_back(stamp)
  for _ = 1, cost do
    local n = self:find(stamp)
    if not n then return end
    self:replace(n, '')
  end
end
-- What was lent is spent for good; also when it had been taken back meanwhile.
function window:confirm(stamp)
  for _ = 1, cost do
    local n = self:find(stamp)
    if n then self:replace(n, self:record(stamp, 0)) elseif stamp + self.period > now then self:insert(stamp) end
  end
end
function window:insert(stamp)
  local n = self:used()
  while n > 0 and self:at(n - 1) > stamp do n = n - 1 end
  self.times = self.times:sub(1, n * self.width) .. self:record(stamp, 0) .. self.times:sub(n * self.width + 1)
  self.times = self.times:sub(-self.capacity * self.width)
end
function window:answer(v) return {v.allowed and 1 or 0, v.held and 1 or 0, now, v.remaining, v.reset, v.retry, v.stamp} end

if algorithm == 'window' then
  window:open(state, tonumber(ARGV[6]), tonumber(ARGV[7]))
  if verb == 'spend' then
    local v = window:spend()
    if v.allowed then keep(window.times, window:expires()) end
    v.held = not v.allowed and window.lent
    return window:answer(v)
  end
  window[verb](window, tonumber(ARGV[8]))
  return keep(window.times, window:expires())
end

-- A backoff: the pauses that were used, when the last was, until when that is lent; behind them a window.
if algorithm == 'backoff' then
  local period = tonumber(ARGV[7])
  local steps, last, till = 0, 0, 0
  if state ~= '' then steps, last, till = numbers(state, 1, 3) end
  window:open(state:sub(25), tonumber(ARGV[6]), period)
  local function pause() return math.min(60000000 * 2 ^ steps, period) end
  local function forget_pause() steps = steps - 1 last = last - pause() till = 0 end
  if steps > 0 and last > now + period then steps = 0 end
  if steps > 0 and till ~= 0 and till <= now then forget_pause() end
  local function expires() return steps > 0 and last + pause() + period or window:expires() end
  local function store() keep(struct.pack('<ddd', steps, last, till) .. window.times, expires()) end
  if verb == 'spend' then
    local slowed = steps > 0 and now < last + pause() + period
    if not slowed then steps = 0 end
    local v = slowed and window:look() or window:spend()
    if not slowed and v.allowed then store() return window:answer(v) end
    local since = slowed and last or window:expires() - period
    local wait = math.max(since + pause() - now, 0)
    v.retry = slowed and wait or math.min(v.retry, wait)
    v.allowed = wait == 0
    v.held = not v.allowed and not slowed and window.lent
    v.remaining, v.stamp = 0, now
    if v.allowed then steps, last, till = math.min(steps + 1, 24), now, lend > 0 and now + lend or 0 end
    v.reset = expires() - now
    if v.allowed then store() end
    return window:answer(v)
  end
  local stamp = tonumber(ARGV[8])
  if steps == 0 or last ~= stamp then window[verb](window, stamp)
  elseif verb == 'confirm' then till = 0
  elseif lend == 0 or till ~= 0 then forget_pause() end
  return store()
end

-- gcra: when all is earned back; behind it of each loan its stamp and until when it is lent.
local function later(a, b) return a[1] > b[1] or a[1] == b[1] and a[2] > b[2] end
local function sum(a, b)
  local ns = a[2] + b[2]
  local carry = math.floor(ns / 1000)
  return {a[1] + b[1] + carry, ns - carry * 1000}
end
local function difference(a, b) return sum(a, {-b[1], -b[2]}) end
local room, charge, origin = {tonumber(ARGV[6]), tonumber(ARGV[7])}, {tonumber(ARGV[8]), tonumber(ARGV[9])}, {now, 0}
local earned_back = {now, 0}
if state ~= '' then earned_back = {numbers(state, 1, 2)} end
if later(earned_back, sum(origin, room)) then earned_back, state = {now, 0}, '' end

-- What of a charge is not earned back yet.
local function rest_of(stamp)
  local left = difference(stamp, origin)
  if later({0, 0}, left) then return {0, 0} end
  return later(left, charge) and charge or left
end
local loans, held = {}, false
for first = 17, #state, 24 do
  local us, ns, till = numbers(state, first, 3)
  if till <= now then earned_back = difference(earned_back, rest_of({us, ns}))
  else loans[#loans + 1] = {us, ns, till} held = true end
end
local function store()
  local value = struct.pack('<dd', earned_back[1], earned_back[2])
  local until_when = earned_back[1] + 1
  for n = 1, #loans do
    value = value .. struct.pack('<ddd', unpack(loans[n]))
  end
  keep(value, until_when)
end
if verb == 'spend' then
  local before = earned_back
  local due = sum(later(earned_back, origin) and earned_back or origin, charge)
  local allowed = not later(due, sum(origin, room))
  if allowed then
    earned_back = due
    if lend > 0 then loans[#loans + 1] = {due[1], due[2], now + lend} end
    store()
  end
  return {allowed and 1 or 0, not allowed and held and 1 or 0, now, before[1], before[2]}
end
local stamp, found = {tonumber(ARGV[10]), tonumber(ARGV[11])}, nil
for n = 1, #loans do if loans[n][1] == stamp[1] and loans[n][2] == stamp[2] then found = n end end
if found then table.remove(loans, found) end
if verb == 'give_back' and (found or lend == 0) then earned_back = difference(earned_back, rest_of(stamp)) end
if verb == 'confirm' and not found then
  earned_back = sum(later(earned_back, origin) and earned_back or origin, rest_of(stamp))
  if later(earned_back, sum(origin, room)) then earned_back = sum(origin, room) end
end
return store()
)lua";

} // namespace

script const& counter_script()
{
    static script const made{text};
    return made;
}

} // namespace yett::storage::redis
