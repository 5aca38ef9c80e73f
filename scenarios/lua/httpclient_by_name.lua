core.register_action("ask", { "http-req" }, function(txn)
    local answer = core.httpclient():get { url = "http://" .. txn.f:req_hdr("name") .. ":" .. txn.f:req_hdr("port") .. "/", timeout = 2000 }
    txn:set_var("txn.got", answer.status)
end)
