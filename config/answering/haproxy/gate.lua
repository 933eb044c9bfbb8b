-- Asks gate-sidecar about each request. Needs HAProxy 2.6 or newer, no Lua library, and `answer.original: x-forwarded`.
--   http-request lua.gate http://127.0.0.1:9904
-- After an allowed request txn.gate_decision is "allowed". Deny every request for which it is not: HAProxy goes on with a
-- request whose Lua action has failed.

local milliseconds = 10000   -- more than `answer.wait`, which is 5s
local asked_with = { "authorization", "accept", "origin", "access-control-request-method", "x-request-id", "traceparent" }
local identity = { "x-gate-account-id", "x-gate-verification", "x-gate-assertion" }   -- CHANGE with `auth.header_name`
local told_to_client = { "content-type", "www-authenticate", "retry-after", "cache-control", "x-request-id" }

local function question(txn)
  local received, sent = txn.http:req_get_headers(), {}
  for _, name in ipairs(asked_with) do
    if received[name] then
      sent[name] = {}
      for at = 0, #received[name] do sent[name][at + 1] = received[name][at] end   -- two Authorization fields stay two
    end
  end
  sent["x-forwarded-method"] = { txn.f:method() }
  sent["x-forwarded-uri"] = { txn.f:pathq() }
  if received["host"] then sent["x-forwarded-host"] = { received["host"][0] } end
  sent["x-forwarded-for"] = { txn.f:src() }
  return sent
end

local function refuse(txn, answer)
  local reply = txn:reply()
  reply:set_status(answer.status)
  for _, name in ipairs(told_to_client) do
    local values = answer.headers[name]
    if values then for at = 0, #values do reply:add_header(name, values[at]) end end
  end
  reply:set_body(answer.body or "")
  txn:done(reply)
end

local function allow(txn, answer)
  for _, name in ipairs(identity) do
    if answer.headers[name] then txn.http:req_set_header(name, answer.headers[name][0]) end
  end
  local removed = answer.headers["x-envoy-auth-headers-to-remove"]   -- `authorization`, where it holds an agent token
  if removed then
    for name in removed[0]:gmatch("[^%s,]+") do txn.http:req_del_header(name) end
  end
  txn:set_var("txn.gate_decision", "allowed")
end

core.register_action("gate", { "http-req" }, function(txn, sidecar)
  local answer = core.httpclient():get{ url = sidecar .. "/auth", headers = question(txn), timeout = milliseconds }
  if answer.status == 200 then
    allow(txn, answer)
  elseif answer.headers and answer.headers["x-request-id"] then
    refuse(txn, answer)   -- else it is HAProxy's own word: nobody has answered
  end
end, 1)
