"""Balance algorithms: which server a request goes to, the same as in HAProxy for the same key; queues, retries, reuse."""

import pytest

from test_http import answer
from test_management import ask as command, managed

CONF = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    option httpclose
    {defaults}
listen fe
    bind fd@${{fe}} accept-proxy
    {lines}
    http-response set-header S %s
{servers}
"""


def farm(world, origin, lines, weights=(1, 1, 1, 1, 1), options="", defaults=""):
    servers = "".join(f"    server s{i} {origin.addr} weight {w} {options}\n" for i, w in enumerate(weights))
    return world.proxy(CONF.format(lines=lines, servers=servers, defaults=defaults))


def ask(world, proxy, number):
    client = world.connect(proxy.port())
    client.send(f"PROXY TCP4 10.{number}.{number * 5}.{number * 7 + 1} 127.0.0.1 1 2\r\n"
                f"GET /a{number}/b{number * 7}/c{number}?id=v{number}&x={number * 3} HTTP/1.1\r\n"
                f"Host: www{number}.example.org\r\nX-Key: key{number * 13}\r\n\r\n".encode())
    return client


@pytest.mark.parametrize("lines, weights, picks", [
    ("balance roundrobin", (3, 1, 2, 1, 1), "020132040201"),
    ("balance static-rr", (3, 1, 2, 1, 1), "010220340102"),
    ("balance static-rr", (10, 20, 30, 0, 5), "012122012122"),
    ("balance leastconn", (1, 1, 1, 1, 1), "012340123401"),
    ("balance first", (1, 1, 1, 1, 1), "000000000000"),
    ("balance uri", (1, 1, 1, 1, 1), "004440112231"),
    ("balance uri len 5\n hash-type map-based crc32", (1, 1, 1, 1, 1), "433341200242"),
    ("balance uri depth 2\n hash-type consistent", (3, 1, 2, 1, 1), "000202220302"),
    ("balance url_param id\n hash-type map-based wt6", (1, 1, 1, 1, 1), "404234324030"),
    ("balance url_param id\n hash-type consistent crc32 avalanche", (1, 1, 1, 1, 1), "321003334200"),
    ("balance hdr(x-key)\n hash-type map-based djb2 avalanche", (3, 1, 2, 1, 1), "400234240010"),
    ("balance source", (1, 1, 1, 1, 1), "142031420314"),
    ("balance source\n hash-type consistent", (1, 1, 1, 1, 1), "341342002442"),
])
def test_which_server(world, origin, lines, weights, picks):
    proxy = farm(world, origin, lines, weights)
    got = ""
    for number in range(len(picks)):
        client = ask(world, proxy, number)
        server = origin.accept()
        server.recv_request()
        answer(server)
        got += client.recv_response().header("s")[1:]
        assert client.at_end()  # the server is free again
    assert got == picks


def test_a_queue_is_served_by_class_and_offset(world, origin):
    """One place; the others wait. A lower class goes first, then a lower offset, then who came first."""
    proxy = farm(world, origin, "http-request set-priority-class int(-1) if { path_beg /a2/ }\n"
                                " http-request set-priority-offset int(-9000) if { path_beg /a3/ }", (1,), "maxconn 1")
    clients = [ask(world, proxy, 0)]
    server = origin.accept()
    for number in (1, 2, 3):
        clients.append(ask(world, proxy, number))
        world.sleep(0.02)
    order = []
    for turn in range(4):
        order.append(server.recv_request()[0].split("/")[1])
        answer(server)
        if turn < 3:
            server = origin.accept()
    assert order == ["a0", "a2", "a3", "a1"]
    for client in clients:
        assert client.recv_response().status == 200


def test_a_queue_has_a_timeout(world, origin):
    proxy = farm(world, origin, "timeout queue 100ms", (1,), "maxconn 1")
    ask(world, proxy, 0)
    origin.accept().recv_request()
    waiting = ask(world, proxy, 1)
    begin = world.now()
    assert waiting.recv_response().status == 503
    assert 0.05 < world.now() - begin < 2


def test_use_server_goes_before_balance(world, origin):
    proxy = farm(world, origin, "use-server s3 if { path_beg /a1/ }", (1, 1, 1, 1, 1))
    got = ""
    for number in (0, 1, 1, 2):
        client = ask(world, proxy, number)
        server = origin.accept()
        server.recv_request()
        answer(server)
        got += client.recv_response().header("s")[1:]
    assert got == "0331"


def test_a_refused_connection_goes_elsewhere_with_redispatch(world, origin):
    servers = f"    server dead 127.0.0.1:{world.closed_port()}\n    server s1 {origin.addr}\n"
    proxy = world.proxy(CONF.format(lines="option redispatch", servers=servers, defaults=""))
    client = ask(world, proxy, 0)
    begin = world.now()
    server = origin.accept()
    server.recv_request()
    answer(server)
    assert client.recv_response().header("s") == "s1"
    assert world.now() - begin < 0.9


def test_retry_on_a_status(world, origin):
    proxy = farm(world, origin, "retry-on 503 empty-response\n retries 2", (1,))
    client = ask(world, proxy, 0)
    for turn in range(3):
        server = origin.accept()
        server.recv_request()
        if turn == 0:
            server.send(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")
        elif turn == 1:
            server.close()
        else:
            answer(server, b"at last")
    assert client.recv_response().body == b"at last"


def test_a_backup_server_stands_in(world, origin):
    servers = f"    server s1 {origin.addr} disabled\n    server s2 {origin.addr} backup\n    server s3 {origin.addr} backup\n"
    proxy = world.proxy(CONF.format(lines="", servers=servers, defaults=""))
    for _ in range(2):
        client = ask(world, proxy, 0)
        server = origin.accept()
        server.recv_request()
        answer(server)
        assert client.recv_response().header("s") == "s2"


def test_a_server_without_an_address_stands_for_where_the_client_went(world, origin):
    host, port = origin.addr.split(":")
    servers = "    server any 0.0.0.0\n"
    proxy = world.proxy(CONF.format(lines="", servers=servers, defaults=""))
    client = world.connect(proxy.port())
    client.send(f"PROXY TCP4 10.0.0.1 {host} 1 {port}\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    server = origin.accept()
    server.recv_request()
    answer(server)
    assert client.recv_response().status == 200


def test_dispatch_stands_for_servers(world, origin, target):
    proxy = world.proxy(CONF.format(lines=f"dispatch {origin.addr}", servers="", defaults=""))
    client = ask(world, proxy, 0)
    server = origin.accept()
    server.recv_request()
    answer(server)
    assert client.recv_response().body == b"hello"


def test_transparent_goes_where_the_client_went(world, origin):
    host, port = origin.addr.split(":")
    proxy = world.proxy(CONF.format(lines="option transparent", servers="", defaults=""))
    client = world.connect(proxy.port())
    client.send(f"PROXY TCP4 10.0.0.1 {host} 1 {port}\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    server = origin.accept()
    server.recv_request()
    answer(server)
    assert client.recv_response().status == 200


def test_redir_sends_readers_to_the_server_itself(world, origin):
    proxy = farm(world, origin, "", (1,), "redir http://here.example")
    client = ask(world, proxy, 3)
    got = client.recv_response()
    assert (got.status, got.header("location")) == (302, "http://here.example/a3/b21/c3?id=v3&x=9")
    assert not origin.pending()


def test_the_server_learns_its_name(world, origin):
    proxy = farm(world, origin, "http-send-name-header X-Name", (1,))
    ask(world, proxy, 0)
    _, fields, _ = origin.accept().recv_request()
    assert ("x-name", "s0") in [(name.lower(), value) for name, value in fields]


def test_sessions_come_at_a_rate(world, origin):
    """Ten a second: the eleventh waits for the next second's share."""
    proxy = world.proxy(CONF.format(lines="rate-limit sessions 10\n http-request return status 200", servers="", defaults=""))
    begin = world.now()
    for number in range(14):
        assert ask(world, proxy, number).recv_response().status == 200
    assert 0.05 < world.now() - begin < 2


def test_a_full_queue_sends_others_away(world, origin, syslog):
    proxy = farm(world, origin, "balance uri", (1,), "maxconn 1 maxqueue 1",
                 defaults=f"log {syslog.addr} local0\n option httplog")
    first = ask(world, proxy, 0)
    server = origin.accept()
    server.recv_request()
    ask(world, proxy, 1)
    world.sleep(0.02)
    assert ask(world, proxy, 2).recv_response().status == 503
    assert " SQ-- " in syslog.recv()
    answer(server)
    assert first.recv_response().status == 200


def test_a_client_that_leaves_the_queue(world, origin, syslog):
    proxy = farm(world, origin, "option abortonclose", (1,), "maxconn 1",
                 defaults=f"log {syslog.addr} local0\n option httplog")
    ask(world, proxy, 0)
    origin.accept().recv_request()
    waiting = ask(world, proxy, 1)
    world.sleep(0.02)
    waiting.close()
    assert " CQ-- " in syslog.recv()


@pytest.mark.parametrize("lines, weights, options, picks", [
    ("balance uri\n hash-type consistent\n hash-balance-factor 150", (1, 1, 1, 1, 1), "", "421412421041"),
    ("balance uri\n hash-type consistent\n hash-balance-factor 120", (3, 1, 2, 1, 1), "", "421002412002"),
    ("balance leastconn", (3, 1, 2, 1, 1), "", "012340200201"),
    ("balance leastconn", (1, 1, 1, 1, 1), "maxconn 2", "0123401234."),
    ("balance first", (1, 1, 1, 1, 1), "maxconn 2", "0011223344."),
    ("balance roundrobin", (3, 1, 2, 1, 1), "maxconn 2", "0201324134."),
    ("balance static-rr", (3, 1, 2, 1, 1), "maxconn 2", "0102234134."),
    ("fullconn 12\n balance roundrobin", (1, 1, 1, 1, 1), "maxconn 4 minconn 1", "012340123401"),
])
def test_which_server_while_others_are_busy(world, origin, lines, weights, options, picks):
    """No request is answered; a dot is one that waits in a queue."""
    proxy = farm(world, origin, lines + "\n http-send-name-header X-S\n http-request set-path /same", weights, options)
    got, held = "", []
    for number in range(len(picks)):
        held.append(ask(world, proxy, number))
        if picks[number] != "." or origin.pending(0.05):
            held.append(origin.accept())
            _, fields, _ = held[-1].recv_request()
            got += [value for name, value in fields if name.lower() == "x-s"][0][1:]
        else:
            got += "."
    assert got == picks


@pytest.mark.parametrize("algorithm", ["roundrobin", "static-rr", "leastconn", "first", "random", "source", "uri", "uri\n hash-type consistent"])
def test_a_server_that_is_stopping_gets_no_new_clients(world, origin, algorithm):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    balance {algorithm}
    http-response set-header server-name %s
    http-response set-header servers %[nbsrv(be)]
    server s1 {origin.addr} check inter 1h
    server s2 127.0.0.1:{world.closed_port()} weight 1
    server s3 {origin.addr} weight 1""")
    world.sleep(0.05)  # the check of s1 is over
    while origin.pending():
        origin.accept().close()
    command(world, proxy, "set server be/s1 health stopping; set server be/s2 state maint")
    for i in range(6):
        client = world.connect(proxy.port())
        client.send(f"GET /{i} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
        server = origin.accept()
        server.recv_request()
        answer(server)
        server.close()
        got = client.recv_response()
        assert (got.header("server-name"), got.header("servers")) == ("s3", "1")
