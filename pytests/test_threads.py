"""`nbthread`: connections on several workers, what they share, and what the management socket sees of them."""

import re

import pytest


def ask(world, proxy, command):
    conn = world.connect(proxy.port("cli"))
    conn.send(command.encode() + b"\n")
    conn.shutdown()
    said = conn.recv_all().decode("latin1")
    conn.close()
    return said


@pytest.fixture
def threaded(world, origin):
    def make(globals_="", frontend="", server="", count=4):
        return world.proxy(f"""
global
    nbthread {count}
    stats socket fd@${{cli}} level admin
    {globals_}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    {frontend}
    default_backend be
backend be
    server s1 {origin.addr} {server}
""", listeners=("fe", "cli"))

    return make


def get(conn, target):
    conn.send(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())


def answer(server):
    line, _, _ = server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    return line.split()[1]


@pytest.mark.only("runtime", "sim", reason="the form of `show threads` is our own")
def test_connections_are_spread_and_seen(world, threaded):
    proxy = threaded(frontend="http-request return status 200")
    conns = [world.connect(proxy.port()) for _ in range(8)]
    for conn in conns:
        get(conn, "/")
        assert conn.recv_response().status == 200
    sessions = [int(n) for n in re.findall(r"^\* Thread \d+ .* sessions=(\d+)", ask(world, proxy, "show threads"), re.M)]
    assert len(sessions) == 4 and min(sessions) >= 2
    assert len(re.findall(r"^0x\w+: ", ask(world, proxy, "show sess"), re.M)) == 1  # the command's own


def test_info_tells_how_many(world, threaded):
    assert "Nbthread: 3\n" in ask(world, threaded(count=3), "show info")


def test_a_request_waits_for_one_of_another_thread(world, origin, threaded):
    """maxconn is the server's: who waits is woken by the stream of another worker that leaves it."""
    proxy = threaded(server="maxconn 1")
    conns = [world.connect(proxy.port()) for _ in range(4)]
    for number, conn in enumerate(conns):
        get(conn, f"/{number}")
    seen = set()
    for _ in conns:
        server = origin.accept()
        seen.add(answer(server))
        server.close()
    assert seen == {"/0", "/1", "/2", "/3"}
    for conn in conns:
        assert conn.recv_response().status == 200


def four_under_way(world, proxy, origin):
    """Clients whose requests their servers have."""
    conns = [world.connect(proxy.port()) for _ in range(4)]
    for conn in conns:
        get(conn, "/")
    servers = [origin.accept() for _ in conns]
    for server in servers:
        server.recv_request()
    return conns, servers


def test_a_session_of_any_thread_can_be_shut_down(world, origin, threaded):
    proxy = threaded()
    conns, servers = four_under_way(world, proxy, origin)
    ids = re.findall(r"^(0x[0-9a-f]+): .* fe=fe ", ask(world, proxy, "show sess"), re.M)
    assert len(ids) == 4
    for number in ids:
        assert ask(world, proxy, f"shutdown session {number}").strip() == ""
    for end in conns + servers:
        end.recv_all()


def test_counters_and_tables_are_shared(world, threaded):
    proxy = threaded(frontend="""stick-table type ip size 10 store http_req_cnt
    http-request track-sc0 src
    http-request return status 200 hdr count %[sc0_http_req_cnt]""")
    conns = [world.connect(proxy.port()) for _ in range(8)]
    counts = []
    for conn in conns:
        get(conn, "/")
        counts.append(int(conn.recv_response().header("count")))
    assert counts == list(range(1, 9))


def test_a_script_is_shared(world, threaded):
    """lua-load: one state for all threads (manual 3.1)."""
    script = world.file("count.lua", """
local count = 0
core.register_action("count", { "http-req" }, function(txn)
    count = count + 1
    core.msleep(1)
    txn:set_var("txn.count", count)
end)""")
    proxy = threaded(globals_=f"lua-load {script}", frontend="""http-request lua.count
    http-request return status 200 hdr count %[var(txn.count)]""")
    conns = [world.connect(proxy.port()) for _ in range(8)]
    for number, conn in enumerate(conns):
        get(conn, "/")
        assert int(conn.recv_response().header("count")) == number + 1


def test_soft_stop_ends_with_the_last_session_of_any_thread(world, origin, threaded):
    proxy = threaded()
    conns, servers = four_under_way(world, proxy, origin)
    proxy.signal("USR1")
    for server in servers:
        server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    for conn in conns:
        assert conn.recv_response().body == b"ok"
        conn.close()
    assert proxy.wait() == 0
