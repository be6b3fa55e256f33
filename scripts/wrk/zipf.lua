-- Posts the bodies in the file BODIES, one a line, the Nth 1/N as often as the first. Prints at the end:
-- answers; how many of them ran no SQL; how many were kept responses; answers of more than 10 KB; the bytes of
-- all; failed requests; p50, p99 and p95 in milliseconds. What ran SQL, X-Farol-Cache tells.

local bodies, up_to = {}, {}
local headers = { ["Content-Type"] = "application/json" }
local thread

answers, without_sql, responses, large, bytes, failed = 0, 0, 0, 0, 0, 0

function setup(one)
  thread = one
end

function init()
  local sum = 0
  for body in io.lines(os.getenv("BODIES")) do
    bodies[#bodies + 1] = wrk.format("POST", nil, headers, body)
    sum = sum + 1 / #bodies
    up_to[#bodies] = sum
  end
  math.randomseed(tonumber(os.getenv("SEED")))
end

function request()
  local point, low, high = math.random() * up_to[#up_to], 1, #up_to
  while low < high do
    local middle = math.floor((low + high) / 2)
    if up_to[middle] < point then low = middle + 1 else high = middle end
  end
  return bodies[low]
end

function response(status, headers, body)
  local source = headers["x-farol-cache"] or ""
  answers = answers + 1
  bytes = bytes + #body
  if status ~= 200 or body:find('^{"errors"') then failed = failed + 1 end
  if #body > 10240 then large = large + 1 end
  if source:find("^response") then
    responses = responses + 1
    without_sql = without_sql + 1
  elseif source:find("misses=0$") then
    without_sql = without_sql + 1
  end
end

function done(summary, latency)
  local errors = summary.errors
  local lost = errors.connect + errors.read + errors.write + errors.timeout
  local of = function(name) return thread:get(name) end
  print(string.format("result %d %d %d %d %d %d %.2f %.2f %.2f", of("answers"), of("without_sql"), of("responses"),
    of("large"), of("bytes"), of("failed") + lost, latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(95) / 1000))
end
