core.register_action("ask", { "http-req" }, function(txn)
    local r = core.httpclient():get{ url = "http://127.0.0.1:" .. txn.f:req_hdr("port") .. "/" }
    txn:set_var("txn.got", r.status)
end)
