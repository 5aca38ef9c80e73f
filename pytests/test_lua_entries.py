"""Every entry of the Lua API's text, one test each: `test_entry[core.log]` is what covers core.log. The rows are compared with the
list that the program prints from its own, so that none is missing; `./dev words` writes the table of both, docs/LUA_API.md.

A row is an entry, where the code runs, the code, and what it gives as text (or a pattern for it, as re.compile)."""

import os
import re
import subprocess
import sys
import tempfile

import pytest

from test_http import answer
from test_lua import said, through

RESPONSE = "local h = txn.http:res_get_headers() "
REQUEST = "local h = txn.http:req_get_headers() "
BACK = "core.backends.checked.servers.s1"

# Of the 2.3 text; all of it runs on HAProxy 2.6 as well.
ROWS = [
    # ---- core
    ("core.emerg", "body", "return core.emerg", "0"),
    ("core.alert", "body", "return core.alert", "1"),
    ("core.crit", "init", "return core.crit", "2"),
    ("core.err", "init", "return core.err", "3"),
    ("core.warning", "fetch", "return core.warning", "4"),
    ("core.notice", "action", "return core.notice", "5"),
    ("core.info", "service", "return core.info", "6"),
    ("core.debug", "task", "return core.debug", "7"),
    ("core.proxies", "init", "return core.proxies.fe.name .. core.proxies.be.name", "febe"),
    ("core.frontends", "fetch", "return core.frontends.fe.name .. tostring(core.frontends.be)", "fenil"),
    ("core.backends", "action", "return core.backends.be.name .. tostring(core.backends.fe)", "benil"),
    ("core.log", "log", 'core.register_task(function() core.log(core.err, "told err") end)', ("<187>", "told err")),
    ("core.Debug", "log", 'core.register_task(function() core.Debug("told debug") end)', ("<191>", "told debug")),
    ("core.Info", "log", 'core.register_task(function() core.Info("told info") end)', ("<190>", "told info")),
    ("core.Warning", "log", 'core.register_task(function() core.Warning("told warning") end)', ("<188>", "told warning")),
    ("core.Alert", "log", 'core.register_task(function() core.Alert("told alert") end)', ("<185>", "told alert")),
    ("core.add_acl", "list", 'core.add_acl(ACL, "new")', "old new"),
    ("core.del_acl", "list", 'core.del_acl(ACL, "old")', ""),
    ("core.set_map", "fetch", 'core.set_map(MAP, "k", "v2") return M:lookup("k")', "v2"),
    ("core.del_map", "fetch", 'core.del_map(MAP, "k") return tostring(M:lookup("k"))', "nil"),
    ("core.get_info", "fetch", "local i = core.get_info() return i.Name .. type(i.Uptime_sec)", "HAProxynumber"),
    ("core.now", "task", "local n = core.now() return tostring(n.sec > 1e9 and n.usec < 1000000)", "true"),
    ("core.http_date", "body", 'return core.http_date("Sun, 06 Nov 1994 08:49:37 GMT")', "784111777"),
    ("core.imf_date", "init", 'return core.imf_date("Sun, 06 Nov 1994 08:49:37 GMT")', "784111777"),
    ("core.rfc850_date", "fetch", 'return core.rfc850_date("Sunday, 06-Nov-94 08:49:37 GMT")', "784111777"),
    ("core.asctime_date", "action", 'return core.asctime_date("Sun Nov  6 08:49:37 1994")', "784111777"),
    ("core.msleep", "action", "local a = core.now() core.msleep(20) local b = core.now()\n"
                              " return tostring((b.sec - a.sec) * 1000000 + b.usec - a.usec >= 18000)", "true"),
    ("core.sleep", "action", 'core.sleep(0) return "slept"', "slept"),
    ("core.yield", "service", 'core.yield() return "back"', "back"),
    ("core.register_action", "body", 'core.register_action("x", {"tcp-req", "tcp-res", "http-req", "http-res"}, function() end, 2)\n'
                                     ' return "well"', "well"),
    ("core.register_converters", "show", 'core.register_converters("x", function(v, a) return v .. a end)', ("str(a),lua.x(b)", "ab")),
    ("core.register_fetches", "show", 'core.register_fetches("x", function(txn, a) return a .. txn.f:path() end)', ("lua.x(b)", "b/p")),
    ("core.register_service", "body", 'core.register_service("a", "http", function() end)\n'
                                      ' core.register_service("b", "tcp", function() end) return "well"', "well"),
    ("core.register_init", "show", 'core.register_init(function() V = "set" end) core.register_fetches("x", function() return V end)',
     ("lua.x", "set")),
    ("core.register_task", "log", 'core.register_task(function() core.Info("told by a task") end)', ("<190>", "told by a task")),
    ("core.register_cli", "cli", "core.register_cli({'own', 'word'}, 'own word : says it', function(applet, a, b, c)\n"
                                 " applet:send('got ' .. tostring(c) .. '\\n') end)", ("own word x", "got x")),
    ("core.set_nice", "task", 'core.set_nice(10) return "nice"', "nice"),
    ("core.tcp", "action", "return type(core.tcp())", "table"),
    ("core.concat", "fetch", "return type(core.concat())", "table"),
    ("core.done", "show", 'core.register_fetches("x", function() core.done("early") return "late" end)', ("lua.x", "early")),
    ("core.parse_addr", "body", 'return type(core.parse_addr("10.0.0.1/8")) .. tostring(core.parse_addr("nothing at all"))', "userdatanil"),
    ("core.match_addr", "body", 'return tostring(core.match_addr(core.parse_addr("10.0.0.0/8"), core.parse_addr("10.9.9.9")))', "true"),
    ("core.tokenize", "body", 'return table.concat(core.tokenize("a, b;;c", ",;"), "|") .. #core.tokenize("a,,b", ",", true)', "a| b||c2"),
    # ---- Proxy, Server, Listener
    ("Proxy.name", "fetch", "return core.proxies.fe.name", "fe"),
    ("Proxy.uuid", "fetch", "return tostring(tonumber(core.proxies.fe.uuid) ~= nil)", "true"),
    ("Proxy.servers", "fetch", "return core.proxies.be.servers.s1.name", "s1"),
    ("Proxy.stktable", "fetch", "return type(core.proxies.be.stktable) .. tostring(core.proxies.fe.stktable)", "tablenil"),
    ("Proxy.listeners", "fetch", "local n = 0 for _ in pairs(core.proxies.fe.listeners) do n = n + 1 end return n", "1"),
    ("Proxy.pause", "fetch", "core.proxies.other:pause() return core.proxies.other:get_stats().status", "PAUSED"),
    ("Proxy.resume", "fetch", "core.proxies.other:pause() core.proxies.other:resume() return core.proxies.other:get_stats().status", "OPEN"),
    ("Proxy.stop", "fetch", "core.proxies.other:stop() return core.proxies.other:get_stats().status", "STOP"),
    ("Proxy.shut_bcksess", "fetch", 'return select("#", core.proxies.be:shut_bcksess())', "0"),
    ("Proxy.get_cap", "fetch", "return core.proxies.fe:get_cap() .. core.proxies.be:get_cap()", "frontendbackend"),
    ("Proxy.get_mode", "fetch", "return core.proxies.fe:get_mode() .. core.proxies.other:get_mode()", "httptcp"),
    ("Proxy.get_stats", "fetch", "local s = core.proxies.fe:get_stats() return s.pxname .. s.svname .. type(s.scur)", "feFRONTENDnumber"),
    ("Server.name", "fetch", f"return {BACK}.name", "s1"),
    ("Server.puid", "fetch", f"return {BACK}.puid", "1"),
    ("Server.is_draining", "fetch", f"{BACK}:set_drain() return tostring({BACK}:is_draining() == true or {BACK}:is_draining() == 1)", "true"),
    ("Server.set_maxconn", "fetch", f'{BACK}:set_maxconn("7") return {BACK}:get_maxconn()', "7"),
    ("Server.get_maxconn", "fetch", f"return {BACK}:get_maxconn()", "30"),
    ("Server.set_weight", "fetch", f'{BACK}:set_weight("7") return {BACK}:get_weight()', "7"),
    ("Server.get_weight", "fetch", f"return {BACK}:get_weight()", "20"),
    ("Server.set_addr", "fetch", f'{BACK}:set_addr("127.0.0.2", "81") return {BACK}:get_addr()', "127.0.0.2:81"),
    ("Server.get_addr", "fetch", f"return {BACK}:get_addr()", re.compile(r"127\.0\.0\.1:\d+")),
    ("Server.get_stats", "fetch", f"local s = {BACK}:get_stats() return s.pxname .. s.svname .. s.weight", "checkeds120"),
    ("Server.shut_sess", "fetch", f'return select("#", {BACK}:shut_sess())', "0"),
    ("Server.set_drain", "fetch", f"{BACK}:set_drain() return {BACK}:get_stats().status", re.compile("DRAIN.*")),
    ("Server.set_maint", "fetch", f"{BACK}:set_maint() return {BACK}:get_stats().status", "MAINT"),
    ("Server.set_ready", "fetch", f"{BACK}:set_maint() {BACK}:set_ready() return {BACK}:get_stats().status:sub(1, 2)", "UP"),
    ("Server.check_enable", "fetch", f"{BACK}:check_disable() {BACK}:check_enable() return {BACK}:get_stats().status:sub(1, 2)", "UP"),
    ("Server.check_disable", "fetch", f"{BACK}:check_disable() return {BACK}:get_stats().status", "no check"),
    ("Server.check_force_up", "fetch", f"{BACK}:check_force_down() {BACK}:check_force_up() return {BACK}:get_stats().status:sub(1, 2)", "UP"),
    ("Server.check_force_nolb", "fetch", f"{BACK}:check_force_nolb() return {BACK}:get_stats().status:sub(1, 4)", "NOLB"),
    ("Server.check_force_down", "fetch", f"{BACK}:check_force_down() return {BACK}:get_stats().status:sub(1, 4)", "DOWN"),
    ("Server.agent_enable", "fetch", f"{BACK}:agent_disable() {BACK}:agent_enable() {BACK}:agent_force_down()\n"
                                     f" return {BACK}:get_stats().status:sub(1, 4)", "DOWN"),
    ("Server.agent_disable", "fetch", f"{BACK}:agent_disable() {BACK}:agent_force_down() return {BACK}:get_stats().status:sub(1, 2)", "UP"),
    ("Server.agent_force_up", "fetch", f"{BACK}:agent_force_down() {BACK}:agent_force_up() return {BACK}:get_stats().status:sub(1, 2)", "UP"),
    ("Server.agent_force_down", "fetch", f"{BACK}:agent_force_down() return {BACK}:get_stats().status:sub(1, 4)", "DOWN"),
    ("Listener.get_stats", "fetch", "local _, l = next(core.proxies.fe.listeners) local s = l:get_stats() return s.pxname .. s.svname", "fesock-1"),
    # ---- Concat, Fetches, Converters
    ("Concat.add", "body", 'local c = core.concat() for i = 1, 40 do c:add("ab" .. i) end return #c:dump()', "151"),
    ("Concat.dump", "body", 'local c = core.concat() c:add("a") c:add("b") return c:dump()', "ab"),
    ("Fetches", "fetch", 'return txn.f:path() .. txn.f:url_param("q") .. tostring(txn.f:hdr("no")) .. txn.sf:hdr("no")', "/p1nil"),
    ("Converters", "fetch", 'return txn.c:upper("ab") .. txn.c:field("a,b,c", 2, ",") .. txn.sc:base64("x")', "ABbeA=="),
    # ---- Channel
    ("Channel.dup", "tcp", "return chn:dup()", "abcd"),
    ("Channel.get", "tcp", 'local all = chn:get() chn:append("x") return all .. get_in_length(chn)', "abcd1"),
    ("Channel.getline", "tcpline", "return chn:getline()", "one\n"),
    ("Channel.set", "tcp", 'chn:set("new") return chn:dup()', "new"),
    ("Channel.append", "tcp", 'chn:append("ef") return chn:dup()', re.compile("abcdef|efabcd")),
    ("Channel.send", "tcp", 'chn:send("<") return chn:dup()', "abcd"),
    ("Channel.get_in_length", "tcp", "return get_in_length(chn)", "4"),
    ("Channel.get_out_length", "tcp", "return get_out_length(chn)", "0"),
    ("Channel.forward", "tcp", "chn:forward(2) return get_in_length(chn)", "2"),
    ("Channel.is_full", "tcp", "return tostring(chn:is_full())", "false"),
    # ---- HTTP
    ("HTTP.req_get_headers", "action", REQUEST + 'return h["x"][0] .. h["x"][1] .. h["host"][0]', "onetwoa.test"),
    ("HTTP.req_add_header", "action", 'txn.http:req_add_header("X", "three") ' + REQUEST + 'return h["x"][2]', "three"),
    ("HTTP.req_del_header", "action", 'txn.http:req_del_header("X") ' + REQUEST + 'return tostring(h["x"])', "nil"),
    ("HTTP.req_set_header", "action", 'txn.http:req_set_header("X", "only") ' + REQUEST + 'return h["x"][0] .. tostring(h["x"][1])', "onlynil"),
    ("HTTP.req_rep_header", "action", 'txn.http:req_rep_header("X", "(o)(n)?", "[\\\\1]") ' + REQUEST + 'return h["x"][0] .. h["x"][1]',
     "[o][o]"),
    ("HTTP.req_rep_value", "action", 'txn.http:req_set_header("L", "a, bb") txn.http:req_rep_value("L", "b+", "c") ' + REQUEST + 'return h["l"][0]',
     re.compile("a, ?c")),
    ("HTTP.req_set_method", "line", 'txn.http:req_set_method("PUT")', "PUT /p?q=1 HTTP/1.1"),
    ("HTTP.req_set_path", "action", 'txn.http:req_set_path("/new") return txn.f:path() .. txn.f:query()', "/newq=1"),
    ("HTTP.req_set_query", "action", 'txn.http:req_set_query("z=2") return txn.f:path() .. txn.f:query()', "/pz=2"),
    ("HTTP.req_set_uri", "action", 'txn.http:req_set_uri("/u?v") return txn.f:path() .. txn.f:query()', "/uv"),
    ("HTTP.res_get_headers", "response", RESPONSE + 'return h["x-own"][0]', "one"),
    ("HTTP.res_add_header", "response", 'txn.http:res_add_header("X-Own", "two") ' + RESPONSE + 'return h["x-own"][1]', "two"),
    ("HTTP.res_del_header", "response", 'txn.http:res_del_header("X-Own") ' + RESPONSE + 'return tostring(h["x-own"])', "nil"),
    ("HTTP.res_set_header", "response", 'txn.http:res_set_header("X-Own", "new") ' + RESPONSE + 'return h["x-own"][0]', "new"),
    ("HTTP.res_rep_header", "response", 'txn.http:res_rep_header("X-Own", "on", "tw") ' + RESPONSE + 'return h["x-own"][0]', "tw"),
    ("HTTP.res_rep_value", "response", 'txn.http:res_rep_value("X-Own", "one", "1") ' + RESPONSE + 'return h["x-own"][0]', "1"),
    ("HTTP.res_set_status", "response", 'txn.http:res_set_status(299, "Own") return txn.f:status()', "299"),
    # ---- TXN
    ("TXN.c", "fetch", 'return txn.c:lower("A")', "a"),
    ("TXN.sc", "fetch", 'return txn.sc:lower("A")', "a"),
    ("TXN.f", "fetch", "return txn.f:path()", "/p"),
    ("TXN.sf", "fetch", "return txn.sf:path()", "/p"),
    ("TXN.req", "action", "return type(txn.req)", "table"),
    ("TXN.res", "action", "return type(txn.res)", "table"),
    ("TXN.http", "action", "return type(txn.http)", "table"),
    ("TXN.log", "say", 'txn:log(core.err, "told err")', ("<131>", "told err")),
    ("TXN.deflog", "say", 'txn:deflog("told usually")', (re.compile("<(128|13[0-7])>"), "told usually")),
    ("TXN.Debug", "say", 'txn:Debug("told debug")', ("<135>", "told debug")),
    ("TXN.Info", "say", 'txn:Info("told info")', ("<134>", "told info")),
    ("TXN.Warning", "say", 'txn:Warning("told warning")', ("<132>", "told warning")),
    ("TXN.Alert", "say", 'txn:Alert("told alert")', ("<129>", "told alert")),
    ("TXN.get_priv", "action", "return tostring(txn:get_priv())", "nil"),
    ("TXN.set_priv", "action", "txn:set_priv({n = 3}) return txn:get_priv().n", "3"),
    ("TXN.set_var", "action", 'txn:set_var("txn.a", 4) return txn:get_var("txn.a")', "4"),
    ("TXN.unset_var", "action", 'txn:set_var("txn.a", 4) txn:unset_var("txn.a") return tostring(txn:get_var("txn.a"))', "nil"),
    ("TXN.get_var", "action", 'txn:set_var("txn.a", "text") return txn:get_var("txn.a")', "text"),
    ("TXN.reply", "action", "local r = txn:reply{status = 404} return r.status", "404"),
    ("TXN.done", "done", 'txn:done(txn:reply{status = 418, body = "short"})', (418, b"short")),
    ("TXN.set_loglevel", "action", 'txn:set_loglevel(core.debug) return "set"', "set"),
    ("TXN.set_tos", "action", 'txn:set_tos(8) return "set"', "set"),
    ("TXN.set_mark", "action", 'txn:set_mark(0) return "set"', "set"),
    ("TXN.set_priority_class", "action", 'txn:set_priority_class(5) return txn.f:prio_class()', "5"),
    ("TXN.set_priority_offset", "action", 'txn:set_priority_offset(6) return txn.f:prio_offset()', "6"),
    # ---- Reply
    ("Reply.status", "action", "return txn:reply().status", "200"),
    ("Reply.reason", "action", 'local r = txn:reply() r:set_status(299, "Own") return r.reason', "Own"),
    ("Reply.headers", "action", 'return txn:reply{headers = {["x-a"] = {"1", "2"}}}.headers["x-a"][2]', "2"),
    ("Reply.body", "action", 'return txn:reply{body = "b"}.body', "b"),
    ("Reply.set_status", "done", 'local r = txn:reply() r:set_status(299, "Own") r:set_body("b") txn:done(r)', (299, b"b")),
    ("Reply.add_header", "action", 'local r = txn:reply() r:add_header("X-A", "1") for n, v in pairs(r.headers) do return n:lower() .. first(v) end', "x-a1"),
    ("Reply.del_header", "action", 'local r = txn:reply() r:add_header("x-a", "1") r:del_header("x-a") return tostring(r.headers["x-a"])', "nil"),
    ("Reply.set_body", "action", 'local r = txn:reply() r:set_body("b") return r.body', "b"),
    # ---- Socket; PORT answers a line with the line
    ("Socket.close", "socket", 'return select("#", s:close())', "0"),
    ("Socket.connect", "socket", "return CONNECTED", "1"),
    ("Socket.connect_ssl", "action", 'local s = core.tcp() return tostring(s:connect_ssl("127.0.0.1", NOBODY))', "nil"),
    ("Socket.getpeername", "socket", "return tostring(s:getpeername() == \"127.0.0.1:\" .. PORT)", "true"),
    ("Socket.getsockname", "socket", "return s:getsockname()", re.compile(r"127\.0\.0\.1:\d+")),
    ("Socket.receive", "socket", 's:send("line\\n") return s:receive("*l")', "line"),
    ("Socket.send", "socket", 'return s:send("abc\\n")', "4"),
    ("Socket.setoption", "socket", 'return type(s.setoption)', "function"),
    ("Socket.settimeout", "socket", "return s:settimeout(5)", "1"),
    # ---- Regex, Map
    ("Regex.new", "body", 'local ok, why = Regex.new("a(", true) return tostring(Regex.new("a", true)) .. tostring(ok) .. type(why)',
     "truefalsestring"),
    ("Regex.exec", "body", 'local _, r = Regex.new("A+", false) return tostring(r:exec("aa")) .. tostring(r:exec("b"))', "truefalse"),
    ("Regex.match", "body", 'local _, r = Regex.new("(a)(b)", true) local ok, m = r:match("xab") return tostring(ok) .. m[1] .. m[2] .. m[3]',
     "trueabab"),
    ("Map.new", "body", "return type(Map.new(MAP, Map._str))", "table"),
    ("Map.lookup", "init", 'return M:lookup("k") .. tostring(M:lookup("no"))', "vnil"),
    ("Map.slookup", "fetch", 'return M:slookup("k") .. M:slookup("no")', "v"),
    ("Map._int", "body", "return type(Map.new(INTS, Map._int):lookup(5))", "string"),
    ("Map._ip", "body", 'return Map.new(IPS, Map._ip):lookup("10.1.2.3")', "ten"),
    ("Map._str", "body", 'return Map.new(MAP, Map._str):lookup("k")', "v"),
    ("Map._beg", "body", 'return Map.new(MAP, Map._beg):lookup("kxx")', "v"),
    ("Map._sub", "body", 'return Map.new(MAP, Map._sub):lookup("xkx")', "v"),
    ("Map._dir", "body", 'return Map.new(MAP, Map._dir):lookup("/a/k/b")', "v"),
    ("Map._dom", "body", 'return Map.new(MAP, Map._dom):lookup("a.k.b")', "v"),
    ("Map._end", "body", 'return Map.new(MAP, Map._end):lookup("xxk")', "v"),
    ("Map._reg", "body", 'return Map.new(MAP, Map._reg):lookup("xkx")', "v"),
    # ---- AppletHTTP
    ("AppletHTTP.c", "service", 'return applet.c:upper("a")', "A"),
    ("AppletHTTP.sc", "service", 'return applet.sc:upper("a")', "A"),
    ("AppletHTTP.f", "service", "return applet.f:src()", "127.0.0.1"),
    ("AppletHTTP.sf", "service", "return applet.sf:src()", "127.0.0.1"),
    ("AppletHTTP.method", "service", "return applet.method", "GET"),
    ("AppletHTTP.version", "service", "return applet.version", "HTTP/1.1"),
    ("AppletHTTP.path", "service", "return applet.path", "/p"),
    ("AppletHTTP.qs", "service", "return applet.qs", "q=1"),
    ("AppletHTTP.length", "service", "return applet.length", "0"),
    ("AppletHTTP.headers", "service", 'return applet.headers["x"][1]', "two"),
    ("AppletHTTP.set_status", "service", 'applet:set_status(200, "Own") return "set"', "set"),
    ("AppletHTTP.add_header", "service", 'applet:add_header("x-a", "1") return "set"', "set"),
    ("AppletHTTP.start_response", "reply", 'applet:set_status(202) applet:start_response() applet:send("x")', (202, b"x")),
    ("AppletHTTP.getline", "posted", "return applet:getline()", "one\n"),
    ("AppletHTTP.receive", "posted", "return applet:receive()", "one\ntwo\n"),
    ("AppletHTTP.send", "reply", 'applet:set_status(200) applet:start_response() applet:send("a") applet:send("b")', (200, b"ab")),
    ("AppletHTTP.get_priv", "service", "return tostring(applet:get_priv())", "nil"),
    ("AppletHTTP.set_priv", "service", "applet:set_priv(5) return applet:get_priv()", "5", "HAProxy 2.6.12 forgets it"),
    ("AppletHTTP.set_var", "service", 'applet:set_var("txn.a", "t") return applet:get_var("txn.a")', "t"),
    ("AppletHTTP.unset_var", "service", 'applet:set_var("txn.a", "t") applet:unset_var("txn.a") return tostring(applet:get_var("txn.a"))', "nil"),
    ("AppletHTTP.get_var", "service", 'return tostring(applet:get_var("txn.none"))', "nil"),
    # ---- AppletTCP
    ("AppletTCP.c", "served", 'return applet.c:upper("a")', "A"),
    ("AppletTCP.sc", "served", 'return applet.sc:upper("a")', "A"),
    ("AppletTCP.f", "served", "return applet.f:src()", "127.0.0.1"),
    ("AppletTCP.sf", "served", "return applet.sf:src()", "127.0.0.1"),
    ("AppletTCP.getline", "served", "return applet:getline()", "one\n"),
    ("AppletTCP.receive", "served", "return applet:receive(5)", "one\nt"),
    ("AppletTCP.send", "served", 'applet:send("first ") return "second"', "first second"),
    ("AppletTCP.get_priv", "served", "return tostring(applet:get_priv())", "nil"),
    ("AppletTCP.set_priv", "served", "applet:set_priv(5) return applet:get_priv()", "5", "HAProxy 2.6.12 forgets it"),
    ("AppletTCP.set_var", "served", 'applet:set_var("txn.a", "t") return applet:get_var("txn.a")', "t"),
    ("AppletTCP.unset_var", "served", 'applet:set_var("txn.a", "t") applet:unset_var("txn.a") return tostring(applet:get_var("txn.a"))', "nil"),
    ("AppletTCP.get_var", "served", 'return tostring(applet:get_var("txn.none"))', "nil"),
    # ---- StickTable
    ("StickTable.info", "fetch", "local i = core.proxies.be.stktable:info() return i.type .. i.size .. type(i.used)", "string1024number"),
    ("StickTable.lookup", "fetch", 'return tostring(core.proxies.be.stktable:lookup("none"))', "nil"),
    ("StickTable.dump", "fetch", "local n = 0 for _ in pairs(core.proxies.be.stktable:dump({{\"gpc0\", \"gt\", 0}})) do n = n + 1 end return n", "0"),
    # ---- act
    ("act.CONTINUE", "body", "return act.CONTINUE", "0"),
    ("act.STOP", "body", "return act.STOP", "1"),
    ("act.YIELD", "body", "return act.YIELD", "2"),
    ("act.ERROR", "body", "return act.ERROR", "3"),
    ("act.DONE", "body", "return act.DONE", "4"),
    ("act.DENY", "body", "return act.DENY", "5"),
    ("act.ABORT", "body", "return act.ABORT", "6"),
    ("act.INVALID", "body", "return act.INVALID", "7"),
    ("act.wake_time", "action", 'return select("#", act.wake_time(10))', "0"),
]

# Of later versions.
NEWER = "HAProxy 2.6 does not have it, or not so"
NEW_ROWS = [
    ("core.silent", "body", "return core.silent", "-1", NEWER),
    ("core.thread", "body", "return type(core.thread)", "number"),
    ("core.disable_legacy_mailers", "body", 'return select("#", core.disable_legacy_mailers())', "0", NEWER),
    ("core.use_native_mailers_config", "init", 'return select("#", core.use_native_mailers_config())', "0", NEWER),
    ("core.httpclient", "task", "return type(core.httpclient())", "table"),
    ("core.queue", "body", "return type(core.queue())", "table", NEWER),
    ("core.event_sub", "log", 'core.event_sub({"SERVER_DOWN"}, function(event, data) core.Info("told " .. event .. data.name) end)\n'
                              f"core.register_task(function() {BACK}:check_force_down() end)", ("<190>", "told SERVER_DOWNs1"), NEWER),
    ("core.register_filter", "message", 'return "called"', "called"),
    ("Proxy.get_name", "fetch", "return core.proxies.fe:get_name()", "fe", NEWER),
    ("Proxy.get_uuid", "fetch", "return tostring(core.proxies.fe:get_uuid() == core.proxies.fe.uuid)", "true", NEWER),
    ("Proxy.get_mailers", "fetch", "return tostring(core.proxies.be:get_mailers())", "nil", NEWER),
    ("Proxy.get_srv_act", "fetch", "return core.proxies.checked:get_srv_act()", "1", NEWER),
    ("Proxy.get_srv_bck", "fetch", "return core.proxies.checked:get_srv_bck()", "0", NEWER),
    ("Server.get_name", "fetch", f"return {BACK}:get_name()", "s1", NEWER),
    ("Server.get_puid", "fetch", f"return {BACK}:get_puid()", "1", NEWER),
    ("Server.get_rid", "fetch", f"return math.type({BACK}:get_rid())", "integer", NEWER),
    ("Server.get_cur_sess", "fetch", f"return {BACK}:get_cur_sess()", "0", NEWER),
    ("Server.get_pend_conn", "fetch", f"return {BACK}:get_pend_conn()", "0", NEWER),
    ("Server.get_proxy", "fetch", f"return {BACK}:get_proxy().name", "checked", NEWER),
    ("Server.get_trackers", "fetch", f"return #{BACK}:get_trackers()", "0", NEWER),
    ("Server.tracking", "fetch", f"return tostring({BACK}:tracking())", "nil", NEWER),
    ("Server.is_backup", "fetch", f"return tostring({BACK}:is_backup())", "false", NEWER),
    ("Server.is_dynamic", "fetch", f"return tostring({BACK}:is_dynamic())", "false", NEWER),
    ("Server.event_sub", "log", "core.register_init(function()\n"
                                f' {BACK}:event_sub({{"SERVER_DOWN"}}, function(event, data) core.Info("told " .. event) end) end)\n'
                                f"core.register_task(function() {BACK}:check_force_down() end)", ("<190>", "told SERVER_DOWN"), NEWER),
    ("EventSub.unsub", "task", 'local n = 0 local sub = core.event_sub({"SERVER_DOWN"}, function() n = n + 1 end) sub:unsub()\n'
                               f" {BACK}:check_force_down() core.msleep(5) return n", "0", NEWER),
    ("Queue.push", "body", "local q = core.queue() return tostring(q:push(1)) .. tostring(q:push(nil))", "truefalse", NEWER),
    ("Queue.pop", "body", "local q = core.queue() q:push(1) q:push(2) return q:pop() .. q:pop() .. tostring(q:pop())", "12nil", NEWER),
    ("Queue.size", "body", "local q = core.queue() q:push(1) return q:size()", "1", NEWER),
    ("Queue.pop_wait", "task", "local q = core.queue() core.register_task(function() core.msleep(5) q:push(7) end) return q:pop_wait()", "7", NEWER),
    ("Channel.data", "tcp", 'return chn:data() .. "|" .. chn:data(1, 2) .. "|" .. chn:data(-1)', "abcd|bc|d"),
    ("Channel.line", "tcpline", "return chn:line()", "one\n"),
    ("Channel.get_in_len", "tcp", "return chn:get_in_len()", "4"),
    ("Channel.get_out_len", "tcp", "return chn:get_out_len()", "0"),
    ("Channel.input", "tcp", "return chn:input()", "4"),
    ("Channel.output", "tcp", "return chn:output()", "0"),
    ("Channel.insert", "tcp", 'chn:insert("<", 1) return chn:data()', "a<bcd"),
    ("Channel.prepend", "tcp", 'chn:prepend("<") return chn:data()', "<abcd"),
    ("Channel.remove", "tcp", "chn:remove(1, 2) return chn:data()", "ad"),
    ("Channel.is_resp", "tcp", "return tostring(chn:is_resp())", "false"),
    ("Channel.may_recv", "tcp", "return tostring(chn:may_recv())", "true"),
    ("TXN.http_req", "message", "return type(txn.http_req)", "table"),
    ("TXN.http_res", "message", "return type(txn.http_res)", "table"),
    ("TXN.set_fc_tos", "action", 'txn:set_fc_tos(8) return "set"', "set", NEWER),
    ("TXN.set_fc_mark", "action", 'txn:set_fc_mark(0) return "set"', "set", NEWER),
    ("core.get_var", "action", 'txn:set_var("proc.mine", 4) return core.get_var("proc.mine") .. tostring(core.get_var("proc.other"))', "4nil", NEWER),
    ("core.wait", "task", "local a = core.now() core.wait(20) local b = core.now()\n"
                          " return tostring((b.sec - a.sec) * 1000000 + b.usec - a.usec >= 18000)", "true", NEWER),
    ("Queue.alarm", "task", "local q, n = core.queue(), 0 core.register_task(function(queue, v) core.msleep(5) queue:push(v) end, q, 8)\n"
                            " q:alarm() while q:size() == 0 do n = n + 1 core.wait() end return q:pop() .. tostring(n < 3)", "8true", NEWER),
    ("core.get_patref", "fetch", 'return tostring(pcall(core.get_patref, "nothing")) .. type(core.get_patref(MAP))', "falsetable", NEWER),
    ("Patref.get_name", "fetch", "return tostring(core.get_patref(MAP):get_name() == MAP)", "true", NEWER),
    ("Patref.is_map", "fetch", "return tostring(core.get_patref(MAP):is_map()) .. tostring(core.get_patref(ACL):is_map())", "truefalse", NEWER),
    ("Patref.add", "fetch", 'return tostring(core.get_patref(MAP):add("n", "new")) .. M:lookup("n")', "truenew", NEWER),
    ("Patref.add_bulk", "fetch", 'core.get_patref(MAP):add_bulk({a = "1", b = "2"}) return M:lookup("a") .. M:lookup("b")', "12", NEWER),
    ("Patref.del", "fetch", 'local p = core.get_patref(MAP) return tostring(p:del("k")) .. tostring(p:del("k")) .. tostring(M:lookup("k"))',
     "truefalsenil", NEWER),
    ("Patref.set", "fetch", 'local p = core.get_patref(MAP) p:set("k", "v2") return tostring(p:set("no", "x")) .. tostring(p:set("no", "x", true))\n'
                            ' .. M:lookup("k") .. M:lookup("no")', "niltruev2x", NEWER),
    ("Patref.purge", "fetch", 'core.get_patref(MAP):purge() return tostring(M:lookup("k"))', "nil", NEWER),
    ("Patref.prepare", "fetch", 'local p = core.get_patref(MAP) p:prepare() p:add("k", "p") return M:lookup("k") .. tostring(p["k"])', "vp", NEWER),
    ("Patref.commit", "fetch", 'local p = core.get_patref(MAP) p:prepare() p:add("n", "p") local well = p:commit()\n'
                               ' return tostring(well) .. tostring(M:lookup("k")) .. M:lookup("n") .. tostring(p:commit())', "truenilpnil", NEWER),
    ("Patref.giveup", "fetch", 'local p = core.get_patref(MAP) p:prepare() p:add("n", "p") p:giveup() local o = ""\n'
                               ' for k, v in pairs(p) do o = o .. k .. v end return o .. tostring(p["none"])', "kvnil", NEWER),
    ("filter.CONTINUE", "body", "return filter.CONTINUE", "1"),
    ("filter.WAIT", "body", "return filter.WAIT", "0"),
    ("filter.ERROR", "body", "return filter.ERROR", "-1"),
    ("filter.FLT_CFG_FL_HTX", "body", "return filter.FLT_CFG_FL_HTX", "1"),
    ("filter.register_data_filter", "payload", 'return "called"', "called"),
    ("filter.unregister_data_filter", "payload", 'filter.unregister_data_filter(self, msg.channel) return "well"', "well"),
    ("filter.wake_time", "message", 'return select("#", filter.wake_time(5))', "0"),
    ("HTTPMessage.channel", "message", "return type(msg.channel)", "table"),
    ("HTTPMessage.add_header", "message", 'msg:add_header("X", "three") return msg:get_headers()["x"][2]', "three"),
    ("HTTPMessage.set_header", "message", 'msg:set_header("X", "a") return msg:get_headers()["x"][0]', "a"),
    ("HTTPMessage.del_header", "message", 'msg:del_header("X") return tostring(msg:get_headers()["x"])', "nil"),
    ("HTTPMessage.rep_header", "message", 'msg:rep_header("X", ".*", "a") return msg:get_headers()["x"][1]', "a"),
    ("HTTPMessage.rep_value", "message", 'msg:set_header("L", "a,b") msg:rep_value("L", "b", "c") return msg:get_headers()["l"][0]', re.compile("a, ?c")),
    ("HTTPMessage.get_headers", "message", 'return msg:get_headers()["x"][0]', "one"),
    ("HTTPMessage.get_stline", "message", "local l = msg:get_stline() return l.method .. l.uri .. l.version", "GET/p?q=1HTTP/1.1"),
    ("HTTPMessage.set_method", "message", 'msg:set_method("PUT") return msg:get_stline().method', "PUT"),
    ("HTTPMessage.set_path", "message", 'msg:set_path("/n") return msg:get_stline().uri', "/n?q=1"),
    ("HTTPMessage.set_query", "message", 'msg:set_query("z") return msg:get_stline().uri', "/p?z"),
    ("HTTPMessage.set_uri", "message", 'msg:set_uri("/u") return msg:get_stline().uri', "/u"),
    ("HTTPMessage.is_resp", "message", "return tostring(msg:is_resp())", "false"),
    ("HTTPMessage.is_full", "message", "return tostring(msg:is_full())", "false"),
    ("HTTPMessage.may_recv", "message", "return type(msg:may_recv())", "boolean"),
    ("HTTPMessage.set_status", "answer", 'msg:set_status(299, "Own") return msg:get_stline().code', "299"),
    ("HTTPMessage.set_body_len", "answer", 'return tostring(msg:set_body_len("chunked"))', "true", NEWER),
    ("HTTPMessage.body", "payload", "return msg:body()", "hello"),
    ("HTTPMessage.eom", "payload", "return type(msg:eom())", "boolean"),
    ("HTTPMessage.set_eom", "payload", 'return select("#", msg:set_eom())', "0"),
    ("HTTPMessage.unset_eom", "payload", 'return select("#", msg:unset_eom())', "0"),
    ("HTTPMessage.input", "payload", "return msg:input()", "5"),
    ("HTTPMessage.output", "payload", "return math.type(msg:output())", "integer"),
    ("HTTPMessage.append", "payload", 'msg:append("!") return msg:body()', "hello!"),
    ("HTTPMessage.prepend", "payload", 'msg:prepend("!") return msg:body()', "!hello"),
    ("HTTPMessage.insert", "payload", 'msg:insert("!", 1) return msg:body()', "h!ello"),
    ("HTTPMessage.remove", "payload", "msg:remove(1, 3) return msg:body()", "ho"),
    ("HTTPMessage.set", "payload", 'msg:set("new") return msg:body()', "new"),
    ("HTTPMessage.send", "payload", 'msg:send("first") return msg:body()', "hello"),
    ("HTTPMessage.forward", "payload", "return msg:forward(2)", "2"),
    ("AppletTCP.try_receive", "served", 'core.msleep(20) return applet:try_receive()', "one\ntwo\n", NEWER),
    ("AppletHTTP.response", "service", 'applet:add_header("X-A", "1") return first(applet.response["x-a"])', "1", NEWER),
]
for _method, _body in (("get", ""), ("head", ""), ("put", "b"), ("post", "b"), ("delete", "")):
    NEW_ROWS.append((f"HTTPClient.{_method}", "asks", _method, _body))

CONF = """
global
    log {syslog} local7 debug
    {socket}
    lua-load {script}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {syslog} local0 debug
frontend fe
    bind fd@${{fe}}
    option socket-stats
    acl never hdr(none) -f {acl}
    http-request set-var(txn.never) str(x),map({map})
    {frontend}
    default_backend be
backend be
    stick-table type string size 1k expire 1m store gpc0
    {backend}
    server s1 {origin}
backend checked
    server s1 {checked} weight 20 maxconn 30 check inter 3600s agent-check agent-port {closed} agent-inter 3600s
frontend other
    mode tcp
    {bind}
    {other}
    default_backend raw
backend raw
    mode tcp
    server o1 {origin}
"""

TEXT = "http-request return status 200 content-type text/plain lf-string "


@pytest.fixture
def setup(world, origin, syslog):
    """A proxy with a script and lines for its sections; the script knows some files and ports."""

    def make(script, frontend="", backend="", other="", socket=""):
        files = {name: world.file(f"{name}.lst", text) for name, text in
                 (("acl", "old\n"), ("map", "k v\n"), ("ints", "5 five\n"), ("ips", "10.0.0.0/8 ten\n"))}
        names = f'MAP = "{files["map"]}" ACL = "{files["acl"]}" INTS = "{files["ints"]}" IPS = "{files["ips"]}"\n'
        names += f"NOBODY = {world.closed_port()}\nM = Map.new(MAP, Map._str)\n"
        names += 'local function text(v) if v == nil then return "(nothing)" end return tostring(v) end TEXT = text\n'
        names += "function first(t) return t[0] or t[1] end function get_in_length(c) return (c.get_in_length or c.get_in_len)(c) end\n"
        names += "function get_out_length(c) return (c.get_out_length or c.get_out_len)(c) end\n"
        frontend = frontend.replace("{acl}", files["acl"])
        return world.proxy(CONF.format(
            syslog=syslog.addr, script=world.file("script.lua", names + script), acl=files["acl"], map=files["map"], frontend=frontend,
            backend=backend, other=other, bind="bind 127.0.0.1:%d" % world.closed_port() if socket else "bind fd@${other}", origin=origin.addr, closed=world.closed_port(), socket=socket, checked=world.listen().addr), listeners=("fe", "cli" if socket else "other"))

    return make


ASKED = b"GET /p?q=1 HTTP/1.1\r\nHost: a.test\r\nX: one\r\nX: two\r\n\r\n"


def got_through(world, origin, proxy):
    """The header `got` that a request or response was given."""
    _, fields, response = through(world.connect(proxy.port()), origin, ASKED, headers=[("X-Own", "one")])
    return dict(fields).get("got") or response.header("got")


def got_back(world, proxy, sent=ASKED):
    client = world.connect(proxy.port())
    client.send(sent)
    response = client.recv_response()
    assert response.status == 200
    return response.body.decode("latin1")


def in_body(world, setup, origin, syslog, code, wanted):
    script = f'VALUE = TEXT((function() {code} end)())\ncore.register_fetches("show", function() return VALUE end)'
    return got_back(world, setup(script, TEXT + '"%[lua.show]"'))


def in_init(world, setup, origin, syslog, code, wanted):
    script = (f'core.register_init(function() VALUE = TEXT((function() {code} end)()) end)\n'
              'core.register_fetches("show", function() return VALUE end)')
    return got_back(world, setup(script, TEXT + '"%[lua.show]"'))


def in_fetch(world, setup, origin, syslog, code, wanted):
    script = f'core.register_fetches("show", function(txn) return TEXT((function() {code} end)()) end)'
    return got_back(world, setup(script, TEXT + '"%[lua.show]"'))


def in_task(world, setup, origin, syslog, code, wanted):
    setup(f'core.register_task(function() core.Info("value:" .. TEXT((function() {code} end)())) end)')
    return said(syslog, "value:").split("value:")[1].rstrip("\n")


def in_action(world, setup, origin, syslog, code, wanted):
    script = (f'core.register_action("run", {{"http-req"}}, function(txn)\n'
              f' local got = TEXT((function() {code} end)()) txn.http:req_set_header("Got", got) end)')
    return got_through(world, origin, setup(script, "http-request lua.run"))


def in_response(world, setup, origin, syslog, code, wanted):
    script = (f'core.register_action("run", {{"http-res"}}, function(txn)\n'
              f' local got = TEXT((function() {code} end)()) txn.http:res_set_header("Got", got) end)')
    return got_through(world, origin, setup(script, "http-response lua.run"))


def in_socket(world, setup, origin, syslog, code, wanted):
    other = world.listen()
    script = (f'PORT = {other.port}\ncore.register_action("run", {{"http-req"}}, function(txn) local s = core.tcp()\n'
              f' CONNECTED = s:connect("127.0.0.1", PORT) local got = TEXT((function() {code} end)()) s:close()\n'
              ' txn.http:req_set_header("Got", got) end)')
    proxy = setup(script, "http-request lua.run")
    client = world.connect(proxy.port())
    client.send(ASKED)
    peer = other.accept()
    if ":receive" in code:
        peer.send(peer.recv_until(b"\n"))
    _, fields, _ = origin.accept().recv_request()
    return dict(fields)["got"]


def in_service(world, setup, origin, syslog, code, wanted, sent=ASKED):
    script = (f'core.register_service("run", "http", function(applet) local got = TEXT((function() {code} end)())\n'
              ' applet:set_status(200) applet:add_header("content-length", #got) applet:start_response() applet:send(got) end)')
    return got_back(world, setup(script, "option http-buffer-request\n    http-request use-service lua.run"), sent)


def in_posted(world, setup, origin, syslog, code, wanted):
    sent = b"POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\none\ntwo\n"
    return in_service(world, setup, origin, syslog, code, wanted, sent)


def in_served(world, setup, origin, syslog, code, wanted):
    proxy = setup(f'core.register_service("run", "tcp", function(applet) applet:send(TEXT((function() {code} end)())) end)',
                  other="tcp-request content use-service lua.run")
    client = world.connect(proxy.port("other"))
    client.send(b"one\ntwo\n")
    return client.recv_all().decode()


def in_tcp(world, setup, origin, syslog, code, wanted, sent=b"abcd"):
    proxy = setup('core.register_action("run", {"tcp-req"}, function(txn) local chn = txn.req\n'
                  f' core.Info("value:" .. TEXT((function() {code} end)())) end)',
                  other=f"tcp-request inspect-delay 5s\n    tcp-request content lua.run if {{ req.len {len(sent)} }}")
    world.connect(proxy.port("other")).send(sent)
    return said(syslog, "value:").split("value:")[1].rstrip("\n")


def in_tcpline(world, setup, origin, syslog, code, wanted):
    return in_tcp(world, setup, origin, syslog, f"return (function() {code} end)():gsub('\\n', '^')", wanted, b"one\ntwo\n").replace("^", "\n")


def in_log(world, setup, origin, syslog, code, wanted):
    setup(code)
    return said(syslog, wanted[1])


def in_say(world, setup, origin, syslog, code, wanted):
    proxy = setup(f'core.register_action("run", {{"http-req"}}, function(txn) {code} end)', "http-request lua.run")
    through(world.connect(proxy.port()), origin, ASKED)
    return said(syslog, wanted[1])


def in_show(world, setup, origin, syslog, code, wanted):
    return got_back(world, setup(code, TEXT + f'"%[{wanted[0]}]"'))


def in_done(world, setup, origin, syslog, code, wanted):
    proxy = setup(f'core.register_action("run", {{"http-req"}}, function(txn) {code} end)', "http-request lua.run")
    response = world.connect(proxy.port()).request()
    return response.status, response.body


def in_line(world, setup, origin, syslog, code, wanted):
    proxy = setup(f'core.register_action("run", {{"http-req"}}, function(txn) {code} end)', "http-request lua.run")
    return through(world.connect(proxy.port()), origin, ASKED)[0]


def in_list(world, setup, origin, syslog, code, wanted):
    proxy = setup(f'core.register_action("run", {{"http-req"}}, function(txn) {code} end)',
                  'http-request lua.run\n    acl old str(old) -f {acl}\n'
                  '    acl new str(new) -f {acl}\n    http-request set-var(txn.old) str(old) if old\n'
                  '    http-request set-var(txn.new) str(\\ new) if new\n    ' + TEXT + '"%[var(txn.old)]%[var(txn.new)]"')
    return got_back(world, proxy).replace("-", "")


def in_reply(world, setup, origin, syslog, code, wanted):
    proxy = setup(f'core.register_service("run", "http", function(applet) {code} end)', "http-request use-service lua.run")
    response = world.connect(proxy.port()).request()
    return response.status, response.body


FILTER = """
F = {} F.__index = F F.id = "own" F.flags = filter.FLT_CFG_FL_HTX
function F:new() return setmetatable({}, F) end
function F:start_analyze(txn, chn) if chn:is_resp() then filter.register_data_filter(self, chn) end end
%s
core.register_filter("own", F, function(f, args) return f end)
"""


def in_message(world, setup, origin, syslog, code, wanted):
    script = FILTER % (f'function F:http_headers(txn, msg) if not msg.channel:is_resp() then local got = TEXT((function() {code} end)())\n'
                       ' msg:set_header("Got", got) end return filter.CONTINUE end')
    return got_through(world, origin, setup(script, "filter lua.own"))


def in_answer(world, setup, origin, syslog, code, wanted):
    script = FILTER % (f'function F:http_headers(txn, msg) if msg.channel:is_resp() then local got = TEXT((function() {code} end)())\n'
                       ' msg:set_header("Got", got) end return filter.CONTINUE end')
    return got_through(world, origin, setup(script, "filter lua.own"))


def in_payload(world, setup, origin, syslog, code, wanted):
    script = FILTER % ('function F:http_payload(txn, msg) if msg.channel:is_resp() and not SEEN then SEEN = true\n'
                       f' core.Info("value:" .. TEXT((function() {code} end)())) end end')
    proxy = setup(script, "filter lua.own")
    client = world.connect(proxy.port())
    client.send(ASKED)
    server = origin.accept()
    server.recv_request()
    answer(server, body=b"hello")
    return said(syslog, "value:").split("value:")[1].rstrip("\n")


def in_asks(world, setup, origin, syslog, code, wanted):
    other = world.listen()
    setup(f'core.register_task(function() local r = core.httpclient():{code}{{url = "http://127.0.0.1:{other.port}/x", body = "{wanted}"}}\n'
          ' core.Info("value:" .. r.status) end)')
    peer = other.accept()
    line, _, body = peer.recv_request()
    peer.send(b"HTTP/1.1 204 No Content\r\n\r\n")
    assert line == f"{code.upper()} /x HTTP/1.1"
    assert "value:204" in said(syslog, "value:")
    return body.decode()


def in_cli(world, setup, origin, syslog, code, wanted):
    proxy = setup(code, socket="stats socket fd@${cli} level admin")
    client = world.connect(proxy.port("cli"))
    client.send(wanted[0].encode() + b"\n")
    return client.recv_all().decode()


def params():
    for entry, place, code, wanted, *why in ROWS + NEW_ROWS:
        marks = [pytest.mark.only("runtime", "sim", reason=why[0])] if why else []
        yield pytest.param(entry, place, code, wanted, id=entry, marks=marks)


@pytest.mark.parametrize("entry, place, code, wanted", params())
def test_entry(world, setup, origin, syslog, entry, place, code, wanted):
    got = globals()[f"in_{place}"](world, setup, origin, syslog, code, wanted)
    if isinstance(wanted, re.Pattern):
        assert wanted.fullmatch(got)
    elif place in ("log", "say"):
        begin = wanted[0] if isinstance(wanted[0], re.Pattern) else re.compile(re.escape(wanted[0]))
        assert begin.match(got)
    elif place in ("show", "cli"):
        assert got.strip() == wanted[1]
    else:
        assert got == wanted


LIST = "frontend fe\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n"


def listed(text):
    """Entry -> what is said of it, from the program's list."""
    return {f"{owner}.{name}": rest for owner, name, rest in re.findall(r"^(\w+)[.:](\w+)((?:\(|: ).*)", text, re.M)}


def table(text):
    lines = ["# Every entry of the Lua API", "",
             "Printed from the program's rows (`lockstep -dKlua`) and the rows of pytests/test_lua_entries.py; `./dev words` writes it anew.",
             "",
             "| entry | takes and gives | where | waits | test | HAProxy 2.6 agrees |", "|---|---|---|---|---|---|"]
    rows = {row[0]: row for row in ROWS + NEW_ROWS}
    for entry, rest in listed(text).items():
        signature, where, waits = re.fullmatch(r"(.*?)(?: \[([^][]*)\]( may wait)?)?", rest).groups()
        agrees = "no: " + rows[entry][4] if len(rows[entry]) > 4 else "yes"
        signature = signature.replace("|", "\\|").removeprefix(": ")
        lines.append(f"| {entry} | `{signature}` | {where or 'attribute'} | {'yes' if waits else ''} | `test_entry[{entry}]` | {agrees} |")
    return "\n".join(lines) + "\n"


@pytest.mark.only("runtime", reason="prints a list")
def test_every_entry_is_listed_and_has_its_test(world):
    code, out, err = world.run(["-dKlua", "-c"], LIST)
    assert code == 0
    names = [row[0] for row in ROWS + NEW_ROWS]
    assert len(names) == len(set(names))
    assert set(listed(out)) == set(names) - {"Fetches", "Converters"}
    path = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "docs", "LUA_API.md")
    assert open(path, encoding="utf8").read() == table(out), "write it anew: ./dev words"


@pytest.mark.only("runtime", reason="prints a list")
def test_annotations_have_every_entry(world):
    code, out, err = world.run(["-dKlua", "-c"], LIST)
    code, text, err = world.run(["-dKluals", "-c"], LIST)
    classes = dict(re.findall(r"^---@class (\w+)\n((?:---@field .*\n)*)", text, re.M))
    missing = []
    for entry, rest in listed(out).items():
        owner, name = entry.split(".")
        if rest.startswith(":"):
            fields = classes.get(owner) or classes.get(owner + "lib") or ""
            well = re.search(rf"^---@field {name}\??\s", fields, re.M)
        else:
            well = re.search(rf"^function {owner}[.:]{name}\(.*\) end$", text, re.M)
        missing += [] if well else [entry]
    assert not missing
    assert "function Fetches:req_fhdr(...) end" in text and "function Converters:url_dec(value, ...) end" in text
    used = set(re.findall(r"\b[A-Z]\w+\b", " ".join(re.findall(r"^---@(?:field|param|return) \S+ ?(.*)$", text, re.M))))
    assert used <= set(classes), used - set(classes)


if __name__ == "__main__":
    with tempfile.NamedTemporaryFile("w", suffix=".cfg") as conf:
        conf.write(LIST)
        conf.flush()
        print(table(subprocess.run([sys.argv[1], "-dKlua", "-q", "-c", "-f", conf.name], capture_output=True, text=True).stdout), end="")
