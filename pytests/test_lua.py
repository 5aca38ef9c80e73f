"""Lua: its six contexts, services, waiting, errors, and the classes that scripts use most. The scripts run on 5.3 and 5.4."""

import re

import pytest

from test_http import answer


@pytest.fixture
def lua(world, origin, syslog):
    """A proxy with a script: lines for the frontend and the backend, in mode http unless told otherwise."""

    def make(script, frontend="", backend="", mode="http", globals_="", check=True):
        path = world.file("script.lua", script)
        return world.proxy(f"""
global
    log {syslog.addr} local7
    {globals_}
    lua-load {path}
defaults
    mode {mode}
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {syslog.addr} local0
    option {mode}log
frontend fe
    bind fd@${{fe}}
    {frontend}
    default_backend be
backend be
    {backend}
    server s1 {origin.addr}
""", check=check)

    return make


def said(syslog, text):
    """The next log message that has `text` in it."""
    while text not in (line := syslog.recv()):
        pass
    return line


def fetched(world, proxy, path="/", headers=()):
    """The body that a proxy answers by itself."""
    got = world.connect(proxy.port()).request(path, headers=headers)
    assert got.status == 200
    return got.body.decode("latin1")


def through(client, origin, sent=b"GET /p?q=1 HTTP/1.1\r\nHost: a.test\r\nX: one\r\nX: two\r\n\r\n", **reply):
    """(request line, fields, response) of one request that passes through."""
    client.send(sent)
    server = origin.accept()
    line, fields, _ = server.recv_request()
    answer(server, **reply)
    return line, fields, client.recv_response()


SHOW = 'http-request return status 200 content-type text/plain lf-string "%[lua.show]"'


def show(expression):
    """A script whose fetch gives the value of an expression of Lua."""
    return f'core.register_fetches("show", function(txn) return tostring({expression}) end)\n'


# ---- The six contexts.


def test_body_runs_at_start(world, lua):
    proxy = lua('loaded = "at start"\ncore.register_fetches("show", function() return loaded end)', SHOW)
    assert fetched(world, proxy) == "at start"


def test_init_runs_after_the_configuration_is_read(world, lua):
    proxy = lua('core.register_init(function() names = {}; for name in pairs(core.proxies) do names[#names+1] = name end\n'
                ' table.sort(names) end)\n'
                'core.register_fetches("show", function() return table.concat(names, " ") end)', SHOW)
    assert fetched(world, proxy).split() == ["be", "fe"]


def test_several_inits_run_in_order(world, lua):
    proxy = lua('order = ""\nfor i = 1, 3 do core.register_init(function() order = order .. i end) end\n'
                'core.register_fetches("show", function() return order end)', SHOW)
    assert fetched(world, proxy) == "123"


def test_a_task_runs_and_sleeps(world, lua, syslog):
    lua('core.register_task(function() for i = 1, 3 do core.msleep(20); core.Info("turn " .. i) end end)')
    assert [said(syslog, "turn").rstrip("\n")[-6:] for _ in range(3)] == ["turn 1", "turn 2", "turn 3"]


def test_a_task_may_have_arguments(world, lua, syslog):
    lua('core.register_init(function() core.register_task(function() core.Info("task ran") end) end)')
    assert said(syslog, "task ran")


def test_an_action(world, lua, origin):
    proxy = lua('core.register_action("mark", {"http-req"}, function(txn) txn.http:req_set_header("X-Lua", "yes") end)',
                "http-request lua.mark")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("x-lua", "yes") in fields


def test_an_action_with_arguments(world, lua, origin):
    proxy = lua('core.register_action("mark", {"http-req"}, function(txn, a, b)\n'
                ' txn.http:req_set_header(a, b) end, 2)', "http-request lua.mark X-A b1\n http-request lua.mark X-B b2")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("x-a", "b1") in fields and ("x-b", "b2") in fields


def test_an_action_of_a_response(world, lua, origin):
    proxy = lua('core.register_action("mark", {"http-res"}, function(txn) txn.http:res_set_header("X-Lua", "res") end)',
                "http-response lua.mark")
    _, _, got = through(world.connect(proxy.port()), origin)
    assert got.header("x-lua") == "res"


def test_an_action_on_tcp(world, lua, origin):
    proxy = lua('core.register_action("seen", {"tcp-req"}, function(txn) txn:set_var("txn.n", txn.f:req_len()) end)',
                "tcp-request inspect-delay 5s\n tcp-request content capture req.payload(0,3) len 3\n"
                " tcp-request content lua.seen\n tcp-request content reject if { var(txn.n) -m int 3 }", mode="tcp")
    three = world.connect(proxy.port())
    three.send(b"abc")
    assert three.at_end()
    four = world.connect(proxy.port())
    four.send(b"abcd")
    assert origin.accept().recv_exactly(4) == b"abcd"


def test_a_fetch_and_a_converter(world, lua):
    proxy = lua('core.register_fetches("show", function(txn, a, b) return a .. "-" .. (b or "none") end)\n'
                'core.register_converters("twice", function(value, mark) return value .. (mark or "") .. value end)',
                'http-request return status 200 content-type text/plain lf-string '
                '"%[lua.show(x),lua.twice] %[lua.show(x,y),lua.twice(+)]"')
    assert fetched(world, proxy) == "x-nonex-none x-y+x-y"


@pytest.mark.parametrize("value, shown, found", [
    ('"text"', "text", True),
    ("12", "12", True),
    ("7.0", "7", True),
    ("7.9", "0", True),
    ("true", "1", True),
    ("nil", "0", True),
    ('""', "", True),
    ("", "", False),
    ('1, "last"', "last", True),
])
def test_what_a_fetch_gives(world, lua, value, shown, found):
    proxy = lua(f'core.register_fetches("show", function(txn) return {value} end)',
                'http-request return status 200 content-type text/plain lf-string "[%[lua.show]] yes" if { lua.show -m found }\n'
                ' http-request return status 200 content-type text/plain lf-string "[%[lua.show]] no"')
    assert fetched(world, proxy).replace("-", "") == f"[{shown}] {'yes' if found else 'no'}"


def test_the_codes_of_an_action(world, lua, origin):
    proxy = lua('core.register_action("code", {"http-req"}, function(txn) return act[txn.f:url_param("c")] end)',
                "http-request lua.code\n http-request set-header After yes")
    client = world.connect(proxy.port())
    assert client.request("/?c=DENY").status == 403
    assert client.request("/?c=INVALID").status == 400
    for code, after in (("CONTINUE", True), ("STOP", False), ("DONE", False)):
        client = world.connect(proxy.port())
        _, fields, got = through(client, origin, f"GET /?c={code} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert (("after", "yes") in fields) == after
        assert got.status == 200
        client.close()


def test_the_denial_of_a_response(world, lua, origin):
    proxy = lua('core.register_action("bad", {"http-res"}, function(txn) return act.INVALID end)', "http-response lua.bad")
    _, _, got = through(world.connect(proxy.port()), origin, body=b"secret")
    assert got.status == 502 and b"secret" not in got.body


# ---- Waiting.


def test_an_action_sleeps_while_others_go_on(world, lua, origin):
    proxy = lua('core.register_action("nap", {"http-req"}, function(txn) core.msleep(200)\n'
                ' txn.http:req_set_header("X-Lua", "slept") end)',
                "http-request lua.nap if { path /slow }")
    slow, fast = world.connect(proxy.port()), world.connect(proxy.port())
    begin = world.now()
    slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    line, _, _ = through(fast, origin, b"GET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
    assert line == "GET /fast HTTP/1.1"
    assert world.now() - begin < 0.15
    fast.close()
    line, fields, _ = origin.accept().recv_request()
    assert world.now() - begin > 0.15
    assert line == "GET /slow HTTP/1.1" and ("x-lua", "slept") in fields


def test_locals_survive_a_sleep(world, lua, origin):
    proxy = lua('core.register_action("nap", {"http-req"}, function(txn) local all = ""\n'
                ' for i = 1, 5 do core.msleep(5); all = all .. i; core.yield() end\n'
                ' txn.http:req_set_header("X-Lua", all) end)', "http-request lua.nap")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("x-lua", "12345") in fields


def test_a_client_may_leave_a_sleeping_action(world, lua, origin):
    proxy = lua('core.register_action("nap", {"http-req"}, function(txn) core.msleep(100) end)',
                "http-request lua.nap if { path /slow }")
    client = world.connect(proxy.port())
    client.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    client.reset()
    world.sleep(0.15)
    other = world.connect(proxy.port())
    other.send(b"GET /fast HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    line, _, _ = server.recv_request()
    if line == "GET /slow HTTP/1.1":  # it may go on without its client
        server = origin.accept()
        line, _, _ = server.recv_request()
    assert line == "GET /fast HTTP/1.1"
    answer(server)
    assert other.recv_response().status == 200


def test_now_advances_over_a_sleep(world, lua, origin):
    proxy = lua('core.register_action("nap", {"http-req"}, function(txn) local a = core.now(); core.msleep(50)\n'
                ' local b = core.now(); local us = (b.sec - a.sec) * 1000000 + b.usec - a.usec\n'
                ' txn.http:req_set_header("X-Lua", tostring(us >= 45000 and us < 2000000)) end)', "http-request lua.nap")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("x-lua", "true") in fields


# ---- Errors.


def test_an_error_in_an_action_is_logged_and_the_request_goes_on(world, lua, origin, syslog):
    proxy = lua('core.register_action("fail", {"http-req"}, function(txn) error("own trouble") end)',
                "http-request lua.fail\n http-request set-header After yes")
    _, fields, got = through(world.connect(proxy.port()), origin)
    assert ("after", "yes") in fields and got.status == 200
    line = said(syslog, "own trouble")
    assert "script.lua:1" in line and "fail" in line


def test_an_error_in_a_fetch_gives_no_value(world, lua, origin, syslog):
    proxy = lua('core.register_fetches("fail", function(txn) error("own trouble") end)',
                "http-request set-header Found yes if { lua.fail -m found }\n http-request set-header After yes")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("after", "yes") in fields and ("found", "yes") not in fields
    assert "script.lua:1" in said(syslog, "own trouble")


def test_an_error_in_a_converter_gives_no_value(world, lua, origin, syslog):
    proxy = lua('core.register_converters("fail", function(v) local nothing; return nothing.x end)',
                "http-request set-header Found yes if { str(x),lua.fail -m found }\n http-request set-header After yes")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("after", "yes") in fields and ("found", "yes") not in fields
    assert "script.lua:1" in said(syslog, "nil value")


def test_an_error_in_a_task_is_logged(world, lua, syslog):
    proxy = lua('core.register_task(function() error("own trouble") end)')
    assert "script.lua:1" in said(syslog, "own trouble")
    assert proxy.alive()


def test_an_error_in_a_service_gives_500(world, lua, syslog):
    proxy = lua('core.register_service("fail", "http", function(applet) error("own trouble") end)',
                "http-request use-service lua.fail")
    assert world.connect(proxy.port()).request().status == 500
    assert "script.lua:1" in said(syslog, "own trouble")
    assert world.connect(proxy.port()).request().status == 500


def test_a_service_that_says_nothing_gives_500(world, lua):
    proxy = lua('core.register_service("mute", "http", function(applet) end)', "http-request use-service lua.mute")
    assert world.connect(proxy.port()).request().status == 500


def test_pcall_catches(world, lua):
    proxy = lua('core.register_fetches("show", function(txn) local ok, why = pcall(error, {code = 7})\n'
                ' return tostring(ok) .. why.code end)', SHOW)
    assert fetched(world, proxy) == "false7"


@pytest.mark.parametrize("script, word", [
    ("this is no Lua", "script.lua:1"),
    ('error("at load")', "at load"),
    ('core.register_init(function() error("at init") end)', "at init"),
    ('core.register_action("a", {"nowhere"}, function() end)', "nowhere"),
])
def test_a_broken_script_does_not_start(world, lua, script, word):
    path = world.file("script.lua", script)
    code, out, err = world.run(["-db"], f"global\n    lua-load {path}\nfrontend fe\n    mode http\n"
                                        "    timeout client 1s\n    bind 127.0.0.1:1\n")
    assert code == 1
    assert word in out + err


@pytest.mark.parametrize("line", ["http-request lua.nobody", "http-request lua.two one", "http-request lua.two a b c",
                                  "http-response lua.two a b", "http-request set-header X %[lua.nobody]",
                                  "http-request use-service lua.nobody"])
def test_a_wrong_use_of_a_script_does_not_start(world, line):
    path = world.file("script.lua", 'core.register_action("two", {"http-req"}, function() end, 2)\n')
    code, out, err = world.run(["-c"], f"global\n    lua-load {path}\nfrontend fe\n    mode http\n    timeout client 1s\n"
                                       f"    bind 127.0.0.1:1\n    {line}\n")
    assert code == 1
    assert "run.cfg:7]" in out + err


def test_a_runaway_action_is_stopped(world, lua, origin, syslog):
    proxy = lua('core.register_action("run", {"http-req"}, function(txn) while true do end end)',
                "http-request lua.run if { path /run }\n http-request set-header After yes",
                globals_="tune.lua.session-timeout 200ms")
    client, other = world.connect(proxy.port()), world.connect(proxy.port())
    client.send(b"GET /run HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    _, fields, _ = server.recv_request()
    assert ("after", "yes") in fields
    answer(server)
    assert client.recv_response().status == 200
    assert "timeout" in said(syslog, "run")
    line, _, _ = through(other, origin)
    assert line == "GET /p?q=1 HTTP/1.1"


@pytest.mark.only("runtime", "haproxy", reason="nothing that is computed takes time in the simulator")
def test_a_runaway_action_has_its_time(world, lua, origin, syslog):
    proxy = lua('core.register_action("run", {"http-req"}, function(txn) while true do end end)', "http-request lua.run",
                globals_="tune.lua.session-timeout 200ms")
    begin = world.now()
    through(world.connect(proxy.port()), origin)
    assert 0.15 < world.now() - begin < 3


def test_a_loop_that_watches_the_clock_ends(world, lua):
    proxy = lua('core.register_fetches("show", function(txn) local begin = os.clock()\n'
                ' while os.clock() - begin < 0.02 do end return "over" end)', SHOW)
    assert fetched(world, proxy) == "over"


def test_a_runaway_service_is_stopped(world, lua, syslog):
    proxy = lua('core.register_service("run", "http", function(applet) while true do end end)',
                "http-request use-service lua.run", globals_="tune.lua.service-timeout 200ms")
    assert world.connect(proxy.port()).request().status == 500
    assert proxy.alive()


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 never notices: its watchdog aborts the process")
@pytest.mark.parametrize("script, use", [
    ('core.register_fetches("run", function(txn) while true do end end)', "lua.run -m found"),
    ('core.register_converters("run", function(v) while true do end end)', "str(x),lua.run -m found"),
], ids=["fetch", "converter"])
def test_a_runaway_fetch_or_converter_is_stopped(world, lua, origin, script, use):
    proxy = lua(script, f"http-request set-header Found yes if {{ {use} }}\n http-request set-header After yes",
                globals_="tune.lua.session-timeout 200ms\n tune.lua.burst-timeout 200ms")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("after", "yes") in fields and ("found", "yes") not in fields


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12's error is caught by the script's pcall")
@pytest.mark.parametrize("spin", [
    "while true do pcall(function() while true do end end) end",
    "while true do pcall(pcall, pcall, function() while true do end end) end",
    "coroutine.wrap(function() while true do end end)()",
    "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
], ids=["pcall", "pcalls", "coroutine", "coroutines"])
def test_a_runaway_is_stopped_whatever_is_around_it(world, lua, origin, syslog, spin):
    proxy = lua('core.register_action("run", {"http-req"}, function(txn) %s end)' % spin,
                "http-request lua.run\n http-request set-header After yes", globals_="tune.lua.session-timeout 100ms")
    for _ in range(2):
        _, fields, _ = through(world.connect(proxy.port()), origin)
        assert ("after", "yes") in fields
        assert "run" in said(syslog, "timeout")


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 knows no execution in a coroutine of a script")
def test_methods_in_a_coroutine_of_the_script(world, lua, origin, syslog):
    proxy = lua('core.register_action("go", {"http-req"}, function(txn)\n'
                ' local step = coroutine.wrap(function() txn.http:req_add_header("one", "1") coroutine.yield(7)\n'
                '  local well, why = pcall(core.yield) txn.http:req_add_header("two", tostring(well)) end)\n'
                ' txn.http:req_add_header("got", tostring(step())) step() end)', "http-request lua.go")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("one", "1") in fields and ("got", "7") in fields and ("two", "false") in fields


def test_memory_is_bounded(world, lua, origin, syslog):
    proxy = lua('core.register_action("eat", {"http-req"}, function(txn) local all = {}\n'
                ' while true do all[#all + 1] = string.rep("x", 100000) .. #all end end)',
                "http-request lua.eat\n http-request set-header After yes", globals_="tune.lua.maxmem 16")
    _, fields, _ = through(world.connect(proxy.port()), origin)
    assert ("after", "yes") in fields
    assert "memory" in said(syslog, "memory")


# ---- txn and its classes.


def test_request_headers(world, lua, origin):
    proxy = lua('core.register_action("edit", {"http-req"}, function(txn)\n'
                ' local h = txn.http:req_get_headers()\n'
                ' txn.http:req_add_header("Seen", h["x"][0] .. "," .. h["x"][1] .. "," .. h["host"][0])\n'
                ' txn.http:req_del_header("X")\n'
                ' txn.http:req_set_header("New", "n1")\n txn.http:req_add_header("New", "n2")\n'
                ' txn.http:req_rep_header("Words", "b+", "<B>")\n'
                ' txn.http:req_rep_value("List", "b+", "<B>")\n'
                ' end)', "http-request lua.edit")
    _, fields, _ = through(world.connect(proxy.port()), origin,
                           b"GET / HTTP/1.1\r\nHost: a\r\nX: one\r\nX: two\r\nWords: bbb\r\nList: a, bb\r\n\r\n")
    got = [f for f in fields if f[0] not in ("host",)]
    assert ("seen", "one,two,a") in got
    assert [v for n, v in got if n == "x"] == []
    assert [v for n, v in got if n == "new"] == ["n1", "n2"]
    assert [v for n, v in got if n == "words"] == ["<B>"]
    assert [v for n, v in got if n == "list"] == ["a,<B>"]


def test_the_request_line(world, lua, origin):
    proxy = lua('core.register_action("edit", {"http-req"}, function(txn)\n'
                ' txn.http:req_set_method("POST"); txn.http:req_set_path("/new"); txn.http:req_set_query("z=9") end)',
                "http-request lua.edit")
    line, _, _ = through(world.connect(proxy.port()), origin)
    assert line == "POST /new?z=9 HTTP/1.1"


def test_the_uri(world, lua, origin):
    proxy = lua('core.register_action("edit", {"http-req"}, function(txn) txn.http:req_set_uri("/u?v=w") end)',
                "http-request lua.edit")
    assert through(world.connect(proxy.port()), origin)[0] == "GET /u?v=w HTTP/1.1"


def test_response_headers(world, lua, origin):
    proxy = lua('core.register_action("edit", {"http-res"}, function(txn)\n'
                ' local h = txn.http:res_get_headers()\n'
                ' txn.http:res_set_header("Seen", h["x"][0])\n txn.http:res_del_header("X")\n'
                ' txn.http:res_add_header("New", "n1")\n txn.http:res_add_header("New", "n2")\n'
                ' txn.http:res_set_status(299, "Own Reason") end)', "http-response lua.edit")
    _, _, got = through(world.connect(proxy.port()), origin, headers=[("X", "one")])
    assert (got.status, got.reason) == (299, "Own Reason")
    assert (got.header("seen"), got.header("x"), got.all("new")) == ("one", None, ["n1", "n2"])


def test_variables(world, lua, origin):
    proxy = lua('core.register_action("first", {"http-req"}, function(txn)\n'
                ' txn:set_var("txn.t", "text"); txn:set_var("txn.n", 42); txn:set_var("txn.b", true)\n'
                ' txn:set_var("txn.gone", 1); txn:unset_var("txn.gone") end)\n'
                'core.register_action("second", {"http-res"}, function(txn)\n'
                ' txn.http:res_set_header("X", txn:get_var("txn.t") .. " " .. (txn:get_var("txn.n") + 1) .. " "\n'
                ' .. tostring(txn:get_var("txn.gone")) .. " " .. math.type(txn:get_var("txn.n")) .. " " .. txn:get_var("txn.conf")) end)',
                "http-request lua.first\n http-request set-var(txn.conf) path\n"
                " http-request set-header T %[var(txn.t)]-%[var(txn.n)]-%[var(txn.b)]\n http-response lua.second")
    _, fields, got = through(world.connect(proxy.port()), origin)
    assert ("t", "text-42-1") in fields
    assert got.header("x") == "text 43 nil integer /p"


def test_private_data_lives_as_long_as_the_transaction(world, lua, origin):
    proxy = lua('core.register_action("first", {"http-req"}, function(txn)\n'
                ' txn.http:req_set_header("Before", tostring(txn:get_priv())); txn:set_priv({n = 5}) end)\n'
                'core.register_action("second", {"http-res"}, function(txn)\n'
                ' txn.http:res_set_header("X", tostring(txn:get_priv().n)) end)',
                "http-request lua.first\n http-response lua.second")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    for _ in range(2):
        _, fields, _ = server.recv_request()
        assert ("before", "nil") in fields
        answer(server)
        assert client.recv_response().header("x") == "5"
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")


@pytest.mark.parametrize("expression, value", [
    ('txn.f:path()', "/p"),
    ('txn.f:method()', "GET"),
    ('txn.f:url_param("q")', "1"),
    ('txn.f:req_hdr("x")', "two"),
    ('txn.f:req_hdr("x", 1)', "one"),
    ('txn.f:req_hdr("nope")', "nil"),
    ('txn.sf:req_hdr("nope")', ""),
    ('txn.f:src()', "127.0.0.1"),
    ('math.type(txn.f:dst_port())', "integer"),
    ('txn.f:fe_name()', "fe"),
    ('txn.c:upper("abc")', "ABC"),
    ('txn.c:base64("abc")', "YWJj"),
    ('txn.c:field("a-b-c", 2, "-")', "b"),
    ('txn.sc:crc32("abc")', "891568578"),
    ('txn.f:nbsrv("be")', "1"),
    ('pcall(function() return txn.f:nbsrv("nobody") end)', "false"),
    ('core.tokenize("a,b,,c", ",", true)[3]', "c"),
    ('#core.tokenize("a,b,,c", ",")', "4"),
    ('core.concat():dump() == ""', "true"),
    ('core.proxies.be.servers.s1.name', "s1"),
    ('core.backends.be.name', "be"),
    ('core.frontends.fe:get_mode()', "http"),
    ('core.proxies.be.servers.s1:get_weight()', "1"),
    ('core.match_addr(core.parse_addr("10.0.0.0/8"), core.parse_addr("10.1.1.1"))', "true"),
    ('core.match_addr(core.parse_addr("10.0.0.0/8"), core.parse_addr("11.1.1.1"))', "false"),
    ('core.parse_addr("1.2.3.4.5")', "nil"),
    ('core.http_date("Thu, 01 Jan 1970 00:00:10 GMT")', "10"),
    ('type(core.now().sec)', "number"),
    ('core.emerg < core.debug', "true"),
    ('type(core.thread)', "number"),
    ('os.time() > 1500000000', "true"),
    ('type(core.get_info()["Uptime_sec"])', "number"),
    ('(select(2, pcall(error, "x", 0)))', "x"),
    ('string.format("%5.2f|%s", 1.234, "y")', " 1.23|y"),
    ('table.concat({1, 2, 3}, "+")', "1+2+3"),
    ('7 // 2 .. " " .. (7 & 3) .. " " .. 2^3', "3 3 8.0"),
])
def test_expressions(world, lua, expression, value):
    proxy = lua(show(expression), SHOW)
    client = world.connect(proxy.port())
    client.send(b"GET /p?q=1 HTTP/1.1\r\nHost: a.test\r\nX: one\r\nX: two\r\n\r\n")
    assert client.recv_response().body.decode() == value


def test_done_with_a_reply(world, lua, origin):
    proxy = lua('core.register_action("stop", {"http-req"}, function(txn)\n'
                ' local reply = txn:reply{status = 418, headers = {["X-Pot"] = {"tea", "coffee"}}, body = "short"}\n'
                ' reply:add_header("X-More", "yes"); txn:done(reply) end)',
                "http-request lua.stop\n http-request deny")
    client = world.connect(proxy.port())
    got = client.request()
    assert (got.status, got.body, got.all("x-pot"), got.header("x-more")) == (418, b"short", ["tea", "coffee"], "yes")
    assert got.header("content-length") == "5"
    assert client.request().status == 418
    assert not origin.pending()


def test_done_alone_closes(world, lua, origin):
    proxy = lua('core.register_action("stop", {"http-req"}, function(txn) txn:done() end)', "http-request lua.stop")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.at_end()
    assert not origin.pending()


def test_logging(world, lua, origin, syslog):
    proxy = lua('core.register_action("say", {"http-req"}, function(txn) core.Warning("from core")\n'
                ' core.log(core.err, "at a level"); txn:Info("from txn\\nnext") end)',
                "http-request lua.say")
    through(world.connect(proxy.port()), origin)
    assert said(syslog, "from core").startswith(f"<{23 * 8 + 4}>")
    assert said(syslog, "at a level").startswith(f"<{23 * 8 + 3}>")
    line = said(syslog, "from txn")
    assert line.startswith(f"<{16 * 8 + 6}>") and "from txn.next" in line


def test_set_loglevel_silences(world, lua, syslog):
    proxy = lua('core.register_action("quiet", {"http-req"}, function(txn) txn:set_var("txn.q", 1) end)',
                "http-request lua.quiet\n http-request set-log-level silent if { var(txn.q) -m int 1 } { path /quiet }\n"
                " http-request return status 200")
    client = world.connect(proxy.port())
    client.request("/quiet")
    client.request("/loud")
    line = syslog.recv()
    while "GET /" not in line:
        line = syslog.recv()
    assert "GET /loud" in line


def test_a_map(world, lua):
    table = world.file("m.map", "a.test alpha\nb.test beta\n")
    proxy = lua(f'local m = Map.new("{table}", Map._str)\n'
                'core.register_fetches("show", function(txn) return m:lookup("b.test") .. " " .. tostring(m:lookup("no"))\n'
                ' .. " [" .. m:slookup("no") .. "]" end)', SHOW)
    assert fetched(world, proxy) == "beta nil []"


def test_a_regex(world, lua):
    proxy = lua('local ok, re = Regex.new("^(a+)(b*)", false)\n'
                'core.register_fetches("show", function(txn) local hit, all = re:match("aab-")\n'
                ' return tostring(ok) .. tostring(hit) .. all[1] .. all[2] .. tostring(re:exec("x")) end)', SHOW)
    assert fetched(world, proxy).startswith("truetrue") and fetched(world, proxy).endswith("false")


# ---- Services.


def test_an_http_service(world, lua):
    proxy = lua('core.register_service("own", "http", function(applet)\n'
                ' local text = applet.method .. " " .. applet.path .. "?" .. applet.qs .. " " .. applet.version .. " "\n'
                '   .. applet.headers["x"][0] .. "\\n"\n'
                ' applet:set_status(201, "Made")\n applet:add_header("content-length", #text)\n'
                ' applet:add_header("X-A", "1")\n applet:add_header("X-A", "2")\n'
                ' applet:start_response()\n applet:send(text) end)', "http-request use-service lua.own")
    client = world.connect(proxy.port())
    for path in ("/a", "/b"):
        got = client.request(path + "?q", headers=[("X", "y")])
        assert (got.status, got.reason) == (201, "Made")
        assert got.body.decode() == f"GET {path}?q HTTP/1.1 y\n"
        assert got.all("x-a") == ["1", "2"]


def test_an_http_service_without_length_is_chunked(world, lua):
    proxy = lua('core.register_service("own", "http", function(applet) applet:set_status(200)\n'
                ' applet:start_response()\n for i = 1, 3 do applet:send("part" .. i); core.msleep(5) end end)',
                "http-request use-service lua.own")
    got = world.connect(proxy.port()).request()
    assert got.header("transfer-encoding") == "chunked"
    assert got.body == b"part1part2part3"
    old = world.connect(proxy.port())
    old.send(b"GET / HTTP/1.0\r\n\r\n")
    got = old.recv_response()
    assert (got.header("transfer-encoding"), got.body) == (None, b"part1part2part3")


def test_an_http_service_reads_a_body(world, lua):
    proxy = lua('core.register_service("own", "http", function(applet) local all = {}\n'
                ' while true do local line = applet:getline(); if line == nil or line == "" then break end\n'
                '  all[#all + 1] = "<" .. line .. ">" end\n'
                ' local text = applet.length .. table.concat(all)\n'
                ' applet:set_status(200); applet:add_header("content-length", #text)\n'
                ' applet:start_response(); applet:send(text) end)',
                "option http-buffer-request\n http-request use-service lua.own")
    got = world.connect(proxy.port()).request(method="POST", body=b"one\ntwo\nrest")
    assert got.body == b"12<one\n><two\n><rest>"


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 gives an empty text when the body has not come yet")
def test_an_http_service_waits_for_a_body(world, lua):
    proxy = lua('core.register_service("own", "http", function(applet)\n'
                ' local text = applet:receive(3) .. "|" .. applet:receive()\n'
                ' applet:set_status(200); applet:add_header("content-length", #text)\n'
                ' applet:start_response(); applet:send(text) end)', "http-request use-service lua.own")
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\na")
    assert not client.wait(0.05)
    client.send(b"bcd")
    assert not client.wait(0.05)
    client.send(b"efg")
    assert client.recv_response().body == b"abc|defg"


def test_an_http_service_sends_a_megabyte(world, lua):
    proxy = lua('core.register_service("own", "http", function(applet) applet:set_status(200)\n'
                ' applet:add_header("content-length", 1048576); applet:start_response()\n'
                ' for i = 0, 15 do applet:send(string.rep(string.char(65 + i), 65536)) end end)',
                "http-request use-service lua.own")
    assert world.connect(proxy.port()).request().body == b"".join(bytes([65 + i]) * 65536 for i in range(16))


def test_a_service_after_other_rules(world, lua):
    proxy = lua('core.register_service("own", "http", function(applet) applet:set_status(200)\n'
                ' local text = applet:get_var("txn.v") .. applet.headers["new"][0]\n'
                ' applet:add_header("content-length", #text); applet:start_response(); applet:send(text) end)',
                "http-request set-header New yes\n http-request set-var(txn.v) str(v-)\n"
                " http-request use-service lua.own\n http-response set-header After res")
    got = world.connect(proxy.port()).request()
    assert (got.body, got.header("after")) == (b"v-yes", "res")


def test_a_tcp_service(world, lua):
    proxy = lua('core.register_service("own", "tcp", function(applet) applet:send("hello\\n")\n'
                ' while true do local line = applet:getline()\n'
                '  if line == nil or line == "" or line == "quit\\n" then break end\n'
                '  applet:send("<" .. line:sub(1, -2) .. ">\\n") end\n applet:send("bye") end)',
                "tcp-request inspect-delay 5s\n tcp-request content use-service lua.own", mode="tcp")
    client = world.connect(proxy.port())
    assert client.recv_until(b"\n") == b"hello\n"
    client.send(b"one\n")
    assert client.recv_until(b"\n") == b"<one>\n"
    client.send(b"two\n")
    assert client.recv_until(b"\n") == b"<two>\n"
    client.send(b"quit\n")
    assert client.recv_all() == b"bye"


def test_a_tcp_service_receives_an_exact_size(world, lua):
    proxy = lua('core.register_service("own", "tcp", function(applet)\n'
                ' local head = applet:receive(4); applet:send("[" .. head .. "]")\n'
                ' local rest = applet:receive(); applet:send("[" .. rest .. "]") end)',
                "tcp-request content use-service lua.own", mode="tcp")
    client = world.connect(proxy.port())
    client.send(b"abcdefg")
    client.shutdown()
    assert client.recv_all() == b"[abcd][efg]"


def test_a_tcp_service_that_fails_closes(world, lua, syslog):
    proxy = lua('core.register_service("own", "tcp", function(applet) applet:send("part"); error("own trouble") end)',
                "tcp-request content use-service lua.own", mode="tcp")
    client = world.connect(proxy.port())
    client.send(b"x")
    try:
        client.recv_all()
    except ConnectionResetError:
        pass
    assert said(syslog, "own trouble")
    assert proxy.alive()


# ---- Sockets and files.


def test_a_socket_of_a_task(world, lua, origin, syslog):
    lua(f'core.register_task(function() local s = core.tcp(); s:settimeout(5)\n'
        f' local ok = s:connect("127.0.0.1", {origin.port}); s:send("ping\\n"); core.Info("got " .. s:receive("*l"))\n'
        ' s:close() end)')
    server = origin.accept()
    assert server.recv_until(b"\n") == b"ping\n"
    server.send(b"pong\r\n")
    assert said(syslog, "got pong")
    assert server.at_end()


def test_a_socket_in_an_action(world, lua, origin):
    other = world.listen()
    proxy = lua('core.register_action("ask", {"http-req"}, function(txn) local s = core.tcp()\n'
                f' s:connect("127.0.0.1:{other.port}"); s:send(txn.f:path() .. "\\n")\n'
                ' txn.http:req_set_header("X-Lua", s:receive("*l")); s:close() end)', "http-request lua.ask")
    client = world.connect(proxy.port())
    client.send(b"GET /what HTTP/1.1\r\nHost: a\r\n\r\n")
    asked = other.accept()
    assert asked.recv_until(b"\n") == b"/what\n"
    asked.send(b"this\n")
    _, fields, _ = origin.accept().recv_request()
    assert ("x-lua", "this") in fields


def test_a_socket_that_is_refused(world, lua, syslog):
    lua('core.register_task(function() local s = core.tcp()\n'
        f' local ok, why = s:connect("127.0.0.1", {world.closed_port()}); core.Info("told " .. tostring(ok) .. " " .. tostring(why)) end)')
    assert "told nil Can't connect" in said(syslog, "told")


def test_require_and_path(world, lua):
    module = world.file("modules/own_module.lua", 'return { text = "from a module" }\n')
    proxy = lua('local m = require("own_module")\ncore.register_fetches("show", function() return m.text end)', SHOW,
                globals_=f"lua-prepend-path {module.rsplit('/', 1)[0]}/?.lua")
    assert fetched(world, proxy) == "from a module"


def test_two_scripts_share_their_globals(world, lua):
    other = world.file("other.lua", "shared = 'both'\n")
    proxy = lua('core.register_fetches("show", function() return shared end)', SHOW, globals_=f"lua-load {other}")
    assert fetched(world, proxy) == "both"


def test_per_thread_scripts(world, lua):
    other = world.file("other.lua", "core.register_fetches('alone', function() return 'alone' end)\n")
    proxy = lua("", 'http-request return status 200 content-type text/plain lf-string "%[lua.alone]"',
                globals_=f"lua-load-per-thread {other}")
    assert fetched(world, proxy) == "alone"


@pytest.mark.only("runtime", "sim", reason="HAProxy has it since 3.1")
@pytest.mark.parametrize("word, kind", [("normal", "boolean true"), ("pre-3.1-bug", "integer 1")])
def test_booleans_of_fetches_are_as_it_was_asked_for(world, lua, word, kind):
    proxy = lua("""
        core.register_service("kind", "http", function(applet)
            local got = applet.f:always_true()
            local body = (math.type(got) or type(got)) .. " " .. tostring(got)
            applet:set_status(200)
            applet:add_header("content-length", #body)
            applet:start_response()
            applet:send(body)
        end)
    """, "http-request use-service lua.kind", globals_=f"tune.lua.bool-sample-conversion {word}")
    assert world.connect(proxy.port()).request("/").body.decode() == kind


@pytest.mark.only("runtime", "sim", reason="HAProxy has it since 2.9")
@pytest.mark.parametrize("word, lines", [("on", ["first", "second"]), ("off", [])])
def test_lines_of_scripts_go_to_loggers_unless_told_otherwise(world, lua, syslog, word, lines):
    proxy = lua("""
        core.register_action("say", { "http-req" }, function(txn)
            txn:Info("first")
            core.Info("second")
        end)
    """, "http-request lua.say\n    http-request return status 200", globals_=f"tune.lua.log.loggers {word}")
    world.connect(proxy.port()).request("/")
    got = []
    while "200" not in (line := syslog.recv()):
        got += [name for name in ("first", "second") if line.rstrip().endswith(name)]
    assert got == lines
