"""Stick tables: what is counted for which key, when it is forgotten, and which server it leads to."""

import pytest

from conftest import DEFAULTS


def table_proxy(world, rules, table, more=""):
    return world.proxy(f"""
{DEFAULTS}
frontend fe
    bind fd@${{fe}}
    {rules}
backend t
    stick-table {table}
{more}
""")


def say(world, proxy, *paths, headers=()):
    """The `x` field of the answers to these requests, each on its own connection."""
    said = []
    for path in paths:
        client = world.connect(proxy.port())
        said.append(client.request(path, headers=headers).header("x"))
        client.close()
    return said


SHOW = 'http-request return status 200 hdr x "%[{}]"'


@pytest.mark.parametrize("type_, key, wanted", [
    ("string", "url_param(k)", ["1", "2", "1", "1"]),
    ("string len 1", "url_param(k)", ["1", "2", "3", "1"]),
    ("integer", "url_param(k),length", ["1", "2", "1", "3"]),
    ("ip", "url_param(k),length,add(167772160)", ["1", "2", "1", "3"]),
    ("ipv6", "src", ["1", "2", "3", "4"]),
    ("binary len 2", "url_param(k)", ["1", "2", "3", "1"]),
])
def test_requests_are_counted_for_their_key(world, type_, key, wanted):
    proxy = table_proxy(world, f"""
    http-request track-sc0 {key} table t
    {SHOW.format("sc0_http_req_cnt(t)")}""", f"type {type_} size 100 store http_req_cnt")
    assert say(world, proxy, "/?k=ab", "/?k=ab", "/?k=abc", "/?k=cd") == wanted


@pytest.mark.parametrize("value, paths, wanted", [
    ("sc0_conn_cnt", ["/", "/"], ["1", "2"]),
    ("sc_conn_cnt(0)", ["/", "/"], ["1", "2"]),
    ("sc1_conn_cnt", ["/"], [None]),
    ("src_conn_cnt(t)", ["/", "/"], ["1", "2"]),
    ("src,table_conn_cnt(t)", ["/", "/"], ["1", "2"]),
    ("str(9.9.9.9),table_conn_cnt(t)", ["/"], ["0"]),
    ("src,in_table(t)", ["/"], ["1"]),
    ("str(9.9.9.9),in_table(t)", ["/"], ["0"]),
    ("sc0_tracked", ["/"], ["1"]),
    ("sc1_tracked", ["/"], ["0"]),
    ("sc0_trackers", ["/"], ["1"]),
    ("src,table_trackers(t)", ["/"], ["2"]),
    ("sc0_conn_cur", ["/", "/"], ["1", "1"]),
    ("sc0_sess_cnt", ["/"], ["0"]),
    ("sc0_inc_gpc0", ["/", "/"], ["1", "2"]),
    ("sc0_get_gpc0", ["/", "/"], ["0", "0"]),
    ("sc0_gpc0_rate", ["/"], [None]),
    ("src_inc_gpc0(t)", ["/", "/"], ["1", "2"]),
    ("sc0_clr_gpc0", ["/gpc", "/gpc", "/gpc"], ["1", "1", "1"]),
    ("sc0_get_gpt0", ["/gpt", "/"], ["42", "42"]),
    ("src_updt_conn_cnt(t)", ["/", "/"], ["2", "4"]),
    ("sc0_kbytes_in", ["/"], [None]),
    ("src,table_expire(t)", ["/"], ["60000"]),
    ("str(9.9.9.9),table_expire(t,7)", ["/"], ["7"]),
])
def test_what_an_entry_says(world, value, paths, wanted):
    proxy = table_proxy(world, f"""
    http-request track-sc0 src table t
    http-request sc-inc-gpc0(0) if {{ path /gpc }}
    http-request sc-set-gpt0(0) 42 if {{ path /gpt }}
    {SHOW.format(value)}""", "type ip size 100 expire 60s store conn_cnt,conn_cur,sess_cnt,gpc0,gpt0")
    got = say(world, proxy, *paths)
    assert [x or None for x in got] == wanted


def test_a_rate_fades_with_time(world):
    proxy = table_proxy(world, f"""
    http-request track-sc0 url_param(k) table t if {{ url_param(k) -m found }}
    {SHOW.format("str(a),table_http_req_rate(t)")}""", "type string size 10 expire 1m store http_req_rate(400ms)")
    assert say(world, proxy, "/?k=a", "/?k=a", "/?k=a")[-1] == "3"
    world.sleep(1.0)
    assert say(world, proxy, "/") == ["0"]


def test_an_entry_expires(world):
    proxy = table_proxy(world, f"""
    http-request track-sc0 url_param(k) table t if {{ url_param(k) -m found }}
    {SHOW.format("str(a),table_http_req_cnt(t)")}""", "type string size 10 expire 300ms store http_req_cnt")
    assert say(world, proxy, "/?k=a", "/") == ["1", "1"]
    world.sleep(0.8)
    assert say(world, proxy, "/", "/?k=a") == ["0", "1"]


def test_connections_count_sessions(world):
    proxy = table_proxy(world, """
    tcp-request connection track-sc0 src table t
    http-request return status 200 hdr x "%[sc0_conn_cnt],%[sc0_sess_cnt],%[sc0_http_req_cnt],%[sc0_conn_cur]" """,
        "type ip size 10 expire 1m store conn_cnt,sess_cnt,http_req_cnt,conn_cur")
    client = world.connect(proxy.port())
    for wanted in ("1,1,1,1", "1,1,2,1"):
        assert client.request("/").header("x") == wanted


@pytest.mark.parametrize("rule, path, error, failure", [
    ("http-request deny if { path /deny }", "/deny", "1", "0"),
    ("http-request deny deny_status 500 if { path /deny }", "/deny", "1", "0"),
    ("http-request return status 404 if { path /own }", "/own", "0", "0"),
])
def test_errors_of_clients(world, rule, path, error, failure):
    proxy = table_proxy(world, f"""
    http-request track-sc0 src table t
    {rule}
    http-request return status 200 hdr x "%[sc0_http_err_cnt],%[sc0_http_fail_cnt]" """,
        "type ip size 10 expire 1m store http_err_cnt,http_fail_cnt")
    say(world, proxy, path)
    assert say(world, proxy, "/") == [f"{error},{failure}"]


@pytest.mark.parametrize("status, error, failure", [
    (200, "0", "0"), (404, "1", "0"), (500, "0", "1"), (501, "0", "0"), (503, "0", "1"), (505, "0", "0"),
])
def test_statuses_of_servers(world, origin, status, error, failure):
    proxy = table_proxy(world, """
    http-request track-sc0 src table t
    http-request return status 200 hdr x "%[sc0_http_err_cnt],%[sc0_http_fail_cnt]" if { path /say }
    default_backend be""", "type ip size 10 expire 1m store http_err_cnt,http_fail_cnt",
        f"backend be\n server s {origin.addr}\n")
    client = world.connect(proxy.port())
    client.send(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n")
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status)
    assert client.recv_response().status == status
    assert say(world, proxy, "/say") == [f"{error},{failure}"]


def test_arrays_of_counters(world):
    proxy = table_proxy(world, """
    http-request track-sc1 url_param(k) table t
    http-request sc-inc-gpc(3,1)
    http-request sc-set-gpt(1,1) 5
    http-request sc-set-gpt(2,1) int(3),add(4)
    http-request return status 200 hdr x "%[sc_get_gpc(3,1)],%[sc_inc_gpc(0,1)],%[sc_get_gpt(1,1)],%[sc_get_gpt(2,1)],%[sc_get_gpc0(1)],%[sc_gpc_rate(3,1)],%[sc_get_gpc(5,1)]" """,
        "type string size 10 expire 1m store gpc(5),gpc_rate(5,10s),gpt(3)")
    assert say(world, proxy, "/?k=a", "/?k=a") == ["1,1,5,7,1,1,", "2,2,5,7,2,2,"]


def test_the_first_rule_of_a_counter_wins(world):
    proxy = table_proxy(world, f"""
    http-request track-sc0 str(a) table t
    http-request track-sc0 str(b) table t
    {SHOW.format("str(a),table_conn_cnt(t)")}""", "type string size 10 store conn_cnt")
    assert say(world, proxy, "/", "/") == ["1", "2"]


@pytest.mark.parametrize("nopurge, wanted", [("", ["1", "1", "1", "1"]), ("nopurge", ["1", "1", "", "2"])])
def test_a_full_table(world, nopurge, wanted):
    proxy = table_proxy(world, f"""
    http-request track-sc0 url_param(k) table t
    {SHOW.format("sc0_conn_cnt")}""", f"type string size 2 {nopurge} store conn_cnt")
    assert [x or "" for x in say(world, proxy, "/?k=a", "/?k=b", "/?k=c", "/?k=a")] == wanted


def serve(origin, name):
    server = origin.accept()
    server.recv_request()
    server.send(b"HTTP/1.1 200 OK\r\nServer-Name: %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % name)
    server.close()


def ask(world, proxy, origins, path):
    """Which of the origins a request reaches."""
    client = world.connect(proxy.port())
    client.send(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
    for _ in range(100):
        for name, origin in origins.items():
            if origin.pending():
                serve(origin, name.encode())
                assert client.recv_response().header("server-name") == name
                client.close()
                return name
    raise AssertionError("no server was asked")


def sticky(world, rules):
    """Two origins, and a proxy that sends its clients to them by a table of strings."""
    origins = {"s1": world.listen(), "s2": world.listen()}
    servers = "\n".join(f" server {name} {origin.addr}" for name, origin in origins.items())
    proxy = world.proxy(f"""
{DEFAULTS}
frontend fe
    bind fd@${{fe}}
    default_backend be
backend be
    balance roundrobin
    stick-table type string size 10 expire 1m
    {rules}
{servers}
""")
    return origins, proxy


def test_a_client_stays_at_its_server(world):
    origins, proxy = sticky(world, "stick on url_param(k)")
    first = ask(world, proxy, origins, "/?k=a")
    other = ask(world, proxy, origins, "/?k=b")
    assert {first, other} == {"s1", "s2"}
    for _ in range(2):
        assert ask(world, proxy, origins, "/?k=a") == first
        assert ask(world, proxy, origins, "/?k=b") == other


def test_the_response_says_the_key(world):
    origins, proxy = sticky(world, "stick store-response res.hdr(server-name)\n stick match url_param(k)")
    ask(world, proxy, origins, "/")
    ask(world, proxy, origins, "/")
    for name in ("s2", "s2", "s1", "s1"):
        assert ask(world, proxy, origins, f"/?k={name}") == name


@pytest.mark.parametrize("line, says", [
    ("stick-table type foo size 1", "stick-table: unknown type 'foo'."),
    ("stick-table type ip", "stick-table: missing size."),
    ("stick-table size 10", "stick-table: missing type."),
    ("stick-table type ip size x", "stick-table: unexpected character 'x' in argument of 'size'."),
    ("stick-table type ip size 1 store foo", "stick-table: unknown store option 'foo'."),
    ("stick-table type ip size 1 store conn_rate", "stick-table: missing argument to store option 'conn_rate'."),
    ("stick-table type ip size 1 store conn_cnt(1)", "stick-table: unexpected argument to store option 'conn_cnt'."),
    ("stick-table type ip size 1 store gpc(101)", "stick-table: array size is out of allowed range (1-100) for store option 'gpc'."),
    ("stick-table type ip size 1 store gpc(2),gpc0", "stick-table: simultaneous usage of 'gpc' and 'gpc[0/1]' in a same table is not permitted as 'gpc' overrides 'gpc[0/1]'."),
    ("stick-table type ip size 1 foo", "stick-table: unknown argument 'foo'."),
    ("http-request track-sc3 src table t", "3 track-sc number exceeding 2 (MAX_SESS_STKCTR-1) value."),
    ("http-request track-sc0 src table", "missing table name."),
    ("http-request track-sc0", "missing fetch method."),
    ("http-request sc-inc-gpc0(3)", "invalid stick table track ID. The max allowed ID is 2."),
])
def test_bad_lines(world, line, says):
    code, said, errors = world.run(["-c"], f"""
{DEFAULTS}
backend t
    stick-table type ip size 10
backend b
    {line}
""")
    assert code == 1
    assert says in said + errors
