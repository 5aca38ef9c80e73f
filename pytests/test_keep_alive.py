"""Connections that go on: keep-alive on both sides, pipelining, HTTP/1.0, close, 100-continue, upgrades, chunks."""

import pytest

from test_http import answer


def get(path="/", headers=""):
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n".encode()


def test_both_sides_are_kept(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/1"))
    server = origin.accept()
    for turn in range(1, 5):
        assert server.recv_request()[0] == f"GET /{turn} HTTP/1.1"
        answer(server, b"%d" % turn)
        assert client.recv_response().body == b"%d" % turn
        if turn < 4:
            client.send(get(f"/{turn + 1}"))


def test_pipelined_requests_are_answered_in_order(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/1") + get("/2") + get("/3"))
    server = origin.accept()
    for turn in range(1, 4):
        assert server.recv_request()[0] == f"GET /{turn} HTTP/1.1"
        answer(server, b"n%d" % turn)
    assert [client.recv_response().body for _ in range(3)] == [b"n1", b"n2", b"n3"]


@pytest.mark.only("haproxy", "runtime", reason="stops the proxy, so that it sees both at once")
def test_a_request_that_comes_with_the_answer_to_the_one_before_the_last_is_answered(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/1") + get("/2"))
    server = origin.accept()
    server.recv_request()
    proxy.signal("STOP")
    answer(server, b"n1")
    client.send(get("/3"))
    proxy.signal("CONT")
    assert client.recv_response().body == b"n1"
    for turn in (2, 3):
        assert server.recv_request()[0] == f"GET /{turn} HTTP/1.1"
        answer(server, b"n%d" % turn)
        assert client.recv_response().body == b"n%d" % turn


def test_a_pipelined_body_is_not_taken_for_a_request(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 14\r\n\r\nGET /no HTTP/1" + get("/2"))
    server = origin.accept()
    assert server.recv_request()[2] == b"GET /no HTTP/1"
    answer(server)
    assert server.recv_request()[0] == "GET /2 HTTP/1.1"
    answer(server, b"two")
    assert [client.recv_response().body for _ in range(2)] == [b"hello", b"two"]


@pytest.mark.parametrize("framing, body", [("Content-Length: 10", b"the body x"),
                                           ("Transfer-Encoding: chunked", b"a\r\nthe body x\r\n0\r\n\r\n")])
@pytest.mark.parametrize("cut", [4, -1])
def test_the_body_of_a_pipelined_request_may_come_later(world, simple, origin, framing, body, cut):
    proxy = simple()
    client = world.connect(proxy.port())
    head = f"POST /2 HTTP/1.1\r\nHost: a\r\n{framing}\r\n\r\n".encode()
    client.send(get("/1") + head[:cut])
    server = origin.accept()
    assert server.recv_request()[0] == "GET /1 HTTP/1.1"
    answer(server, b"one")
    assert client.recv_response().body == b"one"
    client.send(head[cut:] + body[:3])
    client.send(body[3:] + get("/3"))
    request = server.recv_request()
    assert (request[0], request[2]) == ("POST /2 HTTP/1.1", b"the body x")
    answer(server, b"two")
    assert server.recv_request()[0] == "GET /3 HTTP/1.1"
    answer(server, b"three")
    assert [client.recv_response().body for _ in range(2)] == [b"two", b"three"]


def test_the_client_asks_to_close(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get(headers="Connection: close\r\n"))
    server = origin.accept()
    server.recv_request()
    answer(server)
    got = client.recv_response()
    assert (got.body, got.header("connection")) == (b"hello", "close")
    assert client.at_end()


def test_a_client_that_breaks_its_word_and_sends_more_gets_the_whole_answer(world, simple, origin):
    """Closed at once, such a connection would be reset, and the client's system would drop what it has not read."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/", "Connection: close\r\n"))
    server = origin.accept()
    server.recv_request()
    client.send(get("/more"))
    answer(server, b"x" * 50_000)
    assert client.recv_response().body == b"x" * 50_000
    assert client.at_end()


def test_the_server_asks_to_close(world, simple, origin):
    """The server's side ends, the client's goes on over a new server connection."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/1"))
    server = origin.accept()
    server.recv_request()
    answer(server, headers=[("Connection", "close")])
    server.close()
    got = client.recv_response()
    assert got.body == b"hello"
    assert got.header("connection") != "close"
    client.send(get("/2"))
    server = origin.accept()
    assert server.recv_request()[0] == "GET /2 HTTP/1.1"
    answer(server, b"two")
    assert client.recv_response().body == b"two"


def test_http_1_0_closes(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET /old HTTP/1.0\r\n\r\n")
    server = origin.accept()
    assert server.recv_request()[0] == "GET /old HTTP/1.0"
    answer(server)
    assert client.recv_response().body == b"hello"
    assert client.at_end()


def test_http_1_0_with_keep_alive_goes_on(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    answer(server, headers=[("Connection", "keep-alive")])
    got = client.recv_response()
    assert (got.body, got.header("connection").lower()) == (b"hello", "keep-alive")
    client.send(b"GET /2 HTTP/1.0\r\n\r\n")
    assert server.recv_request()[0].startswith("GET /2 ")


def test_httpclose_ends_both_sides(world, simple, origin):
    proxy = simple("option httpclose")
    client = world.connect(proxy.port())
    client.send(get())
    server = origin.accept()
    _, fields, _ = server.recv_request()
    assert ("connection", "close") in fields
    answer(server)
    assert client.recv_response().header("connection") == "close"
    assert client.at_end() and server.at_end()


def test_server_close_ends_the_servers_side_only(world, simple, origin):
    proxy = simple("option http-server-close")
    client = world.connect(proxy.port())
    client.send(get("/1"))
    server = origin.accept()
    _, fields, _ = server.recv_request()
    assert ("connection", "close") in fields
    answer(server)
    assert client.recv_response().body == b"hello"
    assert server.at_end()
    client.send(get("/2"))
    assert origin.accept().recv_request()[0] == "GET /2 HTTP/1.1"


def test_100_continue_comes_from_the_server(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert client.recv_head().startswith(b"HTTP/1.1 100 Continue\r\n")
    client.send(b"body")
    assert server.recv_exactly(4) == b"body"
    answer(server)
    assert client.recv_response().status == 200


def test_early_hints_pass_before_the_answer(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get())
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    head = client.recv_head()
    assert head.startswith(b"HTTP/1.1 103 Early Hints\r\n") and b"\r\nlink: </a>\r\n" in head
    answer(server)
    assert client.recv_response().body == b"hello"


def test_an_upgrade_becomes_a_tunnel(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get(headers="Connection: Upgrade\r\nUpgrade: own\r\n"))
    server = origin.accept()
    _, fields, _ = server.recv_request()
    assert ("upgrade", "own") in fields
    assert any(n == "connection" and "upgrade" in v.lower() for n, v in fields)
    server.send(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: own\r\n\r\nfirst")
    head = client.recv_head()
    assert head.startswith(b"HTTP/1.1 101 ")
    assert client.recv_exactly(5) == b"first"
    client.send(b"\x00raw\r\n\r\nbytes")
    assert server.recv_exactly(13) == b"\x00raw\r\n\r\nbytes"
    server.send(b"\xff\xfe")
    assert client.recv_exactly(2) == b"\xff\xfe"
    server.close()
    assert client.at_end()


def test_connect_becomes_a_tunnel(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n")
    server = origin.accept()
    assert server.recv_request()[0] == "CONNECT a.test:443 HTTP/1.1"
    server.send(b"HTTP/1.1 200 OK\r\n\r\n")
    assert client.recv_head().startswith(b"HTTP/1.1 200 ")
    client.send(b"ping")
    assert server.recv_exactly(4) == b"ping"
    server.send(b"pong")
    assert client.recv_exactly(4) == b"pong"


def test_a_chunked_request_stays_chunked(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"3\r\nabc\r\n0A;ext=1\r\n0123456789\r\n0\r\n\r\n" + get("/2"))
    server = origin.accept()
    _, fields, body = server.recv_request()
    assert ("transfer-encoding", "chunked") in fields
    assert not [v for n, v in fields if n == "content-length"]
    assert body == b"abc0123456789"
    answer(server)
    assert client.recv_response().body == b"hello"
    assert server.recv_request()[0] == "GET /2 HTTP/1.1"


def test_a_chunked_answer_stays_chunked(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/1"))
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n")
    head = client.recv_head()
    assert b"\r\ntransfer-encoding: chunked\r\n" in head
    assert client.recv_until(b"wiki")
    server.send(b"5\r\npedia\r\n0\r\n\r\n")
    assert client.recv_until(b"0\r\n\r\n").endswith(b"pedia\r\n0\r\n\r\n")
    client.send(get("/2"))
    assert server.recv_request()[0] == "GET /2 HTTP/1.1"


def test_chunks_in_many_pieces(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get())
    server = origin.accept()
    server.recv_request()
    for at in b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwiki\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n":
        server.send(bytes([at]))
    assert client.recv_response().body == b"wiki0123456789abcdef"


def test_a_chunked_megabyte(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get())
    server = origin.accept()
    server.recv_request()
    piece = bytes(range(256)) * 256
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    client.recv_head()
    body = b""

    def chunk():
        size = int(client.recv_until(b"\r\n").split(b";")[0], 16)
        data = client.recv_exactly(size)
        assert client.recv_exactly(2) == b"\r\n"
        return data

    for turn in range(16):
        server.send(b"%x\r\n" % len(piece) + piece + b"\r\n")
        while len(body) < len(piece) * (turn + 1):
            body += chunk()
    server.send(b"0\r\n\r\n")
    assert chunk() == b""
    assert body == piece * 16


def test_an_answer_of_unknown_length_is_chunked_for_1_1(world, simple, origin):
    """The server ends by closing; the 1.1 client is told by chunks or by a close, and gets all of it."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get())
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it")
    server.close()
    got = client.recv_response()
    assert (got.status, got.body) == (200, b"all of it")


def test_a_closed_idle_server_connection_is_not_used(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get("/1"))
    server = origin.accept()
    server.recv_request()
    answer(server)
    client.recv_response()
    server.close()
    client.send(get("/2"))
    server = origin.accept()
    assert server.recv_request()[0] == "GET /2 HTTP/1.1"
    answer(server, b"two")
    assert client.recv_response().body == b"two"


def test_idle_server_connections_serve_other_clients_when_asked(world, simple, origin):
    proxy = simple(backend="http-reuse always")
    one = world.connect(proxy.port())
    one.send(get("/1"))
    server = origin.accept()
    server.recv_request()
    answer(server)
    one.recv_response()
    one.close()
    two = world.connect(proxy.port())
    two.send(get("/2"))
    assert server.recv_request()[0] == "GET /2 HTTP/1.1"
    answer(server, b"two")
    assert two.recv_response().body == b"two"


def test_an_answer_before_the_whole_body(world, simple, origin):
    """The server answers early and closes; its answer reaches the client."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100)
    server = origin.accept()
    server.recv_head()
    server.recv_exactly(100)
    server.send(b"HTTP/1.1 413 Too Much\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno")
    server.shutdown()
    got = client.recv_response()
    assert (got.status, got.body) == (413, b"no")


@pytest.mark.parametrize("fields", ["Keep-Alive: 300\r\nConnection: keep-alive\r\n", "Connection: keep-alive\r\n"])
def test_connection_fields_of_the_client_are_not_passed(world, simple, origin, fields):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(get(headers=fields))
    _, got, _ = origin.accept().recv_request()
    assert not [v for n, v in got if n == "connection"]


def test_a_chunked_answer_of_http_1_0_is_the_last(world, simple, origin):
    """RFC 9112 section 6.1: its framing is not to be trusted, so nothing follows it."""
    client = world.connect(simple().port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n")
    assert client.recv_response().status == 200
    assert client.at_end()
