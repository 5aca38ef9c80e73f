-- An action that waits, a fetch and a converter, as a configuration uses them.
core.register_action("greet", { "http-req" }, function(txn)
    core.msleep(20)
    txn:set_var("txn.greeting", "hello from an action")
    txn.http:req_add_header("X-Seen-By", "lua")
end)

core.register_fetches("path_length", function(txn)
    return #txn.sf:path()
end)

core.register_converters("shout", function(text)
    return string.upper(text) .. "!"
end)
