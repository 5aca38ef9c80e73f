"""Requests and responses that two readers could cut differently: what passes is one message for everybody, or nothing
passes (RFC 9112 sections 6, 7 and 11)."""

import pytest

pytestmark = pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 lets some of them pass in their own words")

HEAD = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"5\r\nhello\r\n0\r\n\r\n"
HELLO = b"hello"
NEXT = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

# What it says, bytes, the body that the server gets; None: refused.
FRAMINGS = [
    ("a length", HEAD + b"Content-Length: 5\r\n\r\nhello", HELLO),
    ("a length in capitals", HEAD + b"CONTENT-LENGTH: 5\r\n\r\nhello", HELLO),
    ("a length twice, the same", HEAD + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", HELLO),
    ("a length twice in a list, the same", HEAD + b"Content-Length: 5, 5\r\n\r\nhello", HELLO),
    ("a length with a tab in front", HEAD + b"Content-Length:\t5\r\n\r\nhello", HELLO),
    ("a length with blanks behind", HEAD + b"Content-Length: 5 \t \r\n\r\nhello", HELLO),
    ("a length with zeros in front", HEAD + b"Content-Length: 00005\r\n\r\nhello", HELLO),
    ("a length with a semicolon", HEAD + b"Content-Length: 5;x\r\n\r\nhello", None),
    ("a length with a point", HEAD + b"Content-Length: 5.0\r\n\r\nhello", None),
    ("a length in quotes", HEAD + b"Content-Length: \"5\"\r\n\r\nhello", None),
    ("a length with a vertical tab", HEAD + b"Content-Length: \x0b5\r\n\r\nhello", None),
    ("a length on a folded line", HEAD + b"Content-Length:\r\n 5\r\n\r\nhello", HELLO),
    ("a length folded in its digits", HEAD + b"Content-Length: 1\r\n 5\r\n\r\nhello", None),
    ("an empty member of a list of lengths", HEAD + b"Content-Length: 5,\r\n\r\nhello", None),
    ("a blank before the colon of a length", HEAD + b"Content-Length : 5\r\n\r\nhello", None),
    ("a NUL behind the name of a length", HEAD + b"Content-Length\0: 5\r\n\r\nhello", None),
    ("lengths of two meanings", HEAD + b"Content-Length: 5\r\nContent-Length: 05, 6\r\n\r\nhello", None),
    ("chunked", HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKED, HELLO),
    ("chunked in capitals", HEAD + b"transfer-ENCODING: CHUNKED\r\n\r\n" + CHUNKED, HELLO),
    ("chunked with a tab in front", HEAD + b"Transfer-Encoding:\tchunked\r\n\r\n" + CHUNKED, HELLO),
    ("chunked on a folded line", HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKED, HELLO),
    ("chunked twice", HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED, None),
    ("chunked, then identity", HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + CHUNKED, None),
    ("identity, then chunked", HEAD + b"Transfer-Encoding: identity, chunked\r\n\r\n" + CHUNKED, None),
    ("identity alone", HEAD + b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello", None),
    ("an unknown coding", HEAD + b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nhello", None),
    ("chunked with a parameter", HEAD + b"Transfer-Encoding: chunked;q=1\r\n\r\n" + CHUNKED, None),
    ("chunked in quotes", HEAD + b"Transfer-Encoding: \"chunked\"\r\n\r\n" + CHUNKED, None),
    ("chunked with a vertical tab", HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKED, None),
    ("chunked with a byte above 127", HEAD + b"Transfer-Encoding: chunked\xa0\r\n\r\n" + CHUNKED, None),
    ("chunked behind an empty member", HEAD + b"Transfer-Encoding: , chunked\r\n\r\n" + CHUNKED, None),
    ("an empty coding", HEAD + b"Transfer-Encoding:\r\nContent-Length: 5\r\n\r\nhello", None),
    ("a blank before the colon of a coding", HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED, None),
    ("a coding with an underscore is another field", HEAD + b"Transfer_Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", HELLO),
    ("a bare CR that hides a coding", HEAD + b"X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello", None),
    ("a bare LF before a coding", HEAD + b"X: y\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED, HELLO),
    ("a body of GET", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", HELLO),
    ("a body of DELETE", b"DELETE / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED, HELLO),
    ("a body of CONNECT", b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED, None),
]

CHUNKS = [
    ("a size in capitals", b"A\r\nhellohello\r\n0\r\n\r\n", b"hellohello"),
    ("a size with zeros in front", b"0005\r\nhello\r\n000\r\n\r\n", HELLO),
    ("an extension", b"5;a=b\r\nhello\r\n0;c\r\n\r\n", HELLO),
    ("an extension in quotes", b"5;a=\"b;c\"\r\nhello\r\n0\r\n\r\n", HELLO),
    ("a blank behind the size", b"5 \r\nhello\r\n0\r\n\r\n", HELLO),
    ("a trailer", b"5\r\nhello\r\n0\r\nX: y\r\n\r\n", HELLO),
    ("a trailer that is a length", b"5\r\nhello\r\n0\r\nContent-Length: 9\r\n\r\n", HELLO),
    ("a trailer that is a coding", b"5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n", HELLO),
    ("a trailer that is a Host", b"5\r\nhello\r\n0\r\nHost: b\r\n\r\n", HELLO),
    ("an extension with a bare LF", b"5;a\nhello\r\n0\r\n\r\n", None),
    ("an extension with a bare CR", b"5;a\rb\r\nhello\r\n0\r\n\r\n", None),
    ("a size that ends with a bare LF", b"5\nhello\r\n0\r\n\r\n", None),
    ("data that ends with a bare LF", b"5\r\nhello\n0\r\n\r\n", None),
    ("data longer than its size", b"5\r\nhelloX\r\n0\r\n\r\n", None),
    ("a size with a plus sign", b"+5\r\nhello\r\n0\r\n\r\n", None),
    ("a size with an underscore", b"0_5\r\nhello\r\n0\r\n\r\n", None),
    ("a size and no semicolon", b"5 x\r\nhello\r\n0\r\n\r\n", None),
    ("a trailer that is a request line", b"5\r\nhello\r\n0\r\nGET /smuggled HTTP/1.1\r\n\r\n", None),
    ("a trailer with a blank before its colon", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n", None),
]

TARGETS = [
    ("another host", b"GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
    ("another port", b"GET http://a.test:81/ HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
    ("the usual port of another scheme", b"GET http://a.test:443/ HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
    ("the same host in capitals", b"GET http://A.TEST/ HTTP/1.1\r\nHost: a.test\r\n\r\n", True),
    ("the usual port on one side", b"GET http://a.test:80/ HTTP/1.1\r\nHost: a.test\r\n\r\n", True),
    ("a port of letters", b"GET http://a.test:8x/ HTTP/1.1\r\nHost: a.test:8x\r\n\r\n", False),
    ("no authority", b"GET http:///x HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
    ("two Hosts, the same", b"GET / HTTP/1.1\r\nHost: a.test\r\nHost: a.test\r\n\r\n", True),
    ("two Hosts that differ", b"GET / HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n\r\n", False),
    ("a Host with a slash", b"GET / HTTP/1.1\r\nHost: a.test/x\r\n\r\n", False),
    ("a Host with a blank", b"GET / HTTP/1.1\r\nHost: a.test b.test\r\n\r\n", False),
    ("a Host list", b"GET / HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n", False),
    ("CONNECT to another host", b"CONNECT b.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", False),
    ("CONNECT without a port", b"CONNECT a.test HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
    ("an asterisk with GET", b"GET * HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
]


def rows(table):
    return pytest.mark.parametrize("sent, want", [row[1:] for row in table], ids=[row[0] for row in table])


def values(fields, name):
    return [value for key, value in fields if key == name]


def one_framing(fields):
    """Exactly one way to know where the body ends."""
    lengths, codings = values(fields, "content-length"), values(fields, "transfer-encoding")
    assert len(lengths) + len(codings) <= 1, fields
    assert all(value.isdigit() for value in lengths)
    assert [value.lower() for value in codings] in ([], ["chunked"])


def check(world, simple, origin, sent, want):
    proxy = simple("option http-server-close\n option http-buffer-request")
    client = world.connect(proxy.port())
    client.send(sent)
    if want is None:
        assert client.recv_response().status in (400, 422)
        assert client.at_end()
        assert not origin.pending()
        return
    server = origin.accept()
    _, fields, body = server.recv_request()
    one_framing(fields)
    assert body == want
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.recv_response().body == b"ok"
    assert server.recv_all() == b""


@rows(FRAMINGS)
def test_a_request_has_one_end(world, simple, origin, sent, want):
    check(world, simple, origin, sent, want)


@rows(CHUNKS)
def test_a_chunked_body_has_one_end(world, simple, origin, sent, want):
    check(world, simple, origin, HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + sent, want)


@pytest.mark.parametrize("order", [0, 1], ids=["length first", "coding first"])
def test_a_length_beside_chunked_ends_the_connection(world, simple, origin, order):
    """What follows such a request is never read: the client may have meant it as the body's rest."""
    fields = [b"Content-Length: 4\r\n", b"Transfer-Encoding: chunked\r\n"]
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(HEAD + fields[order] + fields[1 - order] + b"\r\n0\r\n\r\n" + NEXT)
    server = origin.accept()
    _, got, body = server.recv_request()
    one_framing(got)
    assert body == b""
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.recv_response().body == b"ok"
    assert client.at_end()
    assert not origin.pending()


def test_chunked_of_http_1_0_ends_the_connection(world, simple, origin):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED + NEXT)
    server = origin.accept()
    _, got, body = server.recv_request()
    one_framing(got)
    assert body == HELLO
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    assert client.recv_response().body == b"ok"
    assert client.at_end()
    assert not origin.pending()


@rows(TARGETS)
def test_a_target_agrees_with_host(world, simple, origin, sent, want):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(sent)
    if not want:
        assert client.recv_response().status == 400
        assert client.at_end()
        assert not origin.pending()
        return
    line, fields, _ = origin.accept().recv_request()
    assert values(fields, "host") == ["a.test"]
    assert ":80" not in line


# What it says, the server's bytes, the body that the client gets; None: 502.
ANSWERS = [
    ("a length twice, the same", b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nok", b"ok"),
    ("a length beside chunked", b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
    ("chunked in capitals", b"TRANSFER-ENCODING: CHUNKED\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok"),
    ("a chunk extension", b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\n\r\n", b"ok"),
    ("lengths that differ", b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", None),
    ("a coding that nobody undoes", b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", None),
    ("chunked that is not last", b"Transfer-Encoding: chunked, gzip\r\n\r\n2\r\nok\r\n0\r\n\r\n", None),
    ("a bare CR in a value", b"X: a\rContent-Length: 5\r\nContent-Length: 2\r\n\r\nok", None),
]


@rows(ANSWERS)
def test_an_answer_has_one_end(world, simple, origin, sent, want):
    proxy = simple(backend="retry-on none")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\n" + sent)
    got = client.recv_response()
    if want is None:
        assert got.status == 502
        return
    assert (got.status, got.body) == (200, want)
    one_framing(got.headers)


def test_a_second_answer_is_nobodys(world, simple, origin):
    """Bytes behind an answer belong to no request: the connection is not used again."""
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_head()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
    assert client.recv_response().body == b"ok"
    client.send(b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
    second = origin.accept()
    assert second.recv_head().startswith(b"GET /2 ")
    second.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood")
    assert client.recv_response().body == b"good"
