-- Every way to wait: hours, silent peers, resets in the middle, a queue between two tasks.
local hours, slept = core.now().sec, "no"
core.register_task(function()
    core.sleep(3600)
    slept = tostring(core.now().sec - hours >= 3600)
end)

core.register_fetches("slept", function(txn) return slept end)

local function ask(txn, pattern)
    local s = core.tcp()
    s:settimeout(2)
    local ok, why = s:connect("127.0.0.1", tonumber(txn.f:req_hdr("port")))
    if not ok then return why end
    local a, b = s:receive(pattern)
    s:close()
    return tostring(a) .. "|" .. tostring(b)
end

core.register_action("ask", {"http-req"}, function(txn)
    txn:set_var("txn.got", ask(txn, "*l"))
end)

core.register_action("ask_all", {"http-req"}, function(txn)
    txn:set_var("txn.got", ask(txn, "*a"))
end)

core.register_action("again", {"http-req"}, function(txn)
    local n = (txn:get_priv() or 0) + 1
    txn:set_priv(n)
    if n < 4 then
        act.wake_time(500)
        return act.YIELD
    end
    txn:set_var("txn.got", n)
end)

local queue = core.queue()
core.register_task(function()
    for i = 1, 3 do
        core.msleep(100)
        queue:push(i)
    end
end)
local sum = 0
core.register_task(function()
    for _ = 1, 3 do sum = sum + queue:pop_wait() end
end)
core.register_fetches("sum", function(txn) return sum end)
