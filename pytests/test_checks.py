"""Health checks: what is sent, what an answer means, and what becomes of the server."""

import pytest

from conftest import DEFAULTS
from test_management import ask, stat


def checked(world, origin, syslog, rules, options="inter 50ms rise 1 fall 1"):
    return world.proxy(f"""
{DEFAULTS}
    log {syslog.addr} local0
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    option log-health-checks
    timeout check 100ms
    {rules}
    server s1 {origin.addr} check {options}
""")


def first_line(syslog):
    line = syslog.recv()
    line = line.decode() if isinstance(line, bytes) else line
    assert "Health check for server be/s1" in line
    return line


@pytest.mark.parametrize("rules, request_, answer, result", [
    ("option httpchk", b"OPTIONS / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
     "succeeded, reason: Layer7 check passed, code: 200"),
    ("option httpchk GET /x", b"GET /x HTTP/1.0\r\n\r\n", b"HTTP/1.0 404 No\r\n\r\n",
     'failed, reason: Layer7 wrong status, code: 404, info: "No"'),
    ("option httpchk\n    http-check disable-on-404", None, b"HTTP/1.0 404 No\r\n\r\n",
     "conditionally succeeded, reason: Layer7 check conditionally passed, code: 404"),
    ("option httpchk\n    http-check expect string ready", None, b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbusy",
     'failed, reason: Layer7 invalid response, info: "HTTP content check did not match"'),
    ("option httpchk\n    http-check expect ! string busy", None, b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\nbusy",
     'failed, reason: Layer7 invalid response, info: "HTTP check matched unwanted content"'),
    ("option httpchk\n    http-check expect status 200,204", None, b"HTTP/1.0 204 None\r\n\r\n",
     "succeeded, reason: Layer7 check passed, code: 204"),
    ("option httpchk", None, b"nonsense\r\n\r\n", "failed, reason: Layer7 invalid response"),
    ("option redis-check", b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n",
     'succeeded, reason: Layer7 check passed, code: 0, info: "Redis server is ok"'),
    ("option redis-check", None, b"-ERR\r\n", 'failed, reason: Layer7 wrong status, code: 0, info: "-ERR"'),
    ("option tcp-check\n    tcp-check send a\\r\\n\n    tcp-check expect string b", b"a\r\n", b"xbx",
     'succeeded, reason: Layer7 check passed, code: 0, info: "(tcp-check)"'),
    ("option tcp-check\n    tcp-check send a\n    tcp-check expect ! string b comment no", b"a", b"b",
     "failed, reason: Layer7 invalid response, info: \"TCPCHK matched unwanted content 'b' at step 2 comment: no\""),
    ("option tcp-check\n    tcp-check send-binary 6162\n    tcp-check expect rbinary 6[34]", b"ab", b"\x00c",
     "succeeded, reason: Layer7 check passed"),
])
def test_answers(world, origin, syslog, rules, request_, answer, result):
    checked(world, origin, syslog, rules)
    server = origin.accept()
    if request_:
        assert server.recv_exactly(len(request_)) == request_
    else:
        server.recv_some(5)
    server.send(answer)
    server.shutdown()
    assert result in first_line(syslog)


def test_silence_ends_with_the_time_limit(world, origin, syslog):
    checked(world, origin, syslog, "option httpchk")
    server = origin.accept()
    server.recv_some(5)
    assert "failed, reason: Layer7 timeout" in first_line(syslog)


def test_a_server_that_fails_is_down_and_comes_back(world, origin, syslog):
    checked(world, origin, syslog, "option httpchk", "inter 20ms rise 2 fall 2")

    def answer(status):
        server = origin.accept()
        server.recv_some(5)
        server.send(b"HTTP/1.0 %d X\r\n\r\n" % status)
        server.close()

    wanted = [(503, "status: 0/2 DOWN"), (None, "Server be/s1 is DOWN"), (None, "no server available"),
              (200, "status: 1/2 DOWN"), (200, "status: 2/2 UP"), (None, "Server be/s1 is UP"),
              (503, "status: 1/2 UP"), (200, "status: 2/2 UP")]
    for status, text in wanted:
        if status:
            answer(status)
        line = syslog.recv()
        assert text in (line.decode() if isinstance(line, bytes) else line)


SECTIONS = """
healthcheck named
    type httpchk
    http-check send meth GET uri-lf "%[var(check.nothing)]" ver HTTP/1.1 hdr host a
healthcheck hello
    type redis-check
"""


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 has no healthcheck sections")
@pytest.mark.parametrize("name, request_, answer, result", [
    ("named", b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\n",
     "succeeded, reason: Layer7 check passed, code: 200"),
    ("hello", b"*1\r\n$4\r\nPING\r\n", b"+PONG\r\n", "succeeded, reason: Layer7 check passed, code: 0"),
])
def test_a_section_says_how_a_server_is_checked(world, origin, syslog, name, request_, answer, result):
    checked(world, origin, syslog, "option tcp-check", f"inter 50ms rise 1 fall 1 healthcheck {name}\n{SECTIONS}")
    server = origin.accept()
    assert server.recv_exactly(len(request_)) == request_
    server.send(answer)
    server.close()
    assert result in first_line(syslog)


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 has no healthcheck sections")
@pytest.mark.parametrize("text, message", [
    ("healthcheck", "'healthcheck' expects a name."),
    (SECTIONS + SECTIONS, "healthcheck section 'named' already exists"),
    ("backend b\n    server s 127.0.0.1:1 check healthcheck nobody", "unable to find healthcheck section 'nobody'."),
    ("healthcheck a\n    type blah", "unknown type 'blah', expects 'tcp-check', 'httpchk'"),
])
def test_sections_that_are_wrong(world, text, message):
    code, out, err = world.run(["-c"], f"listen l\n    bind 127.0.0.1:1\n{text}\n")
    assert code == 1 and message in out + err


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 wants a frontend for it")
def test_a_check_may_send_an_identifier(world, origin, syslog):
    checked(world, origin, syslog, "unique-id-format id-%[be_name]\n    option httpchk\n"
                                   "    http-check send hdr x-id %[unique-id]")
    assert b"\r\nx-id: id-be\r\n" in origin.accept().recv_head()


def test_a_server_does_not_notice_that_it_is_connected_to_and_no_more(world, origin, syslog):
    checked(world, origin, syslog, "")
    assert "succeeded, reason: Layer4 check passed" in first_line(syslog)
    assert not origin.pending()


@pytest.mark.parametrize("rules, ends", [
    ("option redis-check", ConnectionResetError),
    ("option tcp-check\n    tcp-check connect linger\n    tcp-check send PING\n    tcp-check expect string PONG", None),
])
def test_a_check_breaks_its_connection_off_unless_it_is_to_linger(world, origin, syslog, rules, ends):
    checked(world, origin, syslog, rules)
    server = origin.accept()
    server.recv_some(5)
    server.send(b"+PONG\r\n")
    assert "succeeded" in first_line(syslog)
    if ends:
        with pytest.raises(ends):
            server.recv_all()
    else:
        server.recv_all()


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 has no init-state")
@pytest.mark.parametrize("init, after_failure, after_success", [
    ("none", "DOWN", "UP"),
    ("fully-up", "UP 2/3", "UP"),
    ("up", "DOWN", "UP"),
    ("down", "DOWN", "UP"),
    ("fully-down", "DOWN", "DOWN 1/2"),
])
@pytest.mark.parametrize("good", [False, True])
def test_how_a_server_stands_after_its_first_check(world, init, after_failure, after_success, good):
    addr = world.listen().addr if good else f"127.0.0.1:{world.closed_port()}"
    proxy = world.proxy(f"""
global
    stats socket fd@${{cli}} level admin
{DEFAULTS}
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {addr} check rise 2 fall 3 inter 1h init-state {init}
    server s2 {addr} init-state {init}
""", listeners=("fe", "cli"))
    while (row := stat(world, proxy, "be", "s1"))["check_status"] in ("", "INI") or row["check_status"][0] == "*":
        world.sleep(0.01)
    assert row["status"] == (after_success if good else after_failure)
    assert stat(world, proxy, "be", "s2")["status"] == ("DOWN" if "down" in init else "no check")
    ask(world, proxy, "set server be/s1 state maint; set server be/s1 state ready; disable health be/s1")
    assert states_of(world, proxy)[5] == ("0" if "down" in init else "2")


def states_of(world, proxy):
    return ask(world, proxy, "show servers state be").splitlines()[2].split()


@pytest.mark.parametrize("words", ["init-state sometimes", "track a init-state up"])
def test_init_states_that_cannot_be(world, words):
    code, out, err = world.run(["-c"], f"backend b\n    server a 127.0.0.1:1 check\n    server c 127.0.0.1:1 {words}\n")
    assert code == 1 and "run.cfg:3]" in out + err and "init-state" in out + err
