"""Peers that mean harm, or are just very slow: whoever else is served goes on being served, nothing is kept for ever,
and nobody makes the proxy spin."""

import os
import resource

import pytest

from test_bad_input import LOG
from test_http import answer

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 60


def served(world, proxy, origin):
    """One more client is served at once."""
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_request()
    answer(server)
    assert client.recv_response().body == b"hello"
    client.close()
    server.close()


def descriptors(proxy):
    return len(os.listdir(f"/proc/{proxy.pid}/fd"))


def ticks(proxy):
    """Processor time so far, in hundredths of a second."""
    with open(f"/proc/{proxy.pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def rests(world, proxy, seconds=0.3):
    """In a real world: the proxy needs no processor while nothing comes."""
    if world.virtual:
        return
    world.sleep(0.05)
    before = ticks(proxy)
    world.sleep(seconds)
    assert ticks(proxy) - before <= seconds * 100 / 5


def until(world, holds, timeout=5.0):
    end = world.now() + timeout
    while not holds() and world.now() < end:
        world.sleep(0.02)
    assert holds()


def test_byte_by_byte_both_ways(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    for byte in b"POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n":
        client.send(bytes([byte]))
    server = origin.accept()
    line, _, body = server.recv_request()
    assert (line, body) == ("POST /slow HTTP/1.1", b"body")
    for byte in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n":
        server.send(bytes([byte]))
    assert client.recv_response().body == b"abc"


def test_a_pipelined_flood_is_answered_in_order(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(300)))
    server = origin.accept()
    for n in range(300):
        assert server.recv_request()[0] == f"GET /{n} HTTP/1.1"
        answer(server, b"%d" % n)
        assert client.recv_response().body == b"%d" % n


@pytest.mark.parametrize("sent", [b"", b"GET / HT", GET[:-2], b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"],
                         ids=["silent", "in the request line", "in the fields", "in the body"])
def test_a_flood_of_resets(world, simple, origin, sent):
    proxy = simple(frontend="option http-buffer-request")
    served(world, proxy, origin)
    before = None if world.virtual else descriptors(proxy)
    clients = [world.connect(proxy.port()) for _ in range(MANY)]
    for client in clients:
        if sent:
            client.send(sent)
    for client in clients:
        client.reset()
    served(world, proxy, origin)
    if before:
        until(world, lambda: descriptors(proxy) <= before + 2)  # idle connections to the server may be kept
    rests(world, proxy)


def test_a_flood_of_connections_that_stay_silent(world, simple, origin):
    proxy = simple(defaults="timeout http-request 500ms")
    clients = [world.connect(proxy.port()) for _ in range(MANY)]
    for client in clients[::2]:
        client.send(b"GET / HTTP/1.1\r\nX: ")
    served(world, proxy, origin)
    rests(world, proxy, 0.1)
    for n, client in enumerate(clients):
        got = client.recv_response().status if n % 2 == 0 else None
        assert got in (None, 408)
        assert n % 2 or client.at_end()
    served(world, proxy, origin)


def test_a_client_that_does_not_read(world, simple, origin, syslog):
    """The proxy stops reading from the server; nothing spins, and all is there when the client reads at last."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(GET)
    server = origin.accept()
    server.recv_request()
    size, sent = 40_000_000, 0
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    if world.virtual:
        pytest.skip("a simulated peer's sending waits for room: the real targets show it")
    server.sock.settimeout(0.3)
    try:
        while sent < size:
            sent += server.sock.send(b"x" * 65536)
    except TimeoutError:
        pass
    assert sent < size
    with open(f"/proc/{proxy.pid}/statm", encoding="ascii") as file:
        assert int(file.read().split()[1]) * 4096 < 400_000_000
    rests(world, proxy)
    served(world, proxy, origin)
    assert client.recv_head()
    client.recv_exactly(min(sent, 1_000_000))
    client.reset()
    assert server.at_end()
    assert LOG.search(_last(syslog, "CD")).group(4) == "200"


def _last(syslog, state):
    for _ in range(5):
        line = syslog.recv().rstrip("\n")
        if state in line:
            return line
    raise AssertionError("no such line")


@pytest.mark.parametrize("how", ["half closed", "waits for the server", "server connects", "kept alive", "kept on both sides"])
def test_an_idle_proxy_rests(world, simple, origin, how):
    if world.virtual:
        pytest.skip("virtual time says nothing about processors")
    deaf = world.deaf() if how == "server connects" else None
    proxy = simple(backend=f"server s0 127.0.0.1:{deaf.port}\n    server s2 127.0.0.1:{deaf.port}" if deaf else "")
    client = world.connect(proxy.port())
    if how == "kept alive" or how == "kept on both sides":
        client.send(GET)
        server = origin.accept()
        server.recv_request()
        answer(server)
        client.recv_response()
        if how == "kept alive":
            server.close()
    else:
        client.send(GET)
        if how == "half closed":
            client.shutdown()
        if not deaf:
            origin.accept().recv_request()
    rests(world, proxy)


def test_out_of_descriptors(world, simple, origin):
    """Who cannot be accepted waits in the backlog, without the proxy trying all the time; then all are served."""
    if world.virtual:
        pytest.skip("the limit of a real process")
    proxy = simple(defaults="timeout server 600ms\n    retries 0")
    served(world, proxy, origin)
    limit = descriptors(proxy) + 6
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (limit, limit))
    clients = [world.connect(proxy.port()) for _ in range(30)]
    for client in clients:
        client.send(GET)
    world.sleep(0.2)
    rests(world, proxy, 0.5)
    assert proxy.alive()
    resource.prlimit(proxy.pid, resource.RLIMIT_NOFILE, (limit, limit))
    for client in clients[:25]:
        client.close()
    for client in clients[25:]:
        assert client.recv_some(), "neither an answer nor an error"
    assert proxy.alive()


@pytest.mark.parametrize("length", [b"9223372036854775807", b"99999999999"])
def test_a_body_beyond_everything(world, simple, origin, syslog, length):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + b"\r\n\r\nabc")
    server = origin.accept()
    server.recv_until(b"abc")
    client.reset()
    assert server.at_end()
    said = syslog.recv()
    assert "CD-- " in said or "CH-- " in said, said
    served(world, proxy, origin)


def test_a_chunk_beyond_everything_is_refused(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc")
    assert client.recv_response().status == 400
    assert client.at_end()
    served(world, proxy, origin)


def test_garbage_from_many_at_once(world, simple, origin):
    proxy = simple()
    junk = [bytes((i * 7 + n * 13) % 256 for i in range(200)) for n in range(MANY)]
    clients = [world.connect(proxy.port()) for _ in junk]
    for client, bytes_ in zip(clients, junk):
        try:
            client.send(bytes_ + b"\r\n\r\n")
        except (ConnectionResetError, BrokenPipeError):
            pass
    for client in clients:
        try:
            assert client.recv_all().startswith(b"HTTP/1.1 400 ")
        except ConnectionResetError:
            pass
    served(world, proxy, origin)


def test_requests_hidden_in_bodies_never_pass(world, simple, origin):
    """Bodies that read as requests to whoever counts wrongly."""
    hidden = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    proxy = simple(frontend="http-request deny if { path /hidden }")
    client = world.connect(proxy.port())
    server = None
    for request in (
            b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(hidden) + hidden,
            b"POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(hidden) + hidden + b"\r\n0\r\n\r\n",
            b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n%x;x=\"y\"\r\n" % len(hidden) + hidden + b"\r\n0\r\nX: y\r\n\r\n",
    ):
        client.send(request)
        server = server or origin.accept()
        _, fields, body = server.recv_request()
        assert body == hidden
        assert len([n for n, _ in fields if n in ("content-length", "transfer-encoding")]) == 1
        answer(server)
        assert client.recv_response().body == b"hello"
