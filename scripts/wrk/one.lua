-- One request again and again: METHOD, the body in the file BODY, if any, and the header If-None-Match as in
-- TAG, if any. Prints one line as nested.lua does.

wrk.method = os.getenv("METHOD")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["If-None-Match"] = os.getenv("TAG")
if os.getenv("BODY") then
  wrk.body = io.open(os.getenv("BODY")):read("*a")
end

function done(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local rate = summary.requests * 1e6 / summary.duration
  print(string.format("result %.1f %.3f %.3f %d", rate, latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, failed))
end
