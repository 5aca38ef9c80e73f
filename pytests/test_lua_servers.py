"""Lua: servers, frontends and their statistics as scripts see and change them."""

import pytest

from test_lua import SHOW, fetched, lua, said, show, through  # noqa: F401

OURS = pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 does not have it, or not so")


def run(code):
    """A script whose fetch runs a function's body."""
    return f'core.register_fetches("show", function(txn)\n{code}\nend)\n'


# ---- Servers, proxies, listeners.


@pytest.mark.parametrize("code, value", [
    ('s:set_weight("7") return s:get_weight()', "7"),
    ('s:set_weight("50%") return s:get_weight()', "5"),
    ('return type(s:set_weight("257")) .. s:get_weight()', "string10"),
    ('return type(s:set_weight("x")) .. type(s:set_weight("")) .. s:get_weight()', "stringstring10"),
    ('s:set_maxconn("9") return s:get_maxconn()', "9"),
    ('return type(s:set_maxconn("x"))', "string"),
    ('s:set_maint() return s:get_stats().status', "MAINT"),
    ('s:set_maint() s:set_ready() return s:get_stats().status', "no check"),
    ('s:set_drain() return tostring(s:is_draining() == true or s:is_draining() == 1)', "true"),
    ('s:set_drain() s:set_ready() return tostring(s:is_draining() == false or s:is_draining() == 0)', "true"),
    ('s:check_force_down() return s:get_stats().status:sub(1, 4)', "DOWN"),
    ('return s:get_stats().svname .. s:get_stats().pxname .. s:get_stats().weight', "s1be10"),
    ('return tostring(s:get_stats().nothing)', "nil"),
    ('return s.name .. s.puid', "s11"),
    ('return tostring(pcall(s.get_weight, {})) .. tostring(pcall(s.set_weight, s))', "falsefalse"),
])
def test_a_server(world, lua, code, value):
    path = world.file("server.lua", run("local s = core.backends.be.servers.s1\n" + code))
    proxy = world.proxy(f"""
global
    lua-load {path}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    {SHOW}
    default_backend be
backend be
    server s1 127.0.0.1:1 weight 10
""")
    assert fetched(world, proxy) == value


def test_a_weight_of_zero_takes_no_requests(world, lua, origin):
    proxy = lua('core.register_action("off", {"http-req"}, function(txn) core.backends.be.servers.s1:set_weight("0") end)',
                "http-request lua.off")
    assert world.connect(proxy.port()).request().status == 503


def test_a_proxy(world, lua):
    proxy = lua(run('local p, o = core.proxies.fe, {}\n'
                    'o[#o + 1] = p.name .. p:get_cap() .. p:get_mode()\n'
                    'o[#o + 1] = core.backends.be:get_cap() .. core.backends.be:get_mode()\n'
                    'o[#o + 1] = type(p.uuid) .. p:get_stats().svname .. core.backends.be:get_stats().svname\n'
                    'o[#o + 1] = tostring(core.proxies.nobody) .. tostring(core.backends.fe) .. tostring(p.stktable)\n'
                    'return table.concat(o, " ")'), SHOW)
    assert fetched(world, proxy) == "fefrontendhttp backendhttp stringFRONTENDBACKEND nilnilnil"


def test_listeners_are_named_by_their_number(world, lua):
    proxy = lua(run('local o = {} for n in pairs(core.proxies.fe.listeners) do o[#o + 1] = n end return table.concat(o)'),
                SHOW)
    assert fetched(world, proxy) == "sock-1"


def test_info(world, lua):
    proxy = lua(run('local i = core.get_info() return i.Name .. type(i.Uptime_sec) .. type(i.Pid) .. type(i.CurrConns)'), SHOW)
    assert fetched(world, proxy) == "HAProxynumbernumbernumber"


@OURS
def test_events_of_servers(world, lua, origin, syslog):
    proxy = lua('core.event_sub({"SERVER_DOWN", "SERVER_UP"}, function(event, data, sub, when)\n'
                ' core.Info("told " .. event .. " " .. data.proxy_name .. "/" .. data.name .. " " .. data.reference.name) end)\n'
                'core.register_action("off", {"http-req"}, function(txn) local s = core.backends.be.servers.s1\n'
                ' s:set_maint() s:set_ready() end)', "http-request lua.off")
    through(world.connect(proxy.port()), origin)
    assert "told SERVER_DOWN be/s1 s1" in said(syslog, "told")
    assert "told SERVER_UP be/s1 s1" in said(syslog, "told")


# ---- Mailers, which scripts read.


MAILERS = """
global
    lua-load {script}
mailers m1
    timeout mail 3s
    mailer smtp1 127.0.0.1:25
    mailer smtp2 127.0.0.1:26
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    option log-health-checks
    email-alert mailers m1
    email-alert from a@test
    email-alert to b@test
    email-alert level notice
frontend fe
    bind fd@${{fe}}
    {show}
backend be
    email-alert myhostname host.test
    no option log-health-checks
    server s1 127.0.0.1:1
"""


@OURS
def test_mailers(world):
    path = world.file("mail.lua", "core.use_native_mailers_config()\n" + run(
        'local m, h = core.backends.be:get_mailers(), core.frontends.fe:get_mailers()\n'
        'return table.concat({m.smtp_from, m.smtp_to, m.smtp_hostname, m.log_level, m.mailservers_timeout, m.mailservers.smtp1,\n'
        ' m.mailservers.smtp2, tostring(m.track_server_health), tostring(h.track_server_health), #h.smtp_hostname > 0 and "own" or ""}, " ")'))
    proxy = world.proxy(MAILERS.format(script=path, show=SHOW))
    assert fetched(world, proxy) == "a@test b@test host.test 5 3000 127.0.0.1:25 127.0.0.1:26 false true own"


@OURS
def test_without_mailers_there_are_none(world, lua):
    assert fetched(world, lua(run("return tostring(core.backends.be:get_mailers())"), SHOW)) == "nil"


@pytest.mark.parametrize("section, lines, code, words", [
    ("mailer m 127.0.0.1:25", "email-alert mailers m1\n email-alert from a@b\n email-alert to c@d", 0, ""),
    ("mailer m 127.0.0.1:25", "email-alert mailers m2\n email-alert from a@b\n email-alert to c@d", 1, "unable to find mailers 'm2'"),
    ("mailer m 127.0.0.1:25", "email-alert mailers m1\n email-alert from a@b", 0, "'email-alert' will be ignored for frontend 'fe'"),
    ("mailer m 127.0.0.1:25", "", 0, "Removing incomplete section 'mailers m1'"),
    ("mailer m 127.0.0.1", "", 1, "missing port specification"),
    ("mailer m", "", 1, "'mailer' expects <name> and <addr>[:<port>]"),
    ("timeout mail", "", 1, "'timeout mail' expects"),
    ("timeout mail x", "", 1, "timeout mail"),
    ("nothing", "", 1, "unknown keyword 'nothing' in 'mailers' section"),
    ("", "email-alert nothing x", 1, "email-alert: unknown argument 'nothing'"),
    ("", "email-alert level nothing", 1, "unknown log level"),
])
def test_lines_of_mailers(world, section, lines, code, words):
    got, out, err = world.run(["-c"], f"mailers m1\n    {section}\nfrontend fe\n    mode http\n    timeout client 1s\n"
                                      f"    bind 127.0.0.1:1\n    {lines}\n")
    assert got == code and words in out + err
