-- SPDX-License-Identifier: Apache-2.0
-- wrk script: the same POST again and again. TARGET, BODY_BYTES and QUEUE_URL come from the environment.
local body_bytes = tonumber(os.getenv("BODY_BYTES") or "1024")
wrk.method = "POST"
wrk.path = os.getenv("REQUEST_PATH") or "/"
wrk.headers["Content-Type"] = "application/x-amz-json-1.0"
wrk.headers["X-Amz-Target"] = "AmazonSQS." .. (os.getenv("ACTION") or "SendMessage")
wrk.body = string.format('{"QueueUrl":"%s","MessageBody":"%s"}', os.getenv("QUEUE_URL") or "q",
                         string.rep("x", body_bytes))

function done(summary, latency, requests)
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write
               + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, errors,
                         latency:percentile(50), latency:percentile(99)))
end
