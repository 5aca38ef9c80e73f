"""What fetches say about a ClientHello: of one that is passed through, and of one that was answered here."""

import ssl
import struct

import pytest

from test_tls import TlsConn, context, pem

newer = pytest.mark.only("runtime", "sim", reason="fetches that HAProxy 2.6 does not have")

PASSED = """
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {log} local0
frontend fe
    bind fd@${{fe}}
    tcp-request inspect-delay 5s
    tcp-request content set-var(sess.a) {fetch},hex if {{ req.ssl_hello_type 1 }}
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    log-format "said:%[var(sess.a)]"
    default_backend be
backend be
    server s1 {addr}
"""


def hello_bytes(name="server.test"):
    made = ssl.MemoryBIO()
    client = context(alpn=["http/1.1", "h2"]).wrap_bio(ssl.MemoryBIO(), made, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    return made.read()


def parts(hello):
    """Ciphers and extensions of a record with a ClientHello (RFC 8446 section 4.1.2)."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    size, = struct.unpack_from("!H", hello, at)
    ciphers = hello[at + 2:at + 2 + size]
    at += 2 + size
    at += 1 + hello[at] + 2
    extensions = {}
    while at < len(hello):
        kind, size = struct.unpack_from("!HH", hello, at)
        extensions[kind] = hello[at + 4:at + 4 + size]
        at += 4 + size
    return ciphers, extensions


def share_groups(shares):
    groups, at = b"", 2
    while at < len(shares):
        groups += shares[at:at + 2]
        at += 4 + struct.unpack_from("!H", shares, at + 2)[0]
    return groups


def expected(fetch, hello):
    ciphers, extensions = parts(hello)
    return {
        "req.ssl_cipherlist": ciphers,
        "req.ssl_supported_groups": extensions[10][2:],
        "req.ssl_sigalgs": extensions[13][2:],
        "req.ssl_keyshare_groups": share_groups(extensions[51]),
        "req.ssl_sni": b"server.test",
        "req.ssl_alpn": b"http/1.1",
    }[fetch]


def logged(world, syslog, origin, fetch, pieces):
    proxy = world.proxy(PASSED.format(log=syslog.addr, fetch=fetch, addr=origin.addr))
    client = world.connect(proxy.port())
    for piece in pieces:
        client.send(piece)
    server = origin.accept()
    assert server.recv_exactly(sum(map(len, pieces))) == b"".join(pieces)
    server.close()
    client.close()
    return syslog.recv().split("said:")[1].strip()


LISTS = ["req.ssl_cipherlist", "req.ssl_supported_groups", "req.ssl_sigalgs", "req.ssl_keyshare_groups"]
TEXTS = ["req.ssl_sni", "req.ssl_alpn"]


@pytest.mark.parametrize("fetch", TEXTS + [pytest.param(name, marks=newer) for name in LISTS])
@pytest.mark.parametrize("size", [7, 4096])
def test_parts_of_a_hello_that_passes(world, syslog, origin, fetch, size):
    hello = hello_bytes()
    pieces = [hello[at:at + size] for at in range(0, len(hello), size)]
    assert logged(world, syslog, origin, fetch, pieces) == expected(fetch, hello).hex().upper()


def without_extensions(hello):
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]
    at += 2 + struct.unpack_from("!H", hello, at)[0]
    at += 1 + hello[at]
    body = hello[9:at]
    return hello[:3] + struct.pack("!H", len(body) + 4) + b"\1" + struct.pack("!I", len(body))[1:] + body


@pytest.mark.parametrize("fetch", TEXTS + [pytest.param(name, marks=newer) for name in LISTS[1:]])
def test_an_extension_that_did_not_come(world, syslog, origin, fetch):
    assert logged(world, syslog, origin, fetch, [without_extensions(hello_bytes())]) == "-"


def cut_short(hello, kind):
    """The extension says that a list in it is longer than it is."""
    _, extensions = parts(hello)
    found = hello.index(struct.pack("!HH", kind, len(extensions[kind])) + extensions[kind]) + 4
    return hello[:found] + b"\xff\xff" + hello[found + 2:]


@newer
@pytest.mark.parametrize("fetch, kind", zip(LISTS[1:], (10, 13, 51)))
def test_a_list_that_says_too_much_is_none(world, syslog, origin, fetch, kind):
    assert logged(world, syslog, origin, fetch, [cut_short(hello_bytes(), kind)]) == "-"


ANSWERED = """
global
    tune.ssl.capture-buffer-size 512
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}} ssl crt {crt}
    http-request return status 200 content-type text/plain lf-string "%[{say}]"
"""


@pytest.mark.parametrize("say, kind, skip", [
    ("ssl_fc_eclist_bin,hex", 10, 2),
    pytest.param("ssl_fc_sigalgs_bin,hex", 13, 2, marks=newer),
    pytest.param("ssl_fc_supported_versions_bin,hex", 43, 1, marks=newer),
])
def test_parts_of_a_hello_that_was_answered(world, say, kind, skip):
    proxy = world.proxy(ANSWERED.format(crt=pem("server"), say=say))
    made = TlsConn(world.connect(proxy.port()), context(alpn=["http/1.1", "h2"]), "server.test")
    _, extensions = parts(hello_bytes())
    assert made.request().body.decode() == extensions[kind][skip:].hex().upper()


@newer
def test_the_certificate_that_was_chosen_is_named(world):
    proxy = world.proxy(ANSWERED.format(crt=pem("server"), say="ssl_fc_crtname"))
    made = TlsConn(world.connect(proxy.port()), context(), "server.test")
    assert made.request().body.decode() == pem("server")
