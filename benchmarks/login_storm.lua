-- Logs in again and again. After `--`: the JSON body and how long a refused client rests before
-- it tries again (milliseconds). Prints how often each status came, and refusals without Retry-After.
local threads = {}
local resting = false
local rest = 100

function setup(thread)
  table.insert(threads, thread)
end

function init(args)
  wrk.method = "POST"
  wrk.path = "/auth/login"
  wrk.body = args[1]
  wrk.headers["Content-Type"] = "application/json"
  rest = tonumber(args[2])
  succeeded, refused, others, impatient = 0, 0, 0, 0
end

function delay()
  local wait = resting and rest or 0
  resting = false
  return wait
end

function response(status, headers, body)
  resting = status ~= 200
  if status == 200 then
    succeeded = succeeded + 1
  elseif status == 503 then
    refused = refused + 1
    if not (headers["Retry-After"] or headers["retry-after"]) then impatient = impatient + 1 end
  else
    others = others + 1
  end
end

function done(summary, latency, requests)
  local sums = { succeeded = 0, refused = 0, others = 0, impatient = 0 }
  for _, thread in ipairs(threads) do
    for name, sum in pairs(sums) do sums[name] = sum + thread:get(name) end
  end
  for name, sum in pairs(sums) do print(name .. ": " .. sum) end
end
