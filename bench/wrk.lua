-- Requests with many keys, on one or several nodes.
-- TARGETS: addresses, one per thread. KEYS: a file with a key in each line. COUNT: how many of them.
local targets = {}
for host, port in os.getenv("TARGETS"):gmatch("([^%s:]+):(%d+)") do
  targets[#targets + 1] = wrk.lookup(host, port)[1]
end

local threads = 0
function setup(thread)
  threads = threads + 1
  thread.addr = targets[(threads - 1) % #targets + 1]
end

local requests, next = {}, 0
function init()
  local body = os.getenv("BODY")
  for key in io.lines(os.getenv("KEYS")) do
    if #requests == tonumber(os.getenv("COUNT")) then break end
    local headers = { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. key }
    requests[#requests + 1] = wrk.format("POST", "/v1/chat/completions", headers, body)
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"failed":%d,"p50":%d,"p99":%d}\n',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
