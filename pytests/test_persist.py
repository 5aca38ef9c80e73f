"""Persistence by cookie in all its modes, with what the log's two letters say, and rules that force or forbid it."""

import pytest

from test_http import answer

CONF = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 1s
    log {log} local0
    option httplog
    option httpclose
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    {lines}
    http-response set-header S %s
    server s0 {addr} cookie a
    server s1 {addr} cookie b
    server s2 {addr} {last}
"""


@pytest.fixture
def farm(world, origin, syslog):
    def make(lines, last="cookie c"):
        return world.proxy(CONF.format(lines=lines, addr=origin.addr, log=syslog.addr, last=last))
    return make


def visit(world, proxy, origin, syslog, cookie=None, method="GET", headers=(), path="/"):
    """-> (server, what it saw as Cookie, Set-Cookie fields of the response, cache-control, the log's last two letters)"""
    client = world.connect(proxy.port())
    field = f"Cookie: {cookie}\r\n" if cookie else ""
    client.send(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{field}Content-Length: 0\r\n\r\n".encode())
    server = origin.accept()
    _, fields, _ = server.recv_request()
    seen = [value for name, value in fields if name == "cookie"]
    extra = "".join(f"{name}: {value}\r\n" for name, value in headers)
    server.send(f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{extra}\r\n".encode())
    got = client.recv_response()
    letters = syslog.recv().split("] fe be/")[1].split()[6]
    return got.header("s"), seen, got.all("set-cookie"), got.header("cache-control"), letters[2:]


@pytest.mark.parametrize("says, lines, cookie, server, seen, set_cookie, letters", [
    ("no cookie yet", "cookie K insert", None, "s0", [], ["K=a; path=/"], "NI"),
    ("a valid one", "cookie K insert", "K=b", "s1", ["K=b"], [], "VN"),
    ("hidden from the server", "cookie K insert indirect", "x=1; K=b; y=2", "s1", ["x=1; y=2"], [], "VN"),
    ("an unknown one", "cookie K insert indirect", "K=zzz", "s0", [], ["K=a; path=/"], "II"),
    ("an empty one", "cookie K insert", "K=; z=1", "s0", ["K=; z=1"], ["K=a; path=/"], "II"),
    ("all attributes", "cookie K insert httponly secure domain .x.org attr SameSite=Lax", None, "s0", [],
     ["K=a; path=/; domain=.x.org; HttpOnly; Secure; SameSite=Lax"], "NI"),
    ("ignored by a rule", "cookie K insert\n ignore-persist if { path / }", "K=b", "s0", ["K=b"], [], "UN"),
    ("use-server goes first", "cookie K insert indirect\n use-server s2 if { path / }", "K=b", "s2", [], [], "UN"),
    ("a prefix", "cookie K prefix", "K=b~session", "s1", ["K=session"], [], "VN"),
    ("no prefix", "cookie K prefix", "K=session", "s0", ["K=session"], [], "IN"),
    ("rewrite leaves requests alone", "cookie K rewrite", "K=b", "s1", ["K=b"], [], "VN"),
])
def test_requests(world, farm, origin, syslog, says, lines, cookie, server, seen, set_cookie, letters):
    proxy = farm(lines)
    got = visit(world, proxy, origin, syslog, cookie)
    assert (got[0], got[1], got[2], got[4]) == (server, seen, set_cookie, letters)


@pytest.mark.parametrize("says, lines, cookie, servers, set_cookie, letters", [
    ("insert replaces the server's", "cookie K insert", None, "K=own; path=/x", ["K=a; path=/"], "NI"),
    ("insert deletes it when the client has one", "cookie K insert", "K=a", "K=own", [], "VD"),
    ("preserve leaves it", "cookie K insert preserve", None, "K=own", ["K=own"], "NP"),
    ("rewrite", "cookie K rewrite", None, "K=own; path=/x", ["K=a; path=/x"], "NR"),
    ("rewrite without one adds none", "cookie K rewrite", None, "L=own", ["L=own"], "NN"),
    ("prefix", "cookie K prefix", None, "K=own; path=/x", ["K=a~own; path=/x"], "NR"),
    ("indirect without insert", "cookie K indirect", "K=a", "K=own", [], "VD"),
    ("passive", "cookie K", None, "K=own", ["K=own"], "--"),
])
def test_responses(world, farm, origin, syslog, says, lines, cookie, servers, set_cookie, letters):
    proxy = farm(lines)
    got = visit(world, proxy, origin, syslog, cookie, headers=[("Set-Cookie", servers)])
    assert (got[2], got[4]) == (set_cookie, letters)


def test_nocache_marks_what_carries_a_cookie(world, farm, origin, syslog):
    proxy = farm("cookie K insert nocache")
    tag = [("ETag", '"x"')]
    assert visit(world, proxy, origin, syslog, headers=tag)[3] == "private"
    assert visit(world, proxy, origin, syslog, "K=a", headers=tag)[3] is None
    assert visit(world, proxy, origin, syslog)[3] is None  # no cache would keep it anyhow


def test_postonly(world, farm, origin, syslog):
    proxy = farm("cookie K insert postonly")
    assert visit(world, proxy, origin, syslog)[2] == []
    assert visit(world, proxy, origin, syslog, method="POST")[2] == ["K=b; path=/"]


def test_dates_are_kept_and_count(world, farm, origin, syslog):
    proxy = farm("cookie K insert maxidle 1h maxlife 2h")
    server, _, fields, _, letters = visit(world, proxy, origin, syslog)
    value = fields[0].split(";")[0][2:]
    name, last, first = value.split("|")
    assert (name, len(last), len(first), letters) == ("a", 5, 5, "NI") and last == first
    again = visit(world, proxy, origin, syslog, f"K={value}")
    assert again[0] == "s0" and again[4] in ("VN", "VU")
    old = visit(world, proxy, origin, syslog, f"K=a|AAAAB|{first}")
    assert old[4] == "EI"
    older = visit(world, proxy, origin, syslog, f"K=a|{last}|AAAAB")
    assert older[4] == "OI"


@pytest.mark.parametrize("lines, server, letters", [
    ("", "s0", "DI"),
    ("force-persist if { path / }", "s2", "DN"),
    ("option persist", "s2", "DN"),
])
def test_a_server_that_is_down(world, farm, origin, syslog, lines, server, letters):
    proxy = farm("cookie K insert\n " + lines, last="cookie c disabled")
    got = visit(world, proxy, origin, syslog, "K=c")
    assert (got[0], got[4]) == (server, letters)


def test_a_server_without_a_cookie_clears_it(world, farm, origin, syslog):
    proxy = farm("cookie K insert\n balance first", last="")
    got = visit(world, proxy, origin, syslog, "K=zzz")
    assert got[2] == ["K=a; path=/"]
    proxy = farm("cookie K insert\n use-server s2 if { path /no }\n http-request set-path /no", last="")
    assert visit(world, proxy, origin, syslog)[2] == []


def test_a_dynamic_cookie(world, farm, origin, syslog):
    proxy = world.proxy(CONF.format(lines="cookie K insert dynamic\n dynamic-cookie-key secret", addr=origin.addr,
                                    log=syslog.addr, last="").replace(" cookie a", "").replace(" cookie b", ""))
    fields = visit(world, proxy, origin, syslog)[2]
    value = fields[0].split(";")[0][2:]
    assert len(value) == 16 and int(value, 16)
    assert visit(world, proxy, origin, syslog, f"K={value}")[4] == "VN"
