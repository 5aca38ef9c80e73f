-- What a script can see of its surroundings: order of tables, addresses, random numbers, clocks.

local state = { alpha = 1, beta = 2, gamma = 3, delta = 4, epsilon = 5, zeta = 6, eta = 7, theta = 8 }
local by_table, ticks = {}, 0

for i = 1, 20 do
    by_table[{}] = i
    by_table[function() return i end] = 100 + i
    by_table[coroutine.create(print)] = 200 + i
end

local function order_of(t)
    local seen = {}
    for key, value in pairs(t) do
        seen[#seen + 1] = type(key) == "string" and key or tostring(value)
    end
    return table.concat(seen, ".")
end

-- Equal keys: the order hangs on the pivots that sort chooses.
local function sorted()
    local list = {}
    for i = 1, 600 do
        list[i] = { key = i < 300 and i % 7 or (600 - i) % 7, serial = i }
    end
    table.sort(list, function(a, b) return a.key < b.key end)
    local text = {}
    for i = 1, 600, 40 do
        text[#text + 1] = list[i].serial
    end
    return table.concat(text, "-")
end

core.register_init(function()
    core.log(core.info, "order " .. order_of(state))
    core.log(core.info, "addresses " .. order_of(by_table))
    core.log(core.info, "sorted " .. sorted())
    core.log(core.info, "names " .. tostring({}) .. " " .. tostring(print) .. " " .. tostring(coroutine.create(print)))
end)

core.register_task(function()
    while true do
        core.msleep(7 + math.random(0, 5))
        ticks = ticks + 1
        state["tick" .. ticks] = ticks
        collectgarbage("step")
    end
end)

core.register_action("slow", { "http-req" }, function(txn)
    core.msleep(math.random(1, 20))
    txn.http:req_set_header("x-lua", string.format("%d %.6f %s", ticks, math.random(), order_of(state)))
end)

core.register_fetches("mood", function(txn)
    local now = core.now()
    return string.format("%d/%d.%06d/%s/%d", os.time(), now.sec, now.usec, tostring({}), collectgarbage("count") * 1024 // 1)
end)

core.register_converters("shuffle", function(text)
    local letters = {}
    for letter in text:gmatch(".") do
        table.insert(letters, math.random(1, #letters + 1), letter)
    end
    return table.concat(letters)
end)
