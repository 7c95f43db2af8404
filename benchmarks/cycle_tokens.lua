-- Sends the same small request with each of many tokens in turn. After `--`: the file with the tokens, one a line.
local requests = {}
local at = 0

function init(args)
  for token in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("GET", "/", { ["Authorization"] = "Bearer " .. token })
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
