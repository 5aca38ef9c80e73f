"""PROXY protocol: what is believed, what is refused and logged, what is sent, in both versions."""

import struct

import pytest

from test_http import answer

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

CONF = """
defaults
    mode {mode}
    timeout client {client}
    timeout server 5s
    timeout connect 5s
    log {log} local0
frontend fe
    bind fd@${{fe}} {bind}
    {lines}
    default_backend be
backend be
    server s1 {server}
"""


@pytest.fixture
def setup(world, origin, syslog):
    def make(bind="", lines="", server="", mode="http", client="5s"):
        return world.proxy(CONF.format(bind=bind, lines=lines, server=f"{origin.addr} {server}", log=syslog.addr,
                                       mode=mode, client=client))
    return make


def version_2(source="192.0.2.7", destination="192.0.2.8", ports=(1234, 80), tlvs=b"", command=0x21):
    addresses = bytes(map(int, (source + "." + destination).split("."))) + struct.pack("!HH", *ports)
    body = addresses + tlvs
    return SIGNATURE + bytes([command, 0x11]) + struct.pack("!H", len(body)) + body


def tlv(kind, value):
    return bytes([kind]) + struct.pack("!H", len(value)) + value


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


ECHO = ("http-request return status 200 hdr src %[src] hdr sport %[src_port] hdr dst %[dst] hdr dport %[dst_port]"
        " hdr auth %[fc_pp_authority] hdr id %[fc_pp_unique_id] hdr rcvd %[fc_rcvd_proxy]")


@pytest.mark.parametrize("says, header, expect", [
    ("version 1", b"PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n", ("192.0.2.7", "1234", "192.0.2.8", "80")),
    ("version 1, IPv6", b"PROXY TCP6 2001:db8::7 ::1 1234 80\r\n", ("2001:db8::7", "1234", "::1", "80")),
    ("version 2", version_2(), ("192.0.2.7", "1234", "192.0.2.8", "80")),
    ("version 2 with a TLV of no meaning", version_2(tlvs=tlv(0xee, b"x" * 300)), ("192.0.2.7", "1234", "192.0.2.8", "80")),
])
def test_it_is_believed(world, setup, target, says, header, expect):
    proxy = setup("accept-proxy", ECHO)
    client = world.connect(proxy.port())
    cut = 0 if target == "haproxy" else 20  # HAProxy 2.6 wants all of it at once
    if cut:
        client.send(header[:cut])
    client.send(header[cut:] + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    got = client.recv_response()
    assert tuple(got.header(name) for name in ("src", "sport", "dst", "dport")) == expect


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", version_2(command=0x20)])
def test_it_may_name_nobody(world, setup, header):
    proxy = setup("accept-proxy", ECHO)
    client = world.connect(proxy.port())
    client.send(header + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    got = client.recv_response()
    assert (got.header("src"), got.header("dport")) == ("127.0.0.1", str(proxy.port()))


def test_tlvs_are_read(world, setup):
    proxy = setup("accept-proxy", ECHO)
    client = world.connect(proxy.port())
    client.send(version_2(tlvs=tlv(2, b"example.org") + tlv(4, b"pad") + tlv(5, b"an id")) + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    got = client.recv_response()
    assert (got.header("auth"), got.header("id"), got.header("rcvd")) == ("example.org", "an id", "1")


@pytest.mark.parametrize("good", [True, False])
def test_a_checksum_is_checked(world, setup, good):
    proxy = setup("accept-proxy", ECHO)
    client = world.connect(proxy.port())
    value = crc32c(version_2(tlvs=tlv(3, b"\0\0\0\0"))) ^ (0 if good else 1)
    client.send(version_2(tlvs=tlv(3, struct.pack("!I", value))) + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    if good:
        assert client.recv_response().header("src") == "192.0.2.7"
    else:
        assert client.at_end()


def test_only_some_are_to_send_it(world, setup):
    proxy = setup("", "tcp-request connection expect-proxy layer4 if { src 127.0.0.1 }\n " + ECHO)
    client = world.connect(proxy.port())
    client.send(b"PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.recv_response().header("src") == "192.0.2.7"


def test_netscaler_says_it_its_own_way(world, setup):
    proxy = setup("accept-netscaler-cip 3355", ECHO)
    ip = (b"\x45\0\0\x28\0\0\0\0\x40\x06\0\0" + bytes([192, 0, 2, 7, 192, 0, 2, 8])
          + struct.pack("!HH", 1234, 80) + b"\0" * 8 + b"\x50" + b"\0" * 7)
    client = world.connect(proxy.port())
    client.send(struct.pack("!II", 3355, len(ip)) + ip + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    got = client.recv_response()
    assert tuple(got.header(name) for name in ("src", "sport", "dst", "dport")) == ("192.0.2.7", "1234", "192.0.2.8", "80")


@pytest.mark.parametrize("sent, close, text", [
    (b"", True, "Connection closed while waiting for PROXY protocol header"),
    (b"", False, "Timeout while waiting for PROXY protocol header"),
    (b"GET / HTTP/1.1\r\n\r\n", False, "Received something which does not look like a PROXY protocol header"),
    (b"PROXY TCP4 a b c d\r\n", False, "Received an invalid PROXY protocol header"),
    (b"PROXY TCP4 1.2", True, "Truncated PROXY protocol header received"),
    (SIGNATURE + b"\x21\x11", False, "Truncated PROXY protocol header received"),
])
def test_what_goes_wrong_is_logged(world, setup, syslog, sent, close, text):
    proxy = setup("accept-proxy name here", ECHO, client="200ms")
    client = world.connect(proxy.port())
    if sent:
        client.send(sent)
    if close:
        client.close()
    assert syslog.recv().rstrip().endswith(f"] fe/here: {text}")


def sent_header(world, origin, proxy):
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    head = server.recv_exactly(16)
    assert head[:12] == SIGNATURE
    return head + server.recv_exactly(struct.unpack("!H", head[14:])[0]), server


def test_version_2_is_sent(world, setup, origin):
    proxy = setup(server="send-proxy-v2")
    header, server = sent_header(world, origin, proxy)
    assert header[12:14] == b"\x21\x11" and header[16:24] == bytes([127, 0, 0, 1] * 2)
    assert struct.unpack("!H", header[26:28])[0] == proxy.port() and len(header) == 28
    assert server.recv_request()[0] == "GET / HTTP/1.1"


def test_tlvs_are_sent(world, setup, origin):
    proxy = setup(lines="unique-id-format id-%[path]", server="send-proxy-v2 proxy-v2-options crc32c,unique-id")
    header, _ = sent_header(world, origin, proxy)
    found, at = {}, 28
    while at < len(header):
        size = struct.unpack("!H", header[at + 1:at + 3])[0]
        found[header[at]] = (at + 3, header[at + 3:at + 3 + size])
        at += 3 + size
    assert found[5][1] == b"id-/" and set(found) == {3, 5}
    place, value = found[3]
    assert struct.unpack("!I", value)[0] == crc32c(header[:place] + b"\0\0\0\0" + header[place + 4:])


def test_a_header_goes_with_each_connection(world, setup, origin):
    """Two clients: the second may not take the first one's connection, which says who the first is."""
    proxy = setup(server="send-proxy")
    one, two = world.connect(proxy.port()), world.connect(proxy.port())
    for client in (one, two):
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        server = origin.accept()
        assert server.recv_until(b"\r\n").startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 ")
        server.recv_request()
        answer(server)
        assert client.recv_response().status == 200
