-- Lua of every kind that lives as long as the worker: an action that sleeps, one that asks a server by a socket, one by
-- the HTTP client, services, a fetch, a converter, and a task that never ends.
local port = tonumber(os.getenv("PAGES_PORT"))

core.register_action("rest", { "http-req" }, function(txn)
    core.msleep(math.random(1, 30))
    txn:set_priv({ rested = true })
end)

core.register_action("ask", { "http-req" }, function(txn)
    local socket = core.tcp()
    socket:settimeout(2)
    if socket:connect("127.0.0.1", port) then
        socket:send("GET /page/asked/2000 HTTP/1.0\r\n\r\n")
        local all = socket:receive("*a")
        txn.http:req_set_header("x-asked", all and #all or 0)
    end
    socket:close()
end)

core.register_action("fetch", { "http-req" }, function(txn)
    local answer = core.httpclient():get({ url = "http://127.0.0.1:" .. port .. "/page/fetched/3000", timeout = 2000 })
    txn.http:req_set_header("x-fetched", answer and answer.status or 0)
end)

-- /lua/page/SEED/SIZE, as the servers answer /page/SEED/SIZE.
core.register_service("page", "http", function(applet)
    local seed, size = applet.path:match("^/lua/page/([^/]+)/(%d+)$")
    size = tonumber(size)
    local body = (seed .. "."):rep(size // (#seed + 1) + 1):sub(1, size)
    applet:set_status(200)
    applet:add_header("content-length", size)
    applet:start_response()
    for at = 1, size, 1000 do
        applet:send(body:sub(at, at + 999))
    end
end)

core.register_service("said", "tcp", function(applet)
    applet:send("said " .. applet:getline())
end)

core.register_fetches("path_length", function(txn)
    return tostring(#(txn.sf:path() or ""))
end)

core.register_converters("shout", function(text)
    return text:upper() .. "!"
end)

core.register_task(function()
    local seen = 0
    while true do
        core.msleep(500)
        for _, proxy in pairs(core.proxies) do
            for _, server in pairs(proxy.servers) do
                seen = seen + #server:get_stats().svname
            end
        end
    end
end)
