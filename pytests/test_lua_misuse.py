"""The Lua API in wrong hands: every method in every place where it may not be called, with too few, too many and wrong arguments;
waiting where nothing may wait. The methods come from the list that the program prints, so that a new one is tried too."""

import json
import re

import pytest

from test_lua import SHOW, fetched, lua, said  # noqa: F401

OURS = pytest.mark.only("runtime", reason="reads the program's own list")

PLACES = {"task": "a task", "action": "an action", "fetch": "a sample fetch", "converter": "a converter", "service": "a service",
          "cli": "a management command", "filter": "a filter", "init": "an init function", "body": "the body of a file"}

# One object of each class, and a function for each entry: NAMES is put in front.
SCRIPT = r'''
OBJECTS, RESULTS = {}, {}
GLOBALS = {core = core, act = act, filter = filter, Map = Map, Regex = Regex}
local function keep(name, object) OBJECTS[name] = OBJECTS[name] or object end
local function member(owner, name)
    if GLOBALS[owner] and GLOBALS[owner][name] then return GLOBALS[owner][name] end
    if OBJECTS[owner] then return OBJECTS[owner][name] end
end
local function try(place)
    for _, entry in ipairs(NAMES) do
        local f = member(entry[1], entry[2])
        if type(f) == "function" and not entry[3]:find(" " .. place .. " ") then
            local well, why = pcall(f)
            RESULTS[place .. " " .. entry[1] .. "." .. entry[2]] = tostring(well) .. " " .. tostring(why)
        end
    end
end
-- As many calls as a method's list of parameters asks for; each is to fail.
local function misuse(owners)
    for _, call in ipairs(CALLS) do
        local self = OBJECTS[call.owner]
        local f = member(call.owner, call.name)
        if owners[call.owner] and type(f) == "function" then
            local args = {}
            for i = 1, call.count do
                local what = call.args[i]
                args[i] = what == "table" and {} or what == "fun" and function() end or what
                if what == "nil" then args[i] = nil end
            end
            local well, a, b
            if call.method then well, a, b = pcall(f, self, table.unpack(args, 1, call.count))
            else well, a, b = pcall(f, table.unpack(args, 1, call.count)) end
            local says = tostring(well) .. " " .. tostring(a) .. " " .. tostring(b)
            if not says:find("cannot be called from") then RESULTS[call.says] = says end
        end
    end
end
local _, regex = Regex.new("a", true)
keep("Regex", regex)
keep("Map", Map.new(MAP, Map._str))
keep("Concat", core.concat())
keep("Queue", core.queue())
keep("EventSub", core.event_sub({"SERVER_UP"}, function() end))
try("body")
misuse{core = 1, Map = 1, Regex = 1}
core.register_init(function()
    keep("Proxy", core.proxies.be)
    keep("Patref", core.get_patref(MAP))
    keep("Server", core.proxies.be.servers.s1)
    keep("StickTable", core.proxies.be.stktable)
    local _, listener = next(core.proxies.fe.listeners)
    keep("Listener", listener)
    try("init")
end)
local function seen(txn)
    keep("TXN", txn)
    keep("HTTP", txn.http)
    keep("HTTPMessage", txn.http_req)
    keep("Channel", txn.req)
    keep("Reply", txn:reply())
    keep("Socket", core.tcp())
    keep("HTTPClient", core.httpclient())
end
core.register_action("try", {"http-req"}, function(txn) seen(txn) try("action") end)
core.register_action("misuse", {"http-req"}, function(txn) OBJECTS.TXN = nil OBJECTS.HTTP = nil OBJECTS.Channel = nil OBJECTS.Reply = nil
    seen(txn) misuse{core = 1, act = 1, TXN = 1, HTTP = 1, Channel = 1, Reply = 1, Socket = 1, HTTPClient = 1, Regex = 1, Map = 1, Concat = 1,
                     Queue = 1, EventSub = 1, Proxy = 1, Server = 1, StickTable = 1, Listener = 1, Patref = 1} end)
core.register_fetches("try", function(txn) seen(txn) try("fetch") return "" end)
core.register_converters("try", function(text) try("converter") return text end)
core.register_service("try", "http", function(applet) keep("AppletHTTP", applet) try("service")
    applet:set_status(200) applet:start_response() applet:send("tried") end)
core.register_service("misuse", "http", function(applet) OBJECTS.AppletHTTP = applet misuse{AppletHTTP = 1}
    applet:set_status(200) applet:start_response() applet:send("tried") end)
core.register_service("misuse_tcp", "tcp", function(applet) OBJECTS.AppletTCP = applet misuse{AppletTCP = 1} applet:send("tried") end)
core.register_cli({"try"}, "try", function(applet) keep("AppletTCP", applet) try("cli") applet:send("tried\n") end)
TASK = false
core.register_task(function() while not TASK do core.msleep(5) end try("task") TASK = "done" end)
F = {} F.__index = F F.id = "try" F.flags = filter.FLT_CFG_FL_HTX
function F:new() return setmetatable({}, F) end
function F:http_headers(txn, msg)
    if not msg.channel:is_resp() then
        OBJECTS.HTTPMessage = msg
        try("filter")
        misuse{HTTPMessage = 1, filter = 1}
    end
    return filter.CONTINUE
end
core.register_filter("try", F, function(f) return f end)
core.register_service("show", "http", function(applet)
    TASK = TASK or true
    while TASK ~= "done" do core.msleep(5) end
    local lines = {}
    for k, v in pairs(RESULTS) do lines[#lines + 1] = k .. "\t" .. v:gsub("\n", " ") end
    local text = table.concat(lines, "\n")
    applet:set_status(200) applet:add_header("content-length", #text) applet:start_response() applet:send(text)
end)
'''

CONF = """
global
    stats socket fd@${{cli}} level admin
    lua-load {script}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    filter lua.try
    http-request lua.try if {{ path /try }}
    http-request set-var(txn.a) lua.try if {{ path /try }}
    http-request set-var(txn.a) str(a),lua.try if {{ path /try }}
    http-request lua.misuse if {{ path /misuse }}
    http-request use-service lua.show if {{ path /show }}
    http-request use-service lua.misuse if {{ path /misuse }}
    http-request use-service lua.try
backend be
    stick-table type string size 1k store gpc0
    server s1 127.0.0.1:1
frontend ft
    mode tcp
    bind fd@${{ft}}
    tcp-request content use-service lua.misuse_tcp
"""


def parameters(signature):
    """[(name, type, may be left out)], and whether any number may follow."""
    text, depth, parts, part = signature.split(" -> ")[0], 0, [], ""
    for c in text:
        depth += (c in "(<{") - (c in ")>}")
        if c == "," and not depth:
            parts, part = parts + [part], ""
        else:
            part += c
    found, many = [], False
    for part in filter(None, (p.strip() for p in parts + [part])):
        name, kind = part.split(":", 1)
        many = many or name == "..."
        found += [] if name == "..." else [(name.rstrip("?"), kind.strip(), name.endswith("?"))]
    return found, many


GOOD = {"string": "x", "integer": 1, "number": 1, "boolean": True}
BAD = {"string": "table", "integer": "table", "number": "table"}


# As in HAProxy: what is no reply counts as none; options and modes of sockets are not looked at.
TAKES_ALL = {("TXN", "done"), ("Socket", "setoption"), ("Socket", "settimeout")}


def good(kind):
    return GOOD.get(kind.split("|")[0], "fun" if kind.startswith("fun") else "x" if kind == "any" else "table")


def bad(kind):
    """What is no value of the type; None: everything is one."""
    if kind in ("any", "boolean"):
        return None
    return "table" if kind.split("|")[0] in BAD else 5


def calls(entries):
    for owner, separator, name, signature, where, waits in entries:
        wanted, many = parameters(signature)
        base = {"owner": owner, "name": name, "method": separator == ":"}
        args = [good(kind) for _, kind, _ in wanted]
        least = sum(not optional for _, _, optional in wanted)
        if least:
            yield base | {"says": f"few {owner}.{name}", "count": least - 1, "args": args[:least - 1]}
        if not many:
            yield base | {"says": f"many {owner}.{name}", "count": len(args) + 1, "args": args + ["x"]}
        for i, (parameter, kind, _) in enumerate(wanted):
            if bad(kind) is not None and (owner, name) not in TAKES_ALL:
                yield base | {"says": f"type {owner}.{name} {parameter}", "count": i + 1, "args": args[:i] + [bad(kind)]}


def as_lua(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {as_lua(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "{" + ", ".join(map(as_lua, value)) + "}"
    return json.dumps(value)


@pytest.fixture
def tried(world):
    """(entries, results): what each call said."""
    code, out, err = world.run(["-dKlua", "-c"], "frontend fe\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n")
    entries = re.findall(r"^(\w+)([.:])(\w+)\((.*)\) \[([^][]*)\]( may wait)?$", out, re.M)
    table = world.file("m.map", "k v\n")
    names = [(owner, name, " " + " ".join(place for place, says in PLACES.items() if where == "anywhere" or says in where.split(", ")) + " ")
             for owner, _, name, _, where, _ in entries]
    script = f"MAP = {as_lua(table)}\nNAMES = {as_lua(names)}\nCALLS = {as_lua(list(calls(entries)))}\n" + SCRIPT
    proxy = world.proxy(CONF.format(script=world.file("script.lua", script)), listeners=("fe", "ft", "cli"))
    client = world.connect(proxy.port("cli"))
    client.send(b"try\n")
    assert b"tried" in client.recv_all()
    for _ in range(2):  # the second time every class is known in every place
        assert world.connect(proxy.port()).request("/try").body == b"tried"
    client = world.connect(proxy.port("cli"))
    client.send(b"try\n")
    assert b"tried" in client.recv_all()
    assert world.connect(proxy.port()).request("/misuse").body == b"tried"
    client = world.connect(proxy.port("ft"))
    client.send(b"x")
    assert client.recv_all() == b"tried"
    text = world.connect(proxy.port()).request("/show").body.decode("latin1")
    assert proxy.alive()
    return entries, dict(line.split("\t", 1) for line in text.split("\n"))


@OURS
def test_a_wrong_place_is_named(tried):
    entries, results = tried
    wrong, count = [], 0
    for owner, separator, name, _, where, _ in entries:
        for place, says in PLACES.items():
            if where == "anywhere" or says in where.split(", "):
                continue
            got = results.get(f"{place} {owner}.{name}")
            if got is None and place in ("body", "init"):
                continue  # no object of the class is there yet
            count += 1
            if got is None or not (f"'{owner}{separator}{name}' cannot be called from {says}" in got and where in got):
                wrong.append((place, owner, name, got))
    assert not wrong
    assert count > 400


@OURS
def test_wrong_arguments_raise(tried):
    entries, results = tried
    wanted = [call["says"] for call in calls(entries)]
    missing = [says for says in wanted if says not in results]
    well = [(says, results[says]) for says in wanted if says in results and not results[says].startswith("false")]
    assert not well
    assert not missing
    for says in wanted:
        if says.startswith(("few", "many")):
            owner, name = says.split(" ")[1].split(".")
            assert re.search(rf"'{owner}[.:]{name}' was given \d+ argument", results[says]), (says, results[says])


# ---- Waiting across what cannot be left in the middle.


@pytest.mark.only("runtime", "sim", reason="HAProxy's message is Lua's own: attempt to yield across a C-call boundary")
@pytest.mark.parametrize("code", [
    "table.sort({3, 1, 2}, function(a, b) core.yield() return a < b end)",
    'string.gsub("abc", ".", function(c) core.msleep(1) end)',
    "table.sort({2, 1}, function() core.sleep(1) end)",
    "for _ in (function() return coroutine.wrap(function() core.msleep(1) end) end)() do end",
    'local ok, why = load(function() core.yield() end) error(why)',
    'tostring(setmetatable({}, {__tostring = function() core.msleep(1) return "x" end}))',
    'require("nothing") ',
], ids=["sort", "gsub", "sort-sleep", "coroutine", "load", "tostring", "require"])
def test_waiting_across_c_says_so(world, lua, code):
    proxy = lua('package.preload.nothing = function() core.msleep(1) end\n'
                'core.register_action("show", {"http-req"}, function(txn) local ok, why = pcall(function() ' + code + ' end)\n'
                ' txn:set_var("txn.why", tostring(why)) end)',
                'http-request lua.show\n http-request return status 200 content-type text/plain lf-string "%[var(txn.why)]"')
    assert "cannot wait here" in fetched(world, proxy)


@pytest.mark.parametrize("place, script, use", [
    ("a sample fetch", 'core.register_fetches("run", function(txn) local ok, why = pcall(core.msleep, 1) return tostring(why) end)', "lua.run"),
    ("a converter", 'core.register_converters("run", function(v) local ok, why = pcall(core.msleep, 1) return tostring(why) end)', "str(x),lua.run"),
])
@pytest.mark.only("runtime", "sim", reason="HAProxy's words are others")
def test_waiting_in_a_place_that_cannot(world, lua, place, script, use):
    got = fetched(world, lua(script, f'http-request return status 200 content-type text/plain lf-string "%[{use}]"'))
    assert f"not allowed in {place}" in got


@pytest.mark.parametrize("code", [
    "local t = setmetatable({}, {__index = function(t, k) core.msleep(1) return k end}) return t.well",
    "local t = setmetatable({}, {__call = function() core.yield() return 'well' end}) return t()",
    "for x in function(_, last) core.msleep(1) if not last then return 'well' end end do return x end",
    "local ok, v = pcall(function() core.msleep(1) return 'well' end) return v",
    "local t = setmetatable({}, {__add = function() core.msleep(1) return 'well' end}) return t + 1",
])
def test_waiting_in_lua_itself_goes_on(world, lua, code):
    proxy = lua(f'core.register_action("show", {{"http-req"}}, function(txn) txn:set_var("txn.v", (function() {code} end)()) end)',
                'http-request lua.show\n http-request return status 200 content-type text/plain lf-string "%[var(txn.v)]"')
    assert fetched(world, proxy) == "well"
