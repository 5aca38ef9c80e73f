"""The end of a process that lets its clients finish: grace, close-spread-time, and what else tunes it."""

import pytest

CONF = """
global
    {globals_}
defaults
    mode http
    timeout client 20s
    timeout server 20s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    http-request return status 200 content-type text/plain lf-string %[stopping]
"""


def said(client):
    got = client.request("/")
    return got.body, got.header("connection")


def test_within_the_grace_all_goes_on_and_stopping_is_true(world):
    proxy = world.proxy(CONF.format(globals_="grace 700"))
    before = world.connect(proxy.port())
    assert said(before) == (b"0", None)
    proxy.signal("USR1")
    world.sleep(0.1)
    assert said(world.connect(proxy.port())) == (b"1", None)
    assert said(before) == (b"1", None)
    world.sleep(0.8)
    late = world.connect(proxy.port())  # the test holds the listening socket too: nobody accepts
    late.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    with pytest.raises(TimeoutError):
        late.recv_some(timeout=0.3)


def test_the_grace_is_waited_for_without_any_client(world):
    proxy = world.proxy(CONF.format(globals_="grace 500"))
    proxy.signal("USR1")
    world.sleep(0.2)
    assert said(world.connect(proxy.port()))[0] == b"1"


def seconds_until_all_left(world, globals_, count):
    proxy = world.proxy(CONF.format(globals_=globals_))
    clients = [world.connect(proxy.port()) for _ in range(count)]
    for client in clients:
        said(client)
    start = world.now()
    proxy.signal("USR1")
    assert all(client.at_end(timeout=5) for client in clients)
    return world.now() - start


def test_idle_clients_leave_at_once(world):
    assert seconds_until_all_left(world, "", 8) < 0.5


def test_close_spread_time_spreads_the_end_of_idle_clients(world):
    assert 0.4 < seconds_until_all_left(world, "close-spread-time 1s", 12) < 2.5


def test_close_spread_time_infinite_leaves_clients_alone(world):
    proxy = world.proxy(CONF.format(globals_="close-spread-time infinite"))
    client = world.connect(proxy.port())
    said(client)
    proxy.signal("USR1")
    world.sleep(0.2)
    for _ in range(2):
        assert said(client) == (b"1", None)


@pytest.mark.only("haproxy", "runtime", reason="buffers of real sockets")
@pytest.mark.parametrize("globals_, most", [
    ("tune.sndbuf.client 8192\n    tune.rcvbuf.client 8192\n    tune.rcvbuf.server 8192\n    tune.sndbuf.server 8192",
     600_000), ("", None)])
def test_socket_buffers_have_the_size_that_was_asked_for(world, origin, globals_, most):
    """A client that does not read: what the server gets rid of until it has to wait shows the buffers between."""
    proxy = world.proxy(f"""
global
    {globals_}
defaults
    mode tcp
    timeout client 20s
    timeout server 20s
    timeout connect 5s
listen fe
    bind fd@${{fe}}
    server s {origin.addr}
""")
    world.connect(proxy.port())
    server = origin.accept()
    server.sock.setblocking(False)
    sent, quiet = 0, 0
    while quiet < 5 and sent < 50_000_000:
        try:
            sent += server.sock.send(b"x" * 65536)
            quiet = 0
        except BlockingIOError:
            quiet += 1
            world.sleep(0.05)
    assert sent
    if most:
        assert sent < 5_000_000
    else:
        assert sent > 2_000_000
