"""Sample fetches: what each says about one request, the same on all targets."""

import pytest

from conftest import DEFAULTS

REQUEST = (b"POST /p/a?q=1x&n=55&Q=7 HTTP/1.1\r\nHost: ho.st:81\r\nX-A: one, two\r\nX-A: three\r\nX-Ip: 1.2.3.4\r\n"
           b"X-Num: 42\r\nCookie: c1=v1; c2=12; c1=v3\r\nAuthorization: Basic Ym9iOnB3\r\nX-Tok: Bearer tokk\r\n"
           b"Content-Length: 7\r\n\r\na=1&b=2")

# An expression and what it gives for that request; None: no value.
VALUES = [
    ("base", "ho.st:81/p/a"), ("baseq", "ho.st:81/p/a?q=1x&n=55&Q=7"), ("path", "/p/a"), ("pathq", "/p/a?q=1x&n=55&Q=7"),
    ("url", "/p/a?q=1x&n=55&Q=7"), ("query", "q=1x&n=55&Q=7"), ("method", "POST"), ("req.ver", "1.1"),
    ("url_param(q)", "1x"), ("url_param(zz)", None), ("urlp_val(n)", "55"), ("urlp_val(q)", "1"), ("url_ip", None),
    ("req.hdr(x-a)", "three"), ("req.hdr(x-a,1)", "one"), ("req.hdr(x-a,-2)", "two"), ("req.hdr(x-a,5)", None),
    ("req.fhdr(x-a)", "three"), ("req.fhdr(x-a,1)", "one, two"), ("req.hdr_cnt(x-a)", "3"), ("req.fhdr_cnt(x-a)", "2"),
    ("req.hdr_cnt", "10"), ("req.hdr_ip(x-ip)", "1.2.3.4"), ("req.hdr_val(x-num)", "42"),
    ("req.hdr_names", "host,x-a,x-a,x-ip,x-num,cookie,authorization,x-tok,content-length"),
    ("req.hdr_names(:)", "host:x-a:x-a:x-ip:x-num:cookie:authorization:x-tok:content-length"),
    ("req.hdrs_bin,hex,bytes(0,40)", "04686F737408686F2E73743A383103782D61086F"),
    ("req.cook(c1)", "v3"), ("req.cook", "v1"), ("req.cook(zz)", None), ("req.cook_cnt", "3"), ("req.cook_cnt(c1)", "2"),
    ("req.cook_val(c2)", "12"), ("cookie(c1)", "v3"),
    ("http_auth(u)", "1"), ("http_auth(v)", "0"), ("http_auth_group(u)", "bob"), ("http_auth_user", "bob"),
    ("http_auth_pass", "pw"), ("http_auth_type", "Basic"), ("http_auth_bearer", None), ("http_auth_bearer(x-tok)", "tokk"),
    ("http_first_req", "1"), ("req.body", "a=1&b=2"), ("req.body_len", "7"), ("req.body_size", "7"),
    ("req.body_param(b)", "2"), ("req.body_param(z)", None),
    ("src", "127.0.0.1"), ("dst", "127.0.0.1"), ("fc_src", "127.0.0.1"), ("fc_dst", "127.0.0.1"), ("fc_http_major", "1"),
    ("fc_err", "0"), ("fc_err_str", "Success"), ("src_is_local", "1"), ("dst_is_local", "1"), ("fc_src_is_local", "1"),
    ("fc_rcvd_proxy", "0"), ("ssl_fc", "0"), ("dst_conn", "1"), ("fe_conn", "1"), ("fe_name", "fe"), 
    ("fe_defbe", "b"), ("so_name", "lis"), ("so_id", "1"), ("fe_client_timeout", "5000"),
    ("avg_queue(b)", "0"), ("queue(b)", "0"), ("be_conn(b)", "0"), ("be_conn_free(b)", "-1"), ("be_conn_free(b2)", "10"),
    ("connslots(b)", "-1"), ("connslots(b2)", "15"), ("nbsrv(b)", "1"), ("srv_conn(b/s)", "0"), ("srv_conn_free(b/s)", "-1"),
    ("srv_conn_free(b2/s)", "10"), ("srv_is_up(b/s)", "1"), ("srv_weight(b2/s)", "33"), ("srv_iweight(b2/s)", "33"),
    ("srv_uweight(b2/s)", "33"), ("srv_queue(b/s)", "0"), ("srv_sess_rate(b/s)", "0"), ("table_avl(t)", "10"),
    ("table_cnt(t)", "0"), ("prio_class", "0"), ("prio_offset", "0"), ("proc", "1"), ("nbproc", "1"), ("stopping", "0"),
    ("bool(true)", "1"), ("int(-5)", "-5"), ("str(abc)", "abc"), ("bin(4142)", "AB"), ("ipv4(1.2.3.4)", "1.2.3.4"),
    ("ipv6(::1)", "::1"), ("meth(GET)", "GET"), ("always_true", "1"), ("always_false", "0"), ("uuid,length", "36"),
    ("rand(1)", "0"), ("var(txn.none)", None), ("var(txn.none,dflt)", "dflt"), ("sc0_tracked", "0"), ("sc0_conn_cnt", None),
    ("payload(0,3)", None), ("base32,length", "7"), ("base32+src,hex,length", "16"), ("cpu_ns_avg", "0"),
]


@pytest.fixture(scope="module")
def answers():
    """The values of one world: all are asked for in one request."""
    return {}


def ask(world, answers):
    if world.target in answers:
        return answers[world.target]
    rules = "\n".join(f" http-request set-var(txn.v{i}) {text}" for i, (text, _) in enumerate(VALUES))
    found = "\n".join(f' http-request add-header seen {i} if {{ var(txn.v{i}) -m found }}' for i in range(len(VALUES)))
    body = "|".join(f"%[var(txn.v{i})]" for i in range(len(VALUES)))
    proxy = world.proxy(f"""
userlist u
 group g users bob
 user bob insecure-password pw
userlist v
 user bob insecure-password other
{DEFAULTS}
 option http-buffer-request
frontend fe
 bind fd@${{fe}} name lis
 default_backend b
{rules}
{found}
 http-request return status 200 content-type text/plain lf-string "%[req.fhdr_cnt(seen)]|%[req.hdrs,hex]|{body}"
backend b
 server s 127.0.0.1:1
backend b2
 server s 127.0.0.1:1 maxconn 10 maxqueue 5 weight 33
backend t
 stick-table type ip size 10
""")
    client = world.connect(proxy.port())
    client.send(REQUEST)
    _, head, *values = client.recv_response().body.decode("latin1").split("|")
    seen = [line.split(": ")[1] for line in bytes.fromhex(head).decode("latin1").split("\r\n") if line.startswith("seen: ")]
    answers[world.target] = [value if str(i) in seen else None for i, value in enumerate(values)]
    return answers[world.target]


@pytest.mark.parametrize("at", range(len(VALUES)), ids=[text for text, _ in VALUES])
def test_value(world, answers, at):
    assert ask(world, answers)[at] == VALUES[at][1]


TCP = """
frontend fe
    mode tcp
    bind fd@${fe}
    tcp-request inspect-delay 3s
    tcp-request content accept if %s
    tcp-request content reject
    default_backend be
backend be
    mode tcp
    server s %s
"""


def hello(name, extensions=b""):
    """A ClientHello that asks for a name."""
    sni = b"\0" + len(name).to_bytes(2, "big") + name
    sni = len(sni).to_bytes(2, "big") + sni
    all_ = b"\0\0" + len(sni).to_bytes(2, "big") + sni + extensions
    body = b"\x03\x03" + bytes(32) + b"\0" + b"\0\x02\x13\x01" + b"\x01\0" + len(all_).to_bytes(2, "big") + all_
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + len(message).to_bytes(2, "big") + message


RDP = b"\x03\x00\x00\x2a\x25\xe0\x00\x00\x00\x00\x00Cookie: mstshash=someone\r\n\x01\x00\x08"
RDP = RDP[:3] + bytes([len(RDP)]) + bytes([len(RDP) - 5]) + RDP[5:]
LV = b"\x00\x05hello, and more"


@pytest.mark.parametrize("condition, data, passes", [
    ("req.len gt 4", b"12345", True),
    ("req.payload(1,3) -m str 234", b"12345", True),
    ("req.payload(0,0) -m sub 45", b"12345", True),
    ("req.payload(1,3) -m str 999", b"12345", False),
    ("req.payload_lv(0,2) -m str hello", LV, True),
    ("req.payload_lv(0,2,+1) -m str ello,", LV, True),
    ("req.ssl_hello_type 1", hello(b"a.test"), True),
    ("req.ssl_sni -i A.Test", hello(b"a.test"), True),
    ("req.ssl_sni b.test", hello(b"a.test"), False),
    ("req.ssl_ver 3.3", hello(b"a.test"), True),
    ("req.ssl_ec_ext", hello(b"a.test"), False),
    ("req.ssl_ec_ext", hello(b"a.test", b"\0\x0a\0\x04\0\x02\0\x1d"), True),
    ("req.ssl_st_ext 0", hello(b"a.test"), True),
    ("req.ssl_st_ext 1", hello(b"a.test", b"\0\x23\0\0"), True),
    ("req.ssl_st_ext 2", hello(b"a.test", b"\0\x23\0\x01x"), True),
    ("req.ssl_alpn h2", hello(b"a.test", b"\0\x10\0\x05\0\x03\x02h2"), True),
    ("req.rdp_cookie(mstshash) someone", RDP, True),
    ("req.rdp_cookie_cnt eq 1", RDP, True),
    ("RDP_COOKIE", RDP, True),
    ("req.rdp_cookie(other) -m found", RDP, False),
    ("distcc_param(DIST) eq 1", b"DIST00000001ARGC00000001", True),
    ("distcc_body(ARGV) -m str cc", b"DIST00000001ARGC00000001ARGV00000002cc", True),
    ("HTTP", b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", True),
    ("path /x", b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n", True),
    ("hdr(host) b.test", b"GET /x HTTP/1.1\r\nHost: a.test\r\n\r\n", False),
])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
def test_buffer_contents(world, origin, condition, data, passes, split):
    """Bytes that come in two pieces are waited for."""
    written = condition if condition.isupper() else "{ " + condition + " }"
    proxy = world.proxy(DEFAULTS + TCP % (written, origin.addr))
    client = world.connect(proxy.port())
    if split:
        client.send(data[:4])
        world.sleep(0.02)
    client.send(data[4:] if split else data)
    if passes:
        assert origin.accept().recv_exactly(len(data)) == data
    else:
        assert client.at_end()
