-- Every method that waits, where it may: the world around fails now and then, and at the end nothing is left over.
local queue = core.queue()
local port_http, port_line = tonumber(os.getenv("s1_port")), tonumber(os.getenv("s2_port"))

core.register_task(function()
    while true do
        core.wait(15)
        if queue:size() < 3 then queue:push("turn") end
    end
end)

-- What fails in it is the world's doing: it is the others' business whether anything hangs or leaks.
local function try(work, ...)
    return select(2, pcall(work, ...))
end

local function ask_http(method)
    local request = { url = "http://127.0.0.1:" .. port_http .. "/x", timeout = 300, body = method == "post" and "body" or nil }
    local client = core.httpclient()
    return client[method](client, request).status
end

local function ask_line(tls)
    local s = core.tcp()
    s:settimeout(0.3)
    if tls then
        s:connect_ssl("127.0.0.1", port_line)
    else
        s:connect("127.0.0.1", port_line)
        s:send("one\n")
        s:receive("*l")
        s:send("two\n", 1, 2)
        s:receive(3)
        s:receive("*a")
    end
    s:close()
end

local function waits()
    core.msleep(3)
    core.yield()
    core.sleep(0)
    core.wait(4)
    queue:alarm()
    core.wait(8)
    queue:pop_wait()
end

core.register_action("everything", { "http-req" }, function(txn)
    try(waits)
    for _, method in ipairs({ "get", "head", "post", "put", "delete" }) do try(ask_http, method) end
    try(ask_line)
    try(ask_line, true)
    txn:set_var("txn.done", "yes")
end)

core.register_action("response", { "http-res" }, function(txn)
    try(waits)
    try(ask_line)
end)

core.register_action("content", { "tcp-req" }, function(txn)
    local c = txn.req
    try(function() c:data(0, 2) c:line(0, 100) c:dup() c:send("<") c:forward(1) end)
    core.msleep(2)
end)

core.register_service("http", "http", function(applet)
    applet:getline()
    applet:receive(3)
    core.msleep(2)
    applet:receive()
    applet:set_status(200)
    applet:add_header("transfer-encoding", "chunked")
    applet:start_response()
    for i = 1, 4 do
        applet:send(string.rep("x", 9000))
        core.yield()
    end
end)

core.register_service("tcp", "tcp", function(applet)
    applet:getline()
    applet:receive(2)
    applet:receive(1, 50)
    try(waits)
    applet:send(string.rep("y", 30000))
    applet:receive()
end)

F = {} F.__index = F F.id = "waits" F.flags = filter.FLT_CFG_FL_HTX
function F:new() return setmetatable({ seen = 0 }, F) end
function F:start_analyze(txn, chn) filter.register_data_filter(self, chn) end
function F:http_headers(txn, msg)
    self.seen = self.seen + 1
    if self.seen == 1 then
        filter.wake_time(5)
        return filter.WAIT
    end
    core.msleep(2)
    return filter.CONTINUE
end
function F:http_payload(txn, msg) core.yield() end
core.register_filter("waits", F, function(f) return f end)

core.register_cli({ "waits" }, "waits : for a while", function(applet)
    core.msleep(5)
    applet:send(string.rep("z", 100) .. "\n")
end)

-- How much is held once nothing moves: the first time it is kept, then compared.
local kept
core.register_service("left", "http", function(applet)
    for _ = 1, 3 do collectgarbage() end
    local now = collectgarbage("count")
    kept = kept or now
    local text = now - kept < 24 and "nothing" or string.format("%.1f kB", now - kept)
    applet:set_status(200)
    applet:add_header("content-length", #text)
    applet:start_response()
    applet:send(text)
end)
