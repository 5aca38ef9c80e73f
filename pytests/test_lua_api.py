"""Lua: classes of the API one by one, wrong arguments, wrong places, and what newer scripts use. The scripts run on 5.3 and 5.4."""

import os

import pytest

from test_http import answer
from test_lua import SHOW, fetched, lua, said, show, through  # noqa: F401

OURS = pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 does not have it, or not so")


def run(code):
    """A script whose fetch runs a function's body."""
    return f'core.register_fetches("show", function(txn)\n{code}\nend)\n'


# ---- Small classes.


@pytest.mark.parametrize("code, value", [
    ('local c = core.concat() for i = 1, 300 do c:add("ab") end return #c:dump() .. c:dump():sub(1, 3)', "600aba"),
    ('local c = core.concat() c:add(1) c:add("\\0") return #c:dump()', "2"),
    ('local ok, r = Regex.new("(a)(b)?(c)", true) local s, l = r:match("ac") return tostring(s) .. l[1] .. l[2] .. tostring(l[3])',
     "trueacanil"),
    ('local ok, why = Regex.new("a(b", true) return tostring(ok) .. type(why)', "falsestring"),
    ('return core.http_date("Sun, 06 Nov 1994 08:49:37 GMT") .. tostring(core.imf_date("no"))', "784111777nil"),
    ('return core.rfc850_date("Sunday, 06-Nov-94 08:49:37 GMT") - core.asctime_date("Sun Nov  6 08:49:37 1994")', "0"),
    ('return tostring(core.match_addr(core.parse_addr("10.0.0.0/8"), core.parse_addr("10.1.2.3")))', "true"),
    ('return tostring(core.match_addr(core.parse_addr("::1"), core.parse_addr("127.0.0.1")))', "false"),
    ('return tostring(core.parse_addr("1.2.3.x")) .. tostring(core.match_addr("x", nil))', "nilfalse"),
    ('return tostring(txn) .. tostring(txn.f)', "HAProxy class TXNHAProxy class Fetches"),
])
def test_values(world, lua, code, value):
    assert fetched(world, lua(run(code), SHOW)) == value


@pytest.mark.parametrize("call", [
    'core.log', 'core.log, 8, "x"', 'core.log, 1, {}', 'core.Info', 'core.Info, {}', 'core.Info, "a", "b"', 'core.tokenize, "a"',
    'core.tokenize, "a", "b", "c"', 'core.set_map, "nofile", "a", "b"', 'core.add_acl, "nofile", "a"', 'core.msleep', 'core.msleep, {}',
    'core.concat().add', 'core.concat().add, {}, "x"', 'core.tcp().settimeout, core.tcp(), -1', 'core.tcp().receive, core.tcp(), "*x"',
    'core.tcp().connect, core.tcp()', 'core.tcp().connect, {}, "127.0.0.1", 1', 'Regex.new, "x"', 'txn.get_priv', 'txn.get_priv, txn, 1',
    'txn.set_priv, txn', 'txn.set_var, txn', 'txn.set_loglevel, txn, "x"', 'txn.log, txn, 9, "x"', 'txn.set_tos, txn, "x"',
    'txn.http.req_get_headers', 'txn.http.req_add_header, txn.http, "a"', 'txn.http.res_get_headers, txn.http', 'txn.f.url_param, {}',
    'txn.c.field, txn.c, "a"', 'txn.f.nbsrv, txn.f, "nobody"', 'txn.req.get, txn.req',
    'core.proxies.fe.get_mode', 'core.register_action, "x"',
])
def test_wrong_arguments_raise(world, lua, call):
    proxy = lua(run(f'return tostring(pcall({call}))'), SHOW)
    assert fetched(world, proxy) == "false"


@OURS
def test_a_method_in_a_wrong_place_says_where_it_belongs(world, lua):
    proxy = lua(run('local ok, why = pcall(Map.new, "x") return why'), SHOW)
    text = fetched(world, proxy)
    assert "'Map.new' cannot be called from a sample fetch" in text and "the body of a file" in text


# ---- Sockets.


SOCKET = ('core.register_action("ask", {"http-req"}, function(txn) local s = core.tcp() s:settimeout(%s)\n'
          ' s:connect("127.0.0.1", %d)\n %s\n end)')


def asked(world, lua, origin, code, serve, timeout=5):
    """What an action with a socket to `serve` puts into the header `got`."""
    other = world.listen()
    proxy = lua(SOCKET % (timeout, other.port, code), "http-request lua.ask")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    serve(other.accept())
    _, fields, _ = origin.accept().recv_request()
    return dict(fields).get("got")


GOT = ' txn.http:req_set_header("got", tostring(%s))'


def test_a_socket_receives_lines_sizes_and_the_rest(world, lua, origin):
    code = 'local a, b, c = s:receive("*l"), s:receive(4), s:receive("*a")' + GOT % 'a .. "|" .. b .. "|" .. c'

    def serve(peer):
        peer.send(b"one\r\n")
        world.sleep(0.02)
        peer.send(b"twot")
        peer.send(b"hree")
        peer.close()

    assert asked(world, lua, origin, code, serve) == "one|twot|hree"


def test_a_socket_gives_what_came_before_the_timeout(world, lua, origin):
    code = 'local a = s:receive(10) local b, why = s:receive(10)' + GOT % 'a .. "|" .. tostring(b) .. "|" .. why'

    def serve(peer):
        peer.send(b"abc")
        world.sleep(0.5)

    assert asked(world, lua, origin, code, serve, "0.1") == "abc|nil|connection closed."


def test_a_socket_counts_the_prefix(world, lua, origin):
    code = 'local a = s:receive(5, "ab")' + GOT % "a"
    assert asked(world, lua, origin, code, lambda peer: peer.send(b"cdefg")) == "abcde"


def test_a_socket_that_is_reset(world, lua, origin):
    code = 's:send("x") local a, why = s:receive("*l")' + GOT % 'tostring(a) .. "|" .. type(why)'

    def serve(peer):
        peer.recv_exactly(1)
        peer.reset()

    assert asked(world, lua, origin, code, serve) == "nil|string"


def test_a_socket_sends_parts(world, lua, origin):
    code = 's:send("abcdef", 2, 4) s:send("xyz", -1)' + GOT % 's:receive("*l")'

    def serve(peer):
        assert peer.recv_exactly(4) == b"bcdz"
        peer.send(b"well\n")

    assert asked(world, lua, origin, code, serve) == "well"


# ---- Requests of scripts.


def test_httpclient(world, lua, origin, syslog):
    other = world.listen()
    lua('core.register_task(function() local c = core.httpclient()\n'
        f' local r = c:post{{url = "http://127.0.0.1:{other.port}/p?q=1", body = "hello", headers = {{["x-a"] = {{"1", "2"}}}}}}\n'
        ' core.Info("told " .. r.status .. " " .. r.body .. " " .. r.headers["x-b"][0]) end)')
    peer = other.accept()
    line, fields, body = peer.recv_request()
    assert line == "POST /p?q=1 HTTP/1.1" and body == b"hello"
    assert [v for n, v in fields if n == "x-a"] == ["1", "2"]
    peer.send(b"HTTP/1.1 201 Made\r\nContent-Length: 4\r\nX-B: yes\r\n\r\ntext")
    assert "told 201 text yes" in said(syslog, "told")


@OURS
def test_httpclient_without_a_server(world, lua, syslog):
    lua('core.register_task(function() local r = core.httpclient():get{url = "http://127.0.0.1:'
        f'{world.closed_port()}/"}} core.Info("told " .. r.status .. "<" .. r.body .. ">") end)')
    assert "told 0<>" in said(syslog, "told")


@OURS
def test_a_queue_between_two_tasks(world, lua, syslog):
    lua('local q = core.queue()\n'
        'core.register_task(function() for i = 1, 3 do core.Info("took " .. q:pop_wait()) end core.Info("left " .. q:size()) end)\n'
        'core.register_task(function() for i = 1, 4 do core.msleep(5) q:push("n" .. i) end end)')
    assert "took n1" in said(syslog, "took")
    assert "took n2" in said(syslog, "took")
    assert "left" in said(syslog, "left")


# ---- Filters.


FILTER = """
F = {} F.__index = F F.id = "f" F.flags = filter.FLT_CFG_FL_HTX
function F:new() return setmetatable({n = 0}, F) end
function F:start_analyze(txn, chn) filter.register_data_filter(self, chn) end
function F:http_headers(txn, msg)
    if msg.channel:is_resp() then
        msg:set_body_len("chunked") msg:add_header("x-code", msg:get_stline().code)
    else
        msg:set_header("x-uri", msg:get_stline().uri)
    end
    return filter.CONTINUE
end
function F:http_payload(txn, msg)
    local body = msg:body()
    if body and msg.channel:is_resp() then msg:set(body:upper()) end
end
core.register_filter("up", F, function(f, args) return f end)
"""


@OURS
def test_a_filter_changes_heads_and_bodies(world, lua, origin):
    proxy = lua(FILTER, "filter lua.up")
    client = world.connect(proxy.port())
    line, fields, got = through(client, origin, b"GET /p?q=1 HTTP/1.1\r\nHost: a\r\n\r\n", body=b"hello")
    assert ("x-uri", "/p?q=1") in fields
    assert (got.body, got.header("x-code")) == (b"HELLO", "200")


@OURS
def test_a_filter_that_waits(world, lua, origin):
    proxy = lua(FILTER + "local head = F.http_headers\n"
                         "function F:http_headers(txn, msg) core.msleep(20) return head(self, txn, msg) end\n", "filter lua.up")
    client = world.connect(proxy.port())
    begin = world.now()
    _, _, got = through(client, origin, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", body=b"hello")
    assert got.body == b"HELLO" and world.now() - begin > 0.015


def test_an_unknown_filter_does_not_start(world):
    code, out, err = world.run(["-c"], "frontend fe\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n"
                                       "    filter lua.nobody\n")
    assert code == 1 and "nobody" in out + err


# ---- Channels.


def test_a_channel_by_pieces(world, lua, origin):
    proxy = lua('core.register_action("edit", {"tcp-req"}, function(txn) local c = txn.req\n'
                ' c:remove(0, 1) c:insert("<", 0) c:set("B", 1, 1) end)',
                "tcp-request inspect-delay 5s\n tcp-request content lua.edit if { req.len ge 4 }", mode="tcp")
    client = world.connect(proxy.port())
    client.send(b"abcd")
    assert origin.accept().recv_exactly(4) == b"<Bcd"


@OURS
def test_a_runaway_script_is_logged_with_its_place(world, lua, origin, syslog):
    proxy = lua('local function spin()\n while true do end\nend\n'
                'core.register_action("run", {"http-req"}, function(txn) spin() end)',
                "http-request lua.run", globals_="tune.lua.session-timeout 100ms")
    through(world.connect(proxy.port()), origin)
    line = said(syslog, "timeout")
    assert "run" in line and "script.lua:2" in line


# ---- Tasks with arguments, servers that come and go.


@OURS
def test_a_task_with_arguments(world, lua, syslog):
    lua('core.register_task(function(...) core.Info("told " .. select("#", ...) .. (...)) end, "a", nil, 3, nil)')
    assert "told 4a" in said(syslog, "told")


@OURS
def test_servers_that_come_and_go(world, syslog):
    path = world.file("script.lua", 'core.event_sub({"SERVER_ADD", "SERVER_DEL"}, function(event, data)\n'
                                    ' core.Info("told " .. event .. data.name .. type(data.reference)) end)')
    proxy = world.proxy(f"""
global
    log {syslog.addr} local0
    stats socket fd@${{cli}} level admin
    lua-load {path}
defaults
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
backend be
    balance roundrobin
    server s1 127.0.0.1:1
""", listeners=("fe", "cli"))
    for command in (b"add server be/s2 127.0.0.1:2", b"del server be/s2"):
        client = world.connect(proxy.port("cli"))
        client.send(command + b"\n")
        client.recv_all()
    assert "told SERVER_ADDs2table" in said(syslog, "told")
    assert "told SERVER_DELs2nil" in said(syslog, "told")


# ---- What holds the loop.


HELD = pytest.mark.only("runtime", reason="HAProxy does not tell; in the simulator nothing of it takes time")


@HELD
@pytest.mark.parametrize("code, words", [
    ('local p = io.popen("sleep 0.03; echo x") p:read("*a") p:close()', "io.popen held all streams for"),
    ('os.execute("sleep 0.03")', "os.execute held all streams for"),
])
def test_a_command_that_holds_the_loop_is_told_once(world, lua, origin, syslog, code, words):
    proxy = lua(f'core.register_action("run", {{"http-req"}}, function(txn)\n {code}\n core.Info("ran") end)', "http-request lua.run")
    client = world.connect(proxy.port())
    through(client, origin)
    client.close()
    line = said(syslog, "held all")
    assert words in line and "script.lua:2" in line and "core.tcp()" in line
    through(world.connect(proxy.port()), origin)
    rest = []
    while "GET /p" not in "".join(rest):
        rest.append(syslog.recv())
    assert "held all" not in "".join(rest)


@HELD
def test_a_computation_that_holds_the_loop_is_told(world, lua, syslog):
    proxy = lua('core.register_fetches("show", function(txn)\n local n = 0\n for i = 1, 4000000 do n = n + i % 7 end\n return n end)', SHOW)
    fetched(world, proxy)
    line = said(syslog, "held all")
    assert "a long computation" in line and "script.lua:3" in line and "sample-fetch 'show'" in line


@HELD
def test_what_is_quick_is_not_told(world, lua, syslog):
    path = world.file("some.txt", "text")
    proxy = lua(f'core.register_fetches("show", function(txn)\n local f = io.open("{path}") local t = f:read("*a") f:close() return t end)', SHOW)
    assert fetched(world, proxy) == "text"
    assert "held" not in syslog.recv()


@OURS
def test_an_error_names_its_stream(world, lua, origin, syslog):
    proxy = lua('core.register_action("run", {"http-req"}, function(txn) error("own") end)', "http-request lua.run")
    through(world.connect(proxy.port()), origin)
    assert "Lua action 'run': stream 0x" in said(syslog, "own")


def test_a_filter_that_wants_to_be_called_again_rests_afterwards(world, lua, origin):
    script = ('F = {} F.__index = F F.id = "f" F.flags = filter.FLT_CFG_FL_HTX\n'
              'function F:new() return setmetatable({n = 0}, F) end\n'
              'function F:http_headers(txn, msg) self.n = self.n + 1 txn:set_priv(self.n)\n'
              ' if self.n == 1 then filter.wake_time(5) return filter.WAIT end return filter.CONTINUE end\n'
              'core.register_filter("again", F, function(f) return f end)\n'
              'local runs = 0\n'
              'core.register_service("own", "http", function(applet) local begin = os.clock()\n'
              ' local all = applet:receive() local used = os.clock() - begin\n'
              ' local text = used < 0.15 and "rested" or "ran " .. used\n'
              ' applet:set_status(200) applet:add_header("content-length", #text) applet:start_response() applet:send(text) end)')
    proxy = lua(script, "filter lua.again\n http-request use-service lua.own")
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na")
    world.sleep(0.4)
    client.send(b"bc")
    assert client.recv_response().body == b"rested"


# ---- What httpclient.* of the global section says.


SECURE = """
global
    {globals_}
    lua-load {script}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    http-request lua.ask
    http-request return status 200 content-type text/plain lf-string "%[var(txn.got)]"
frontend secure
    bind fd@${{secure}} ssl crt {crt}
    http-request return status 204
"""


@OURS
@pytest.mark.parametrize("globals_, status", [
    ("httpclient.ssl.ca-file {ca}", "204"),
    ("httpclient.ssl.verify none", "204"),
    ("", "0"),
    ("httpclient.ssl.verify required", "0"),
], ids=["ca", "none", "usual", "system"])
def test_httpclient_verifies(world, globals_, status):
    pki = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios", "tls", "pki")
    files = {name: world.file(f"{name}.pem", open(os.path.join(pki, f"{name}.pem"), encoding="ascii").read()) for name in ("ca", "server")}
    script = world.file("script.lua", 'core.register_action("ask", {"http-req"}, function(txn)\n'
                                      ' local r = core.httpclient():get{url = "https://127.0.0.1:" .. txn.f:req_hdr("port") .. "/"}\n'
                                      ' txn:set_var("txn.got", r.status) end)')
    if globals_.endswith("required") and not os.path.isdir("/etc/ssl/certs"):
        pytest.skip("there are no certificates of the system")
    if globals_.endswith("required") and world.__class__.__name__ == "SimWorld":
        globals_ = ""  # there are none in that world: it does not start
    proxy = world.proxy(SECURE.format(globals_=globals_.format(**files), script=script, crt=files["server"]), listeners=("fe", "secure"))
    got = world.connect(proxy.port()).request(headers=[("Port", str(proxy.port("secure")))])
    assert got.body.decode() == status


@OURS
def test_httpclient_tries_again(world, lua, syslog):
    lua('core.register_task(function() local begin = core.now() local r = core.httpclient():get{url = "http://127.0.0.1:'
        f'{world.closed_port()}/"}} core.Info("told " .. r.status) end)', globals_="httpclient.retries 2\n    httpclient.timeout.connect 1s")
    assert "told 0" in said(syslog, "told")


@OURS
@pytest.mark.parametrize("line, words", [
    ("httpclient.ssl.ca-file /nowhere/ca.pem", "/nowhere/ca.pem"),
    ("httpclient.ssl.verify maybe", "httpclient.ssl.verify"),
    ("httpclient.retries x", "httpclient.retries"),
    ("httpclient.timeout.connect x", "httpclient.timeout.connect"),
])
def test_wrong_lines_of_httpclient(world, line, words):
    code, out, err = world.run(["-c"], f"global\n    {line}\nfrontend fe\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n")
    assert code == 1 and words in out + err


@pytest.mark.only("runtime", "haproxy", reason="reads what the process holds")
def test_ten_thousand_tasks_that_sleep(world, lua):
    proxy = lua('for i = 1, 10000 do core.register_task(function() while true do core.sleep(1000) end end) end\n'
                'core.register_fetches("show", function() return os.clock() end)', SHOW)
    before = float(fetched(world, proxy))
    world.sleep(0.3)
    assert float(fetched(world, proxy)) - before < 0.1
    with open(f"/proc/{proxy.process.pid}/status", encoding="ascii") as status:
        kilobytes = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
    assert kilobytes < 60000


# ---- tune.lua.openlibs.


@OURS
@pytest.mark.parametrize("libraries, there", [
    ("none", "coroutine"),
    ("string,math", "coroutine math string"),
    ("os,io,package,debug,table,utf8", "coroutine debug io os package table utf8"),
    ("all", "coroutine debug io math os package string table utf8"),
])
def test_libraries_that_are_wanted(world, lua, libraries, there):
    names = '"coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8"'
    proxy = lua(f'core.register_fetches("show", function() local o = "" for _, n in ipairs({{{names}}}) do\n'
                ' if _G[n] then o = o .. n .. " " end end\n'
                ' if pcall(function() return ("x"):upper() end) ~= (string ~= nil) then o = o .. "methods" end return o end)', SHOW,
                globals_=f"tune.lua.openlibs {libraries}")
    assert fetched(world, proxy).strip() == there


@OURS
@pytest.mark.parametrize("lines", ["tune.lua.openlibs nothing", "tune.lua.openlibs none,string", "tune.lua.openlibs",
                                   "lua-prepend-path /x/?.lua\n    tune.lua.openlibs none"])
def test_wrong_lines_of_openlibs(world, lines):
    code, out, err = world.run(["-c"], f"global\n    {lines}\nfrontend fe\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:1\n")
    assert code == 1 and "tune.lua.openlibs" in out + err
