"""TLS on both sides: handshakes, names, certificates, resumption, what is refused, what is said about it.

The client's TLS is Python's, over the bytes of whatever world the test runs in."""

import os
import re
import ssl

import pytest

from world import Conn

PKI = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scenarios", "tls", "pki")


def pem(name):
    return os.path.join(PKI, name + ".pem")


CONF = """
global
    {globals_}
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {log} local0
    option httplog
frontend fe
    bind fd@${{fe}} ssl {bind}
    {frontend}
    http-request return status 200 content-type text/plain lf-string "%[{say}]"
{more}
"""


class TlsConn(Conn):
    """A TLS client over another connection."""

    def __init__(self, under, context, name=None, session=None):
        super().__init__()
        self.under, self.into, self.out = under, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.into, self.out, server_hostname=name, session=session)
        self.ended = False
        self.run(self.tls.do_handshake)

    def flush(self):
        data = self.out.read()
        if data:
            self.under.send(data)

    def run(self, call, *args, timeout=10.0):
        while True:
            try:
                got = call(*args)
                self.flush()
                return got
            except ssl.SSLWantReadError:
                self.flush()
                data = self.under.recv_some(timeout)
                if data:
                    self.into.write(data)
                else:
                    self.into.write_eof()

    def send(self, data):
        self.run(self.tls.write, data)

    def recv_some(self, timeout=10.0):
        data = self.run(self.tls.read, 65536, timeout=timeout)
        self.ended = not data  # the peer said goodbye; an end without that is an SSLEOFError
        return data

    def shutdown(self):
        self.under.shutdown()

    def close(self):
        self.under.close()


def context(*, ca="ca", cert=None, alpn=None, low=None, high=None, ciphers=None, check=True):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    made.check_hostname = check
    if not check:
        made.verify_mode = ssl.CERT_NONE
    made.load_verify_locations(pem(ca))
    if cert:
        made.load_cert_chain(pem(cert))
    if alpn:
        made.set_alpn_protocols(alpn)
    if low:
        made.minimum_version = low
    if high:
        made.maximum_version = high
    if ciphers:
        made.set_ciphers(ciphers)
    return made


@pytest.fixture
def tls(world, syslog):
    def make(bind=f"crt {pem('server')}", say="ssl_fc", frontend="", globals_="", more="", **how):
        return world.proxy(CONF.format(bind=bind, say=say, frontend=frontend, globals_=globals_, more=more, log=syslog.addr),
                           **how)

    return make


def ask(world, proxy, name="server.test", session=None, **how):
    return TlsConn(world.connect(proxy.port()), context(**how), name, session)


def said(conn, target="/"):
    response = conn.request(target)
    assert response.status == 200, response.raw
    return response.body.decode()


def name_of(conn):
    """Common name of the certificate that the server showed."""
    return dict(pair[0] for pair in conn.tls.getpeercert()["subject"])["commonName"]


def test_requests_pass(world, tls):
    conn = ask(world, tls())
    assert said(conn) == "1"
    assert said(conn) == "1"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_each_version_is_spoken(world, tls, version):
    wanted = getattr(ssl.TLSVersion, version)
    conn = ask(world, tls(say="ssl_fc_protocol"), low=wanted, high=wanted)
    assert said(conn) == version.replace("_", ".")


def test_a_version_that_is_not_allowed_is_refused(world, tls, syslog):
    proxy = tls(bind=f"crt {pem('server')} ssl-min-ver TLSv1.3")
    with pytest.raises(ssl.SSLError):
        ask(world, proxy, high=ssl.TLSVersion.TLSv1_2)
    assert re.search(r"fe/1: SSL handshake failure", syslog.recv())


def test_what_is_no_tls_is_refused_and_logged(world, tls, syslog):
    conn = world.connect(tls().port())
    conn.send(b"GET / HTTP/1.1\r\nHost: test\r\n\r\n")
    try:
        conn.recv_all()
    except ConnectionResetError:
        pass
    assert re.search(r"fe/1: SSL handshake failure", syslog.recv())


def test_who_says_nothing_is_logged_as_closed(world, tls, syslog):
    conn = world.connect(tls().port())
    conn.close()
    assert "fe/1: Connection closed during SSL handshake" in syslog.recv()


def test_a_silent_client_is_timed_out(world, tls, syslog):
    conn = world.connect(tls(frontend="timeout client 300ms").port())
    assert conn.at_end()
    assert "fe/1: Timeout during SSL handshake" in syslog.recv()


def test_the_end_is_said(world, tls):
    conn = ask(world, tls())
    conn.request(headers=[("Connection", "close")])
    assert conn.recv_some() == b"" and conn.ended


@pytest.mark.parametrize("name,shown", [("server.test", "server.test"), ("other.test", "other.test"), ("a.wild.test", "server.test"),
                                        ("a.b.wild.test", "other.test"), ("nobody.test", "other.test"), (None, "other.test")])
def test_the_name_chooses_the_certificate(world, tls, name, shown):
    proxy = tls(bind=f"crt {pem('other')} crt {pem('server')}", say="ssl_fc_sni")
    made = context()
    made.check_hostname = False
    conn = TlsConn(world.connect(proxy.port()), made, name)
    assert name_of(conn) == shown
    assert conn.request().body.decode() == (name or "")


def test_strict_sni_knows_no_default(world, tls):
    proxy = tls(bind=f"crt {pem('server')} strict-sni")
    assert said(ask(world, proxy)) == "1"
    with pytest.raises(ssl.SSLError):
        ask(world, proxy, name="nobody.test", check=False)


def test_a_list_gives_names_and_options(world, tls):
    path = world.file("certs.list", f"{pem('other')}\n# a comment\n{pem('server')} [alpn http/1.1] *.listed.test !no.listed.test\n")
    proxy = tls(bind=f"crt-list {path}", say="ssl_fc_alpn")
    made = context(alpn=["http/1.1"])
    made.check_hostname = False
    yes = TlsConn(world.connect(proxy.port()), made, "yes.listed.test")
    assert (name_of(yes), yes.request().body) == ("server.test", b"http/1.1")
    no = TlsConn(world.connect(proxy.port()), made, "no.listed.test")
    assert (name_of(no), no.request().body) == ("other.test", b"")


def test_the_client_gets_the_key_that_it_can_check(world, tls):
    proxy = tls(bind=f"crt {pem('server')} crt {pem('server-rsa')}", say="ssl_f_key_alg")
    assert said(ask(world, proxy)) == "id-ecPublicKey"
    old = ssl.TLSVersion.TLSv1_2
    assert said(ask(world, proxy, high=old, ciphers="aRSA")) == "rsaEncryption"


def test_alpn(world, tls):
    conn = ask(world, tls(bind=f"crt {pem('server')} alpn http/1.1", say="ssl_fc_alpn"), alpn=["spdy/3", "http/1.1"])
    assert conn.tls.selected_alpn_protocol() == "http/1.1"
    assert said(conn) == "http/1.1"


def test_a_session_is_taken_up_again(world, tls):
    proxy = tls(say="ssl_fc_is_resumed")
    made = context(high=ssl.TLSVersion.TLSv1_2)
    first = TlsConn(world.connect(proxy.port()), made, "server.test")
    assert said(first) == "0"
    second = TlsConn(world.connect(proxy.port()), made, "server.test", first.tls.session)
    assert said(second) == "1" and second.tls.session_reused


def test_a_tls13_ticket_is_taken_up_again(world, tls):
    proxy = tls(say="ssl_fc_is_resumed")
    made = context(low=ssl.TLSVersion.TLSv1_3)
    first = TlsConn(world.connect(proxy.port()), made, "server.test")
    assert said(first) == "0"
    second = TlsConn(world.connect(proxy.port()), made, "server.test", first.tls.session)
    assert said(second) == "1"


CLIENTS = f"crt {pem('server')} ca-file {pem('ca')} crl-file {pem('crl')}"


def test_a_client_certificate_is_wanted(world, tls, syslog):
    proxy = tls(bind=f"{CLIENTS} verify required", say="ssl_c_s_dn(CN)")
    assert said(ask(world, proxy, cert="client")) == "client"
    syslog.recv()
    with pytest.raises(ssl.SSLError):
        said(ask(world, proxy, high=ssl.TLSVersion.TLSv1_2))
    assert "fe/1: SSL handshake failure" in syslog.recv()


def test_a_client_certificate_may_be_shown(world, tls):
    proxy = tls(bind=f"{CLIENTS} verify optional", say="ssl_c_used")
    assert said(ask(world, proxy, cert="client")) == "1"
    assert said(ask(world, proxy)) == "0"


def test_a_revoked_one_is_refused(world, tls, syslog):
    proxy = tls(bind=f"{CLIENTS} verify optional")
    with pytest.raises(ssl.SSLError):
        said(ask(world, proxy, cert="revoked", high=ssl.TLSVersion.TLSv1_2))
    assert "fe/1: SSL client certificate not trusted" in syslog.recv()


def test_errors_that_are_ignored_are_told(world, tls):
    proxy = tls(bind=f"{CLIENTS} verify optional crt-ignore-err 23", say="ssl_c_err")
    assert said(ask(world, proxy, cert="revoked")) == "23"


BACK = """
backend be
    {backend}
    server s1 127.0.0.1:{port} ssl {server}
"""
FRONT = """
defaults
    mode http
    timeout client 5s
    timeout server 5s
    timeout connect 5s
    log {log} local0
    option httplog
    retries 0
frontend fe
    bind fd@${{fe}}
    default_backend be
"""


def back(world, syslog, inner, server, backend=""):
    return world.proxy(FRONT.format(log=syslog.addr) + BACK.format(port=inner.port(), server=server, backend=backend))


def test_a_server_is_spoken_to_in_tls(world, tls, syslog):
    inner = tls(say="ssl_fc_sni")
    proxy = back(world, syslog, inner, f"verify required ca-file {pem('ca')} sni str(server.test)")
    assert world.connect(proxy.port()).request().body == b"server.test"


@pytest.mark.only("runtime", "sim", reason="HAProxy 3.3 asks for the host by itself, 2.6 does not")
@pytest.mark.parametrize("server, host, asked", [
    ("", "one.test:8443", b"one.test"),
    ("", None, b""),
    ("no-sni-auto", "one.test", b""),
    ("no-sni-auto sni-auto", "one.test", b"one.test"),
    ("sni str(server.test)", "one.test", b"server.test"),
])
def test_a_server_is_asked_for_by_the_host(world, tls, syslog, server, host, asked):
    inner = tls(say="ssl_fc_sni")
    proxy = back(world, syslog, inner, f"verify none {server}")
    conn = world.connect(proxy.port())
    if host:
        assert conn.request(headers=[("Host", host)]).body == asked
    else:
        assert conn.request(version="HTTP/1.0").body == asked


@pytest.mark.only("runtime", "sim", reason="HAProxy 3.3 asks for the host by itself, 2.6 does not")
def test_connections_of_other_hosts_are_not_taken(world, tls, syslog):
    inner = tls(say="ssl_fc_sni")
    proxy = back(world, syslog, inner, "verify none", "http-reuse always")
    conn = world.connect(proxy.port())
    asked = [conn.request(headers=[("Host", host)]).body for host in ("one.test", "two.test", "one.test:80")]
    assert asked == [b"one.test", b"two.test", b"one.test"]


@pytest.mark.only("runtime", "sim", reason="HAProxy 3.3 asks for the host by itself, 2.6 does not")
@pytest.mark.parametrize("backend, server, asked", [
    ("option httpchk GET / HTTP/1.1 one.test:8443", "", "one.test"),
    ("option httpchk GET / HTTP/1.1 one.test", "no-check-sni-auto", "-"),
    ("option httpchk GET / HTTP/1.1 one.test", "check-sni two.test", "two.test"),
    ("option httpchk\n    http-check connect ssl\n    http-check send hdr Host one.test", "", "-"),
    ("option httpchk GET /", "", "-"),
])
def test_a_check_asks_for_its_host(world, tls, syslog, backend, server, asked):
    inner = tls(say="ssl_fc_sni", frontend='log-format "sni:%[ssl_fc_sni]:"')
    back(world, syslog, inner, f"verify none check inter 1h {server}", backend)
    assert syslog.recv().split("sni:")[1].split(":")[0] == asked


def test_a_server_of_another_name_is_refused(world, tls, syslog):
    inner = tls()
    proxy = back(world, syslog, inner, f"verify required ca-file {pem('ca')} verifyhost else.test")
    assert world.connect(proxy.port()).request().status == 503


def test_a_server_of_another_authority_is_refused(world, tls, syslog):
    inner = tls()
    proxy = back(world, syslog, inner, f"verify required ca-file {pem('other')}")
    assert world.connect(proxy.port()).request().status == 503


def test_the_session_with_a_server_is_taken_up_again(world, tls, syslog):
    inner = tls(say="ssl_fc_is_resumed", frontend="option httpclose")
    proxy = back(world, syslog, inner, "verify none")
    conn = world.connect(proxy.port())
    assert [conn.request().body for _ in range(3)] == [b"0", b"1", b"1"]


def test_megabytes_pass_through_two_handshakes(world, syslog, origin):
    conf = FRONT.format(log=syslog.addr).replace("bind fd@${fe}", f"bind fd@${{fe}} ssl crt {pem('server')}")
    proxy = world.proxy(conf + f"backend be\n    server s1 {origin.addr}\n")
    conn = ask(world, proxy)
    body = bytes(range(256)) * 4096
    conn.send(b"POST / HTTP/1.1\r\nHost: test\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    server = origin.accept()
    _, _, came = server.recv_request()
    assert came == body
    server.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert conn.recv_response().body == body


def cli(world, proxy, command):
    conn = world.connect(proxy.port("cli"))
    conn.send(command.encode() + b"\n")
    return conn.recv_all().decode()


def test_a_certificate_is_replaced_while_it_serves(world, tls):
    proxy = tls(globals_="stats socket fd@${cli} level admin", listeners=("fe", "cli"))
    made = context()
    made.check_hostname = False
    old = TlsConn(world.connect(proxy.port()), made, "x.test")
    assert name_of(old) == "server.test"
    path = pem("server")
    with open(pem("other"), encoding="ascii") as file:
        content = file.read()
    assert "Transaction created" in cli(world, proxy, f"set ssl cert {path} <<\n{content}\n")
    assert name_of(TlsConn(world.connect(proxy.port()), made, "x.test")) == "server.test"
    assert "Success!" in cli(world, proxy, f"commit ssl cert {path}")
    assert name_of(TlsConn(world.connect(proxy.port()), made, "x.test")) == "other.test"
    assert old.request().status == 200


def frontend_stat(world, proxy):
    head, *rows = (line.split(",") for line in cli(world, proxy, "show stat").splitlines() if line)
    return dict(zip(head, next(row for row in rows if row[:2] == ["fe", "FRONTEND"])))


def test_handshakes_are_counted(world, tls):
    proxy = tls(globals_="stats socket fd@${cli} level admin", listeners=("fe", "cli"))
    made = context(high=ssl.TLSVersion.TLSv1_2)
    first = TlsConn(world.connect(proxy.port()), made, "server.test")
    assert said(first) == "1"
    second = TlsConn(world.connect(proxy.port()), made, "server.test", first.tls.session)
    assert said(second) == "1"
    raw = world.connect(proxy.port())
    raw.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    raw.recv_all()
    info = dict(line.split(": ", 1) for line in cli(world, proxy, "show info").splitlines() if ": " in line)
    assert int(info["CurrSslConns"]) == 2 and int(info["CumSslConns"]) in (2, 3)  # HAProxy counts those that begin
    assert int(info["MaxSslRate"]) >= 2 and int(info["SslFrontendMaxKeyRate"]) >= 1
    stat = frontend_stat(world, proxy)
    assert (stat["ssl_sess"], stat["ssl_reused_sess"], stat["ssl_failed_handshake"]) == ("1", "1", "1")


@pytest.mark.only("runtime", "sim", reason="HAProxy 2.6.12 leaves the second one without an answer for good")
def test_more_than_maxsslconn_wait(world, tls):
    proxy = tls(globals_="maxsslconn 1\n    stats socket fd@${cli} level admin", listeners=("fe", "cli"))
    first = ask(world, proxy)
    assert said(first) == "1"
    second = world.connect(proxy.port())
    assert frontend_stat(world, proxy)["scur"] == "1"
    first.close()
    assert said(TlsConn(second, context(), "server.test")) == "1"


def test_a_broken_change_leaves_the_old_one(world, tls):
    proxy = tls(globals_="stats socket fd@${cli} level admin", listeners=("fe", "cli"))
    path = pem("server")
    assert f"Can't update {path}!" in cli(world, proxy, f"set ssl cert {path} <<\nrubbish\n")
    assert "No ongoing transaction!" in cli(world, proxy, f"commit ssl cert {path}")
    assert said(ask(world, proxy)) == "1"


BAD = [
    ("crt {none}", "{none}"),
    ("crt {junk}", "{junk}"),
    ("crt {nokey}", "{nokey}"),
    ("crt {mixed}", "{mixed}"),
    ("crt {good} ca-file {none}", "{none}"),
    ("crt {good} verify required", "verify"),
    ("crt {good} verify maybe", "maybe"),
    ("crt {good} ciphers nonsense", "nonsense"),
    ("crt {good} ssl-min-ver TLSv9", "TLSv9"),
    ("crt {good} no-tlsv12 no-tlsv13", "disabled"),
    ("crt-list {none}", "{none}"),
    ("", "crt"),
]


@pytest.mark.parametrize("bind,named", BAD)
def test_what_cannot_be_is_said_at_the_start(world, bind, named):
    with open(pem("server"), encoding="ascii") as file:
        text = file.read()
    with open(pem("other"), encoding="ascii") as file:
        other = file.read()
    split = text.index("-----BEGIN EC")
    files = {
        "none": "/nowhere/none.pem",
        "good": pem("server"),
        "junk": world.file("junk.pem", "rubbish\n"),
        "nokey": world.file("nokey.pem", text[:split]),
        "mixed": world.file("mixed.pem", text[:split] + other[other.index("-----BEGIN EC"):]),
    }
    conf = f"global\n    maxconn 10\nfrontend fe\n    mode http\n    timeout client 1s\n    bind 127.0.0.1:9 ssl {bind.format(**files)}\n"
    code, out, err = world.run(["-c"], conf)
    assert code == 1
    assert named.format(**files) in out + err
