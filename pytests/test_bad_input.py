"""Malformed HTTP: what RFC 9112 forbids is refused with the right status, logged as such, and reaches nobody."""

import re

import pytest

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"

# What it says, bytes of the head: refused before anything is forwarded.
BAD_HEADS = [
    ("two lengths that differ", POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("two lengths in one list", POST + b"Content-Length: 1, 2\r\n\r\nab"),
    ("a negative length", POST + b"Content-Length: -1\r\n\r\n"),
    ("a length with a plus sign", POST + b"Content-Length: +1\r\n\r\na"),
    ("a length that is no number", POST + b"Content-Length: abc\r\n\r\n"),
    ("a length in hexadecimal", POST + b"Content-Length: 0x10\r\n\r\n"),
    ("an empty length", POST + b"Content-Length:\r\n\r\n"),
    ("a length with a blank inside", POST + b"Content-Length: 1 2\r\n\r\n"),
    ("a blank before a colon", GET + b"X : y\r\n\r\n"),
    ("a tab before a colon", GET + b"X\t: y\r\n\r\n"),
    ("no colon at all", GET + b"nothing\r\n\r\n"),
    ("an empty name", GET + b": y\r\n\r\n"),
    ("a NUL in a name", GET + b"X\0Y: a\r\n\r\n"),
    ("a blank inside a name", GET + b"X Y: a\r\n\r\n"),
    ("a parenthesis in a name", GET + b"X(Y): a\r\n\r\n"),
    ("a byte above 127 in a name", GET + b"X\xe9: a\r\n\r\n"),
    ("a bare CR in a value", GET + b"X: a\rb\r\n\r\n"),
    ("a bare CR in the request line", b"GET /\r HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a NUL in the target", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a control byte in the target", b"GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a byte above 127 in the target", b"GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a target of two words", b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a bad method", b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a method that starts with a blank", b" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a first field line that starts with a blank", b"GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    ("a version without minor", b"GET / HTTP/1\r\nHost: a\r\n\r\n"),
    ("a version of letters", b"GET / HTTP/x.y\r\nHost: a\r\n\r\n"),
    ("a minor of two digits", b"GET / HTTP/1.10\r\nHost: a\r\n\r\n"),
    ("a protocol in lower case", b"GET / http/1.1\r\nHost: a\r\n\r\n"),
    ("another protocol", b"GET / FTP/1.1\r\nHost: a\r\n\r\n"),
    ("nothing but binary", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    ("a head of more than a buffer", GET + b"".join(b"X%d: %s\r\n" % (i, b"v" * 1000) for i in range(20)) + b"\r\n"),
    ("a request line of more than a buffer", b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a field of more than a buffer", GET + b"X: " + b"a" * 20000 + b"\r\n\r\n"),
    ("more fields than tune.http.maxhdr", GET + b"".join(b"X%d: y\r\n" % i for i in range(110)) + b"\r\n"),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    ("chunked that is not last", POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"),
    ("a Host that differs from the target's", b"GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n"),
    ("two Hosts that differ", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
]

# RFC 9112 wants these refused as well; HAProxy 2.6.12 passes them on.
BAD_HEADS_STRICT = [
    ("a length past 64 bits", POST + b"Content-Length: 18446744073709551616\r\n\r\n"),
    ("a NUL in a value", GET + b"X: a\0b\r\n\r\n"),
    ("version 3.0", b"GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
    ("version 2.0", b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
]

LOG = re.compile(r" (\S+)/(\S+) (-?\d+/-?\d+/-?\d+/-?\d+/[+]?-?\d+) (\d+) [+]?\d+ - - (\S{4}) .*\"(.*)\"$")


def refused(world, simple, origin, syslog, sent):
    proxy = simple()
    client = world.connect(proxy.port())
    try:
        client.send(sent)
    except (ConnectionResetError, BrokenPipeError):
        pass
    got = client.recv_response()
    assert (got.status, got.reason, got.header("connection")) == (400, "Bad request", "close")
    assert b"Your browser sent an invalid request" in got.body
    assert client.at_end()
    assert not origin.pending()
    found = LOG.search(syslog.recv().rstrip("\n"))
    assert found, "no log line"
    assert found.group(4, 5, 6) == ("400", "PR--", "<BADREQ>")


@pytest.mark.parametrize("sent", [row[1] for row in BAD_HEADS], ids=[row[0] for row in BAD_HEADS])
def test_a_bad_request_is_refused(world, simple, origin, syslog, sent):
    refused(world, simple, origin, syslog, sent)


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 forwards it, against RFC 9112")
@pytest.mark.parametrize("sent", [row[1] for row in BAD_HEADS_STRICT], ids=[row[0] for row in BAD_HEADS_STRICT])
def test_a_bad_request_is_refused_where_haproxy_is_lax(world, simple, origin, syslog, sent):
    refused(world, simple, origin, syslog, sent)


# Bodies: the head is fine and goes out, the body is not.
BAD_CHUNKS = [
    ("a size of letters", b"xyz\r\nabc\r\n"),
    ("an empty size", b"\r\nabc\r\n"),
    ("a negative size", b"-1\r\nabc\r\n"),
    ("a size past 64 bits", b"11111111111111111\r\nabc\r\n"),
    ("a size with 0x", b"0x3\r\nabc\r\n"),
    ("more data than the size", b"3\r\nabcdef\r\n0\r\n\r\n"),
    ("a blank before the size", b" 3\r\nabc\r\n0\r\n\r\n"),
    ("a bare CR behind the size", b"3\rabc\r\n0\r\n\r\n"),
    ("a NUL behind the size", b"3\0\r\nabc\r\n0\r\n\r\n"),
]


@pytest.mark.parametrize("chunks", [row[1] for row in BAD_CHUNKS], ids=[row[0] for row in BAD_CHUNKS])
def test_a_bad_chunk_ends_the_request(world, simple, origin, syslog, chunks):
    proxy = simple("option http-buffer-request")
    client = world.connect(proxy.port())
    client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks)
    got = client.recv_response()
    assert got.status == 400
    assert client.at_end()
    assert not origin.pending()
    assert LOG.search(syslog.recv().rstrip("\n")).group(4) == "400"


@pytest.mark.parametrize("chunks", [row[1] for row in BAD_CHUNKS], ids=[row[0] for row in BAD_CHUNKS])
def test_a_bad_chunk_later_never_reaches_the_server(world, simple, origin, chunks):
    """The first chunk is forwarded; of the bad one nothing is, and the connection ends without the last chunk."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(POST + b"Transfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n")
    server = origin.accept()
    server.recv_until(b"good\r\n")
    client.send(chunks)
    try:
        rest = server.recv_all()
    except ConnectionResetError:
        rest = server.buffer
    assert b"0\r\n\r\n" not in rest
    assert b"def" not in rest


BAD_ANSWERS = [
    ("no HTTP at all", b"hello there\r\n\r\n"),
    ("two lengths that differ", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    ("a negative length", b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
    ("a length that is no number", b"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n"),
    ("a status of letters", b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"),
    ("no colon at all", b"HTTP/1.1 200 OK\r\nnothing\r\n\r\n"),
    ("a blank before a colon", b"HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n"),
    ("a head of more than a buffer", b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20000 + b"\r\n\r\n"),
    ("a first field line that starts with a blank", b"HTTP/1.1 200 OK\r\n X: y\r\n\r\n"),
    ("101 without a request for it", b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
]


# As above.
BAD_ANSWERS_STRICT = [
    ("a status of two digits", b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
    ("a status of four digits", b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
    ("a NUL in a value", b"HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
    ("version 3.0", b"HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
]


def gives_502(world, simple, origin, syslog, sent):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(GET + b"\r\n")
    server = origin.accept()
    server.recv_head()
    try:
        server.send(sent)
    except (ConnectionResetError, BrokenPipeError):
        pass
    got = client.recv_response()
    assert (got.status, got.reason) == (502, "Bad Gateway")
    found = LOG.search(syslog.recv().rstrip("\n"))
    assert found.group(1, 2, 4, 5, 6) == ("be", "s1", "502", "PH--", "GET / HTTP/1.1")
    assert server.at_end()


@pytest.mark.parametrize("sent", [row[1] for row in BAD_ANSWERS], ids=[row[0] for row in BAD_ANSWERS])
def test_a_bad_answer_gives_502(world, simple, origin, syslog, sent):
    gives_502(world, simple, origin, syslog, sent)


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 forwards it, against RFC 9112")
@pytest.mark.parametrize("sent", [row[1] for row in BAD_ANSWERS_STRICT], ids=[row[0] for row in BAD_ANSWERS_STRICT])
def test_a_bad_answer_gives_502_where_haproxy_is_lax(world, simple, origin, syslog, sent):
    gives_502(world, simple, origin, syslog, sent)


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1", b"HTTP/1.1 200 OK\r\nX: "], ids=["nothing", "a word", "half a head"])
def test_a_server_that_leaves_gives_502(world, simple, origin, syslog, sent):
    proxy = simple(backend="retry-on none")
    client = world.connect(proxy.port())
    client.send(GET + b"\r\n")
    server = origin.accept()
    server.recv_head()
    if sent:
        server.send(sent)
    server.shutdown()
    assert client.recv_response().status == 502
    found = LOG.search(syslog.recv().rstrip("\n"))
    assert found.group(4, 5) == ("502", "SH--")


def test_a_server_that_resets_gives_502(world, simple, origin, syslog):
    proxy = simple(backend="retry-on none")
    client = world.connect(proxy.port())
    client.send(GET + b"\r\n")
    server = origin.accept()
    server.recv_head()
    server.reset()
    assert client.recv_response().status == 502
    assert LOG.search(syslog.recv().rstrip("\n")).group(4, 5) == ("502", "SH--")


def test_a_cut_body_is_not_made_whole(world, simple, origin, syslog):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(GET + b"\r\n")
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    client.recv_until(b"abc")
    server.close()
    assert client.at_end()
    assert LOG.search(syslog.recv().rstrip("\n")).group(4, 5) == ("200", "SD--")


def test_a_cut_chunked_body_is_not_made_whole(world, simple, origin, syslog):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(GET + b"\r\n")
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
    client.recv_until(b"abc\r\n")
    server.close()
    try:
        rest = client.recv_all()
    except ConnectionResetError:
        rest = client.buffer
    assert b"0\r\n" not in rest
    assert LOG.search(syslog.recv().rstrip("\n")).group(4, 5) == ("200", "SD--")


def test_a_client_that_leaves_in_its_head(world, simple, origin, syslog):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET / HT")
    client.close()
    assert LOG.search(syslog.recv().rstrip("\n")).group(4, 5, 6) == ("400", "CR--", "<BADREQ>")
    assert not origin.pending()


def test_a_client_that_says_nothing_is_logged_unless_told_not_to(world, simple, syslog):
    proxy = simple()
    world.connect(proxy.port()).close()
    assert LOG.search(syslog.recv().rstrip("\n")).group(4, 5) == ("400", "CR--")


def test_length_with_chunked_is_chunked_alone(world, simple, origin):
    """RFC 9112 section 6.3: chunked wins, the length is taken away, so that nothing behind can be smuggled."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")
    server = origin.accept()
    _, fields, body = server.recv_request()
    assert body == b"ab"
    assert not [v for n, v in fields if n == "content-length"]
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.recv_response().body == b"ok"


def test_obs_fold_becomes_blanks(world, simple, origin):
    """RFC 9112 section 5.2: refused, or replaced by blanks before it is forwarded."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(GET + b"X: one\r\n  two\r\n\tthree\r\nY: z\r\n\r\n")
    server = origin.accept()
    head = server.recv_head()
    assert b"\r\n " not in head and b"\r\n\t" not in head
    assert re.search(rb"\r\nx: one[ \t]+two[ \t]+three\r\n", head)


@pytest.mark.parametrize("sent", [
    b"GET / HTTP/1.1\nHost: a\nX: y\n\n",
    b"GET / HTTP/1.1\r\nHost: a\nX: y\r\n\n",
], ids=["only LF", "mixed"])
def test_bare_lf_ends_a_line_but_never_passes(world, simple, origin, sent):
    """RFC 9112 section 2.2 lets a recipient take LF alone; what is forwarded has CR LF."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(sent)
    head = origin.accept().recv_head()
    assert b"\r\nx: y\r\n" in head
    assert head.count(b"\n") == head.count(b"\r\n")


def test_http_0_9_is_refused(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET /\r\n")
    assert client.recv_response().status == 400
    assert client.at_end() and not origin.pending()


def test_bytes_behind_a_bad_request_are_never_read_as_one(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(GET + b"X : y\r\n\r\n" + GET + b"\r\n")
    assert client.recv_response().status == 400
    assert client.at_end()
    assert not origin.pending()
