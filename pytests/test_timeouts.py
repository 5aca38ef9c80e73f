"""Every timeout ends what it should, with its status and its letters in the log."""

import re

import pytest

from conftest import DEFAULTS

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
SHORT = 0.2  # the timeouts below
FIELDS = re.compile(r" (\S+)/(\S+) (-?\d+)/(-?\d+)/(-?\d+)/(-?\d+)/[+]?(-?\d+) (\d+) [+]?(\d+) - - (\S{4}) "
                    r"(\d+)/(\d+)/(\d+)/(\d+)/[+]?(\d+) (\d+)/(\d+) .*\"(.*)\"$")


def logged(syslog):
    """The fields of the next HTTP line: server, status, termination state, request."""
    found = FIELDS.search(syslog.recv().rstrip("\n"))
    assert found, "no HTTP log line"
    return found.group(2, 8, 10, 18)


def took(world, act):
    """(what act gave, seconds that it took)."""
    begin = world.now()
    return act(), world.now() - begin


def test_the_server_is_silent(world, simple, origin, syslog):
    proxy = simple(backend="timeout server 200ms")
    client = world.connect(proxy.port())
    client.send(GET)
    origin.accept().recv_head()
    got, seconds = took(world, client.recv_response)
    assert (got.status, got.reason) == (504, "Gateway Time-out")
    assert 0.1 < seconds < 2
    assert logged(syslog) == ("s1", "504", "sH--", "GET / HTTP/1.1")


def test_the_server_stops_in_its_body(world, simple, origin, syslog):
    proxy = simple(backend="timeout server 200ms")
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    client.recv_until(b"abc")
    assert client.at_end()
    assert server.at_end()
    assert logged(syslog) == ("s1", "200", "sD--", "GET / HTTP/1.1")


def test_each_byte_of_the_server_starts_its_timeout_again(world, simple, origin):
    proxy = simple(backend="timeout server 300ms", defaults="option http-no-delay")
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.recv_head()
    for _ in range(5):  # 600 ms altogether, twice the timeout
        world.sleep(0.12)
        server.send(b"1\r\nx\r\n")
        assert client.recv_exactly(6) == b"1\r\nx\r\n"


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 waits for the server's timeout instead: 504 sH")
def test_the_client_stops_in_its_body(world, simple, origin, syslog):
    proxy = simple("timeout client 200ms")
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
    server = origin.accept()
    server.recv_until(b"abc")
    got, seconds = took(world, client.recv_response)
    assert got.status == 408
    assert 0.1 < seconds < 2
    assert client.at_end()
    assert server.at_end()
    assert logged(syslog)[1:3] == ("408", "cD--")


def test_the_request_comes_too_slowly(world, simple, origin, syslog):
    proxy = simple("timeout http-request 200ms")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost")
    got, seconds = took(world, client.recv_response)
    assert (got.status, got.reason) == (408, "Request Time-out")
    assert 0.1 < seconds < 2
    assert client.at_end()
    assert logged(syslog) == ("<NOSRV>", "408", "cR--", "<BADREQ>")
    assert not origin.pending()


def test_the_request_timeout_is_not_started_again_by_bytes(world, simple):
    """timeout http-request is for the whole head."""
    proxy = simple("timeout http-request 250ms")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\n")
    begin = world.now()
    for _ in range(20):
        if client.wait(0.05):
            break
        client.send(b"X: y\r\n")
    assert client.recv_response().status == 408
    assert world.now() - begin < 0.9


def test_the_request_timeout_begins_with_the_connection(world, simple, syslog):
    """Nothing sent at all: a 408 as well on the first request, unless `option http-ignore-probes`."""
    proxy = simple("timeout http-request 200ms")
    client = world.connect(proxy.port())
    got = client.recv_response()
    assert got.status == 408
    assert client.at_end()
    assert logged(syslog)[1:3] == ("408", "cR--")


def test_ignored_probes_leave_no_trace(world, simple, syslog, origin):
    proxy = simple("timeout http-request 100ms\n option http-ignore-probes")
    probe = world.connect(proxy.port())
    assert probe.recv_all() == b""
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 204 No\r\n\r\n")
    client.recv_head()
    assert logged(syslog)[1] == "204"


def test_an_idle_kept_connection_is_closed_silently(world, simple, origin, syslog):
    proxy = simple("timeout http-keep-alive 150ms")
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    client.recv_response()
    data, seconds = took(world, client.recv_all)
    assert data == b""
    assert 0.05 < seconds < 2
    assert logged(syslog)[1] == "200"


def test_a_second_request_has_the_request_timeout(world, simple, origin, syslog):
    """Once its first byte came, the keep-alive timeout no longer counts."""
    proxy = simple("timeout http-keep-alive 2s\n timeout http-request 150ms")
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    client.recv_response()
    assert logged(syslog)[1] == "200"
    client.send(b"GET / HT")
    got, seconds = took(world, client.recv_response)
    assert got.status == 408
    assert seconds < 1.5
    assert logged(syslog)[1:3] == ("408", "cR--")


def test_a_full_server_queues_until_the_queue_timeout(world, origin, syslog):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    timeout queue 200ms
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin.addr} maxconn 1
""")
    one, two = world.connect(proxy.port()), world.connect(proxy.port())
    one.send(GET)
    server = origin.accept()
    server.recv_head()
    two.send(GET)
    got, seconds = took(world, two.recv_response)
    assert (got.status, got.reason) == (503, "Service Unavailable")
    assert 0.1 < seconds < 2
    assert logged(syslog) == ("<NOSRV>", "503", "sQ--", "GET / HTTP/1.1")
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert one.recv_response().body == b"ok"


def test_a_queued_request_goes_when_the_server_is_free(world, origin, syslog):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    timeout queue 4s
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin.addr} maxconn 1
""")
    one, two = world.connect(proxy.port()), world.connect(proxy.port())
    one.send(GET.replace(b"/ ", b"/1 "))
    server = origin.accept()
    server.recv_head()
    two.send(GET.replace(b"/ ", b"/2 "))
    assert not two.wait(0.1)
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")
    server.close()
    assert one.recv_response().body == b"ok"
    server = origin.accept()
    assert server.recv_head().startswith(b"GET /2 ")
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert two.recv_response().body == b"ok"
    lines = [FIELDS.search(syslog.recv().rstrip("\n")) for _ in range(2)]
    queued = next(f for f in lines if "/2" in f.group(18))
    assert int(queued.group(4)) >= 50  # Tw: the time in the queue
    assert (queued.group(16), queued.group(17)) == ("0", "0") or int(queued.group(16)) + int(queued.group(17)) == 1


def test_tarpit_holds_its_answer(world, simple, origin, syslog):
    proxy = simple("timeout tarpit 200ms\n http-request tarpit")
    client = world.connect(proxy.port())
    client.send(GET)
    got, seconds = took(world, client.recv_response)
    assert got.status == 500
    assert 0.1 < seconds < 2
    assert logged(syslog)[1:3] == ("500", "PT--")
    assert not origin.pending()


def connect_times_out(world, syslog, origin_addr, retries):
    return world.proxy(f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 150ms
    retries {retries}
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin_addr}
""")


def test_a_connect_that_hangs(world, syslog):
    """A listener whose backlog is full answers no SYN."""
    full = world.deaf()
    proxy = connect_times_out(world, syslog, full.addr, 0)
    client = world.connect(proxy.port())
    client.send(GET)
    got, seconds = took(world, client.recv_response)
    assert got.status == 503
    assert 0.1 < seconds < 2
    assert logged(syslog)[:3] == ("s1", "503", "sC--")


def test_a_connect_that_hangs_is_tried_again(world, syslog):
    full = world.deaf()
    proxy = connect_times_out(world, syslog, full.addr, 2)
    client = world.connect(proxy.port())
    client.send(GET)
    got, seconds = took(world, client.recv_response)
    assert got.status == 503
    assert 0.35 < seconds < 5
    found = FIELDS.search(syslog.recv().rstrip("\n"))
    assert found.group(8, 10, 15) == ("503", "sC--", "2")


TCP = """
defaults
    mode tcp
    timeout client {client}
    timeout server {server}
    timeout connect 5s
    {extra}
    log {log} local0
    option tcplog
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {addr}
"""


def tcp_pair(world, origin, syslog, client="5s", server="5s", extra=""):
    proxy = world.proxy(TCP.format(client=client, server=server, extra=extra, log=syslog.addr, addr=origin.addr))
    one = world.connect(proxy.port())
    one.send(b"a")
    two = origin.accept()
    assert two.recv_exactly(1) == b"a"
    two.send(b"b")
    assert one.recv_exactly(1) == b"b"
    return one, two


def test_a_silent_tcp_server_ends_both(world, origin, syslog):
    one, two = tcp_pair(world, origin, syslog, server="200ms")
    ended, seconds = took(world, one.at_end)
    assert ended and 0.1 < seconds < 2
    one.close()
    assert two.at_end()
    assert " sD " in syslog.recv()


def test_a_silent_tcp_client_ends_its_half(world, origin, syslog):
    """The server sees an end, may still speak, and all is over when it ends as well."""
    one, two = tcp_pair(world, origin, syslog, client="200ms")
    ended, seconds = took(world, two.at_end)
    assert ended and 0.1 < seconds < 2
    two.send(b"last words")
    two.close()
    assert one.recv_all() == b"last words"
    assert " cD " in syslog.recv()


def test_client_fin_ends_a_half_closed_client(world, origin, syslog):
    """The client has closed its half; the server says nothing more."""
    one, two = tcp_pair(world, origin, syslog, extra="timeout client-fin 200ms\n timeout server-fin 200ms")
    one.shutdown()
    assert two.recv_all() == b""
    ended, seconds = took(world, one.at_end)
    assert ended and 0.1 < seconds < 2
    assert " cD " in (line := syslog.recv()) or " sD " in line


def test_server_fin_ends_a_half_closed_server(world, origin, syslog):
    one, two = tcp_pair(world, origin, syslog, extra="timeout server-fin 200ms\n timeout client-fin 200ms")
    two.shutdown()
    assert one.recv_all() == b""
    ended, seconds = took(world, two.at_end)
    assert ended and 0.1 < seconds < 2
    assert " cD " in (line := syslog.recv()) or " sD " in line


def test_a_tunnel_has_its_own_timeout(world, origin, syslog):
    """timeout tunnel takes the place of client's and server's once both have spoken."""
    one, two = tcp_pair(world, origin, syslog, client="150ms", server="150ms", extra="timeout tunnel 500ms")
    ended, seconds = took(world, one.at_end)
    assert ended and 0.35 < seconds < 3
    assert two.at_end()


def test_an_upgraded_connection_has_the_tunnel_timeout(world, simple, origin):
    proxy = simple("timeout client 150ms", "timeout server 150ms\n timeout tunnel 500ms")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 101 Yes\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
    client.recv_head()
    ended, seconds = took(world, client.at_end)
    assert ended and 0.35 < seconds < 3
    assert server.at_end()


@pytest.mark.parametrize("server", [
    "unix@/nowhere/s",
    pytest.param("{addr} source 192.0.2.1",
                 marks=pytest.mark.only("runtime", "haproxy", reason="a simulated host has every address")),
])
def test_a_connection_that_cannot_even_begin_is_tried_again_at_once(world, origin, syslog, server):
    proxy = world.proxy(f"""
{DEFAULTS}
    log {syslog.addr} local0
    option httplog
listen fe
    bind fd@${{fe}}
    retries 3
    server s1 {server.format(addr=origin.addr)}
""")
    begun = world.now()
    client = world.connect(proxy.port())
    client.send(GET)
    assert client.recv_response().status == 503
    assert world.now() - begun < 0.9
    while "fe fe/s1" not in (line := str(syslog.recv())):
        pass
    assert " SC-- " in line and "/3 0/0" in line
