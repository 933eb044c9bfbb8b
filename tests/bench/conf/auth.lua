-- What a HAProxy user would write: asks for each token once in 60 seconds.
local cache = {}
core.register_action("agt_auth", { "http-req" }, function(txn)
  local header = txn.sf:req_hdr("authorization")
  if not header then return end
  local entry = cache[header]
  local now = core.now().sec
  if entry and entry.expires > now then txn:set_var("txn.account", entry.account) return end
  local answer = core.httpclient():get{ url = "http://127.0.0.1:@VERIFY@/v1/verify", headers = { ["authorization"] = { header } } }
  if answer and answer.status == 200 and answer.headers["x-gate-account-id"] then
    local account = answer.headers["x-gate-account-id"][0]
    cache[header] = { account = account, expires = now + 60 }
    txn:set_var("txn.account", account)
  end
end)
