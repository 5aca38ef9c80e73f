"""The management socket, statistics and the states of servers."""

import csv
import io
import json
import re

import pytest

from conftest import DEFAULTS


def managed(world, body, level="admin", globals_="", **more):
    return world.proxy(f"""
global
    stats socket fd@${{cli}} level {level}
    {globals_}
{DEFAULTS}
{body}
""", listeners=("fe", "cli"), **more)


def ask(world, proxy, command):
    """The answer to one line, sent whole and half-closed."""
    client = world.connect(proxy.port("cli"))
    client.send(command.encode() + b"\n")
    client.shutdown()
    answer = client.recv_all().decode()
    client.close()
    return answer


def stat(world, proxy, section, service):
    text = ask(world, proxy, "show stat")
    assert text.startswith("# pxname,svname,qcur,qmax,scur,")
    for row in csv.DictReader(io.StringIO(text[2:])):
        if (row["pxname"], row["svname"]) == (section, service):
            return row
    raise AssertionError(f"{section}/{service} is not in {text}")


TWO = """
frontend fe
    bind fd@${{fe}} name main
    option socket-stats
    default_backend be
backend be
    server s1 {addr} weight 10 maxconn 50
    server s2 {addr} disabled
    server s3 {addr} backup
"""


@pytest.fixture
def proxy(world, origin):
    return managed(world, TWO.format(addr=origin.addr))


def test_an_empty_line_ends_every_answer(world, proxy):
    assert ask(world, proxy, "get weight be/s1;get weight be/s2") == "10 (initial 10)\n\n1 (initial 1)\n\n"


def test_a_backslash_takes_the_next_byte_as_it_is(world, proxy):
    assert ask(world, proxy, "get weight be/s\\;1;get weight be/s1") == "No such server.\n\n10 (initial 10)\n\n"


def test_the_prompt(world, proxy):
    client = world.connect(proxy.port("cli"))
    client.send(b"prompt\n")
    assert client.recv_until(b"> ") == b"\n> "
    client.send(b"get weight be/s1\n")
    assert client.recv_until(b"> ") == b"10 (initial 10)\n\n> "
    client.send(b"quit\n")
    assert client.at_end()


@pytest.mark.parametrize("level, denied", [("user", True), ("operator", True), ("admin", False)])
def test_levels(world, origin, level, denied):
    proxy = managed(world, TWO.format(addr=origin.addr), level)
    assert ask(world, proxy, "show cli level") == f"{level}\n\n"
    assert ("Permission denied" in ask(world, proxy, "set weight be/s1 3")) == denied


def test_a_level_is_lowered_for_good(world, proxy):
    assert ask(world, proxy, "user;show cli level;operator;show cli level") == "\nuser\n\nPermission denied\n\nuser\n\n"


@pytest.mark.parametrize("command, answer", [
    ("set weight be/s1", "Require <weight> or <weight%>."),
    ("set weight be/s1 257", "Absolute weight can only be between 0 and 256 inclusive."),
    ("set weight be/nobody 1", "No such server."),
    ("set weight nowhere/s1 1", "No such backend."),
    ("set weight be 1", "Require 'backend/server'."),
    ("set server be/s1 state asleep", "'set server <srv> state' expects 'ready', 'drain' and 'maint'."),
    ("set server be/s1 addr nowhere", "Invalid addr 'nowhere' by 'stats socket command'"),
    ("set server be/s1 agent up", "agent checks are not enabled on this server."),
    ("enable health be/s1", "Health check was not configured on this server, cannot enable."),
    ("set maxconn frontend fe", "Integer value expected."),
    ("set maxconn global 999999999", "Value out of range."),
    ("disable frontend nobody", "No such frontend."),
    ("enable frontend fe", "All sockets are already enabled."),
    ("shutdown session 0x1234567", "No such session (use 'show sess')."),
    ("show servers state nobody", "Can't find backend."),
    ("set timeout cli soon", "Invalid timeout value."),
])
def test_wrong_arguments_change_nothing(world, proxy, command, answer):
    before = ask(world, proxy, "show servers state")
    assert ask(world, proxy, command).rstrip("\n") == answer
    columns = [line.split()[:9] for line in before.splitlines()]
    assert [line.split()[:9] for line in ask(world, proxy, "show servers state").splitlines()] == columns


@pytest.mark.parametrize("command, status", [
    ("set server be/s1 state maint", "MAINT"),
    ("disable server be/s1", "MAINT"),
    ("set server be/s1 state drain", "DRAIN"),
    ("set server be/s1 health down", "DOWN"),
    ("set server be/s1 health stopping", "NOLB"),
    ("set weight be/s1 0", "no check"),
    ("get weight be/s1", "no check"),
])
def test_states(world, proxy, command, status):
    ask(world, proxy, command)
    assert stat(world, proxy, "be", "s1")["status"] == status
    ask(world, proxy, "set server be/s1 state ready;set server be/s1 health up;set weight be/s1 100%")
    assert stat(world, proxy, "be", "s1")["status"] == "no check"


def test_statistics_count_what_passed(world, proxy, origin):
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    assert client.recv_response().body == b"hello"
    assert client.at_end()
    row = stat(world, proxy, "be", "s1")
    assert [row[name] for name in ("stot", "hrsp_2xx", "lbtot", "slim", "weight", "act", "bck", "mode")] == \
        ["1", "1", "1", "50", "10", "1", "0", "http"]
    assert int(row["bout"]) > 5
    assert stat(world, proxy, "fe", "FRONTEND")["req_tot"] == "1"
    assert stat(world, proxy, "fe", "main")["stot"] == "1"
    ask(world, proxy, "clear counters all")
    assert stat(world, proxy, "be", "s1")["stot"] == "0"


def test_json_and_typed_say_the_same(world, proxy):
    found = json.loads(ask(world, proxy, "show stat json"))
    names = {(item["objType"], item["field"]["name"]): item["value"]["value"] for one in found for item in one}
    assert names["Server", "pxname"] == "be" and names["Frontend", "status"] == "OPEN"
    assert "\n" in ask(world, proxy, "show stat typed")
    assert {item["field"]["name"] for item in json.loads(ask(world, proxy, "show info json"))} >= {"Pid", "Maxconn"}
    json.loads(ask(world, proxy, "show schema json"))


def test_an_answer_of_any_size_comes_whole(world, origin):
    many = "\n".join(f"    server s{i} {origin.addr}" for i in range(1200))
    proxy = managed(world, f"frontend fe\n    bind fd@${{fe}}\n    default_backend be\nbackend be\n{many}")
    text = ask(world, proxy, "show stat")
    assert len(text) > 200000 and text.count("\nbe,s") == 1200 and "\nbe,BACKEND," in text



def info(world, proxy):
    return dict(line.split(": ", 1) for line in ask(world, proxy, "show info").splitlines() if ": " in line)


@pytest.mark.parametrize("globals_, args, low, high", [
    ("maxconn 300", (), 300, 300),
    ("maxconn 300", ("-n", "400"), 400, 400),
    ("fd-hard-limit 1000", (), 480, 490),
    ("", ("-m", "128"), 3000, 4000),
    ("fd-hard-limit 1000", ("-m", "128"), 480, 490),
])
def test_how_many_connections(world, origin, globals_, args, low, high):
    """By word, by memory, by descriptors: about two to a connection."""
    got = info(world, managed(world, f"frontend fe\n    bind fd@${{fe}}", globals_=globals_, args=args))
    assert low <= int(got["Maxconn"]) <= high
    assert int(got["Hard_maxconn"]) == int(got["Maxconn"])
    assert int(got["Memmax_MB"]) == (128 if "-m" in args else 0)
    assert int(got["Ulimit-n"]) >= 2 * int(got["Maxconn"])


PAGE = """
frontend fe
    bind fd@${{fe}}
    stats uri /stats
    stats refresh 5s
    {more}
backend be
    server s1 {addr}
    server s2 {addr}
"""


def page(world, origin, more=""):
    return managed(world, PAGE.format(addr=origin.addr, more=more))


def test_the_page_and_its_exports(world, origin):
    proxy = page(world, origin)
    client = world.connect(proxy.port())
    got = client.request("/stats")
    assert (got.status, got.header("cache-control"), got.header("refresh")) == (200, "no-cache", "5")
    assert b"Statistics Report" in got.body and b"s1" in got.body
    assert client.request("/stats;csv").body.startswith(b"# pxname,svname,")
    assert b"\nbe,BACKEND" not in client.request("/stats?;csv;scope=fe").body
    assert json.loads(client.request("/stats;json").body)


def test_the_page_tells_of_checks_weights_and_colours(world, origin):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    stats uri /stats
backend be
    server s1 {origin.addr} check inter 1h weight 7
    server s2 {origin.addr}
""")
    client = world.connect(proxy.port())
    for _ in range(50):
        text = client.request("/stats").body.decode()
        if "L4OK in " in text:
            break
        world.sleep(0.02)
    assert re.search(r"L4OK in \d+ms", text) and ">7/7<" in text
    assert re.search(r">(<i>)?no check<", text)
    assert "active UP" in text and "not checked" in text and "going down" in text


def test_the_page_wants_a_user(world, origin):
    proxy = page(world, origin, "stats auth a:b")
    client = world.connect(proxy.port())
    got = client.request("/stats")
    assert got.status == 401 and got.header("www-authenticate") == 'Basic realm="HAProxy Statistics"'
    client = world.connect(proxy.port())
    assert client.request("/stats", headers=[("Authorization", "Basic YTpi")]).status == 200


USERS = """
userlist people
    user a insecure-password b
"""


def test_rules_say_who_sees_the_page(world, origin):
    proxy = managed(world, USERS + PAGE.format(addr=origin.addr, more="""
    stats http-request deny if { hdr(x) no }
    stats http-request auth realm here unless { http_auth(people) }"""))
    cases = [([("X", "no")], 403), ([], 401), ([("Authorization", "Basic Yzpk")], 401),
             ([("Authorization", "Basic YTpi")], 200)]
    for headers, status in cases:
        got = world.connect(proxy.port()).request("/stats", headers=headers)
        assert got.status == status
        assert status != 401 or got.header("www-authenticate") == 'Basic realm="here"'


def form(world, proxy, body):
    client = world.connect(proxy.port())
    return client.request("/stats", "POST", body=body)


def test_a_form_changes_servers(world, origin):
    proxy = page(world, origin, "stats admin if TRUE")
    got = form(world, proxy, b"s=s1&s=s2&action=maint&b=be")
    assert (got.status, got.header("location")) == (303, "/stats;st=DONE")
    assert stat(world, proxy, "be", "s2")["status"] == "MAINT"
    assert form(world, proxy, b"s=s1&s=s9&action=ready&b=be").header("location") == "/stats;st=PART"
    assert form(world, proxy, b"s=s1&action=dance&b=be").header("location") == "/stats;st=ERRP"
    assert stat(world, proxy, "be", "s1")["status"] == "no check"


def test_a_form_is_denied_to_others(world, origin):
    proxy = page(world, origin)
    assert form(world, proxy, b"s=s1&action=maint&b=be").header("location") == "/stats;st=DENY"
    assert stat(world, proxy, "be", "s1")["status"] == "no check"


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 has one default-server")
def test_servers_begin_as_one_of_several_defaults(world, origin):
    servers = "\n".join(f"    server s{i} {origin.addr} {more}" for i, more in enumerate([
        "", "from none", "from srv:other", "from srv:other weight 7"]))
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
backend be
    default-server weight 10
    default-server name other weight 5
{servers}
""")
    assert [stat(world, proxy, "be", f"s{i}")["weight"] for i in range(4)] == ["10", "1", "5", "7"]
    assert ask(world, proxy, "show default-server").strip("\n") == "* be\n  be/other"
    code, out, err = world.run(["-c"], "backend b\n    server s 127.0.0.1:1 from srv:nobody\n")
    assert code == 1 and "'from' expects" in out + err and "srv:nobody" in out + err


def test_tls_with_a_server_is_switched(world, origin):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s0 {origin.addr} no-ssl
    default-server ssl verify none
    server s1 {origin.addr} no-ssl
""", globals_="ssl-server-verify none")
    assert "server ssl setting updated" in ask(world, proxy, "set server be/s1 ssl on")
    assert "server ssl setting updated" in ask(world, proxy, "set server be/s1 ssl off")
    assert "'set server <srv> ssl' cannot be set" in ask(world, proxy, "set server be/s0 ssl on")
    ask(world, proxy, "set server be/s0 state maint; set server be/s1 ssl on")
    world.connect(proxy.port()).send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert origin.accept().recv_exactly(2) == b"\x16\x03"  # a handshake


def test_a_server_whose_protocol_cannot_be_spoken(world, origin):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    balance random
backend tcp
    balance random
    mode tcp""")
    assert "MUX protocol is not usable for server." in ask(world, proxy, f"add server tcp/s1 {origin.addr} proto h2")
    assert "New server registered." in ask(world, proxy, f"add server be/s1 {origin.addr} proto h2")
    assert "unknown MUX protocol 'nonsense'" in ask(world, proxy, f"add server be/s2 {origin.addr} proto nonsense")


@pytest.mark.only("runtime", "sim", reason="how often the loop turns is told otherwise")
def test_a_long_answer_lets_others_have_their_turn(world, origin):
    servers = "\n".join(f"    server s{i} {origin.addr}" for i in range(800))
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
{servers}""")

    def turns():
        return int(ask(world, proxy, "show activity").split("loops: ")[1].split()[0])
    before = turns()
    size = len(ask(world, proxy, "show stat"))
    assert size > 100000
    assert turns() - before >= size // 40000  # two pieces of an answer, and then the sockets


@pytest.mark.parametrize("command, says", [
    ("set server be/s1 check-port", "set server <b>/<s> check-port requires a port."),
    ("set server be/s1 check-addr", "set server <b>/<s> check-addr requires an address and optionally a port."),
    ("set server be/s1 agent-addr", "set server <b>/<s> agent-addr requires an address and optionally a port."),
    ("set server be/s1 agent-port", "set server <b>/<s> agent-port requires a port."),
    ("set server be/s1 check-addr x", "invalid addr 'x'"),
    ("set server be/s1 check-addr 127.0.0.1 port 70000", "provided port is invalid"),
    ("set server be/s1 check-port x", "provided port is not an integer"),
    ("set server be/s1 agent-port 70000", "provided port is invalid"),
    ("set server be/s1 addr 127.0.0.1 port x", "problem converting port 'x' to an int"),
    ("set rate-limit connections", "'set rate-limit' only supports :"),
    ("shutdown session x", "Session pointer expected (use 'show sess')."),
    ("clear table t nonsense", 'Required arguments: <table> "data.<store_data_type>" <operator> <value> or <table> key <key>'),
    ("show resolvers x", "Can't find that resolvers section"),
])
def test_answers_to_what_is_missing_or_malformed(world, origin, command, says):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend t
    stick-table type ip size 10 store gpc0
backend be
    server s1 {origin.addr} check inter 1h agent-check agent-port 1 agent-inter 1h""")
    before = ask(world, proxy, "show servers state").split("\n")[3].split()[18:]
    assert says in ask(world, proxy, command)
    assert ask(world, proxy, "show servers state").split("\n")[3].split()[18:] == before


BROKEN_REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nbad header: x\r\nX: \\\x1b\x07\t" + b"l" * 100 + b"\r\n\r\n"


def test_show_errors_has_the_last_message_that_broke_the_protocol(world, origin):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin.addr}""")
    assert ask(world, proxy, "show errors").endswith(" : 0\n\n")
    client = world.connect(proxy.port())
    client.send(BROKEN_REQUEST)
    assert client.recv_response().status == 400
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nheader/biz\xe9 arre: blah\r\n\r\n")
    assert client.recv_response().status == 502
    said = ask(world, proxy, "show errors")
    assert said.split("\n")[0].endswith(" : 2")
    assert "] frontend fe (#2): invalid request\n  backend <NONE> (#-1), server <NONE> (#-1), event #0, src 127.0.0.1:" in said
    assert "error at position 28\n" in said
    assert ("  \n  00000  GET / HTTP/1.1\\r\\n\n  00016  Host: a\\r\\n\n  00025  bad header: x\\r\\n\n"
            "  00040  X: \\\\\\e\\x07\\t" + "l" * 57 + "\n  00104+ " + "l" * 43 + "\\r\\n\n  00149  \\r\\n\n") in said
    assert "] backend be (#3): invalid response\n  frontend fe (#2), server s1 (#1), event #1, src 127.0.0.1:" in said
    assert "  00017  header/biz\\xE9 arre: blah\\r\\n\n" in said
    for words, request, response in (("be", False, True), ("3", False, True), ("fe request", True, False), ("fe", True, True), ("-1 response", False, True),
                                     ("99", False, False)):
        said = ask(world, proxy, "show errors " + words)
        assert ("invalid request" in said, "invalid response" in said) == (request, response), words
    assert "No such proxy." in ask(world, proxy, "show errors nonsense")


def test_show_errors_has_bodies_whose_framing_is_broken(world, origin):
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin.addr}""")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nZZ\r\n")
    client.recv_all()
    said = ask(world, proxy, "show errors")
    assert " : 1\n" in said and "backend be (#3): invalid response" in said and "Z\\r\\n\n" in said


def test_what_clients_of_killed_requests_are_told(world, origin, syslog):
    proxy = managed(world, f"""
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin.addr} maxconn 1""")
    waiting = world.connect(proxy.port())
    waiting.send(b"GET /waiting HTTP/1.1\r\nHost: a\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    ask(world, proxy, "shutdown sessions server be/s1")
    assert waiting.recv_response().status == 502
    assert " 502 " in (line := str(syslog.recv())) and " KH-- " in line


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6 kills it when it leaves the queue")
def test_a_killed_request_that_waits_in_a_queue(world, origin, syslog):
    proxy = managed(world, f"""
    log {syslog.addr} local0
    option httplog
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    server s1 {origin.addr} maxconn 1""")
    first, queued = world.connect(proxy.port()), world.connect(proxy.port())
    first.send(b"GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
    origin.accept().recv_request()
    queued.send(b"GET /queued HTTP/1.1\r\nHost: a\r\n\r\n")
    while "srv=<none>" not in (said := ask(world, proxy, "show sess")):
        pass
    ask(world, proxy, "shutdown session " + next(line for line in said.splitlines() if "srv=<none>" in line and "fe=fe" in line).split(":")[0])
    assert queued.recv_response().status == 503
    assert " 503 " in (line := str(syslog.recv())) and " KQ-- " in line


def test_what_a_backend_counts_of_its_servers(world, origin):
    servers = "\n".join(f"    server s{i} {origin.addr} weight {i + 1} {'backup' if i % 4 == 3 else ''} {'check inter 1h' if i % 3 == 0 else ''}"
                        for i in range(8))
    proxy = managed(world, f"""
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    option allbackups
{servers}""")
    words = ["state maint", "state drain", "weight 0", "weight 7", "state ready", "weight 100%"]
    for turn in range(40):
        ask(world, proxy, f"set server be/s{turn * 5 % 8} {words[turn * 7 % 6]}; set server be/s{turn % 3 * 3} health "
            + ("down", "up", "stopping")[turn % 3])
        rows = list(csv.DictReader(io.StringIO(ask(world, proxy, "show stat")[2:])))
        backend = next(row for row in rows if row["svname"] == "BACKEND")
        counted = [row for row in rows if row["type"] == "2" and row["status"].startswith(("UP", "no check")) and row["weight"] != "0"]
        active, backup = (sum(row[side] == "1" for row in counted) for side in ("act", "bck"))
        assert (backend["act"], backend["bck"]) == (str(active), str(backup)), (turn, rows)
        weight = sum(int(row["weight"]) for row in counted if row["act"] == "1" or not active)
        assert backend["weight"] == str(weight), (turn, rows)
