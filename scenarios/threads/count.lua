local counted = 0
core.register_action("count", { "http-req" }, function(txn)
    counted = counted + 1
    core.msleep(counted % 3)
    txn:set_var("txn.counted", counted)
end)
