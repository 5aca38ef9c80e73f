"""Log lines that go through rings to log servers over TCP, and structured data."""

import re

CONF = """
global
    log ring@lines local0
ring lines
    description "lines on their way"
    format {format}
    maxlen 1200
    size 32768
    server one {server} {proto}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log global
    log-format "%HM %HP"
frontend fe
    bind fd@${{fe}}
    {frontend}
    http-request return status 200
"""


def ask(world, proxy, path):
    client = world.connect(proxy.port())
    client.send(b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert client.recv_response().status == 200
    return client


def test_lines_reach_a_log_server(world, origin):
    proxy = world.proxy(CONF.format(format="raw", server=origin.addr, proto="", frontend=""))
    ask(world, proxy, b"/one")
    server = origin.accept()
    assert server.recv_until(b"\n") == b"GET /one\n"
    ask(world, proxy, b"/two")
    assert server.recv_until(b"\n") == b"GET /two\n"


def test_a_line_behind_its_length(world, origin):
    proxy = world.proxy(CONF.format(format="raw", server=origin.addr, proto="log-proto octet-count", frontend=""))
    ask(world, proxy, b"/one")
    server = origin.accept()
    assert server.recv_exactly(10) == b"8 GET /one"


def test_structured_data(world, origin):
    proxy = world.proxy(CONF.format(format="rfc5424", server=origin.addr, proto="",
                                    frontend=r'log-format-sd %{+E}o\ [id@1\ agent=\"%[capture.req.hdr(0)]\"]'
                                             "\n capture request header X len 20"))
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX: a\"b]c\r\n\r\n")
    client.recv_response()
    line = origin.accept().recv_until(b"\n")
    assert re.match(rb'<134>1 \S+ \S+ \S+ \d+ - \[id@1 agent="a\\"b\\]c"\] GET /\n$', line), line


def test_the_proxy_goes_on_without_its_log_server(world):
    dead = world.closed_port()
    proxy = world.proxy(CONF.format(format="raw", server=f"127.0.0.1:{dead}", proto="", frontend=""))
    for path in (b"/1", b"/2", b"/3"):
        ask(world, proxy, path)
    assert proxy.alive()


def cli(world, proxy, command):
    conn = world.connect(proxy.port("cli"))
    conn.send(command.encode() + b"\n")
    conn.shutdown()
    return conn.recv_all().decode()


def shown(world, origin):
    conf = CONF.format(format="raw", server=origin.addr, proto="", frontend="")
    proxy = world.proxy(conf.replace("global\n    log", "global\n    stats socket fd@${cli} level admin\n    log", 1),
                        listeners=("fe", "cli"))
    ask(world, proxy, b"/one")
    ask(world, proxy, b"/two")
    return proxy


def test_what_a_ring_holds_is_shown(world, origin):
    proxy = shown(world, origin)
    text = cli(world, proxy, "show events")
    assert "    buf0       : type=buffer, 0 dropped, in-memory ring buffer\n" in text
    assert "    lines      : type=buffer, 0 dropped, lines on their way\n" in text
    assert cli(world, proxy, "show events lines").strip("\n") == "GET /one\nGET /two"
    assert cli(world, proxy, "show events lines -n").strip("\n") == ""
    assert cli(world, proxy, "show events nothing").strip("\n") == "No such event sink"
    assert cli(world, proxy, "show events lines -x").strip("\n") == "unknown option"
    assert cli(world, proxy, "show events stdout").strip("\n") == "Nothing to report for this sink"


def test_what_comes_into_a_ring_is_followed(world, origin):
    proxy = shown(world, origin)
    conn = world.connect(proxy.port("cli"))
    conn.send(b"show events lines -n -w\n")
    world.sleep(0.05)
    ask(world, proxy, b"/three")
    begin = world.now()
    assert conn.recv_until(b"\n") == b"GET /three\n"
    assert world.now() - begin < 5  # and not when the session's time is over
