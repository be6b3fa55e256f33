-- Posts the query in BODY, and prints one line at the end: requests per second, p50 and p99 in
-- milliseconds, and how many requests failed.

wrk.method = "POST"
wrk.body = os.getenv("BODY")
wrk.headers["Content-Type"] = "application/json"

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests * 1e6 / summary.duration
  local line = string.format("result %.1f %.3f %.3f %d", rate, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, failed)
  print(line)
end
