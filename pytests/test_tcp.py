"""Mode tcp: bytes pass as they are, ends and resets too, and rules may look at the first bytes."""

import os
import socket

import pytest

CONF = """
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {log} local0
    option tcplog
frontend fe
    bind fd@${{fe}}
    {frontend}
    default_backend be
backend be
    {backend}
    server s1 {addr}
{more}
"""


@pytest.fixture
def tcp(world, origin, syslog):
    def make(frontend="", backend="", more=""):
        return world.proxy(CONF.format(log=syslog.addr, frontend=frontend, backend=backend, addr=origin.addr, more=more))

    return make


def pair(world, proxy, origin):
    """(client, server), a byte having passed each way."""
    client = world.connect(proxy.port())
    client.send(b"a")
    server = origin.accept()
    assert server.recv_exactly(1) == b"a"
    server.send(b"b")
    assert client.recv_exactly(1) == b"b"
    return client, server


def test_bytes_pass_both_ways(world, tcp, origin):
    client, server = pair(world, tcp(), origin)
    every = bytes(range(256))
    client.send(every)
    assert server.recv_exactly(256) == every
    server.send(every[::-1])
    assert client.recv_exactly(256) == every[::-1]


def test_the_server_may_speak_first(world, tcp, origin):
    client = world.connect(tcp().port())
    server = origin.accept()
    server.send(b"220 hello\r\n")
    assert client.recv_until(b"\r\n") == b"220 hello\r\n"


def test_megabytes_pass_in_both_directions_at_once(world, tcp, origin):
    client, server = pair(world, tcp(), origin)
    piece = bytes(i * 11 & 255 for i in range(32768))
    for _ in range(32):
        client.send(piece)
        server.send(piece)
        assert server.recv_exactly(len(piece)) == piece
        assert client.recv_exactly(len(piece)) == piece


def test_the_client_half_closes(world, tcp, origin, syslog):
    client, server = pair(world, tcp(), origin)
    client.send(b"last")
    client.shutdown()
    assert server.recv_all() == b"last"
    server.send(b"still here")
    assert client.recv_exactly(10) == b"still here"
    server.close()
    assert client.recv_all() == b""
    assert " -- " in syslog.recv()


def test_the_server_half_closes(world, tcp, origin, syslog):
    client, server = pair(world, tcp(), origin)
    server.send(b"last")
    server.shutdown()
    assert client.recv_all() == b"last"
    client.send(b"still here")
    assert server.recv_exactly(10) == b"still here"
    client.close()
    assert server.recv_all() == b""
    assert " -- " in syslog.recv()


def test_a_request_and_its_end_in_one_go(world, tcp, origin):
    client = world.connect(tcp().port())
    client.send(b"all")
    client.shutdown()
    server = origin.accept()
    assert server.recv_all() == b"all"
    server.send(b"answer")
    server.close()
    assert client.recv_all() == b"answer"


def test_a_client_that_resets_ends_the_server(world, tcp, origin, syslog):
    client, server = pair(world, tcp(), origin)
    client.reset()
    assert server.at_end()
    assert " CD " in syslog.recv()


def test_a_server_that_resets_ends_the_client(world, tcp, origin, syslog):
    client, server = pair(world, tcp(), origin)
    server.reset()
    assert client.at_end()
    assert " SD " in syslog.recv()


def test_a_refused_connect_ends_the_client(world, syslog):
    proxy = world.proxy(f"""
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    retries 0
    log {syslog.addr} local0
    option tcplog
listen fe
    bind fd@${{fe}}
    server s1 127.0.0.1:{world.closed_port()}
""")
    client = world.connect(proxy.port())
    assert client.at_end()
    assert " SC " in (line := syslog.recv()) and " fe/s1 " in line


def test_req_len_waits_for_bytes(world, tcp, origin):
    proxy = tcp("tcp-request inspect-delay 5s\n tcp-request content accept if { req.len ge 4 }")
    client = world.connect(proxy.port())
    client.send(b"ab")
    assert not origin.pending()
    client.send(b"cd")
    server = origin.accept()
    assert server.recv_exactly(4) == b"abcd"


def test_the_inspect_delay_ends_the_wait(world, tcp, origin):
    proxy = tcp("tcp-request inspect-delay 200ms\n tcp-request content accept if { req.len ge 4 }")
    client = world.connect(proxy.port())
    begin = world.now()
    client.send(b"ab")
    server = origin.accept()
    assert world.now() - begin > 0.1
    assert server.recv_exactly(2) == b"ab"


def test_a_silent_client_is_refused_when_the_delay_ends(world, tcp, origin, syslog):
    proxy = tcp("tcp-request inspect-delay 150ms\n tcp-request content accept if { req.len ge 1 }\n"
                " tcp-request content reject")
    client = world.connect(proxy.port())
    begin = world.now()
    assert client.at_end()
    assert world.now() - begin > 0.1
    assert not origin.pending()
    assert " PR " in syslog.recv()


@pytest.mark.parametrize("first, says", [(b"ONE....", b"be1"), (b"TWO....", b"be2"), (b"ELSE...", b"be")])
def test_payload_chooses_the_backend(world, tcp, origin, first, says):
    one, two = world.listen(), world.listen()
    proxy = tcp("tcp-request inspect-delay 5s\n"
                " tcp-request content accept if { req.len ge 7 }\n"
                " use_backend be1 if { req.payload(0,3) -m str ONE }\n"
                " use_backend be2 if { req.payload(0,3) -m bin 54574f }",
                more=f"backend be1\n server s {one.addr}\nbackend be2\n server s {two.addr}\n")
    client = world.connect(proxy.port())
    client.send(first)
    server = {b"be1": one, b"be2": two, b"be": origin}[says].accept()
    assert server.recv_exactly(7) == first


def test_a_rule_that_holds_already_does_not_wait(world, tcp, origin):
    proxy = tcp("tcp-request inspect-delay 5s\n tcp-request content reject if { req.len 0 }")
    client = world.connect(proxy.port())
    begin = world.now()
    assert client.at_end()
    assert world.now() - begin < 2
    assert not origin.pending()


def test_payload_rejects(world, tcp, origin, syslog):
    proxy = tcp("tcp-request inspect-delay 5s\n tcp-request content reject if { req.payload(0,2) -m bin 1603 }")
    client = world.connect(proxy.port())
    client.send(b"\x16\x03\x01\x00\x00")
    assert client.at_end()
    assert not origin.pending()
    line = syslog.recv()
    assert " PR " in line and "/<NOSRV> " in line


def test_tcp_request_connection_reject_is_silent(world, tcp, origin):
    proxy = tcp("tcp-request connection reject if { src 127.0.0.0/8 }")
    client = world.connect(proxy.port())
    assert client.at_end()
    assert not origin.pending()


def test_tcp_request_connection_rules_stop_at_the_first(world, tcp, origin):
    proxy = tcp("tcp-request connection accept if { src 127.0.0.1 }\n tcp-request connection reject")
    pair(world, proxy, origin)


def test_tcp_request_session_reject(world, tcp, origin):
    proxy = tcp("tcp-request session set-var(sess.no) int(1)\n tcp-request session reject if { var(sess.no) -m int 1 }")
    client = world.connect(proxy.port())
    assert client.at_end()
    assert not origin.pending()


def test_tcp_response_content_reject(world, tcp, origin, syslog):
    proxy = tcp(backend="tcp-response inspect-delay 5s\n tcp-response content reject if { res.payload(0,3) -m str BAD }")
    client = world.connect(proxy.port())
    client.send(b"x")
    server = origin.accept()
    server.recv_exactly(1)
    server.send(b"BAD news")
    assert client.at_end()
    assert b"BAD" not in client.buffer
    assert server.at_end()


def test_tcp_response_content_accept(world, tcp, origin):
    proxy = tcp(backend="tcp-response inspect-delay 5s\n tcp-response content accept if { res.len ge 4 }\n"
                        " tcp-response content reject")
    client = world.connect(proxy.port())
    client.send(b"x")
    server = origin.accept()
    server.recv_exactly(1)
    server.send(b"good")
    assert client.recv_exactly(4) == b"good"


def test_a_backends_content_rules_run_as_well(world, tcp, origin):
    proxy = tcp("tcp-request inspect-delay 5s\n tcp-request content accept if { req.len ge 1 }",
                "tcp-request inspect-delay 5s\n tcp-request content reject if { req.payload(0,1) -m str X }")
    client = world.connect(proxy.port())
    client.send(b"X")
    assert client.at_end()
    pair(world, proxy, origin)


def test_send_proxy_says_who(world, tcp, origin, syslog):
    proxy = world.proxy(CONF.format(log=syslog.addr, frontend="", backend="", addr=origin.addr + " send-proxy", more=""))
    client = world.connect(proxy.port())
    client.send(b"hi")
    server = origin.accept()
    words = server.recv_until(b"\r\n").decode().split()
    assert words[:4] == ["PROXY", "TCP4", "127.0.0.1", "127.0.0.1"] and words[5] == str(proxy.port())
    assert server.recv_exactly(2) == b"hi"


def test_accept_proxy_believes_who(world, origin, syslog):
    proxy = world.proxy(CONF.format(log=syslog.addr, frontend="", backend="", addr=origin.addr, more="")
                        .replace("bind fd@${fe}", "bind fd@${fe} accept-proxy"))
    client = world.connect(proxy.port())
    client.send(b"PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\nhi")
    server = origin.accept()
    assert server.recv_exactly(2) == b"hi"
    server.close()
    client.close()
    assert "]: 192.0.2.7:1234 [" in syslog.recv()


def test_accept_proxy_refuses_others(world, origin, syslog):
    proxy = world.proxy(CONF.format(log=syslog.addr, frontend="", backend="", addr=origin.addr, more="")
                        .replace("bind fd@${fe}", "bind fd@${fe} accept-proxy"))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: no proxy line\r\n\r\n")
    assert client.at_end()
    assert not origin.pending()


def test_maxconn_of_a_frontend_lets_others_wait(world, tcp, origin):
    """The second client is accepted by the kernel alone until the first one leaves."""
    proxy = tcp("maxconn 1")
    client, server = pair(world, proxy, origin)
    waiting = world.connect(proxy.port())
    waiting.send(b"w")
    assert not origin.pending()
    client.close()
    assert server.at_end()
    server.close()
    server = origin.accept()
    assert server.recv_exactly(1) == b"w"


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 knows abns@ alone")
def test_an_abstract_name_that_is_not_padded_is_another_one(world):
    name = f"tight{os.getpid()}"
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
frontend fe
    bind fd@${{fe}}
    use_backend padded if {{ path /padded }}
    default_backend tight
backend tight
    server s abnsz@{name}
backend padded
    server s abns@{name}
frontend answers
    bind abnsz@{name}
    http-request return status 204
""")
    for path, status in (("/", 204), ("/padded", 503)):
        client = world.connect(proxy.port())
        client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        assert client.recv_response().status == status
    if world.target == "runtime":
        with socket.socket(socket.AF_UNIX) as direct:
            direct.connect("\0" + name)


@pytest.mark.only("haproxy", "runtime", reason="a file system")
def test_the_prefix_of_unix_sockets_stands_before_the_path_as_it_is_written(world, tmp_path):
    world.proxy(f"""
global
    unix-bind prefix {tmp_path}/p mode 600
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen fe
    bind fd@${{fe}}
    bind unix@one.sock
    server s 127.0.0.1:1
""")
    assert [path.name for path in tmp_path.iterdir()] == ["pone.sock"]
