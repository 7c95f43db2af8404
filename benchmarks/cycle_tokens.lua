-- Sends the same small request with each of many tokens in turn. After `--`: the file with
-- the tokens, one a line, and how long each connection rests between requests (milliseconds).
local requests = {}
local at = 0
local rest = 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/", { ["Authorization"] = "Bearer " .. token })
  end
  rest = tonumber(args[2] or "0")
  if rest > 0 then
    delay = function() return math.random(0, 2 * rest) end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
