"""Log lines: where they go, what each field says, and what the two letters mean."""

import re

import pytest

from test_http import answer

HTTP = re.compile(
    r"^<(?P<pri>\d+)>(?P<date>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?:\S+ )?(?P<tag>[^ \[]+)\[(?P<pid>\d+)\]: "
    r"(?P<ip>[^ ]+):(?P<port>\d+) \[(?P<accept>[^\]]+)\] (?P<fe>\S+) (?P<be>[^/ ]+)/(?P<srv>\S+) "
    r"(?P<TR>-?\d+)/(?P<Tw>-?\d+)/(?P<Tc>-?\d+)/(?P<Tr>-?\d+)/(?P<Ta>[+]?-?\d+) (?P<ST>\d+|-1) (?P<B>[+]?\d+) "
    r"(?P<CC>\S+) (?P<CS>\S+) (?P<tsc>\S{4}) (?P<conns>\d+/\d+/\d+/\d+/[+]?\d+) (?P<queues>\d+/\d+) "
    r"(?:(?P<captures>\{.*\}) )?\"(?P<request>.*)\"$")
TCP = re.compile(
    r"^<(?P<pri>\d+)>(?P<date>.{15}) (?:\S+ )?(?P<tag>[^ \[]+)\[(?P<pid>\d+)\]: "
    r"(?P<ip>[^ ]+):(?P<port>\d+) \[(?P<accept>[^\]]+)\] (?P<fe>\S+) (?P<be>[^/ ]+)/(?P<srv>\S+) "
    r"(?P<Tw>-?\d+)/(?P<Tc>-?\d+)/(?P<Tt>[+]?-?\d+) (?P<B>[+]?\d+) (?P<ts>\S{2}) "
    r"(?P<conns>\d+/\d+/\d+/\d+/[+]?\d+) (?P<queues>\d+/\d+)$")


def http_line(syslog):
    text = syslog.recv()
    found = HTTP.match(text.rstrip("\n"))
    assert found, text
    return found


def served(world, proxy, origin, sent=b"GET /a?b HTTP/1.1\r\nHost: a\r\n\r\n", **reply):
    client = world.connect(proxy.port())
    client.send(sent)
    server = origin.accept()
    server.recv_request()
    answer(server, **reply)
    return client, server, client.recv_response()


def test_the_fields_of_a_line(world, simple, origin, syslog):
    proxy = simple()
    _, _, got = served(world, proxy, origin)
    line = http_line(syslog)
    assert line["pri"] == str(16 * 8 + 6)  # local0, info
    assert line["tag"] in ("haproxy", "lockstep")
    assert int(line["pid"]) == proxy.pid
    assert line["ip"] == "127.0.0.1" and 0 < int(line["port"]) < 65536
    assert re.match(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d\.\d{3}$", line["accept"])
    assert (line["fe"], line["be"], line["srv"]) == ("fe", "be", "s1")
    assert all(0 <= int(line[name]) < 2000 for name in ("TR", "Tw", "Tc", "Tr", "Ta"))
    assert int(line["Ta"]) >= int(line["Tr"])
    assert line["ST"] == "200" and int(line["B"]) >= len(got.body)
    assert (line["CC"], line["CS"], line["tsc"]) == ("-", "-", "----")
    assert line["conns"] == "1/1/0/0/0" and line["queues"] == "0/0"
    assert line["request"] == "GET /a?b HTTP/1.1"


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 counts its inner form of the head, not the bytes of the wire")
def test_bytes_are_those_of_the_wire(world, simple, origin, syslog):
    _, _, got = served(world, simple(), origin)
    assert int(http_line(syslog)["B"]) == len(got.raw)


def test_one_line_a_request(world, simple, origin, syslog):
    proxy = simple()
    client, server, _ = served(world, proxy, origin)
    client.send(b"GET /second HTTP/1.1\r\nHost: a\r\n\r\n")
    server.recv_request()
    answer(server, status="404 Not Found")
    client.recv_response()
    assert http_line(syslog)["request"] == "GET /a?b HTTP/1.1"
    line = http_line(syslog)
    assert (line["ST"], line["request"]) == ("404", "GET /second HTTP/1.1")


def test_the_servers_time_is_counted(world, simple, origin, syslog):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    world.sleep(0.1)
    answer(server)
    client.recv_response()
    line = http_line(syslog)
    assert 90 <= int(line["Tr"]) < 1000 and int(line["TR"]) < 90 and int(line["Ta"]) >= 90


def test_the_requests_time_is_counted(world, simple, origin, syslog):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\n")
    world.sleep(0.1)
    client.send(b"Host: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    answer(server)
    client.recv_response()
    line = http_line(syslog)
    assert 90 <= int(line["TR"]) < 1000 and int(line["Tr"]) < 90


def test_a_cookie_of_persistence(world, simple, origin, syslog):
    proxy = simple(backend="cookie SRV insert indirect nocache\n default-server cookie one")
    client, server, got = served(world, proxy, origin)
    assert got.header("set-cookie").startswith("SRV=one")
    assert http_line(syslog)["tsc"] == "--NI"
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nCookie: SRV=one\r\n\r\n")
    _, fields, _ = server.recv_request()
    assert not [v for n, v in fields if n == "cookie"]
    answer(server)
    client.recv_response()
    assert http_line(syslog)["tsc"] == "--VN"


def test_captured_headers_and_cookies(world, simple, origin, syslog):
    proxy = simple("capture request header X len 5\n capture request header Y len 5\n"
                   " capture response header Z len 9\n capture cookie C len 9")
    served(world, proxy, origin, b"GET / HTTP/1.1\r\nHost: a\r\nX: longer\r\nCookie: C=value\r\n\r\n",
           headers=[("Z", "z|\"{"), ("Set-Cookie", "C=new; path=/")])
    line = http_line(syslog)
    assert line["captures"] == "{longe|} {z#7C#22#7B}"
    assert (line["CC"], line["CS"]) == ("C=value", "C=new")


def test_odd_bytes_of_a_request_are_escaped(world, simple, syslog):
    proxy = simple('http-request deny\n log-format "%{+Q}r %[src]"')
    client = world.connect(proxy.port())
    client.send(b'GET /a"b{c HTTP/1.1\r\nHost: a\r\n\r\n')
    client.recv_response()
    assert 'GET /a#22b{c HTTP/1.1" 127.0.0.1' in syslog.recv()


def test_logasap_marks_what_goes_on(world, simple, origin, syslog):
    proxy = simple("option logasap")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n")
    client.recv_head()
    line = http_line(syslog)  # before the body has come
    assert line["Ta"].startswith("+") and line["B"].startswith("+")


def test_dontlognull(world, simple, origin, syslog):
    proxy = simple("option dontlognull")
    world.connect(proxy.port()).close()
    served(world, proxy, origin)
    assert http_line(syslog)["ST"] == "200"


def test_dontlog_normal(world, simple, origin, syslog):
    proxy = simple("option dontlog-normal")
    client, server, _ = served(world, proxy, origin)
    client.send(b"bad\r\n\r\n")
    client.recv_response()
    assert http_line(syslog)["ST"] == "400"


def test_log_separate_errors(world, simple, syslog):
    proxy = simple("option log-separate-errors\n http-request deny deny_status 500")
    world.connect(proxy.port()).request()
    assert http_line(syslog)["pri"] == str(16 * 8 + 3)


def test_set_log_level(world, simple, syslog):
    proxy = simple("http-request set-log-level silent if { path /quiet }\n"
                   " http-request set-log-level warning unless { path /quiet }\n"
                   " http-request return status 200")
    client = world.connect(proxy.port())
    client.request("/quiet")
    client.request("/loud")
    line = http_line(syslog)
    assert (line["pri"], line["request"]) == (str(16 * 8 + 4), "GET /loud HTTP/1.1")


def test_a_client_that_leaves_while_the_server_thinks(world, simple, origin, syslog):
    proxy = simple(defaults="option abortonclose")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    client.close()
    line = http_line(syslog)
    assert line["tsc"] == "CH--"
    assert server.at_end()


def test_a_client_that_leaves_with_its_request(world, simple, origin, syslog):
    """The server that was being tried stands in the line, and no answer."""
    origin.close()
    proxy = simple(defaults="option abortonclose\n    timeout connect 5s\n    retries 3")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    client.shutdown()
    line = http_line(syslog)
    assert (line["be"], line["srv"], line["ST"], line["tsc"]) == ("be", "s1", "-1", "CC--")


def test_a_client_that_resets_during_the_body(world, simple, origin, syslog):
    proxy = simple()
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc")
    client.recv_until(b"abc")
    client.reset()
    server.send(b"x" * 50000)
    line = http_line(syslog)
    assert (line["ST"], line["tsc"]) == ("200", "CD--")
    assert server.at_end()


def tcp_conf(addr, target, extra="option tcplog"):
    return f"""
defaults
    mode tcp
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {target} local1
    {extra}
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {addr}
"""


def test_a_tcp_line(world, origin, syslog):
    proxy = world.proxy(tcp_conf(origin.addr, syslog.addr))
    client = world.connect(proxy.port())
    client.send(b"12345")
    server = origin.accept()
    server.recv_exactly(5)
    server.send(b"1234567")
    client.recv_exactly(7)
    server.close()
    assert client.at_end()
    client.close()
    text = syslog.recv()
    line = TCP.match(text.rstrip("\n"))
    assert line, text
    assert line["pri"] == str(17 * 8 + 6)
    assert (line["fe"], line["be"], line["srv"], line["B"], line["ts"]) == ("fe", "be", "s1", "7", "--")
    assert line["conns"] == "1/1/0/0/0" and line["queues"] == "0/0"


def test_a_default_line_tells_who_connected(world, origin, syslog):
    proxy = world.proxy(tcp_conf(origin.addr, syslog.addr, ""))
    client = world.connect(proxy.port())
    client.send(b"x")
    origin.accept()
    client.close()
    assert re.search(rf"\]: Connect from 127.0.0.1:\d+ to 127.0.0.1:{proxy.port()} \(fe/TCP\)\n?$", syslog.recv())


def test_a_default_line_comes_before_the_rules(world, origin, syslog):
    rules = "tcp-request inspect-delay 20s\n    tcp-request content reject if WAIT_END\n    default_backend"
    proxy = world.proxy(tcp_conf(origin.addr, syslog.addr, "").replace("default_backend", rules))
    world.connect(proxy.port())
    assert "Connect from 127.0.0.1:" in syslog.recv()


@pytest.mark.parametrize("fmt, want", [
    ("%ci", r"127\.0\.0\.1"),
    ("%fp", r"PORT"),
    ("%f/%b/%s", r"fe/be/s1"),
    ("%HM %HP %HQ %HU %HV", r"GET /a \?b=c /a\?b=c HTTP/1.1"),
    ("%ST", r"200"),
    ("%U/%B", r"\d+/\d+"),
    ("%{+Q}r", r'"GET /a\?b=c HTTP/1.1"'),
    ("%{+X}Ts", r"[0-9A-F]{8}"),
    ("%Ts", r"\d{10}"),
    ("%t", r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d\.\d{3}"),
    ("%T", r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d \+0000"),
    ("%Ti/%Th/%Tq", r"\d+/\d+/\d+"),
    ("%tsc/%ts", r"----/--"),
    ("%pid", r"PID"),
    ("%rc/%bq/%sq", r"0/0/0"),
    ("%ac/%fc/%bc/%sc", r"1/1/0/0"),
    ("%%", r"%"),
    ("%[capture.req.uri,upper] %[status]", r"/A\?B=C 200"),
    ("%{+Q}[capture.req.hdr(0)]", r'"test"'),
    ("%{+Q}[var(txn.nope)]", r'""'),
    ("%[var(txn.nope)]", r"-"),
    ("%[var(txn.v)]", r"seen"),
    ("%ft", r"fe"),
    ("%si:%sp", r"127\.0\.0\.1:SERVER"),
    ("%hr|%hs", r"\{test\}\|\{\}"),
    ('{"by":"%[src]"}', r'\{"by":"127\.0\.0\.1"\}'),
    ("a\\ b", r"a b"),
])
def test_formats(world, simple, origin, syslog, fmt, want):
    quoted = fmt.replace("\\", "\\\\").replace('"', '\\"') if "\\" not in fmt else fmt
    proxy = simple(f'capture request header Host len 9\n capture response header X len 9\n'
                   f' http-request set-var(txn.v) str(seen)\n log-format "{quoted}"')
    client = world.connect(proxy.port())
    client.send(b"GET /a?b=c HTTP/1.1\r\nHost: test\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    answer(server)
    client.recv_response()
    text = syslog.recv().rstrip("\n").split("]: ", 1)[1]
    for word, number in (("PORT", proxy.port()), ("SERVER", origin.port), ("PID", proxy.pid)):
        want = want.replace(word, str(number))
    assert re.fullmatch(want, text)


def test_a_unique_id(world, simple, origin, syslog):
    proxy = simple('unique-id-format id-%[path,length]\n unique-id-header X-Id\n log-format "%ID"')
    client = world.connect(proxy.port())
    client.send(b"GET /four HTTP/1.1\r\nHost: test\r\n\r\n")
    server = origin.accept()
    _, fields, _ = server.recv_request()
    assert ("x-id", "id-5") in fields
    answer(server)
    client.recv_response()
    assert syslog.recv().rstrip("\n").endswith("]: id-5")


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize("form, want", [
    ("raw", r"^127\.0\.0\.1:\d+ \[.*\"GET / HTTP/1.1\"$"),
    ("short", r"^<6>127\.0\.0\.1:\d+ \[.*\"GET / HTTP/1.1\"$"),
])
def test_standard_streams(world, origin, stream, form, want):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    log {stream} format {form} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    http-request return status 200
""")
    client = world.connect(proxy.port())
    client.request()
    client.close()
    assert re.search(want, proxy.wait_output("GET / HTTP/1.1"), re.M)


def test_rfc5424(world, origin, syslog):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    log {syslog.addr} format rfc5424 local0
    option httplog
frontend fe
    bind fd@${{fe}}
    http-request return status 200
""")
    world.connect(proxy.port()).request()
    assert re.match(r"<134>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d \S+ \S+ \d+ - - 127\.0\.0\.1:", syslog.recv())


def test_levels_and_lengths_of_a_target(world):
    cut, errors = world.datagrams(), world.datagrams()
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    log {cut.addr} len 80 local0
    log {errors.addr} local0 err
    option httplog
frontend fe
    bind fd@${{fe}}
    http-request set-log-level err if {{ path /bad }}
    http-request return status 200
""")
    client = world.connect(proxy.port())
    client.request("/fine")
    client.request("/bad")
    assert len(cut.recv().rstrip("\n")) <= 80
    assert cut.recv().startswith("<131>")
    assert "GET /bad " in errors.recv()


def test_the_lowest_severity_is_a_bound(world, syslog):
    """`log ADDRESS FACILITY MAX MIN`: what is more severe is sent as MIN."""
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    log {syslog.addr} local0 info notice
    option httplog
frontend fe
    bind fd@${{fe}}
    http-request set-log-level alert
    http-request return status 200
""")
    world.connect(proxy.port()).request()
    assert syslog.recv().startswith("<133>")


def test_log_global_and_tag(world, syslog):
    proxy = world.proxy(f"""
global
    log {syslog.addr} local3
    log-tag own-tag
defaults
    mode http
    timeout client 5s
    log global
    option httplog
frontend fe
    bind fd@${{fe}}
    http-request return status 200
""")
    world.connect(proxy.port()).request()
    text = syslog.recv()
    while "GET / " not in text:
        text = syslog.recv()  # that the proxy has started, first
    assert text.startswith("<158>") and f" own-tag[{proxy.pid}]: " in text


def test_no_log(world, syslog):
    proxy = world.proxy(f"""
defaults
    mode http
    timeout client 5s
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    no log
    http-request return status 200
frontend fe2
    bind fd@${{fe2}}
    http-request return status 200
""", listeners=("fe", "fe2"))
    world.connect(proxy.port("fe")).request()
    world.connect(proxy.port("fe2")).request()
    assert " fe2 fe2/" in syslog.recv()


@pytest.mark.parametrize("path, rule", [
    ("/ret", "http-request return status 200"),
    ("/text", "http-request return status 200 content-type text/plain string hello"),
    ("/deny", "http-request deny"),
    ("/go", "http-request redirect location /x"),
])
def test_answers_of_our_own_are_in_the_statistics_as_in_the_log(world, syslog, path, rule):
    proxy = world.proxy(f"""
global
    stats socket fd@${{cli}} level admin
defaults
    mode http
    log {syslog.addr} local0
    log-format "bytes:%B:"
    timeout client 5s
    timeout server 5s
    timeout connect 5s
listen fe
    bind fd@${{fe}}
    {rule}
""", listeners=("fe", "cli"))
    client = world.connect(proxy.port())
    for _ in range(3):
        client.request(path)
    client.close()
    logged = sum(int(syslog.recv().split("bytes:")[1].split(":")[0]) for _ in range(3))
    cli = world.connect(proxy.port("cli"))
    cli.send(b"show stat\n")
    head, *rows = (line.split(",") for line in cli.recv_all().decode().splitlines() if line)
    columns = [dict(zip(head, row)) for row in rows if row[0] == "fe"]
    assert logged > 0 and [int(row["bout"]) for row in columns] == [logged, logged]
