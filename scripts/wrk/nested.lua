-- Posts the bodies in the file BODIES, one a line, in turn. Prints one line at the end: requests per
-- second, p50 and p99 in milliseconds, and how many requests failed.

local requests, next = {}, 0

function init()
  local headers = { ["Content-Type"] = "application/json" }
  for body in io.lines(os.getenv("BODIES")) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests * 1e6 / summary.duration
  local line = string.format("result %.1f %.3f %.3f %d", rate, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, failed)
  print(line)
end
