"""`-c` looks at scripts: unknown names of the API and calls from wrong places are warnings with file and line; what may be right is
left alone. HAProxy says nothing of them, so they never refuse a configuration."""

import re

import pytest

pytestmark = pytest.mark.only("runtime", "sim", reason="HAProxy does not look at scripts")


def findings(world, script, *more):
    """[(line, what)] of a script that is checked."""
    path = world.file("script.lua", script)
    code, out, err = world.run(["-c"], f"global\n    lua-load {path}\nfrontend fe\n    mode http\n    timeout client 1s\n"
                                       "    bind 127.0.0.1:1\n")
    assert code == 0, out + err
    return [(int(line), what) for line, what in re.findall(r"\[WARNING\].*Lua script \[.*script\.lua:(\d+)\] : (.*)", out + err)]


ACTION = 'core.register_action("a", {"http-req"}, function(txn)\n%s\nend)\n'


@pytest.mark.parametrize("script, line, words", [
    ("local x\ncore.register_task(function()\n core.mslep(5)\nend)", 3, "'core.mslep' is not known; maybe you meant 'msleep'"),
    (ACTION % "return act.DENIED", 2, "'act.DENIED' is not known"),
    (ACTION % "txn:set_vra('txn.a', 1)", 2, "'TXN:set_vra' is not known; maybe you meant 'set_var'"),
    (ACTION % "txn.http:req_add_heder('a', 'b')", 2, "'HTTP:req_add_heder' is not known"),
    (ACTION % "txn.req:nothing_like_it()", 2, "'Channel:nothing_like_it' is not known"),
    (ACTION % "return txn.f:req_hdrr('a')", 2, "'Fetches:req_hdrr' is not known: there is no sample fetch"),
    (ACTION % "return txn.sc:uper('a')", 2, "'Converters:uper' is not known: there is no converter"),
    (ACTION % "core.register_init(function() end)", 2, "'core.register_init' cannot be called from an action"),
    (ACTION % "local m = Map.new('x', Map._str)", 2, "'Map.new' cannot be called from an action"),
    ("core.register_service('a', 'http', function(ap)\n ap:set_code(200)\nend)", 2, "'AppletHTTP:set_code' is not known"),
    ("local function work(t)\n t:nothing()\nend\ncore.register_action('a', {'http-req'}, work)", 2, "'TXN:nothing' is not known"),
    ("work = function(t)\n Map.new('x')\nend\ncore.register_fetches('a', work)", 2, "'Map.new' cannot be called from a sample fetch"),
    ("--[[ core.nothing()\n]] local s = 'core.nothing()' local l = [==[\ncore.nothing()]==]\ncore.register_task(function() core.nothing() end)",
     4, "'core.nothing' is not known"),
])
def test_what_is_seen(world, script, line, words):
    got = findings(world, script)
    assert len(got) == 1 and got[0][0] == line and words in got[0][1]


@pytest.mark.parametrize("script", [
    "core.own = function() end\ncore.register_task(function() core.own() end)",
    "function core.own() end\ncore.register_task(function() core.own() end)",
    "local core = {nothing = function() end}\ncore.nothing()",
    "local t = {core = {nothing = function() end}}\nt.core.nothing()",
    "if core.never_there then core.never_there() end",
    "local queue = core.never_there or nil",
    ACTION % "txn.own = 5 function txn:extra() end txn:extra()",
    ACTION % "local txn = {} function txn.whatever() end txn:whatever()",
    ACTION % "local later = function() Map.new('x') end",
    ACTION % "txn.http:req_set_header('a', txn.f:req_fhdr('b')) core.msleep(1) txn:done()",
    "local function helper(txn, x) txn:get_var(x) end\n" + ACTION % "helper(txn, 'txn.a')",
    "local function both(o) o:nothing() end\ncore.register_action('a', {'http-req'}, both)\ncore.register_service('b', 'http', both)",
    "core.register_init(function() if core.thread > 1 then core.done() end end)",
    "for _, core in pairs({{nothing = print}}) do core.nothing() end",
    "core.register_service('a', 'tcp', function(applet) applet:getline() applet:send('x') end)",
    "local s = '\\'core.x()' local n = 0x1p4 .. 1 goto l ::l:: repeat local y = 1 until y core.Info(s)",
])
def test_what_is_left_alone(world, script):
    assert findings(world, script) == []


def test_a_script_that_is_no_lua_is_an_error(world):
    path = world.file("script.lua", "local x =\nlocal y\n")
    code, out, err = world.run(["-c"], f"global\n    lua-load {path}\nfrontend fe\n    mode http\n    timeout client 1s\n"
                                       "    bind 127.0.0.1:1\n")
    assert code == 1 and "script.lua:2" in out + err
